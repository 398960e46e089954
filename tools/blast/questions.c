/* SPDX-License-Identifier: Apache-2.0 */
/* The file is mapped and read twice: once to know how much memory it takes, once to fill it. */
#include "questions.h"

#include "pages.h"
#include "query.h"
#include "rdata.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD_MAX = QUERY_NAME_MAX + 1, DIGITS_MAX = 16 };

struct line {
	const char *at, *end;
};

/* Where the file is being read, and the free ends of the three stores. */
struct loading {
	const char *path;
	unsigned line;
	size_t packets_used;
	uint8_t *sets;
	const struct questions_options *options;
};

static struct line word_next(struct line *line)
{
	struct line word;

	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
		line->at++;
	word.at = line->at;
	while (line->at < line->end && *line->at != ' ' && *line->at != '\t')
		line->at++;
	word.end = line->at;
	return word;
}

static void word_copy(const struct loading *loading, struct line *line, const char *what, char *out)
{
	struct line word = word_next(line);
	size_t size = (size_t)(word.end - word.at);

	if (size == 0 || size >= WORD_MAX)
		die("%s:%u: expected %s", loading->path, loading->line, what);
	memcpy(out, word.at, size);
	out[size] = '\0';
}

static void digits_find(const struct loading *loading, const uint8_t *packet, struct question *question)
{
	const uint8_t *name = packet + QUERY_HEADER;
	const uint8_t *mark = memchr(name, '#', question->size - QUERY_HEADER);

	if (mark == NULL)
		return;
	question->digits_at = (uint16_t)(mark - packet);
	while (packet[question->digits_at + question->digits] == '#')
		question->digits++;
	if (question->digits > DIGITS_MAX)
		die("%s:%u: more than %d digits", loading->path, loading->line, DIGITS_MAX);
}

/* The rest of the line: rdata after rdata, parted by commas. */
static void set_read(struct loading *loading, struct line rest, uint16_t type, struct answer_set *set)
{
	set->bytes = loading->sets;
	for (struct line part; rest.at < rest.end; rest.at = part.end + 1) {
		uint8_t data[RDATA_MAX];
		size_t size;
		part = rest;
		const char *comma = memchr(rest.at, ',', (size_t)(rest.end - rest.at));
		if (comma != NULL)
			part.end = comma;
		if (!rdata_from_text(type, part.at, (size_t)(part.end - part.at), data, &size))
			die("%s:%u: '%.*s' is no data of this type", loading->path, loading->line,
			    (int)(part.end - part.at), part.at);
		uint16_t entry_size = (uint16_t)size;
		memcpy(loading->sets, &entry_size, sizeof entry_size);
		memcpy(loading->sets + sizeof entry_size, data, size);
		loading->sets += sizeof entry_size + size;
		set->count++;
	}
}

static void question_read(struct loading *loading, struct questions *questions, struct line line)
{
	char name[WORD_MAX], type_word[WORD_MAX], rcode_word[WORD_MAX], answers_word[WORD_MAX];
	struct question *question = &questions->question[questions->count++];
	uint8_t *packet = questions->packets + loading->packets_used;
	unsigned long answers = REPLY_ANY_COUNT;
	uint16_t type;

	word_copy(loading, &line, "a name", name);
	word_copy(loading, &line, "a type", type_word);
	word_copy(loading, &line, "an rcode or -", rcode_word);
	word_copy(loading, &line, "a number of answers or -", answers_word);
	if (!query_type(type_word, &type))
		die("%s:%u: no type '%s'", loading->path, loading->line, type_word);
	question->rcode = REPLY_ANY_RCODE;
	if (strcmp(rcode_word, "-") != 0 && !query_rcode(rcode_word, &question->rcode))
		die("%s:%u: no rcode '%s'", loading->path, loading->line, rcode_word);
	if (strcmp(answers_word, "-") != 0 &&
	    !query_number(answers_word, REPLY_ANY_COUNT - 1, &answers))
		die("%s:%u: no number of answers: '%s'", loading->path, loading->line, answers_word);
	question->answers = (uint16_t)answers;
	question->packet = (uint32_t)loading->packets_used;
	question->size =
		(uint16_t)query_build(name, strlen(name), type, loading->options->edns_size, packet);
	if (question->size == 0)
		die("%s:%u: '%s' is no name", loading->path, loading->line, name);
	loading->packets_used += question->size;
	digits_find(loading, packet, question);
	set_read(loading, word_next(&line), type, &question->set);
	if (loading->options->echo) {
		question->rcode = 0;
		question->answers = 0;
	}
}

static bool line_next(struct line *text, struct line *ret_line)
{
	if (text->at >= text->end)
		return false;
	const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
	ret_line->at = text->at;
	ret_line->end = newline != NULL ? newline : text->end;
	text->at = ret_line->end + 1;
	return true;
}

static bool line_is_question(struct line line)
{
	struct line word = word_next(&line);
	return word.at < word.end && *word.at != '#';
}

static struct line file_map(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) != 0)
		die("%s: %s", path, strerror(errno));
	if (status.st_size == 0)
		die("%s: holds no question", path);
	/* One byte more than the file: the last word then ends at a byte that is mapped. */
	char *text = pages_take((size_t)status.st_size + 1);
	for (off_t have = 0; have < status.st_size;) {
		ssize_t got = read(fd, text + have, (size_t)(status.st_size - have));
		if (got <= 0)
			die("%s: %s", path, got == 0 ? "grew shorter" : strerror(errno));
		have += got;
	}
	close(fd);
	return (struct line){ text, text + status.st_size };
}

void questions_load(struct questions *questions, const char *path,
		    const struct questions_options *options)
{
	struct line text = file_map(path), lines = text, line;
	size_t count = 0, commas = 0;

	while (line_next(&lines, &line)) {
		count += line_is_question(line);
		for (const char *at = line.at; at < line.end; at++)
			commas += *at == ',';
	}
	if (count == 0)
		die("%s: holds no question", path);
	size_t file_size = (size_t)(text.end - text.at);
	struct loading loading = { .path = path, .options = options };
	/* A name in text is one byte shorter than on the wire; each question adds at most a header, type,
	 * class, OPT and two ends; each rdata its size, a port and an address no longer than 16 bytes. */
	questions->packets = pages_take(file_size + count * 32);
	loading.sets = pages_take(file_size + (count + commas) * 24);
	questions->question = pages_take(count * sizeof *questions->question);
	questions->count = 0;
	for (loading.line = 1; line_next(&text, &line); loading.line++) {
		if (line_is_question(line))
			question_read(&loading, questions, line);
	}
}

size_t questions_write(const struct questions *questions, uint32_t index, uint16_t id,
		       uint64_t digits, uint8_t *out)
{
	static const char hex[] = "0123456789abcdef";
	const struct question *question = &questions->question[index];

	memcpy(out, questions->packets + question->packet, question->size);
	out[0] = (uint8_t)(id >> 8);
	out[1] = (uint8_t)id;
	for (unsigned i = 0; i < question->digits; i++, digits >>= 4)
		out[question->digits_at + i] = (uint8_t)hex[digits & 15];
	return question->size;
}
