/* SPDX-License-Identifier: Apache-2.0 */
/* host_file -- files of the C library, lines of words: resolv.conf, hosts (private to the stage). */
#ifndef KNAMED_CONFIG_HOST_FILE_H
#define KNAMED_CONFIG_HOST_FILE_H

#include "knamed/base.h"

/* Hands over each line, which may be written to. False and error: it cannot be read. */
bool host_file_read(const char *path, void (*take)(void *context, char *line), void *context,
		    struct error *error);
/* The next word of a line; NULL: none. */
char *host_file_word(char **at);

#endif
