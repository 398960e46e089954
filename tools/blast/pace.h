/* SPDX-License-Identifier: Apache-2.0 */
/* pace -- when queries leave. */
#ifndef BLAST_PACE_H
#define BLAST_PACE_H

#include <stdbool.h>

struct load;

/* Warm-up, measured window and drain of --rate or --max. `*stop` ends the load early. */
void pace_run(struct load *load, const volatile bool *stop);

#endif
