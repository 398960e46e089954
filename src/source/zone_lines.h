/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a zone file: lines without comments, parentheses resolved (RFC 1035 5.1). */
#ifndef KNAMED_SOURCE_ZONE_LINES_H
#define KNAMED_SOURCE_ZONE_LINES_H

#include <stdio.h>

#include "knamed/base.h"

enum { ZONE_ENTRY_MAX = 256 * 1024 }; /* the text of a record of 64 KiB, with every byte escaped */

struct zone_lines {
	FILE *file;
	char *chunk;
	size_t at, size; /* in the chunk */
	unsigned line;	 /* of the next byte */
	struct text entry;
	unsigned entry_line; /* where the entry begins */
};

void zone_lines_init(struct zone_lines *lines, FILE *file); /* takes the file */
void zone_lines_done(struct zone_lines *lines);

enum zone_line { ZONE_LINE_ENTRY, ZONE_LINE_END, ZONE_LINE_BAD };
/* The next entry that is not blank is in lines->entry. On BAD, what is wrong on which line. */
enum zone_line zone_lines_next(struct zone_lines *lines, const char **ret_problem, unsigned *ret_line);

#endif
