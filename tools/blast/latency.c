/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram whose steps grow with the value: 128 steps to each power of two, so a quantile
 * is right to 0.8 % from nanoseconds to hours and adding costs two instructions and a store. */
#include "latency.h"

#include <math.h>

static unsigned bucket_of(uint64_t ns)
{
	if (ns < 1u << LATENCY_FINE_BITS)
		return (unsigned)ns;
	unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - LATENCY_FINE_BITS;
	return ((shift + 1) << LATENCY_FINE_BITS) +
	       (unsigned)((ns >> shift) - (1u << LATENCY_FINE_BITS));
}

/* The largest time that falls into the bucket. */
static uint64_t bucket_top(unsigned bucket)
{
	unsigned shift = bucket >> LATENCY_FINE_BITS;
	if (shift == 0)
		return bucket;
	uint64_t fine = (bucket & ((1u << LATENCY_FINE_BITS) - 1)) + (1u << LATENCY_FINE_BITS);
	return ((fine + 1) << (shift - 1)) - 1;
}

void latency_add(struct latency *latency, uint64_t ns)
{
	latency->count++;
	latency->bucket[bucket_of(ns)]++;
	if (ns > latency->max_ns)
		latency->max_ns = ns;
}

uint64_t latency_quantile(const struct latency *latency, double share)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)latency->count);
	uint64_t seen = 0;

	if (latency->count == 0)
		return 0;
	if (wanted == 0)
		wanted = 1;
	for (unsigned bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
		seen += latency->bucket[bucket];
		if (seen >= wanted) {
			uint64_t top = bucket_top(bucket);
			return top < latency->max_ns ? top : latency->max_ns;
		}
	}
	return latency->max_ns;
}
