/* SPDX-License-Identifier: Apache-2.0 */
#include "latency.h"

#include <string.h>

/* The first doubling begins at a quarter of 1 us; what is faster counts as that, as at the other end does what took minutes. */
enum { FIRST_BIT = 8 };

static unsigned bucket_of(uint64_t ns)
{
	if (ns < (uint64_t)1 << FIRST_BIT)
		return 0;
	unsigned bit = 63 - (unsigned)__builtin_clzll(ns);
	unsigned step = (unsigned)(ns >> (bit - 3)) & (LATENCY_STEPS - 1);
	unsigned bucket = (bit - FIRST_BIT) * LATENCY_STEPS + step;
	return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The middle of a bucket. Whole numbers: for a floating one's sake the image would hold all of libm. */
static double seconds_of(unsigned bucket)
{
	unsigned bit = bucket / LATENCY_STEPS + FIRST_BIT, step = bucket % LATENCY_STEPS;
	uint64_t sixteenths = 2 * LATENCY_STEPS + 2 * step + 1;
	return (double)(sixteenths << (bit - 4)) / 1e9;
}

void latency_add(struct latency *latency, uint64_t duration_ns, uint64_t weight)
{
	struct latency_second *second = &latency->seconds[latency->now];
	second->counts[bucket_of(duration_ns)] += weight;
	second->count += weight;
	if (duration_ns > second->most_ns)
		second->most_ns = duration_ns;
}

void latency_turn(struct latency *latency)
{
	latency->now = (latency->now + 1) % LATENCY_SECONDS;
	memset(&latency->seconds[latency->now], 0, sizeof(latency->seconds[0]));
}

static void add_up(const struct latency *latency, struct latency_second *sum)
{
	for (unsigned i = 0; i < LATENCY_SECONDS; i++) {
		const struct latency_second *second = &latency->seconds[i];
		for (unsigned j = 0; j < LATENCY_BUCKETS; j++)
			sum->counts[j] += second->counts[j];
		sum->count += second->count;
		if (second->most_ns > sum->most_ns)
			sum->most_ns = second->most_ns;
	}
}

static double quantile(const struct latency_second *sum, double part)
{
	double wanted = part * (double)sum->count;
	uint64_t count = 0;
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
		count += sum->counts[i];
		if (count > 0 && (double)count >= wanted) {
			double middle = seconds_of(i), most = (double)sum->most_ns / 1e9;
			return middle < most ? middle : most;
		}
	}
	return 0;
}

struct traffic_latency latency_of(const struct latency *latency)
{
	struct latency_second sum = { .count = 0 };
	add_up(latency, &sum);
	return (struct traffic_latency){
		.p50 = quantile(&sum, 0.5),
		.p90 = quantile(&sum, 0.9),
		.p99 = quantile(&sum, 0.99),
		.p999 = quantile(&sum, 0.999),
		.most = (double)sum.most_ns / 1e9,
		.count = sum.count,
	};
}
