/* SPDX-License-Identifier: Apache-2.0 */
/* Character classes of a pattern: [a-z\d[:alpha:]]. */
#include <string.h>

#include "regex_parts.h"

static bool refuse_unclosed(const struct regex_reader *reader, const char *from)
{
	return regex_refuse(reader, "missing closing ]", from, from + strlen(from));
}

/* [:alpha:]; false in ret_read when it is none and '[' stands for itself. */
static bool read_posix(struct regex_reader *reader, bool *ret_read)
{
	static const char *const names[] = { "alnum", "alpha", "ascii", "blank", "cntrl",
					     "digit", "graph", "lower", "print", "punct",
					     "space", "upper", "word",	"xdigit" };
	const char *from = reader->at, *end;
	*ret_read = strncmp(from, "[:", 2) == 0 && (end = strstr(from + 2, ":]")) != NULL;
	if (!*ret_read)
		return true;
	const char *name = from + 2 + (from[2] == '^');
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strlen(names[i]) == (size_t)(end - name) &&
		    strncmp(names[i], name, strlen(names[i])) == 0) {
			reader->at = end + 2;
			text_add_n(&reader->syntax->pattern, from, (size_t)(end + 2 - from));
			return true;
		}
	}
	return regex_refuse(reader, "invalid character class range", from, end + 2);
}

static bool read_one(struct regex_reader *reader, const char *class, uint32_t *ret_character)
{
	if (*reader->at == 0)
		return refuse_unclosed(reader, class);
	if (*reader->at == '\\')
		return regex_read_escape(reader, ret_character);
	*ret_character = regex_take_character(reader);
	return true;
}

/* a or a-z */
static bool read_range(struct regex_reader *reader, const char *class)
{
	const char *from = reader->at;
	uint32_t low = 0, high = 0;
	if (!read_one(reader, class, &low))
		return false;
	regex_put_character(reader, low);
	if (reader->at[0] != '-' || reader->at[1] == ']' || reader->at[1] == 0)
		return true;
	reader->at++;
	if (!read_one(reader, class, &high))
		return false;
	if (high < low)
		return regex_refuse(reader, "invalid character class range", from, reader->at);
	text_add(&reader->syntax->pattern, "-");
	regex_put_character(reader, high);
	return true;
}

static bool read_member(struct regex_reader *reader, const char *class)
{
	bool read = false;
	if (*reader->at == '[' && !read_posix(reader, &read))
		return false;
	if (*reader->at == '\\' && !read && !regex_read_named_set(reader, true, &read))
		return false;
	return read || read_range(reader, class);
}

bool regex_read_class(struct regex_reader *reader)
{
	const char *class = reader->at++;
	text_add(&reader->syntax->pattern, "[");
	if (*reader->at == '^') {
		reader->at++;
		text_add(&reader->syntax->pattern, "^");
	}
	for (bool first = true; *reader->at != ']' || first; first = false) {
		if (*reader->at == 0)
			return refuse_unclosed(reader, class);
		if (!read_member(reader, class))
			return false;
	}
	reader->at++;
	text_add(&reader->syntax->pattern, "]");
	return true;
}
