/* SPDX-License-Identifier: Apache-2.0 */
/* The page of metrics, and lines that it must have. */
#ifndef TESTS_OBSERVE_PRINTED_H
#define TESTS_OBSERVE_PRINTED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "knamed/observe.h"

static inline struct text print(struct metrics *metrics)
{
	struct text text = { 0 };
	metrics_print(metrics, &text);
	return text;
}

static inline bool has_line(const struct text *text, const char *line)
{
	size_t size = strlen(line);
	for (const char *at = text->data; at != NULL;
	     at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL)
		if (strncmp(at, line, size) == 0 && at[size] == '\n')
			return true;
	return false;
}

static inline void assert_line(const struct text *text, const char *line)
{
	if (!has_line(text, line))
		fail_msg("no line '%s' in:\n%s", line, text->data);
}

#endif
