/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the lines of an entry. Quotes and escapes stay as they are: what they mean is the record's
 * business. */
#include "zone_lines.h"

#include <string.h>

enum { CHUNK = 64 * 1024 };

void zone_lines_init(struct zone_lines *lines, FILE *file)
{
	*lines = (struct zone_lines){ .file = file, .chunk = mem_alloc(CHUNK), .line = 1 };
}

void zone_lines_done(struct zone_lines *lines)
{
	if (lines->file != NULL)
		fclose(lines->file);
	mem_free(lines->chunk);
	text_done(&lines->entry);
}

static int next_byte(struct zone_lines *lines)
{
	if (lines->at == lines->size) {
		lines->at = 0;
		lines->size = fread(lines->chunk, 1, CHUNK, lines->file);
		if (lines->size == 0)
			return EOF;
	}
	return (unsigned char)lines->chunk[lines->at++];
}

struct joining {
	struct zone_lines *lines;
	const char *problem;
	char part[256]; /* of the entry, to be added at once */
	size_t part_size;
	unsigned parentheses;
	bool in_quotes, in_comment, escaped, has_text;
};

static void flush(struct joining *joining)
{
	text_add_n(&joining->lines->entry, joining->part, joining->part_size);
	joining->part_size = 0;
	if (joining->lines->entry.size > ZONE_ENTRY_MAX)
		joining->problem = "the record is too long";
}

static void add(struct joining *joining, int byte)
{
	if (joining->part_size == sizeof(joining->part))
		flush(joining);
	joining->part[joining->part_size++] = (char)byte;
	if (byte != ' ' && byte != '\t')
		joining->has_text = true;
}

/* A byte of special meaning outside of quotes; false: it is text. */
static bool is_structure(struct joining *joining, int byte)
{
	if (byte == ';') {
		joining->in_comment = true;
	} else if (byte == '(') {
		joining->parentheses++;
		add(joining, ' ');
	} else if (byte == ')') {
		add(joining, ' ');
		if (joining->parentheses-- == 0)
			joining->problem = "')' without '('";
	} else {
		return false;
	}
	return true;
}

static void take_byte(struct joining *joining, int byte)
{
	if (joining->in_comment)
		return;
	if (byte == '\0') {
		joining->problem = "a NUL byte";
		return;
	}
	if (joining->escaped) {
		joining->escaped = false;
		add(joining, byte);
		return;
	}
	if (byte == '"')
		joining->in_quotes = !joining->in_quotes;
	if (!joining->in_quotes && is_structure(joining, byte))
		return;
	joining->escaped = byte == '\\';
	add(joining, byte == '\r' ? ' ' : byte);
}

/* True at the end of the entry. */
static bool end_line(struct joining *joining)
{
	joining->in_comment = false;
	if (joining->in_quotes || joining->escaped)
		joining->problem = joining->in_quotes ? "a quote is not closed"
						      : "'\\' at the end of the line";
	if (joining->parentheses > 0) {
		add(joining, ' ');
		return false;
	}
	return true;
}

/* One entry, which may be blank. False at the end of the file. */
static bool join(struct joining *joining)
{
	struct zone_lines *lines = joining->lines;
	int byte;

	while (joining->problem == NULL && (byte = next_byte(lines)) != EOF) {
		if (byte != '\n') {
			take_byte(joining, byte);
			continue;
		}
		bool is_end = end_line(joining);
		if (joining->problem != NULL)
			return true; /* the line that is wrong is the current one */
		lines->line++;
		if (is_end)
			return true;
	}
	if (joining->problem != NULL)
		return true;
	if (!end_line(joining))
		joining->problem = "'(' without ')'";
	if (ferror(lines->file))
		joining->problem = "cannot be read";
	return false;
}

enum zone_line zone_lines_next(struct zone_lines *lines, const char **ret_problem, unsigned *ret_line)
{
	for (bool more = true; more;) {
		struct joining joining = { .lines = lines };
		text_clear(&lines->entry);
		lines->entry_line = lines->line;
		more = join(&joining);
		flush(&joining);
		if (joining.problem != NULL) {
			*ret_problem = joining.problem;
			*ret_line = lines->line;
			return ZONE_LINE_BAD;
		}
		if (joining.has_text)
			return ZONE_LINE_ENTRY;
	}
	return ZONE_LINE_END;
}
