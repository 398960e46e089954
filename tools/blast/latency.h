/* SPDX-License-Identifier: Apache-2.0 */
/* latency -- how long answers took: counts by time, in steps below 1 %. */
#ifndef BLAST_LATENCY_H
#define BLAST_LATENCY_H

#include <stdint.h>

enum { LATENCY_FINE_BITS = 7, LATENCY_BUCKETS = (64 - LATENCY_FINE_BITS + 1) << LATENCY_FINE_BITS };

struct latency {
	uint64_t count, max_ns;
	uint64_t bucket[LATENCY_BUCKETS];
};

void latency_add(struct latency *latency, uint64_t ns);
/* The time that `share` (0..1) of the answers did not exceed; 0 when there are none. */
uint64_t latency_quantile(const struct latency *latency, double share);

#endif
