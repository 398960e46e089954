/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to stdout, caught between start and stop. */
#ifndef TESTS_SERVE_CAUGHT_H
#define TESTS_SERVE_CAUGHT_H

#include <fcntl.h>
#include <unistd.h>

#include "world.h"

struct caught {
	int saved, file;
};

static inline struct caught catch_start(void)
{
	char path[] = "/tmp/knamed-log-XXXXXX";
	struct caught caught = { .saved = dup(STDOUT_FILENO), .file = mkstemp(path) };
	unlink(path);
	fflush(stdout);
	dup2(caught.file, STDOUT_FILENO);
	return caught;
}

static inline char *catch_stop(struct caught caught)
{
	char *text = mem_zalloc(65536);
	log_rings_stop();
	fflush(stdout);
	dup2(caught.saved, STDOUT_FILENO);
	assert_true(pread(caught.file, text, 65535, 0) >= 0);
	close(caught.saved);
	close(caught.file);
	return text;
}

#endif
