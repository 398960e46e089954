/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a text of Go's text/template: what stands between {{ and }}, and if, else and end. Of the
 * language it has what records need; the rest is refused by name. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "list.h"
#include "template_parts.h"

enum { BLOCKS_MOST = 8, NO_STEP = -1 };

/* An `if` that is open. Skips to its end form a list through their numbers until the end is known. */
struct open_block {
	int64_t unless;	   /* the step that skips this branch; NO_STEP: behind `else` */
	int64_t last_skip; /* NO_STEP: none */
	unsigned variable_count;
};
struct blocks {
	struct open_block open[BLOCKS_MOST];
	unsigned count;
};

bool template_refuse(const struct template_reader *reader, const char *format, ...)
{
	char sentence[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return error_set(reader->error, "template: %s:1: %s", reader->name, sentence);
}

struct template_step *template_add(struct template_reader *reader, enum template_op op)
{
	struct template_text *text = reader->text;
	text->steps = list_grow(reader->arena, text->steps, text->count, sizeof(text->steps[0]));
	struct template_step *step = &text->steps[text->count++];
	*step = (struct template_step){ .op = op };
	return step;
}

void template_skip_blanks(struct template_reader *reader)
{
	while (template_is_blank(*reader->at))
		reader->at++;
}

size_t template_word_size(const char *at)
{
	size_t size = 0;
	while ((at[size] >= '0' && at[size] <= '9') || (at[size] >= 'a' && at[size] <= 'z') ||
	       (at[size] >= 'A' && at[size] <= 'Z') || at[size] == '_')
		size++;
	return size;
}

bool template_is_at_end(const struct template_reader *reader)
{
	const char *at = reader->at;
	return strncmp(at, "}}", 2) == 0 || (template_is_blank(at[-1]) && strncmp(at, "-}}", 3) == 0);
}

/* Leaves the action behind, and with -}} the blanks behind it. */
static bool read_end(struct template_reader *reader)
{
	template_skip_blanks(reader);
	if (!template_is_at_end(reader))
		return *reader->at == '\0' ? template_refuse(reader, "unclosed action")
					   : template_refuse(reader,
							     "unexpected \"%.20s\" at the end "
							     "of an action",
							     reader->at);
	bool trims = *reader->at == '-';
	reader->action_end = reader->at;
	reader->at += trims ? 3 : 2;
	if (trims)
		template_skip_blanks(reader);
	return true;
}

/* ---- if, else, end ---- */

static bool open_branch(struct template_reader *reader, struct open_block *block)
{
	if (!template_read_pipeline(reader))
		return false;
	reader->stack--;
	block->unless = (int64_t)reader->text->count;
	template_add(reader, TEMPLATE_SKIP_UNLESS);
	return read_end(reader);
}

static bool read_if(struct template_reader *reader, struct blocks *blocks)
{
	if (blocks->count == BLOCKS_MOST)
		return template_refuse(reader, "more than %d {{if}} in each other", BLOCKS_MOST);
	struct open_block *block = &blocks->open[blocks->count++];
	*block = (struct open_block){ NO_STEP, NO_STEP, reader->variable_count };
	return open_branch(reader, block);
}

/* What comes next is where a false condition leads. */
static void end_branch(struct template_reader *reader, struct open_block *block)
{
	if (block->unless != NO_STEP)
		reader->text->steps[block->unless].number = (int64_t)reader->text->count;
	block->unless = NO_STEP;
	reader->variable_count = block->variable_count;
}

static bool is_word(const char *at, const char *word)
{
	return template_word_size(at) == strlen(word) && strncmp(at, word, strlen(word)) == 0;
}

static bool read_else(struct template_reader *reader, struct blocks *blocks)
{
	struct open_block *block = blocks->count == 0 ? NULL : &blocks->open[blocks->count - 1];
	if (block == NULL || block->unless == NO_STEP)
		return template_refuse(reader, "unexpected {{else}}");
	int64_t skip = (int64_t)reader->text->count;
	template_add(reader, TEMPLATE_SKIP)->number = block->last_skip;
	block->last_skip = skip;
	end_branch(reader, block);
	template_skip_blanks(reader);
	if (!is_word(reader->at, "if"))
		return read_end(reader);
	reader->at += strlen("if");
	return open_branch(reader, block);
}

static bool read_block_end(struct template_reader *reader, struct blocks *blocks)
{
	if (blocks->count == 0)
		return template_refuse(reader, "unexpected {{end}}");
	struct open_block *block = &blocks->open[--blocks->count];
	end_branch(reader, block);
	for (int64_t skip = block->last_skip; skip != NO_STEP;) {
		struct template_step *step = &reader->text->steps[skip];
		skip = step->number;
		step->number = (int64_t)reader->text->count;
	}
	return read_end(reader);
}

/* ---- actions ---- */

/* $x := pipeline, or $x = pipeline; at stands on the $. ret_is_one is false if it is something else. */
static bool read_assignment(struct template_reader *reader, bool *ret_is_one)
{
	const char *from = reader->at++, *name = reader->at;
	size_t size = template_word_size(name);
	reader->at += size;
	template_skip_blanks(reader);
	bool is_new = strncmp(reader->at, ":=", 2) == 0;
	*ret_is_one = size > 0 && (is_new || *reader->at == '=');
	if (!*ret_is_one) {
		reader->at = from;
		return true;
	}
	reader->at += is_new ? 2 : 1;
	if (!template_read_pipeline(reader))
		return false;
	unsigned i = reader->variable_count;
	while (!is_new && i > 0 &&
	       (reader->variable_sizes[i - 1] != size ||
		strncmp(reader->variables[i - 1], name, size) != 0))
		i--;
	if (!is_new && i == 0)
		return template_refuse(reader, "undefined variable \"$%.*s\"", (int)size, name);
	i -= !is_new;
	if (i == TEMPLATE_VARIABLES)
		return template_refuse(reader, "more than %d variables", TEMPLATE_VARIABLES);
	reader->variables[i] = name;
	reader->variable_sizes[i] = size;
	reader->variable_count += is_new;
	reader->stack--;
	template_add(reader, TEMPLATE_SET)->number = i;
	return read_end(reader);
}

static bool read_output(struct template_reader *reader)
{
	bool is_assignment = false;
	if (*reader->at == '$' && !read_assignment(reader, &is_assignment))
		return false;
	if (is_assignment)
		return true;
	if (!template_read_pipeline(reader))
		return false;
	reader->stack--;
	template_add(reader, TEMPLATE_PRINT);
	return read_end(reader);
}

/* Behind the opening braces. */
static bool read_action(struct template_reader *reader, struct blocks *blocks)
{
	static const char *const unbuilt[] = { "range", "with",	 "define",  "template",
					       "block", "break", "continue" };
	static const struct {
		const char *word;
		bool (*read)(struct template_reader *reader, struct blocks *blocks);
	} words[] = { { "if", read_if }, { "else", read_else }, { "end", read_block_end } };
	template_skip_blanks(reader);
	for (size_t i = 0; i < COUNT_OF(unbuilt); i++)
		if (is_word(reader->at, unbuilt[i]))
			return template_refuse(reader, "{{%s}} is not built into knamed", unbuilt[i]);
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (is_word(reader->at, words[i].word)) {
			reader->at += strlen(words[i].word);
			return words[i].read(reader, blocks);
		}
	}
	return read_output(reader);
}

/* Words with one blank between them, none inside the braces. */
static void print_action(struct template_reader *reader, const char *from)
{
	struct text *printed = &reader->printed;
	char quote = '\0';
	bool is_apart = false;
	text_add(printed, "{{");
	size_t start = printed->size;
	for (const char *at = from; at < reader->action_end; at++) {
		if (quote == '\0' && template_is_blank(*at)) {
			is_apart = printed->size > start;
			continue;
		}
		if (quote == '\0' && (*at == '|' || printed->data[printed->size - 1] == '|'))
			is_apart = true;
		if (is_apart)
			text_add(printed, " ");
		is_apart = false;
		text_add_n(printed, at, 1);
		if (quote == '"' && *at == '\\' && at + 1 < reader->action_end)
			text_add_n(printed, ++at, 1);
		else if (quote == *at)
			quote = '\0';
		else if (quote == '\0' && (*at == '"' || *at == '`'))
			quote = *at;
	}
	text_add(printed, "}}");
}

static bool read_comment(struct template_reader *reader)
{
	const char *end = strstr(reader->at + 2, "*/");
	if (end == NULL)
		return template_refuse(reader, "unclosed comment");
	reader->at = end + 2;
	return read_end(reader);
}

static void add_text(struct template_reader *reader, const char *from, size_t size)
{
	if (size == 0)
		return;
	struct template_step *step = template_add(reader, TEMPLATE_TEXT);
	step->text = arena_text(reader->arena, from, size);
	step->size = size;
	text_add_n(&reader->printed, from, size);
}

/* Text up to the next action, and the action. */
static bool read_part(struct template_reader *reader, struct blocks *blocks)
{
	const char *from = reader->at, *open = strstr(from, "{{");
	size_t size = open == NULL ? strlen(from) : (size_t)(open - from);
	if (open == NULL) {
		reader->at += size;
		add_text(reader, from, size);
		return true;
	}
	reader->at = open + 2;
	if (*reader->at == '-' && template_is_blank(reader->at[1])) {
		reader->at += 2;
		while (size > 0 && template_is_blank(from[size - 1]))
			size--;
	}
	add_text(reader, from, size);
	if (strncmp(reader->at, "/*", 2) == 0)
		return read_comment(reader);
	const char *action = reader->at;
	if (!read_action(reader, blocks))
		return false;
	print_action(reader, action);
	return true;
}

static bool read_all(struct template_reader *reader)
{
	struct blocks blocks = { .count = 0 };
	while (*reader->at != '\0')
		if (!read_part(reader, &blocks))
			return false;
	return blocks.count == 0 || template_refuse(reader, "unexpected EOF: {{end}} is missing");
}

bool template_text_read(struct arena *arena, const char *name, const char *source,
			struct template_text *ret_text, struct error *error)
{
	*ret_text = (struct template_text){ .source = source };
	struct template_reader reader = {
		.arena = arena, .name = name, .at = source, .text = ret_text, .error = error
	};
	if (strlen(source) > TEMPLATE_SOURCE_MAX)
		return template_refuse(&reader, "longer than %d octets", TEMPLATE_SOURCE_MAX);
	text_add(&reader.printed, "");
	bool is_good = read_all(&reader);
	ret_text->printed = arena_text(arena, reader.printed.data, reader.printed.size);
	text_done(&reader.printed);
	return is_good;
}
