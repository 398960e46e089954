/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, numbers and printf formats of templates. */
#include <string.h>

#include "template_parts.h"

enum { WIDTH_MAX = 99 };

static bool read_raw(struct template_reader *reader, const char **ret_text, size_t *ret_size)
{
	const char *from = reader->at + 1, *end = strchr(from, '`');
	if (end == NULL)
		return template_refuse(reader, "unterminated raw quoted string");
	*ret_text = arena_text(reader->arena, from, (size_t)(end - from));
	*ret_size = (size_t)(end - from);
	reader->at = end + 1;
	return true;
}

/* \n, \x41, \101, \", \\. Characters by number beyond one octet have no use here. */
static bool read_escape(struct template_reader *reader, char *ret_octet)
{
	static const char letters[] = "abfnrtv\\\"'", meant[] = "\a\b\f\n\r\t\v\\\"'";
	static const char digits[] = "0123456789abcdef";
	char c = *reader->at++;
	const char *letter = c == '\0' ? NULL : strchr(letters, c);
	unsigned base = c == 'x' ? 16 : 8, left = c == 'x' ? 2 : 3, value = 0;
	if (letter != NULL) {
		*ret_octet = meant[letter - letters];
		return true;
	}
	if (c != 'x')
		reader->at--;
	for (; left > 0; left--, reader->at++) {
		const char *digit = *reader->at == '\0' ? NULL : strchr(digits, *reader->at | 0x20);
		if (digit == NULL || (unsigned)(digit - digits) >= base)
			return template_refuse(reader,
					       "this escape in a string is not built into knamed");
		value = value * base + (unsigned)(digit - digits);
	}
	*ret_octet = (char)value;
	return value <= UINT8_MAX ||
	       template_refuse(reader, "an escape in a string is more than one octet");
}

bool template_read_string(struct template_reader *reader, const char **ret_text, size_t *ret_size)
{
	struct text text = { 0 };
	if (*reader->at == '`')
		return read_raw(reader, ret_text, ret_size);
	text_add(&text, "");
	bool is_good = true;
	reader->at++;
	while (is_good && *reader->at != '"') {
		char octet = *reader->at;
		if (octet == '\0' || octet == '\n') {
			is_good = template_refuse(reader, "unterminated quoted string");
			break;
		}
		reader->at++;
		if (octet == '\\')
			is_good = read_escape(reader, &octet);
		text_add_n(&text, &octet, 1);
	}
	reader->at += is_good;
	*ret_text = arena_text(reader->arena, text.data, text.size);
	*ret_size = text.size;
	text_done(&text);
	return is_good;
}

/* 12, -1, 0x1f, 0b11, 0o17, 017, 1_000 */
bool template_read_number(struct template_reader *reader, int64_t *ret_number)
{
	static const char digits[] = "0123456789abcdef";
	const char *from = reader->at;
	bool is_negative = *from == '-';
	reader->at += *from == '-' || *from == '+';
	unsigned base = 10;
	if (reader->at[0] == '0' && reader->at[1] != '\0' && strchr("xXbBoO", reader->at[1]) != NULL) {
		char kind = (char)(reader->at[1] | 0x20);
		base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
		reader->at += 2;
	} else if (reader->at[0] == '0') {
		base = 8;
	}
	uint64_t number = 0;
	size_t count = 0;
	for (; template_word_size(reader->at) > 0; reader->at++) {
		const char *digit = strchr(digits, *reader->at | 0x20);
		if (*reader->at == '_')
			continue;
		if (digit == NULL || (unsigned)(digit - digits) >= base || number > INT64_MAX / 16)
			count = 0;
		if (digit == NULL || (unsigned)(digit - digits) >= base || number > INT64_MAX / 16)
			break;
		number = number * base + (unsigned)(digit - digits);
		count++;
	}
	if (count == 0 || *reader->at == '.')
		return template_refuse(reader, "bad number syntax: \"%.20s\"", from);
	*ret_number = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

bool template_check_format(const struct template_reader *reader, const char *format, size_t size,
			   unsigned *ret_count)
{
	const char *end = format + size;
	*ret_count = 1;
	for (const char *at = format; at < end; at++) {
		unsigned width = 0;
		if (*at++ != '%') {
			at--;
			continue;
		}
		if (at < end && *at == '%')
			continue;
		at += at < end && (*at == '0' || *at == '-');
		for (; at < end && *at >= '0' && *at <= '9' && width <= WIDTH_MAX; at++)
			width = width * 10 + (unsigned)(*at - '0');
		if (at == end || width > WIDTH_MAX || strchr("svdxXobtq", *at) == NULL)
			return template_refuse(reader,
					       "printf: %%s %%v %%d %%x %%X %%o %%b %%t and %%q with a width up "
					       "to %d are built into knamed",
					       WIDTH_MAX);
		++*ret_count;
	}
	return true;
}
