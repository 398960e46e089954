/* SPDX-License-Identifier: Apache-2.0 */
/* output -- stdout, shared by whole lines: lines of different threads never mix. */
#ifndef KNAMED_OBSERVE_OUTPUT_H
#define KNAMED_OBSERVE_OUTPUT_H

#include <stddef.h>

/* Writes whole lines, each with its newline. Blocks while stdout does; a stdout that is gone is no reason to stop. */
void output_write(const char *lines, size_t size);

#endif
