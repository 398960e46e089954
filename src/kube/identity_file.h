/* SPDX-License-Identifier: Apache-2.0 */
/* A small file that others replace: looked at before each use, read when it is another one. What
 * was good stays in force until something good takes its place, and the log says so once. */
#ifndef KNAMED_KUBE_IDENTITY_FILE_H
#define KNAMED_KUBE_IDENTITY_FILE_H

#include <sys/stat.h>

#include "knamed/base.h"

struct identity_file {
	const char *path;   /* borrowed */
	struct text text;   /* as read last */
	struct stat status; /* of the file when it was read */
	bool is_read,
		is_young; /* young: time stamps are coarse, a further change may not have shown */
};
/* Reads the file if it is not the one that was read. False: it cannot be read; the text stays. */
bool identity_file_look(struct identity_file *file, bool *ret_is_new, struct error *error);
void identity_file_done(struct identity_file *file);

#endif
