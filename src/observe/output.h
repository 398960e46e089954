/* SPDX-License-Identifier: Apache-2.0 */
/* output -- stdout, shared by whole lines: lines of different threads never mix. */
#ifndef KNAMED_OBSERVE_OUTPUT_H
#define KNAMED_OBSERVE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

/* Writes whole lines, each with its newline. A stdout that is gone, or that nobody reads for a
 * second, is no reason to stop: lines are dropped then. */
void output_write(const char *lines, size_t size);
/* How many. */
uint64_t output_dropped(void);

#endif
