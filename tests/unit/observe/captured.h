/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to stdout between begin and end, as text. cmocka's own words go there too, so both stay close. */
#ifndef KNAMED_TEST_CAPTURED_H
#define KNAMED_TEST_CAPTURED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "knamed/base.h"

static int stdout_before, captured_file;

static inline void capture_begin(void)
{
	char path[] = "/tmp/knamed-test-XXXXXX";
	fflush(stdout);
	stdout_before = dup(STDOUT_FILENO);
	captured_file = mkstemp(path);
	assert_true(captured_file >= 0);
	unlink(path);
	dup2(captured_file, STDOUT_FILENO);
}

/* The caller gives the text back. */
static inline struct text capture_end(void)
{
	char path[32];
	struct text text = { 0 };
	dup2(stdout_before, STDOUT_FILENO);
	close(stdout_before);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", captured_file);
	assert_true(file_read(path, SIZE_MAX / 4, &text, NULL));
	close(captured_file);
	return text;
}

#endif
