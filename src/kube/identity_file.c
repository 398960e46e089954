/* SPDX-License-Identifier: Apache-2.0 */
/* A small file that others replace. A stat before each use is all that following it takes: requests are rare. */
#include "identity_file.h"

#include <errno.h>
#include <string.h>

enum { FILE_MOST = 1024 * 1024, YOUNG_S = 2 };

static bool times_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       times_equal(&a->st_mtim, &b->st_mtim) && times_equal(&a->st_ctim, &b->st_ctim);
}

bool identity_file_look(struct identity_file *file, bool *ret_is_new, struct error *error)
{
	struct stat status;
	bool is_there = stat(file->path, &status) == 0; /* if not, reading it says why */
	if (is_there && file->is_read && !file->is_young && is_same(&file->status, &status)) {
		*ret_is_new = false;
		return true;
	}
	struct text text = { 0 };
	if (!file_read(file->path, FILE_MOST, &text, error))
		return false;
	*ret_is_new = !file->is_read || text.size != file->text.size ||
		      memcmp(text.data, file->text.data, text.size) != 0;
	text_done(&file->text);
	file->text = text;
	file->status = status;
	file->is_read = is_there;
	file->is_young = is_there && (uint64_t)status.st_ctim.tv_sec + YOUNG_S >= clock_unix_s();
	return true;
}

void identity_file_done(struct identity_file *file)
{
	text_done(&file->text);
}
