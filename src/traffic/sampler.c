/* SPDX-License-Identifier: Apache-2.0 */
/* Samples lie behind each other in a ring, none of them across its end. `published` and `drained` only grow; the producer
 * is ahead of what it has published by the samples of its batch, whose duration is not known yet. */
#include "sampler.h"

#include <stdalign.h>
#include <string.h>

enum { RING_SIZE = 64 * 1024, EVERY_BITS = (1 << WATCH_SHIFT) - 1 };

struct record {
	uint32_t size; /* of all of it, a multiple of 8 */
	bool is_padding;
	struct sample sample;
	uint8_t name[];
};

struct ring {
	struct sampler sampler; /* stands first */
	uint32_t weight;	/* of the next sample */
	uint64_t chance;
	uint64_t put; /* producer */
	alignas(64) _Atomic uint64_t published;
	_Atomic uint64_t lost;
	alignas(64) _Atomic uint64_t drained; /* consumer */
	void *memory;
	alignas(64) uint8_t bytes[RING_SIZE];
};

/* ---- the query thread ---- */

static struct record *record_at(struct ring *ring, uint64_t position)
{
	return (void *)(ring->bytes + position % RING_SIZE);
}

/* The next gap is drawn: a fixed one might always meet the same of questions that come in turns. */
static void draw(struct ring *ring, uint32_t wanted)
{
	uint32_t every = wanted & EVERY_BITS;
	ring->chance ^= ring->chance << 13;
	ring->chance ^= ring->chance >> 7;
	ring->chance ^= ring->chance << 17;
	ring->weight = every > 0 ? every : 1;
	ring->sampler.left = 1 + (uint32_t)(ring->chance >> 32) % (2 * ring->weight - 1);
}

/* A gap and a weight of a flood that was looked at long ago would hide the first questions of a quiet hour. */
void sampler_begin(struct sampler *sampler, uint32_t wanted)
{
	sampler->watch = (uint16_t)(wanted >> WATCH_SHIFT);
	draw(ring_of(sampler), wanted);
}

/* NULL: there is no room. */
static struct record *take_room(struct ring *ring, uint32_t size)
{
	uint32_t to_end = RING_SIZE - (uint32_t)(ring->put % RING_SIZE);
	uint32_t padding = to_end < size ? to_end : 0;
	uint64_t drained = atomic_load_explicit(&ring->drained, memory_order_acquire);
	if (ring->put + padding + size - drained > RING_SIZE)
		return NULL;
	if (padding > 0) {
		struct record *rest = record_at(ring, ring->put);
		rest->size = padding;
		rest->is_padding = true;
		ring->put += padding;
	}
	struct record *record = record_at(ring, ring->put);
	record->size = size;
	record->is_padding = false;
	ring->put += size;
	return record;
}

void sampler_put(struct sampler *sampler, const struct sample *sample)
{
	struct ring *ring = ring_of(sampler);
	uint32_t weight = ring->weight;
	size_t size = (offsetof(struct record, name) + sample->name_size + 7) & ~(size_t)7;
	struct record *record = take_room(ring, (uint32_t)size);
	draw(ring, atomic_load_explicit(sampler->wanted, memory_order_relaxed));
	if (record == NULL) {
		tally_add(&ring->lost, 1);
		return;
	}
	record->sample = *sample;
	record->sample.weight = weight;
	if (sample->name != NULL)
		memcpy(record->name, sample->name, sample->name_size);
}

void sampler_end(struct sampler *sampler, uint64_t duration_ns)
{
	struct ring *ring = ring_of(sampler);
	uint64_t at = atomic_load_explicit(&ring->published, memory_order_relaxed);
	if (at == ring->put)
		return;
	uint64_t now = clock_now_ns();
	while (at != ring->put) {
		struct record *record = record_at(ring, at);
		if (!record->is_padding) {
			record->sample.at_ns = now;
			record->sample.duration_ns = duration_ns;
		}
		at += record->size;
	}
	atomic_store_explicit(&ring->published, at, memory_order_release);
}

/* ---- the control thread ---- */

void ring_drain(struct ring *ring, traffic_listener take, void *context)
{
	uint64_t at = atomic_load_explicit(&ring->drained, memory_order_relaxed);
	uint64_t end = atomic_load_explicit(&ring->published, memory_order_acquire);
	while (at != end) {
		struct record *record = record_at(ring, at);
		if (!record->is_padding) {
			struct sample sample = record->sample;
			sample.name = sample.name != NULL ? record->name : NULL;
			take(context, &sample);
		}
		at += record->size;
	}
	atomic_store_explicit(&ring->drained, at, memory_order_release);
}

uint64_t ring_lost(const struct ring *ring)
{
	return atomic_load_explicit(&ring->lost, memory_order_relaxed);
}

struct sampler *ring_sampler(struct ring *ring)
{
	return &ring->sampler;
}

struct ring *ring_of(struct sampler *sampler)
{
	return (struct ring *)sampler;
}

/* Not zeroed as a whole: pages that no sample was ever put into cost nothing. */
struct ring *ring_new(const _Atomic uint32_t *wanted)
{
	void *memory = mem_alloc(sizeof(struct ring) + alignof(struct ring));
	uintptr_t aligned = ((uintptr_t)memory + alignof(struct ring) - 1) &
			    ~(uintptr_t)(alignof(struct ring) - 1);
	struct ring *ring = (struct ring *)aligned;
	memset(ring, 0, offsetof(struct ring, bytes));
	ring->memory = memory;
	ring->sampler.wanted = wanted;
	ring->sampler.left = ring->weight = 1;
	random_bytes(&ring->chance, sizeof(ring->chance));
	ring->chance |= 1;
	return ring;
}

void ring_free(struct ring *ring)
{
	mem_free(ring->memory);
}
