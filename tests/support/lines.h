/* SPDX-License-Identifier: Apache-2.0 */
/* A list of text lines: the records of a section, as they are expected and as they came. */
#ifndef TESTS_LINES_H
#define TESTS_LINES_H

#include "knamed/base.h"

struct lines {
	char **lines;
	size_t count;
};
void lines_add(struct lines *lines, const char *line); /* copies */
void lines_sort(struct lines *lines);
bool lines_have(const struct lines *lines, const char *line);
size_t lines_count_prefix(const struct lines *lines, const char *prefix);
void lines_done(struct lines *lines);

#endif
