/* SPDX-License-Identifier: Apache-2.0 */
/* sampler -- one thread's samples on their way: a byte ring with one producer and one consumer (private to the stage). */
#ifndef KNAMED_TRAFFIC_SAMPLER_H
#define KNAMED_TRAFFIC_SAMPLER_H

#include "knamed/traffic.h"

struct ring;
/* wanted: the number of the watch << WATCH_SHIFT | one question in so many; 0: none. */
struct ring *ring_new(const _Atomic uint32_t *wanted);
void ring_free(struct ring *ring);
struct sampler *ring_sampler(struct ring *ring);
struct ring *ring_of(struct sampler *sampler);
/* Hands out what was put since the last time. */
void ring_drain(struct ring *ring, traffic_listener take, void *context);
uint64_t ring_lost(const struct ring *ring);

#endif
