/* SPDX-License-Identifier: Apache-2.0 */
/* A directory for a test, and turns of the event loop until something happened. */
#ifndef TESTS_SOURCE_DIRECTORY_H
#define TESTS_SOURCE_DIRECTORY_H

#include <event2/event.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reading.h"

static inline char *directory_new(void)
{
	char *path = mem_text("/tmp/knamed-test-XXXXXX");

	assert_non_null(mkdtemp(path));
	return path;
}

static inline void directory_free(char *path)
{
	char *roots[] = { path, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	for (FTSENT *entry; (entry = fts_read(walk)) != NULL;)
		if (entry->fts_info != FTS_D)
			remove(entry->fts_accpath);
	fts_close(walk);
	mem_free(path);
}

static inline void write_file(const char *directory, const char *name, const char *text)
{
	char *path = file_path(directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	mem_free(path);
}

static inline void remove_file(const char *directory, const char *name)
{
	char *path = file_path(directory, name);

	assert_int_equal(remove(path), 0);
	mem_free(path);
}

/* Runs the loop until the count is reached. A deadline of ten seconds ends a test that would hang. */
static inline void wait_for(struct event_base *events, const unsigned *count, unsigned wanted)
{
	struct timeval turn = { 0, 20000 };

	for (int turns = 0; *count < wanted && turns < 500; turns++) {
		event_base_loopexit(events, &turn);
		event_base_dispatch(events);
	}
	assert_int_equal(*count, wanted);
}

#endif
