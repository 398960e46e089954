/* SPDX-License-Identifier: Apache-2.0 */
/* report -- what a run found, as one line of JSON and as a line to read. */
#ifndef BLAST_REPORT_H
#define BLAST_REPORT_H

#include <stdio.h>

struct load;

void report_json(const struct load *load, FILE *out);
void report_human(const struct load *load, FILE *out);

#endif
