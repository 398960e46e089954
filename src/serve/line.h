/* SPDX-License-Identifier: Apache-2.0 */
/* line -- a log line put together on the stack, and what it says about the size of a reply (private to the stage). */
#ifndef KNAMED_SERVE_LINE_H
#define KNAMED_SERVE_LINE_H

#include "knamed/base.h"

/* What does not fit is cut off. */
enum { LINE_ROOM = 6000 };
struct line {
	size_t size;
	char text[LINE_ROOM];
};
static inline void line_start(struct line *line)
{
	line->size = 0;
}
void line_add_n(struct line *line, const char *text, size_t size);
void line_add(struct line *line, const char *text);
void line_printf(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);
void line_add_json(struct line *line, const char *text, size_t size); /* in quotes */
/* {"time":...,"level":...,"msg":...,"plugin":... without the closing brace */
void line_begin_json(struct line *line, const char *level, const struct line *message,
		     const char *plugin);

/* The size of our own reply if no name in it were compressed, and without OPT: that is what CoreDNS logs. */
size_t reply_plain_size(const uint8_t *reply, size_t size);
/* A record of the type stands in the authority section of our own reply. */
bool reply_has_authority(const uint8_t *reply, size_t size, uint16_t type);

#endif
