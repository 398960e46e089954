/* SPDX-License-Identifier: Apache-2.0 */
/* latency -- how long answers took in the last seconds: counts by the logarithm of the time, eight
 * steps to the doubling, so that a quantile is right within some 9 % (private to the stage). */
#ifndef KNAMED_TRAFFIC_LATENCY_H
#define KNAMED_TRAFFIC_LATENCY_H

#include "knamed/traffic.h"

enum { LATENCY_STEPS = 8, LATENCY_BUCKETS = 31 * LATENCY_STEPS, LATENCY_SECONDS = 10 };

struct latency_second {
	uint64_t counts[LATENCY_BUCKETS];
	uint64_t count, most_ns;
};
struct latency {
	struct latency_second seconds[LATENCY_SECONDS];
	unsigned now;
};
void latency_add(struct latency *latency, uint64_t duration_ns, uint64_t weight);
/* A second is over: the oldest one is forgotten. */
void latency_turn(struct latency *latency);
struct traffic_latency latency_of(const struct latency *latency);

#endif
