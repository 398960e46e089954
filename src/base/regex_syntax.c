/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a regular expression as Go does and writes it anew for PCRE2. Nothing is copied as it is: what
 * PCRE2 knows beyond Go (lookaround, verbs, possessive repetition, \K, options) cannot get through. */
#include <string.h>

#include "regex_parts.h"

enum { DEPTH_MAX = 200, REPEAT_MAX = 1000 };

static bool refuse_group(const struct regex_reader *reader, const char *from, const char *to)
{
	return regex_refuse(reader, "invalid named capture", from, to);
}

/* Groups have numbers in PCRE2's pattern; their names, which it limits more than Go, stay here. */
static bool open_capture(struct regex_reader *reader, const char *name, size_t size)
{
	struct regex_syntax *syntax = reader->syntax;
	if (syntax->groups == REGEX_GROUPS)
		return error_set(reader->error,
				 "error parsing regexp: more than %d capture groups: `%s`",
				 REGEX_GROUPS - 1, reader->whole);
	syntax->names[syntax->groups++] = name == NULL ? NULL : mem_text_n(name, size);
	text_add(&syntax->pattern, "(");
	return true;
}

/* (?P<name>; at stands on the parenthesis, the name at name. */
static bool open_named(struct regex_reader *reader, const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_";
	const char *from = reader->at, *end = strchr(name, '>');
	if (end == NULL)
		return refuse_group(reader, from, from + strlen(from));
	size_t size = (size_t)(end - name);
	if (size == 0 || strspn(name, letters) != size)
		return refuse_group(reader, from, end + 1);
	reader->at = end + 1;
	return open_capture(reader, name, size);
}

/* (?i:  (?s-m)  (?:  ; ret_opened is false when no group was opened. */
static bool read_flags(struct regex_reader *reader, bool *ret_opened)
{
	const char *from = reader->at;
	bool minus = false, any = false;
	for (reader->at += 2; *reader->at != 0;) {
		uint32_t c = regex_take_character(reader);
		if (c < 0x80 && c != 0 && strchr("imsU", (int)c) != NULL) {
			any = true;
		} else if (c == '-' && !minus) {
			minus = true;
			any = false;
		} else if ((c == ':' || c == ')') && (!minus || any)) {
			text_add_n(&reader->syntax->pattern, from, (size_t)(reader->at - from));
			*ret_opened = c == ':';
			return true;
		} else {
			break;
		}
	}
	return regex_refuse(reader, "invalid or unsupported Perl syntax", from, reader->at);
}

static bool read_open(struct regex_reader *reader)
{
	bool opened = true;
	const char *at = reader->at;
	if (at[1] != '?') {
		reader->at++;
		if (!open_capture(reader, NULL, 0))
			return false;
	} else if ((at[2] == 'P' && at[3] == '<' && at[4] != 0) || (at[2] == '<' && at[3] != 0)) {
		if (!open_named(reader, at + (at[2] == 'P' ? 4 : 3)))
			return false;
	} else if (!read_flags(reader, &opened)) {
		return false;
	}
	if (!opened)
		return true;
	reader->operand = false;
	return ++reader->depth <= DEPTH_MAX ||
	       regex_refuse(reader, "expression nests too deeply", reader->whole,
			    reader->whole + strlen(reader->whole));
}

static bool read_close(struct regex_reader *reader)
{
	if (reader->depth == 0)
		return regex_refuse(reader, "unexpected )", reader->whole,
				    reader->whole + strlen(reader->whole));
	reader->depth--;
	reader->at++;
	reader->operand = true;
	text_add(&reader->syntax->pattern, ")");
	return true;
}

/* Digits without a leading zero; ret_number is REPEAT_MAX + 1 when they say more. */
static bool read_count(const char **at, unsigned *ret_number)
{
	const char *from = *at;
	unsigned number = 0;
	for (; **at >= '0' && **at <= '9'; ++*at)
		number = number > REPEAT_MAX ? number : number * 10 + (unsigned)(**at - '0');
	*ret_number = number > REPEAT_MAX ? REPEAT_MAX + 1 : number;
	return *at > from && (*from != '0' || *at == from + 1);
}

/* The length of {2}, {2,} or {2,5} at at; 0: it is none, and the brace stands for itself. */
static size_t braces_size(const char *at, bool *ret_valid)
{
	const char *from = at++;
	unsigned least, most;
	if (!read_count(&at, &least))
		return 0;
	most = least;
	if (*at == ',' && *++at != '}' && !read_count(&at, &most))
		return 0;
	if (*at != '}')
		return 0;
	*ret_valid = least <= REPEAT_MAX && most <= REPEAT_MAX && (most >= least || at[-1] == ',');
	return (size_t)(at + 1 - from);
}

/* *, +?, {2,5}: of what stands before it, and only once. */
static bool read_repeat(struct regex_reader *reader, size_t size)
{
	const char *from = reader->at, *last = reader->repeat;
	reader->at += size + (from[size] == '?');
	if (last != NULL)
		return regex_refuse(reader, "invalid nested repetition operator", last, reader->at);
	if (!reader->operand)
		return regex_refuse(reader, "missing argument to repetition operator", from,
				    reader->at);
	text_add_n(&reader->syntax->pattern, from, (size_t)(reader->at - from));
	reader->repeat = from;
	return true;
}

static bool read_braces(struct regex_reader *reader)
{
	bool valid = true;
	size_t size = braces_size(reader->at, &valid);
	if (!valid)
		return regex_refuse(reader, "invalid repeat count", reader->at, reader->at + size);
	if (size > 0)
		return read_repeat(reader, size);
	reader->at++;
	reader->repeat = NULL;
	reader->operand = true;
	text_add(&reader->syntax->pattern, "\\{");
	return true;
}

/* What matches between characters. In a group, since Go lets it be repeated. */
static void put_place(struct regex_reader *reader, const char *place, size_t size)
{
	bool repeated = reader->at[size] != 0 && strchr("*+?{", reader->at[size]) != NULL;
	text_printf(&reader->syntax->pattern, repeated ? "(?:%s)" : "%s", place);
	reader->at += size;
}

/* \Q...\E, or to the end. */
static void read_quoted(struct regex_reader *reader)
{
	reader->at += 2;
	while (*reader->at != 0 && strncmp(reader->at, "\\E", 2) != 0) {
		regex_put_character(reader, regex_take_character(reader));
		reader->operand = true;
	}
	reader->at += *reader->at == 0 ? 0 : 2;
}

static bool read_backslash(struct regex_reader *reader)
{
	const char letter = reader->at[1];
	if (letter == 'Q') {
		read_quoted(reader);
		return true;
	}
	reader->operand = true;
	if (letter != 0 && strchr("AzbB", letter) != NULL) {
		put_place(reader, (const char[]){ '\\', letter, 0 }, 2);
		return true;
	}
	bool read;
	uint32_t character;
	if (!regex_read_named_set(reader, false, &read))
		return false;
	if (read)
		return true;
	if (!regex_read_escape(reader, &character))
		return false;
	regex_put_character(reader, character);
	return true;
}

static bool read_part(struct regex_reader *reader)
{
	char c = *reader->at;
	if (c == '*' || c == '+' || c == '?')
		return read_repeat(reader, 1);
	if (c == '{')
		return read_braces(reader);
	reader->repeat = NULL;
	if (c == '(')
		return read_open(reader);
	if (c == ')')
		return read_close(reader);
	if (c == '\\')
		return read_backslash(reader);
	reader->operand = c != '|';
	if (c == '[')
		return regex_read_class(reader);
	if (c == '^' || c == '$') {
		put_place(reader, c == '^' ? "^" : "$", 1);
	} else if (c == '|' || c == '.') {
		text_add_n(&reader->syntax->pattern, reader->at++, 1);
	} else {
		regex_put_character(reader, regex_take_character(reader));
	}
	return true;
}

/* The length of the character at at; 0: it is none. Overlong forms and surrogates are none. */
static size_t utf8_size(const uint8_t *at)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	if (*at < 0x80)
		return 1;
	size_t more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;
	if (*at < 0xc0 || *at >= 0xf8)
		return 0;
	uint32_t character = *at & (0x3fu >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3f);
	}
	bool valid = character >= least[more] && character <= 0x10ffff &&
		     (character < 0xd800 || character > 0xdfff);
	return valid ? more + 1 : 0;
}

static bool is_utf8(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t size = 1;
	while (*at != 0 && size > 0) {
		size = utf8_size(at);
		at += size;
	}
	return size > 0;
}

static bool read_all(struct regex_reader *reader)
{
	const char *whole = reader->whole;
	if (!is_utf8(whole))
		return regex_refuse(reader, "invalid UTF-8", whole, whole + strlen(whole));
	while (*reader->at != 0)
		if (!read_part(reader))
			return false;
	return reader->depth == 0 ||
	       regex_refuse(reader, "missing closing )", whole, whole + strlen(whole));
}

bool regex_syntax_read(const char *pattern, struct regex_syntax *ret_syntax, struct error *error)
{
	struct regex_syntax syntax = { .groups = 1 };
	struct regex_reader reader = {
		.whole = pattern, .at = pattern, .syntax = &syntax, .error = error
	};
	text_add(&syntax.pattern, "");
	if (!read_all(&reader)) {
		regex_syntax_done(&syntax);
		return false;
	}
	*ret_syntax = syntax;
	return true;
}

void regex_syntax_done(struct regex_syntax *syntax)
{
	text_done(&syntax->pattern);
	for (unsigned i = 0; i < syntax->groups; i++)
		mem_free(syntax->names[i]);
}
