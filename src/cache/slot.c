/* SPDX-License-Identifier: Apache-2.0 */
/* Slots, and the heads of entries that they lead to.
 *
 * Each key may stand in one of two buckets, so that buckets fill evenly; a slot keeps its number
 * for as long as the entry lives. Its turn counts whatever happens to it. */
#include <endian.h>
#include <string.h>

#include "store.h"

enum { MARK_DO = 1, MARK_CD = 2, MARK_PART = 4 };
enum { KEPT_SHIFT = 12 }; /* bits of the flags that replies have other uses for */

/* All but the name goes into the key of the hash: who does not know it cannot make questions that collide. */
static uint64_t hash_of(const struct cache *cache, uint64_t key, const uint8_t *lower)
{
	struct hash_key hash_key = { cache->hash_key.k0 ^ key, cache->hash_key.k1 };
	return hash_bytes(&hash_key, lower, (uint8_t)key);
}

uint64_t entry_hash(const struct cache *cache, uint32_t place, const struct head *head)
{
	uint64_t name[32];
	for (unsigned i = 0; i < words_of((uint8_t)head->key); i++)
		name[i] = word_read(cache, place + HEAD_WORDS + i);
	return hash_of(cache, head->key, (const uint8_t *)name);
}

struct wanted wanted_make(const struct cache *cache, const struct dns_query *query, unsigned part)
{
	uint64_t marks = (query->dnssec_ok ? MARK_DO : 0) | (query->flags & FLAG_CD ? MARK_CD : 0) |
			 (cache_keeps_both(cache) ? MARK_PART << part : 0);
	struct wanted wanted = {
		.lower = query->lower,
		.name_size = query->name_size,
		.key = (uint64_t)query->type << 32 | (uint64_t)query->class_ << 16 | marks << 8 |
		       query->name_size,
	};
	wanted.hash = hash_of(cache, wanted.key, query->lower);
	uint32_t low = (uint32_t)wanted.hash, high = (uint32_t)(wanted.hash >> 32);
	wanted.buckets[0] = (uint32_t)((uint64_t)low * cache->bucket_count >> 32);
	wanted.buckets[1] = (uint32_t)((uint64_t)high * cache->bucket_count >> 32);
	/* What the buckets' numbers do not show. */
	wanted.tag = (uint16_t)((low & 0xff) | (high & 0xff) << 8);
	return wanted;
}

void head_read(const struct cache *cache, uint32_t place, struct head *ret_head)
{
	uint64_t words[HEAD_WORDS];
	for (unsigned i = 0; i < HEAD_WORDS; i++)
		words[i] = word_read(cache, place + i);
	*ret_head = (struct head){
		.key = words[0] & 0xffffffffffffull,
		.body_size = (uint16_t)(words[0] >> 48),
		.stored_ms = words[1] >> 16,
		.ttl_count = (uint16_t)words[1],
		.ttl_s = (uint32_t)(words[2] >> 32),
		.slot = (uint32_t)words[2],
		.flags = (uint16_t)(words[3] >> 48) & (uint16_t) ~(3u << KEPT_SHIFT),
		.kept = (enum kept)(words[3] >> (48 + KEPT_SHIFT) & 3),
		.counts = { (uint16_t)(words[3] >> 32), (uint16_t)(words[3] >> 16), (uint16_t)words[3] },
	};
}

void head_write(struct cache *cache, uint32_t place, const struct head *head)
{
	uint64_t flags = head->flags | (uint64_t)head->kept << KEPT_SHIFT;
	word_write(cache, place, (uint64_t)head->body_size << 48 | head->key);
	word_write(cache, place + 1, head->stored_ms << 16 | head->ttl_count);
	word_write(cache, place + 2, (uint64_t)head->ttl_s << 32 | head->slot);
	word_write(cache, place + 3,
		   flags << 48 | (uint64_t)head->counts[0] << 32 | (uint64_t)head->counts[1] << 16 |
			   head->counts[2]);
}

uint32_t head_words(const struct head *head)
{
	return HEAD_WORDS + words_of((uint8_t)head->key) + words_of(head->body_size) +
	       words_of(2u * head->ttl_count);
}

bool entry_is(const struct cache *cache, uint32_t place, const struct wanted *wanted)
{
	if ((word_read(cache, place) & 0xffffffffffffull) != wanted->key)
		return false;
	const uint8_t *lower = wanted->lower;
	unsigned left = wanted->name_size;
	uint64_t word;
	for (place += HEAD_WORDS; left >= 8; left -= 8, lower += 8, place++) {
		memcpy(&word, lower, 8);
		if (word != word_read(cache, place))
			return false;
	}
	if (left == 0)
		return true;
	memcpy(&word, lower, 8); /* the array goes on */
	uint64_t differs = le64toh(word) ^ le64toh(word_read(cache, place));
	return (differs & UINT64_MAX >> (64 - 8 * left)) == 0;
}

enum age entry_age(const struct cache *cache, const struct head *head, uint64_t now_ms,
		   uint32_t *ret_left_s)
{
	/* Clocks of threads may be read in another order than entries are seen. */
	uint64_t since_ms = now_ms > head->stored_ms ? now_ms - head->stored_ms : 0;
	uint64_t since_s = since_ms / 1000;
	*ret_left_s = since_s < head->ttl_s ? (uint32_t)(head->ttl_s - since_s) : 0;
	if (*ret_left_s > 0)
		return AGE_FRESH;
	bool may_be_stale = head->kept == KEPT_ANSWER || head->kept == KEPT_DENIAL;
	uint64_t over_ms = since_ms - (uint64_t)head->ttl_s * 1000;
	return may_be_stale && over_ms < cache->stale_ms ? AGE_STALE : AGE_OVER;
}

uint32_t slot_find(const struct cache *cache, const struct wanted *wanted)
{
	for (unsigned i = 0; i < 2 * BUCKET; i++) {
		uint32_t slot = slot_at(wanted->buckets, i);
		uint64_t word = slot_read(cache, slot);
		if (slot_has_tag(word, wanted->tag) &&
		    entry_is(cache, (uint32_t)(word & SLOT_PLACE), wanted))
			return slot;
	}
	return NO_SLOT;
}

/* The next turn of the slot, with what else is to stand there. */
static void slot_turn(struct cache *cache, uint32_t slot, uint64_t step, uint64_t rest)
{
	uint64_t turn = (slot_read(cache, slot) & SLOT_TURN) + step;
	atomic_store_explicit(&cache->slots[slot], (turn & SLOT_TURN) | rest, memory_order_release);
}

void slot_show(struct cache *cache, uint32_t slot, uint16_t tag, uint32_t place)
{
	bool is_busy = (slot_read(cache, slot) & SLOT_BUSY) != 0;
	slot_turn(cache, slot, is_busy ? SLOT_BUSY : 2 * SLOT_BUSY,
		  (uint64_t)tag << SLOT_TAG_SHIFT | place);
}

/* Its words are written behind this: each store of them is a release. */
void slot_hide(struct cache *cache, uint32_t slot)
{
	uint64_t word = slot_read(cache, slot);
	slot_turn(cache, slot, SLOT_BUSY, word & ~SLOT_TURN);
}

void slot_empty(struct cache *cache, uint32_t slot)
{
	slot_turn(cache, slot, 2 * SLOT_BUSY, 0);
}
