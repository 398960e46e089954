/* SPDX-License-Identifier: Apache-2.0 */
/* Text for log lines, and a walk over a finished reply. */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "knamed/dns.h"
#include "knamed/observe.h"

void line_add_n(struct line *line, const char *text, size_t size)
{
	size_t room = LINE_ROOM - line->size;
	if (size > room)
		size = room;
	memcpy(line->text + line->size, text, size);
	line->size += size;
}

void line_add(struct line *line, const char *text)
{
	line_add_n(line, text, strlen(text));
}

void line_printf(struct line *line, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (size > 0)
		line_add_n(line, text, (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1);
}

void line_add_json(struct line *line, const char *text, size_t size)
{
	line->size += log_json_string(line->text + line->size, LINE_ROOM - line->size, text, size);
}

void line_begin_json(struct line *line, const char *level, const struct line *message,
		     const char *plugin)
{
	line_add(line, "{\"time\":");
	line->size += log_json_time(line->text + line->size, LINE_ROOM - line->size);
	line_printf(line, ",\"level\":\"%s\",\"msg\":", level);
	line_add_json(line, message->text, message->size);
	line_printf(line, ",\"plugin\":\"%s\"", plugin);
}

/* ---- our own reply: well-formed, so only its pointers and lengths are followed ---- */

/* Where the name ends in the packet; *ret_plain is its size with pointers followed. */
static size_t name_walk(const uint8_t *reply, size_t at, size_t *ret_plain)
{
	size_t end = 0;
	*ret_plain = 0;
	while (reply[at] != 0) {
		if (reply[at] >= 0xc0) {
			end = end == 0 ? at + 2 : end;
			at = get_u16(reply + at) & 0x3fffu;
		} else {
			*ret_plain += 1u + reply[at];
			at += 1u + reply[at];
		}
	}
	*ret_plain += 1;
	return end == 0 ? at + 1 : end;
}

/* How many octets come before the names in the data of a type, and how many names; the rest is as it is. */
static unsigned names_in_data(uint16_t type, size_t *ret_before)
{
	*ret_before = type == TYPE_SRV ? 6 : type == TYPE_MX ? 2 : 0;
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
	case TYPE_MX:
	case TYPE_SRV:
		return 1;
	case TYPE_SOA:
		return 2;
	default:
		return 0;
	}
}

/* One record: returns where it ends, adds its plain size. */
static size_t record_walk(const uint8_t *reply, size_t at, size_t *plain)
{
	size_t owner, before, size;
	at = name_walk(reply, at, &owner);
	uint16_t type = get_u16(reply + at);
	size_t data = at + 10, end = data + get_u16(reply + at + 8);
	if (type == TYPE_OPT)
		return end;
	unsigned names = names_in_data(type, &before);
	size_t left = data + before;
	*plain += owner + 10 + before;
	for (; names > 0; names--) {
		left = name_walk(reply, left, &size);
		*plain += size;
	}
	*plain += end - left;
	return end;
}

size_t reply_plain_size(const uint8_t *reply, size_t size)
{
	size_t plain, at;
	if (size <= DNS_HEADER_SIZE || get_u16(reply + 4) != 1)
		return size;
	at = name_walk(reply, DNS_HEADER_SIZE, &plain) + 4;
	plain += DNS_HEADER_SIZE + 4;
	while (at < size)
		at = record_walk(reply, at, &plain);
	return plain;
}

bool reply_has_authority(const uint8_t *reply, size_t size, uint16_t type)
{
	size_t plain;
	if (size <= DNS_HEADER_SIZE || get_u16(reply + 4) != 1)
		return false;
	size_t at = name_walk(reply, DNS_HEADER_SIZE, &plain) + 4;
	for (unsigned i = get_u16(reply + 6); i > 0; i--)
		at = record_walk(reply, at, &plain);
	for (unsigned i = get_u16(reply + 8); i > 0; i--) {
		if (get_u16(reply + name_walk(reply, at, &plain)) == type)
			return true;
		at = record_walk(reply, at, &plain);
	}
	return false;
}
