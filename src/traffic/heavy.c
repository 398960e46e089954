/* SPDX-License-Identifier: Apache-2.0 */
/* Counts stand in a heap with the least on top, keys in places that they keep; chains of equal hashes lead to a key. */
#include "heavy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NOWHERE = UINT32_MAX };

struct place {
	uint64_t error;
	uint32_t heap_at;
	uint32_t next; /* of its chain */
	uint32_t chain;
	uint16_t key_size;
};
struct seat {
	uint64_t count;
	uint32_t place;
};

struct heavy {
	struct hash_key secret;
	uint32_t most, key_size_most, count, chain_mask;
	struct seat *heap;
	struct place *places;
	uint8_t *keys;
	uint32_t *chains;
};

struct heavy *heavy_new(uint32_t key_count, uint32_t key_size_most)
{
	struct heavy *heavy = mem_zalloc(sizeof(*heavy));
	uint32_t chains = 1;
	while (chains < 2 * key_count)
		chains *= 2;
	heavy->secret = hash_key_random();
	heavy->most = key_count;
	heavy->key_size_most = key_size_most;
	heavy->chain_mask = chains - 1;
	heavy->heap = mem_alloc(key_count * sizeof(*heavy->heap));
	heavy->places = mem_alloc(key_count * sizeof(*heavy->places));
	heavy->keys = mem_alloc((size_t)key_count * key_size_most);
	heavy->chains = mem_alloc(chains * sizeof(*heavy->chains));
	memset(heavy->chains, 0xff, chains * sizeof(*heavy->chains));
	return heavy;
}

void heavy_free(struct heavy *heavy)
{
	if (heavy == NULL)
		return;
	mem_free(heavy->heap);
	mem_free(heavy->places);
	mem_free(heavy->keys);
	mem_free(heavy->chains);
	mem_free(heavy);
}

static uint8_t *key_of(const struct heavy *heavy, uint32_t place)
{
	return heavy->keys + (size_t)place * heavy->key_size_most;
}

/* ---- the heap ---- */

static void seat_put(struct heavy *heavy, uint32_t at, struct seat seat)
{
	heavy->heap[at] = seat;
	heavy->places[seat.place].heap_at = at;
}

/* A count has grown. */
static void sink(struct heavy *heavy, uint32_t at)
{
	struct seat seat = heavy->heap[at];
	for (;;) {
		uint32_t child = 2 * at + 1;
		if (child + 1 < heavy->count && heavy->heap[child + 1].count < heavy->heap[child].count)
			child++;
		if (child >= heavy->count || heavy->heap[child].count >= seat.count)
			break;
		seat_put(heavy, at, heavy->heap[child]);
		at = child;
	}
	seat_put(heavy, at, seat);
}

/* A new one stands at the end. */
static void rise(struct heavy *heavy, uint32_t at)
{
	struct seat seat = heavy->heap[at];
	while (at > 0 && heavy->heap[(at - 1) / 2].count > seat.count) {
		seat_put(heavy, at, heavy->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	seat_put(heavy, at, seat);
}

/* ---- keys ---- */

static uint32_t find(const struct heavy *heavy, uint32_t chain, const void *key, size_t size)
{
	uint32_t place = heavy->chains[chain];
	while (place != NOWHERE && (heavy->places[place].key_size != size ||
				    memcmp(key_of(heavy, place), key, size) != 0))
		place = heavy->places[place].next;
	return place;
}

static void chain_leave(struct heavy *heavy, uint32_t place)
{
	uint32_t *link = &heavy->chains[heavy->places[place].chain];
	while (*link != place)
		link = &heavy->places[*link].next;
	*link = heavy->places[place].next;
}

static void place_fill(struct heavy *heavy, uint32_t place, uint32_t chain, const void *key, size_t size)
{
	struct place *own = &heavy->places[place];
	own->chain = chain;
	own->next = heavy->chains[chain];
	own->key_size = (uint16_t)size;
	heavy->chains[chain] = place;
	memcpy(key_of(heavy, place), key, size);
}

static void add_new(struct heavy *heavy, uint32_t chain, const void *key, size_t size, uint64_t weight)
{
	if (heavy->count < heavy->most) {
		uint32_t place = heavy->count++;
		heavy->places[place].error = 0;
		place_fill(heavy, place, chain, key, size);
		heavy->heap[place] = (struct seat){ weight, place };
		rise(heavy, place);
		return;
	}
	struct seat *least = &heavy->heap[0];
	chain_leave(heavy, least->place);
	heavy->places[least->place].error = least->count;
	place_fill(heavy, least->place, chain, key, size);
	least->count += weight;
	sink(heavy, 0);
}

void heavy_add(struct heavy *heavy, const void *key, size_t size, uint64_t weight)
{
	assert(size <= heavy->key_size_most);
	uint32_t chain = (uint32_t)hash_bytes(&heavy->secret, key, size) & heavy->chain_mask;
	uint32_t place = find(heavy, chain, key, size);
	if (place == NOWHERE) {
		add_new(heavy, chain, key, size, weight);
		return;
	}
	uint32_t at = heavy->places[place].heap_at;
	heavy->heap[at].count += weight;
	sink(heavy, at);
}

/* The order stays as it is. */
void heavy_halve(struct heavy *heavy)
{
	for (uint32_t i = 0; i < heavy->count; i++) {
		heavy->heap[i].count /= 2;
		heavy->places[i].error /= 2;
	}
}

/* ---- lists ---- */

static int compare_items(const void *a, const void *b)
{
	const struct heavy_item *left = a, *right = b;
	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	size_t size = left->key_size < right->key_size ? left->key_size : right->key_size;
	int order = memcmp(left->key, right->key, size);
	return order != 0 ? order
			  : (left->key_size > right->key_size) - (left->key_size < right->key_size);
}

size_t heavy_list(const struct heavy *heavy, struct heavy_item *ret_items, size_t most)
{
	struct heavy_item *all = mem_alloc((heavy->count + 1) * sizeof(*all));
	size_t count = 0;
	for (uint32_t i = 0; i < heavy->count; i++) {
		const struct seat *seat = &heavy->heap[i];
		const struct place *place = &heavy->places[seat->place];
		if (seat->count > 0)
			all[count++] =
				(struct heavy_item){ key_of(heavy, seat->place), place->key_size,
						     seat->count, place->error };
	}
	qsort(all, count, sizeof(*all), compare_items);
	count = count < most ? count : most;
	memcpy(ret_items, all, count * sizeof(*all));
	mem_free(all);
	return count;
}
