/* SPDX-License-Identifier: Apache-2.0 */
/* idle -- TCP connections that are held and do nothing. */
#ifndef BLAST_IDLE_H
#define BLAST_IDLE_H

struct load;

/* Opens --idle connections, each of which asks one question to be sure that it is served. */
void idle_open(struct load *load);
/* Asks once more on each and counts those that still answer. */
void idle_close(struct load *load);

#endif
