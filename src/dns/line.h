/* SPDX-License-Identifier: Apache-2.0 */
/* line -- the words of one record's line, and its data (private to the stage). */
#ifndef KNAMED_DNS_LINE_H
#define KNAMED_DNS_LINE_H

#include "knamed/dns.h"

/* A word holds its text with escapes, without quotes. */
enum { LINE_WORD_MAX = 2048 };
struct line_word {
	char text[LINE_WORD_MAX + 1];
	bool is_quoted;
};
struct line_reader {
	const char *at, *end;
	unsigned depth; /* of parentheses */
	struct line_word word;
	struct error *error;
};

enum line_step { LINE_WORD, LINE_END, LINE_BAD };
enum line_step line_next(struct line_reader *reader);
/* The next word, which has to be there. */
bool line_take(struct line_reader *reader);

bool line_read_data(struct line_reader *reader, struct dns_line *line);

#endif
