/* SPDX-License-Identifier: Apache-2.0 */
/* Rings: entries lie one behind the other in the order in which they came, and the oldest makes
 * room (S3-FIFO, Yang et al., SOSP 2023). An entry that was replaced lies there until it is the
 * oldest. Memory that was never needed is never touched: a ring begins anew as soon as its front is
 * free, and grows at its end only when it is not. */
#include "store.h"

/* How many entries may stay for another round while one comes in, and one more for each so many
 * words of it: that bounds the work. */
enum { CHANCES = 64, CHANCE_WORDS = 4 };

/* The rings lie one behind the other, those of the positive part first. */
static struct part *part_at(struct cache *cache, uint32_t place)
{
	return &cache->parts[place < cache->parts[NEGATIVE].small.start ? POSITIVE : NEGATIVE];
}

static struct ring *ring_at(struct cache *cache, uint32_t place)
{
	struct part *part = part_at(cache, place);
	return place < part->main.start ? &part->small : &part->main;
}

bool place_is_in_main(struct cache *cache, uint32_t place)
{
	return ring_at(cache, place) == &part_at(cache, place)->main;
}

void entry_count(struct cache *cache, uint32_t place)
{
	ring_at(cache, place)->live++;
	tally_add(&part_at(cache, place)->entries, 1);
}

void entry_uncount(struct cache *cache, uint32_t place)
{
	ring_at(cache, place)->live--;
	tally_add(&part_at(cache, place)->entries, UINT64_MAX); /* one less */
}

void entry_forget(struct cache *cache, uint32_t slot)
{
	entry_uncount(cache, slot_place(cache, slot));
	slot_empty(cache, slot);
}

/* What nobody could have been shown any more is no loss, and not counted as one. */
void entry_evict(struct cache *cache, uint32_t slot, uint64_t now_ms)
{
	uint32_t left_s, place = slot_place(cache, slot);
	struct head head;
	head_read(cache, place, &head);
	if (entry_age(cache, &head, now_ms, &left_s) != AGE_OVER)
		tally_add(&part_at(cache, place)->evictions, 1);
	entry_forget(cache, slot);
}

/* ---- what left a small ring and may come back ---- */

static uint32_t *ghost_of(const struct cache *cache, uint64_t hash)
{
	return &cache->ghosts[(hash >> 32) * cache->ghost_count >> 32];
}

static void ghost_put(struct cache *cache, uint64_t hash)
{
	*ghost_of(cache, hash) = (uint32_t)hash;
}

bool ghost_take(struct cache *cache, uint64_t hash)
{
	uint32_t *ghost = ghost_of(cache, hash);
	if (*ghost != (uint32_t)hash)
		return false;
	*ghost = 0;
	return true;
}

/* ---- room ---- */

/* Whether so much can be written at the head, which may begin anew for it. */
static bool ring_fits(struct cache *cache, struct ring *ring, uint32_t size)
{
	if (!ring->is_wrapped) {
		if (ring->head == ring->tail)
			ring->head = ring->tail = 0;
		if (ring->head + size <= ring->taken)
			return true;
		if (ring->tail < size) {
			if (size > ring->most - ring->head)
				return false;
			tally_add(&cache->bytes, 8ull * (ring->head + size - ring->taken));
			ring->taken = ring->head + size;
			return true;
		}
		ring->end = ring->head;
		ring->head = 0;
		ring->is_wrapped = true;
	}
	return size <= ring->tail - ring->head;
}

static uint32_t ring_add(struct ring *ring, uint32_t size)
{
	uint32_t place = ring->start + ring->head;
	ring->head += size;
	return place;
}

/* Takes the oldest off. */
static uint32_t ring_shift(struct cache *cache, struct ring *ring, struct head *ret_head)
{
	uint32_t place = ring->start + ring->tail;
	head_read(cache, place, ret_head);
	ring->tail += head_words(ret_head);
	if (ring->is_wrapped && ring->tail == ring->end) {
		ring->tail = 0;
		ring->is_wrapped = false;
	}
	return place;
}

/* Copies forwards: `to` is never behind `from` in the same piece of memory. */
static void entry_move(struct cache *cache, const struct head *head, uint32_t from, uint32_t to)
{
	uint32_t size = head_words(head);
	uint16_t tag = (uint16_t)(slot_read(cache, head->slot) >> SLOT_TAG_SHIFT);
	if (to < from &&
	    to + size > from) /* else the old one stays whole until readers are led to the new one */
		slot_hide(cache, head->slot);
	for (uint32_t i = 0; i < size; i++)
		word_write(cache, to + i, word_read(cache, from + i));
	slot_show(cache, head->slot, tag, to);
}

/* ---- who goes ---- */

/* Whether the entry that lay at the tail is worth keeping: one that readers are led to, and not over. */
static bool is_alive(struct cache *cache, const struct head *head, uint32_t place, uint64_t now_ms)
{
	uint32_t left_s;
	if ((slot_read(cache, head->slot) & SLOT_PLACE) != place)
		return false;
	if (entry_age(cache, head, now_ms, &left_s) != AGE_OVER)
		return true;
	entry_forget(cache, head->slot);
	return false;
}

static bool was_visited(const struct cache *cache, const struct head *head)
{
	return (slot_read(cache, head->slot) & SLOT_VISITED) != 0;
}

/* The oldest of the main ring goes, or comes in anew if there are chances left. */
static void main_step(struct cache *cache, struct ring *ring, uint64_t now_ms, unsigned *chances)
{
	struct head head;
	uint32_t place = ring_shift(cache, ring, &head);
	if (!is_alive(cache, &head, place, now_ms))
		return;
	if (*chances > 0 && was_visited(cache, &head) && ring_fits(cache, ring, head_words(&head))) {
		--*chances;
		entry_move(cache, &head, place, ring_add(ring, head_words(&head)));
		return;
	}
	entry_evict(cache, head.slot, now_ms);
}

static uint32_t main_place(struct cache *cache, struct ring *ring, uint32_t size, uint64_t now_ms)
{
	unsigned chances = CHANCES + size / CHANCE_WORDS;
	while (ring->live >= ring->live_most || !ring_fits(cache, ring, size))
		main_step(cache, ring, now_ms, &chances);
	return ring_add(ring, size);
}

/* Takes off what is over, and what was replaced. */
static void main_clean(struct cache *cache, struct ring *ring, uint64_t now_ms)
{
	struct head head;
	for (unsigned i = 0; i < CHANCES && ring->live > 0; i++) {
		uint32_t place = ring->start + ring->tail;
		head_read(cache, place, &head);
		if (is_alive(cache, &head, place, now_ms))
			break;
		ring_shift(cache, ring, &head);
	}
}

/* The oldest of the small ring goes on to the main one or leaves. */
static void small_step(struct cache *cache, struct part *part, uint64_t now_ms)
{
	struct ring *small = &part->small, *main = &part->main;
	struct head head;
	uint32_t place = ring_shift(cache, small, &head);
	if (!is_alive(cache, &head, place, now_ms))
		return;
	uint32_t size = head_words(&head);
	main_clean(cache, main, now_ms);
	bool has_room = main->live < main->live_most && ring_fits(cache, main, size);
	if (has_room || was_visited(cache, &head)) {
		entry_move(cache, &head, place, main_place(cache, main, size, now_ms));
		small->live--;
		main->live++;
		return;
	}
	ghost_put(cache, entry_hash(cache, place, &head));
	entry_evict(cache, head.slot, now_ms);
}

bool ring_place(struct cache *cache, unsigned part, bool is_known, uint32_t size, uint64_t now_ms,
		uint32_t *ret_place)
{
	struct part *own = &cache->parts[part];
	struct ring *small = &own->small, *main = &own->main;
	if (size > main->most / 4)
		return false;
	if (is_known || size > small->most / 2) {
		*ret_place = main_place(cache, main, size, now_ms);
		return true;
	}
	while (small->live >= small->live_most || !ring_fits(cache, small, size))
		small_step(cache, own, now_ms);
	*ret_place = ring_add(small, size);
	return true;
}
