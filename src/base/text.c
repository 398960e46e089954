/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows by doubling and always ends in a NUL. */
#include "knamed/base.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_room(struct text *text, size_t more)
{
	assert(more < SIZE_MAX / 2 - text->size);
	size_t needed = text->size + more + 1;
	if (needed <= text->room)
		return;
	size_t room = text->room < 32 ? 64 : text->room * 2;
	if (room < needed)
		room = needed;
	text->data = mem_realloc(text->data, room);
	text->room = room;
}

void text_add_n(struct text *text, const void *bytes, size_t size)
{
	make_room(text, size);
	if (size > 0)
		memcpy(text->data + text->size, bytes, size);
	text->size += size;
	text->data[text->size] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_n(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
	make_room(text, 0);
	for (;;) {
		size_t left = text->room - text->size;
		va_list arguments;
		va_start(arguments, format);
		int size = vsnprintf(text->data + text->size, left, format, arguments);
		va_end(arguments);
		assert(size >= 0);
		if ((size_t)size < left) {
			text->size += (size_t)size;
			return;
		}
		make_room(text, (size_t)size);
	}
}

/* Unreserved of RFC 3986. */
static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

void text_add_escaped(struct text *text, const char *value)
{
	for (; *value != '\0'; value++) {
		if (is_plain(*value))
			text_add_n(text, value, 1);
		else
			text_printf(text, "%%%02X", (unsigned char)*value);
	}
}

void text_add_duration(struct text *text, uint64_t ms)
{
	uint64_t s = ms / 1000;
	if (s == 0) {
		text_printf(text, ms == 0 ? "0s" : "%ums", (unsigned)ms);
		return;
	}
	if (s >= 3600)
		text_printf(text, "%lluh", (unsigned long long)(s / 3600));
	if (s >= 60)
		text_printf(text, "%um", (unsigned)(s / 60 % 60));
	text_printf(text, "%u.%03u", (unsigned)(s % 60), (unsigned)(ms % 1000));
	while (text->data[text->size - 1] == '0')
		text->data[--text->size] = '\0';
	if (text->data[text->size - 1] == '.')
		text->data[--text->size] = '\0';
	text_add(text, "s");
}

void text_clear(struct text *text)
{
	text->size = 0;
	if (text->data != NULL)
		text->data[0] = '\0';
}

void text_done(struct text *text)
{
	mem_free(text->data);
	*text = (struct text){ 0 };
}
