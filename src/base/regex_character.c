/* SPDX-License-Identifier: Apache-2.0 */
/* Single characters of a pattern, plain and escaped, and the sets with names of their own (\d, \pL).
 * Whatever is not a letter or a digit is written escaped, so that nothing gains a meaning on the way. */
#include <ctype.h>
#include <string.h>

#include "regex_parts.h"

bool regex_refuse(const struct regex_reader *reader, const char *what, const char *from, const char *to)
{
	return error_set(reader->error, "error parsing regexp: %s: `%.*s`", what, (int)(to - from),
			 from);
}

void regex_put_character(struct regex_reader *reader, uint32_t character)
{
	struct text *out = &reader->syntax->pattern;
	if (character < 0x80 && isalnum((int)character))
		text_printf(out, "%c", (char)character);
	else if (character < 0x80 && isgraph((int)character))
		text_printf(out, "\\%c", (char)character);
	else
		text_printf(out, "\\x{%x}", character);
	if (character >= 0x80)
		reader->syntax->utf = true;
}

/* The pattern was found to be valid UTF-8. */
uint32_t regex_take_character(struct regex_reader *reader)
{
	const uint8_t *at = (const uint8_t *)reader->at;
	unsigned more = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
	uint32_t character = more == 0 ? *at : *at & (0x3fu >> more);
	for (unsigned i = 1; i <= more; i++)
		character = character << 6 | (at[i] & 0x3f);
	reader->at += 1 + more;
	return character;
}

static bool refuse_escape(const struct regex_reader *reader, const char *from)
{
	return regex_refuse(reader, "invalid escape sequence", from, reader->at);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* \x{10ffff}, \x7f; at stands behind the x. */
static bool read_hex(struct regex_reader *reader, const char *from, uint32_t *ret_character)
{
	bool braced = *reader->at == '{';
	uint32_t character = 0;
	unsigned digits = 0;
	reader->at += braced;
	for (int digit; (digit = hex_digit(*reader->at)) >= 0 && (braced || digits < 2); digits++) {
		reader->at++;
		character = character * 16 + (uint32_t)digit;
		if (character > 0x10ffff)
			return refuse_escape(reader, from);
	}
	bool ended = braced ? digits > 0 && *reader->at == '}' : digits == 2;
	if (!ended) {
		reader->at += *reader->at != 0;
		return refuse_escape(reader, from);
	}
	reader->at += braced;
	*ret_character = character;
	return true;
}

/* A single digit other than 0 would be a backreference. */
static bool read_octal(struct regex_reader *reader, const char *from, uint32_t *ret_character)
{
	uint32_t character = (uint32_t)(reader->at[-1] - '0');
	if (character != 0 && (*reader->at < '0' || *reader->at > '7'))
		return refuse_escape(reader, from);
	for (unsigned i = 0; i < 2 && *reader->at >= '0' && *reader->at <= '7'; i++)
		character = character * 8 + (uint32_t)(*reader->at++ - '0');
	*ret_character = character;
	return true;
}

bool regex_read_escape(struct regex_reader *reader, uint32_t *ret_character)
{
	static const char letters[] = "afnrtv", meant[] = "\a\f\n\r\t\v";
	const char *from = reader->at++;
	if (*reader->at == 0)
		return error_set(reader->error,
				 "error parsing regexp: trailing backslash at end of expression: ``");
	uint32_t character = regex_take_character(reader);
	if (character >= '0' && character <= '7')
		return read_octal(reader, from, ret_character);
	if (character == 'x')
		return read_hex(reader, from, ret_character);
	const char *letter = character < 0x80 ? strchr(letters, (int)character) : NULL;
	if (letter != NULL)
		character = (uint32_t)meant[letter - letters];
	else if (character >= 0x80 || isalnum((int)character))
		return refuse_escape(reader, from);
	*ret_character = character;
	return true;
}

/* \pL, \p{Greek}, \P{^Greek}; at stands on the backslash. */
static bool read_property(struct regex_reader *reader)
{
	const char *from = reader->at;
	bool negated = from[1] == 'P';
	reader->at += 2;
	const char *name = reader->at, *end = name + 1;
	if (*name == '{') {
		end = strchr(++name, '}');
		if (end == NULL)
			return regex_refuse(reader, "invalid character class range", from,
					    from + strlen(from));
		reader->at = end + 1;
		if (*name == '^') {
			negated = !negated;
			name++;
		}
	} else if (*name != 0) {
		regex_take_character(reader);
	}
	size_t letters = 0;
	while (name + letters < end && (isalpha((uint8_t)name[letters]) || name[letters] == '_'))
		letters++;
	if (letters == 0 || name + letters != end)
		return regex_refuse(reader, "invalid character class range", from, reader->at);
	text_printf(&reader->syntax->pattern, "\\%c{%.*s}", negated ? 'P' : 'p', (int)letters, name);
	reader->syntax->utf = true;
	return true;
}

bool regex_read_named_set(struct regex_reader *reader, bool in_class, bool *ret_read)
{
	char letter = reader->at[1];
	*ret_read = letter != 0 && strchr("dDwWsSpP", letter) != NULL;
	if (!*ret_read)
		return true;
	if (letter == 'p' || letter == 'P')
		return read_property(reader);
	reader->at += 2;
	struct text *out = &reader->syntax->pattern;
	if (letter == 's') /* Go's has no vertical tab */
		text_add(out, in_class ? "\\t\\n\\f\\r\\x20" : "[\\t\\n\\f\\r\\x20]");
	else if (letter == 'S')
		text_add(out, in_class ? "\\S\\x0b" : "[^\\t\\n\\f\\r\\x20]");
	else
		text_printf(out, "\\%c", letter);
	return true;
}
