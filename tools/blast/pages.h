/* SPDX-License-Identifier: Apache-2.0 */
/* pages -- memory taken once, before the load starts, and kept to the end. */
#ifndef BLAST_PAGES_H
#define BLAST_PAGES_H

#include <stddef.h>

/* `size` zeroed bytes, present in memory; ends the program when there are none. */
void *pages_take(size_t size);
/* Ends the program with status 2 and one line on stderr. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
