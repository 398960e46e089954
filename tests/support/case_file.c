/* SPDX-License-Identifier: Apache-2.0 */
/* Reads .case files: a heading, one or more `ask`, then what all of them must answer. */
#include "case_file.h"

#include <string.h>

struct reader {
	struct case_file *file;
	const char *heading;
	size_t waiting;		     /* first case that has no expectation yet */
	struct expectation *current; /* NULL while asks are collected */
};

static bool ask_line_read(struct reader *reader, const char *text, unsigned line, struct error *error)
{
	struct case_file *file = reader->file;
	struct case_ case_ = { .heading = reader->heading, .line = line };
	if (reader->heading == NULL)
		return error_set(error, "expected a heading \"[tag] note\" before the first question");
	if (!ask_read(text, &case_.question, error))
		return false;
	file->cases = mem_realloc(file->cases, (file->case_count + 1) * sizeof(*file->cases));
	file->cases[file->case_count++] = case_;
	reader->current = NULL;
	return true;
}

static bool flag_read(struct expectation *expected, const char *word)
{
	bool *flags[] = { &expected->aa, &expected->tc, &expected->opt, &expected->header,
			  &expected->not_ready };
	static const char *const names[] = { "aa", "tc", "opt", "header", "ede14" };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcmp(word, names[i]) == 0)
			return *flags[i] = true;
	}
	return false;
}

/* The line behind `must`, `match` or `may`: rcode and flags. */
static bool expectation_read(struct reader *reader, const char *text, struct error *error)
{
	struct case_file *file = reader->file;
	if (reader->waiting == file->case_count)
		return error_set(error, "expected `ask` before what is answered");
	struct expectation *expected = mem_zalloc(sizeof(*expected));
	file->expectations = mem_realloc(file->expectations, (file->expectation_count + 1) *
								     sizeof(*file->expectations));
	file->expectations[file->expectation_count++] = expected;
	char *words = mem_text(text), *rest = words, *word;
	bool good = true;
	while (good && (word = strsep(&rest, " ")) != NULL) {
		if (expected->rcode == NULL)
			expected->rcode = mem_text(word);
		else if (*word != '\0')
			good = flag_read(expected, word) ||
			       error_set(error, "unknown flag '%s'", word);
	}
	mem_free(words);
	while (reader->waiting < file->case_count)
		file->cases[reader->waiting++].expected = expected;
	reader->current = expected;
	return good;
}

static bool record_read(struct reader *reader, const char *word, const char *rest, struct error *error)
{
	struct expectation *expected = reader->current;
	if (expected == NULL)
		return error_set(error, "expected `must`, `match` or `may` before '%s'", word);
	if (strcmp(word, "answer") == 0 && strcmp(rest, "any") == 0)
		expected->any_answer = true;
	else if (strcmp(word, "answer") == 0)
		lines_add(&expected->answers, rest);
	else if (strcmp(word, "last") == 0 && expected->last == NULL)
		lines_add(&expected->answers, expected->last = mem_text(rest));
	else if (strcmp(word, "extra") == 0 && strcmp(rest, "any") == 0)
		expected->any_extra = true;
	else if (strcmp(word, "extra") == 0)
		lines_add(&expected->extras, rest);
	else if (strcmp(word, "cut") == 0)
		expected->cut = true;
	else if (strcmp(word, "soa") == 0 && expected->soa == NULL)
		expected->soa = mem_text(rest);
	else
		return error_set(error, "unknown line '%s %s'", word, rest);
	return true;
}

static bool local_read(struct case_file *file, char *text, struct error *error)
{
	char *word;
	while ((word = strsep(&text, " ")) != NULL) {
		struct ip ip;
		if (!ip_parse(word, &ip))
			return error_set(error, "expected an address, not '%s'", word);
		file->local_addresses = mem_realloc(file->local_addresses,
						    (file->local_address_count + 1) * sizeof(ip));
		file->local_addresses[file->local_address_count++] = ip;
	}
	return true;
}

static bool line_read(struct reader *reader, char *text, unsigned line, struct error *error)
{
	text += strspn(text, " \t");
	if (*text == '\0' || *text == '#')
		return true;
	if (*text == '[') {
		reader->heading = arena_text(reader->file->arena, text, strlen(text));
		return true;
	}
	char *rest = text, *word = strsep(&rest, " ");
	if (rest == NULL)
		rest = word + strlen(word);
	if (strcmp(word, "ask") == 0)
		return ask_line_read(reader, rest, line, error);
	if (strcmp(word, "local") == 0)
		return local_read(reader->file, rest, error);
	if (strcmp(word, "must") == 0 || strcmp(word, "match") == 0 || strcmp(word, "may") == 0)
		return expectation_read(reader, rest, error);
	return record_read(reader, word, rest, error);
}

struct case_file *case_file_read(const char *path, struct error *error)
{
	struct text text = { 0 };
	if (!file_read(path, 16 << 20, &text, error))
		return NULL;
	struct case_file *file = mem_zalloc(sizeof(*file));
	file->path = mem_text(path);
	file->arena = arena_new();
	struct reader reader = { .file = file };
	char *rest = text.data, *line;
	bool good = true;
	for (unsigned number = 1; good && (line = strsep(&rest, "\n")) != NULL; number++) {
		good = line_read(&reader, line, number, error);
		if (!good)
			error_prefix(error, "%s:%u: ", path, number);
	}
	if (good && reader.waiting < file->case_count)
		good = error_set(error, "%s: the last question has no expectation", path);
	text_done(&text);
	if (good)
		return file;
	case_file_free(file);
	return NULL;
}

void case_file_free(struct case_file *file)
{
	for (size_t i = 0; i < file->case_count; i++)
		ask_done(&file->cases[i].question);
	for (size_t i = 0; i < file->expectation_count; i++) {
		struct expectation *expected = file->expectations[i];
		lines_done(&expected->answers);
		lines_done(&expected->extras);
		mem_free(expected->rcode);
		mem_free(expected->last);
		mem_free(expected->soa);
		mem_free(expected);
	}
	mem_free(file->expectations);
	mem_free(file->cases);
	mem_free(file->local_addresses);
	mem_free(file->path);
	arena_free(file->arena);
	mem_free(file);
}
