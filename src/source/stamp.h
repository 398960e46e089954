/* SPDX-License-Identifier: Apache-2.0 */
/* Tells whether a file is the one that was read before. */
#ifndef KNAMED_SOURCE_STAMP_H
#define KNAMED_SOURCE_STAMP_H

#include <sys/stat.h>

#include "knamed/base.h"

struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
	bool is_young; /* when it was taken: time stamps are coarse, a further change may not have shown */
};

struct stamp stamp_of(const struct stat *status);
bool stamp_equal(const struct stamp *a, const struct stamp *b);
/* Surely nothing was written since `before` was taken. */
bool stamp_is_unchanged(const struct stamp *before, const struct stamp *now);

#endif
