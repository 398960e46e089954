/* SPDX-License-Identifier: Apache-2.0 */
/* Times and strings in JSON, written in place: query threads use these too, so nothing is allocated. */
#include "knamed/observe.h"

#include <string.h>
#include <time.h>

static char *add_number(char *at, unsigned long number, unsigned digits)
{
	for (unsigned i = digits; i > 0; i--, number /= 10)
		at[i - 1] = (char)('0' + number % 10);
	return at + digits;
}

size_t log_json_time(char *ret_text, size_t room)
{
	static const char shape[] = "\"2026-11-21T02:01:25.323091216Z\"";
	if (room < sizeof(shape) - 1)
		return 0;
	struct timespec now;
	struct tm date;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &date);
	memcpy(ret_text, shape, sizeof(shape) - 1);
	add_number(ret_text + 1, (unsigned long)date.tm_year + 1900, 4);
	add_number(ret_text + 6, (unsigned long)date.tm_mon + 1, 2);
	add_number(ret_text + 9, (unsigned long)date.tm_mday, 2);
	add_number(ret_text + 12, (unsigned long)date.tm_hour, 2);
	add_number(ret_text + 15, (unsigned long)date.tm_min, 2);
	add_number(ret_text + 18, (unsigned long)date.tm_sec, 2);
	add_number(ret_text + 21, (unsigned long)now.tv_nsec, 9);
	return sizeof(shape) - 1;
}

/* How many bytes at `text` form one character in UTF-8; 0 where they do not (RFC 3629). */
static size_t utf8_size(const uint8_t *text, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = text[0] < 0x80	   ? 1
		      : text[0] >> 5 == 6  ? 2
		      : text[0] >> 4 == 14 ? 3
		      : text[0] >> 3 == 30 ? 4
					   : 0;
	if (size < 2 || size > left)
		return size > left ? 0 : size;
	uint32_t character = text[0] & (0x7fU >> size);
	for (size_t i = 1; i < size; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		character = character << 6 | (text[i] & 0x3fU);
	}
	bool is_surrogate = character >= 0xd800 && character < 0xe000;
	return character < least[size] || character > 0x10ffff || is_surrogate ? 0 : size;
}

/* The escape for one character, or 0 if it stands for itself. */
static size_t escape(uint8_t character, char ret_escape[6])
{
	static const char plain[] = "\"\\\n\r\t", letters[] = "\"\\nrt", digits[] = "0123456789abcdef";
	const char *found = character != '\0' ? strchr(plain, character) : NULL;
	if (found != NULL) {
		ret_escape[0] = '\\';
		ret_escape[1] = letters[found - plain];
		return 2;
	}
	if (character >= 0x20 && character != 0x7f)
		return 0;
	memcpy(ret_escape, "\\u00", 4);
	ret_escape[4] = digits[character >> 4];
	ret_escape[5] = digits[character & 15];
	return 6;
}

size_t log_json_string(char *ret_text, size_t room, const char *text, size_t size)
{
	const uint8_t *from = (const uint8_t *)text, *end = from + size;
	size_t written = 1;
	if (room < 2)
		return 0;
	ret_text[0] = '"';
	while (from < end) {
		char escaped[6];
		const void *piece = escaped;
		size_t taken = utf8_size(from, (size_t)(end - from)),
		       piece_size = taken == 1 ? escape(*from, escaped) : 0;
		if (taken == 0) {
			piece = "\\ufffd";
			piece_size = 6;
			taken = 1;
		} else if (piece_size == 0) {
			piece = from;
			piece_size = taken;
		}
		if (piece_size + 1 > room - written)
			return 0;
		memcpy(ret_text + written, piece, piece_size);
		written += piece_size;
		from += taken;
	}
	ret_text[written++] = '"';
	return written;
}
