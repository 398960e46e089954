/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a record from text, word by word: owner, TTL and class in either order, type, data (RFC
 * 1035 5.1). For text that is made while a query waits: fixed buffers, no allocation. */
#include "line.h"

#include <string.h>

enum { TTL_DEFAULT = 3600 };

/* Blanks, comments and parentheses. Within parentheses a line goes on; at depth 0 it ends. */
static bool skip(struct line_reader *reader)
{
	for (; reader->at < reader->end; reader->at++) {
		char c = *reader->at;
		if (c == ';') {
			while (reader->at + 1 < reader->end && reader->at[1] != '\n')
				reader->at++;
		} else if (c == '(') {
			reader->depth++;
		} else if (c == ')') {
			if (reader->depth-- == 0)
				return error_set(reader->error, "a ) closes nothing");
		} else if (c == '\0' || strchr(" \t\r\n", c) == NULL) {
			break;
		}
	}
	return true;
}

static bool ends_word(char c, bool is_quoted)
{
	return is_quoted ? c == '"' : c == '\0' || strchr(" \t\r\n;()\"", c) != NULL;
}

enum line_step line_next(struct line_reader *reader)
{
	struct line_word *word = &reader->word;
	size_t size = 0;
	if (!skip(reader))
		return LINE_BAD;
	if (reader->at == reader->end)
		return LINE_END;
	word->is_quoted = *reader->at == '"';
	reader->at += word->is_quoted;
	while (reader->at < reader->end && !ends_word(*reader->at, word->is_quoted)) {
		bool is_escaped = *reader->at == '\\' && reader->at + 1 < reader->end;
		if (*reader->at == '\0' || size + 2 > LINE_WORD_MAX)
			break;
		if (is_escaped)
			word->text[size++] = *reader->at++;
		word->text[size++] = *reader->at++;
	}
	word->text[size] = '\0';
	if (reader->at < reader->end && !ends_word(*reader->at, word->is_quoted)) {
		error_set(reader->error, "a word of a record is longer than %d octets or has a NUL",
			  LINE_WORD_MAX);
		return LINE_BAD;
	}
	if (word->is_quoted && reader->at++ == reader->end) {
		error_set(reader->error, "a quote is not closed");
		return LINE_BAD;
	}
	if (!word->is_quoted && size == 0) {
		error_set(reader->error, "a word of a record has a NUL");
		return LINE_BAD;
	}
	return LINE_WORD;
}

bool line_take(struct line_reader *reader)
{
	enum line_step step = line_next(reader);
	if (step == LINE_END)
		error_set(reader->error, "the record ends too early");
	return step == LINE_WORD;
}

bool dns_ttl_from_text(const char *text, uint32_t *ret_ttl)
{
	static const char units[] = "smhdw";
	static const uint32_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	uint64_t total = 0, number = 0;
	if (*text < '0' || *text > '9')
		return false;
	for (; *text != '\0'; text++) {
		const char *unit = strchr(units, *text | 0x20);
		if (*text >= '0' && *text <= '9') {
			number = number * 10 + (uint64_t)(*text - '0');
		} else if (unit != NULL) {
			total += number * seconds[unit - units];
			number = 0;
		} else {
			return false;
		}
		if (number > UINT32_MAX || total > UINT32_MAX)
			return false;
	}
	*ret_ttl = (uint32_t)(total + number);
	return total + number <= UINT32_MAX;
}

/* TTL and class, as far as they are there, and the type. */
static bool read_type(struct line_reader *reader, struct dns_line *line)
{
	bool has_ttl = false, has_class = false;
	line->ttl = TTL_DEFAULT;
	line->class_ = CLASS_IN;
	while (line_take(reader)) {
		const char *word = reader->word.text;
		if (!has_ttl && dns_ttl_from_text(word, &line->ttl)) {
			has_ttl = true;
		} else if (!has_class && dns_class_from_text(word, &line->class_)) {
			has_class = true;
		} else if (dns_type_from_text(word, &line->type)) {
			return dns_line_has_type(line->type) ||
			       error_set(reader->error,
					 "records of type %s cannot be made: A, NS, CNAME, SOA, PTR, "
					 "HINFO, MX, TXT, AAAA, SRV and CAA can",
					 word);
		} else {
			return error_set(reader->error, "\"%s\" is no type of a record", word);
		}
	}
	return false;
}

static bool read_owner(struct line_reader *reader, struct dns_line *line)
{
	uint8_t size;
	if (!line_take(reader))
		return false;
	const char *name = strcmp(reader->word.text, "@") == 0 ? "." : reader->word.text;
	return name_parse(name, line->owner, &size) ||
	       error_set(reader->error, "\"%s\" is no domain name", name);
}

bool dns_line_read(const char *text, size_t size, struct dns_line *ret_line, struct error *error)
{
	struct line_reader reader = { .at = text, .end = text + size, .error = error };
	if (size > 0 && strchr(" \t\r\n", *text) != NULL && *text != '\0')
		return error_set(error, "the record begins with a blank, not with its name");
	if (!read_owner(&reader, ret_line) || !read_type(&reader, ret_line) ||
	    !line_read_data(&reader, ret_line))
		return false;
	enum line_step step = line_next(&reader);
	if (step == LINE_WORD)
		return error_set(error, "\"%s\" stands behind the record", reader.word.text);
	if (step == LINE_END && reader.depth > 0)
		return error_set(error, "a ( is not closed");
	return step == LINE_END;
}
