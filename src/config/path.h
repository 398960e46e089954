/* SPDX-License-Identifier: Apache-2.0 */
/* path -- file names as text. Results live in the arena. */
#ifndef KNAMED_CONFIG_PATH_H
#define KNAMED_CONFIG_PATH_H

#include "knamed/base.h"

/* The shortest equal name: no "." and no "x/..", no doubled or trailing slash; "" is ".". */
char *path_clean(struct arena *arena, const char *path);
/* Cleaned `name`, behind `directory` unless it is absolute or directory is NULL or "". */
char *path_under(struct arena *arena, const char *directory, const char *name);
/* Cleaned, from the root; NULL if the working directory cannot be told. */
char *path_absolute(struct arena *arena, const char *path);
/* What stands before the last slash of a cleaned absolute path; "/" for files in the root. */
char *path_directory(struct arena *arena, const char *path);
/* The system's words for an errno, beginning small: "not a directory". */
char *errno_words(struct arena *arena, int number);

#endif
