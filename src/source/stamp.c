/* SPDX-License-Identifier: Apache-2.0 */
/* Tells whether a file is the one that was read before. */
#include "stamp.h"

enum { YOUNG_S = 2 };

struct stamp stamp_of(const struct stat *status)
{
	return (struct stamp){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = status->st_size,
		.modified = status->st_mtim,
		.changed = status->st_ctim,
		.is_young = (uint64_t)status->st_ctim.tv_sec + YOUNG_S >= clock_unix_s(),
	};
}

static bool times_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       times_equal(&a->modified, &b->modified) && times_equal(&a->changed, &b->changed);
}

bool stamp_is_unchanged(const struct stamp *before, const struct stamp *now)
{
	return !before->is_young && stamp_equal(before, now);
}
