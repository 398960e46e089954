/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a test's own, and what tests do to files. */
#ifndef KNAMED_TEST_DIRECTORY_H
#define KNAMED_TEST_DIRECTORY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

static inline int directory_make(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/knamed-test-XXXXXX");
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static inline int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline int directory_remove(void **state)
{
	(void)state;
	return nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of an entry; good until the eighth call after this one. */
static inline const char *in_directory(const char *name)
{
	static char paths[8][256];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static inline void write_file(const char *name, const char *text)
{
	int fd = open(in_directory(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

#endif
