/* SPDX-License-Identifier: Apache-2.0 */
/* burst -- what a server keeps when everybody asks at once. */
#ifndef BLAST_BURST_H
#define BLAST_BURST_H

#include <stdbool.h>

struct load;

/* Sends bursts until the time is up, one when the answers of the one before have come or are lost. */
void burst_run(struct load *load, const volatile bool *stop);

#endif
