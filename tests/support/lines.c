/* SPDX-License-Identifier: Apache-2.0 */
/* A list of text lines that is compared as a set. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

void lines_add(struct lines *lines, const char *line)
{
	lines->lines = mem_realloc(lines->lines, (lines->count + 1) * sizeof(*lines->lines));
	lines->lines[lines->count++] = mem_text(line);
}

static int line_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void lines_sort(struct lines *lines)
{
	if (lines->count > 1)
		qsort(lines->lines, lines->count, sizeof(*lines->lines), line_compare);
}

bool lines_have(const struct lines *lines, const char *line)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (strcmp(lines->lines[i], line) == 0)
			return true;
	}
	return false;
}

size_t lines_count_prefix(const struct lines *lines, const char *prefix)
{
	size_t count = 0;
	for (size_t i = 0; i < lines->count; i++)
		count += strncmp(lines->lines[i], prefix, strlen(prefix)) == 0;
	return count;
}

void lines_done(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		mem_free(lines->lines[i]);
	mem_free(lines->lines);
	*lines = (struct lines){ 0 };
}
