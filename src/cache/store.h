/* SPDX-License-Identifier: Apache-2.0 */
/* store -- where entries lie, and how they are read while they are written (private to the stage).
 *
 *   name --keyed hash--> two buckets of slots --place--> words of a ring: head, name, records,
 * places of TTLs
 *
 * An entry never changes while its slot leads to it: the writer turns the slot away first and
 * writes the words afterwards. So a reader copies what it wants, looks at the slot again, and if
 * that is as it was, so was the entry. Words are atomic (acquire and release, which cost nothing on
 * most machines); memory is only ever reused for words, so a reader that comes too late reads
 * nonsense and throws it away. */
#ifndef KNAMED_CACHE_STORE_H
#define KNAMED_CACHE_STORE_H

#include <stdatomic.h>

#include "knamed/cache.h"

enum { BUCKET = 8, NO_SLOT = UINT32_MAX };

/* A slot: tag of the hash, visits, turn, place. Place 0: nothing is there. */
#define SLOT_PLACE 0xffffffffull
#define SLOT_BUSY (1ull << 32) /* the lowest bit of the turn: words are being written */
#define SLOT_TURN (0x3fffull << 32)
#define SLOT_VISITED (1ull << 46) /* since it came to where it is; set by readers */
#define SLOT_TAG_SHIFT 48

/* When upstreams may be asked again for an entry that has run out, in milliseconds; they have failed for it. */
#define RETRY_FAILED (1ull << 63)
/* When it was last asked for, and how often in a row. */
enum { HEAT_SHIFT = 16, HEAT_HITS = 0xffff };

typedef _Atomic uint64_t cache_word;

/* What is looked for. `key` is what an entry's first word has of it: type, class, marks, size of the name. */
struct wanted {
	const uint8_t *lower;
	uint8_t name_size;
	uint16_t tag;
	uint32_t buckets[2];
	uint64_t hash, key;
};

/* The slots where that may stand: i < 2 * BUCKET. */
static inline uint32_t slot_at(const uint32_t buckets[2], unsigned i)
{
	return buckets[i / BUCKET] * BUCKET + i % BUCKET;
}
/* False: something else stands there, or nothing. */
static inline bool slot_has_tag(uint64_t word, uint16_t tag)
{
	return word >> SLOT_TAG_SHIFT == tag && (word & SLOT_PLACE) != 0;
}

/* What an entry is. All but the first are in the negative part. */
enum kept { KEPT_ANSWER, KEPT_DENIAL, KEPT_EMPTY, KEPT_FAILURE, KEPT_NOT };
enum { POSITIVE, NEGATIVE, PARTS };
static inline unsigned part_of(enum kept kept)
{
	return kept == KEPT_ANSWER ? POSITIVE : NEGATIVE;
}

/* The first words of an entry, taken apart. Behind them: the name, the records, where their TTLs are. */
enum { HEAD_WORDS = 4, ENTRY_WORDS_MOST = HEAD_WORDS + 32 + 8192 + 16384 };
struct head {
	uint64_t key, stored_ms;
	uint32_t ttl_s, slot;
	uint16_t body_size, ttl_count, counts[3];
	uint16_t flags; /* AA, RA, AD, rcode */
	enum kept kept;
};

/* Memory that entries go through in the order in which they came. Offsets are words behind `start`. */
struct ring {
	uint32_t start, most;	  /* its share of the words */
	uint32_t taken;		  /* of that, ever needed */
	uint32_t head, tail;	  /* where the next one goes; the oldest */
	uint32_t end;		  /* of the older part, when the head has begun anew */
	uint32_t live, live_most; /* entries that slots lead to */
	bool is_wrapped;
};

/* New entries go through the small ring, and on to the main one if somebody asked for them
 * meanwhile or there is room anyway. Who is asked for in the main ring stays for another round. */
struct part {
	struct ring small, main;
	tally_cell entries, evictions;
};

struct zone_set {
	uint8_t (*names)[DNS_NAME_MAX + 1];
	size_t count;
};

struct cache {
	struct config_cache config; /* but for its zones */
	struct hash_key hash_key;
	cache_word *slots, *words;
	cache_word *retries, *heats; /* of slots; heats NULL: nothing is prefetched */
	uint64_t stale_ms;
	uint32_t bucket_count;
	struct zone_set zones, disabled[PARTS];
	_Atomic uint64_t served_stale, prefetches; /* any thread adds */

	/* the writer's */
	struct part parts[PARTS];
	uint32_t *ghosts; /* hashes of what left a small ring unasked for */
	uint32_t ghost_count;
	void *slots_memory;
	tally_cell drops, bytes;
};

static inline uint64_t milliseconds(uint64_t ns)
{
	return ns / 1000000;
}

/* An answer and a denial of the same question stand beside each other only where the former may be preferred. */
static inline bool cache_keeps_both(const struct cache *cache)
{
	return cache->config.stale_prefers_positive && cache->config.serves_stale;
}

static inline uint64_t word_read(const struct cache *cache, size_t at)
{
	return atomic_load_explicit(&cache->words[at], memory_order_acquire);
}
static inline void word_write(struct cache *cache, size_t at, uint64_t word)
{
	atomic_store_explicit(&cache->words[at], word, memory_order_release);
}
static inline uint32_t words_of(size_t octets)
{
	return (uint32_t)((octets + 7) / 8);
}

/* ---- slot.c ---- */

struct wanted wanted_make(const struct cache *cache, const struct dns_query *query, unsigned part);
bool entry_is(const struct cache *cache, uint32_t place, const struct wanted *wanted);
void head_read(const struct cache *cache, uint32_t place, struct head *ret_head);
uint64_t entry_hash(const struct cache *cache, uint32_t place, const struct head *head);
void head_write(struct cache *cache, uint32_t place, const struct head *head);
uint32_t head_words(const struct head *head); /* of the whole entry */
enum age { AGE_FRESH, AGE_STALE, AGE_OVER };
enum age entry_age(const struct cache *cache, const struct head *head, uint64_t now_ms,
		   uint32_t *ret_left_s);

/* The writer: */
uint32_t slot_find(const struct cache *cache, const struct wanted *wanted); /* or NO_SLOT */
static inline uint64_t slot_read(const struct cache *cache, uint32_t slot)
{
	return atomic_load_explicit(&cache->slots[slot], memory_order_relaxed);
}
static inline uint32_t slot_place(const struct cache *cache, uint32_t slot)
{
	return (uint32_t)(slot_read(cache, slot) & SLOT_PLACE);
}
void slot_show(struct cache *cache, uint32_t slot, uint16_t tag, uint32_t place);
void slot_hide(struct cache *cache, uint32_t slot); /* until it is shown again */
void slot_empty(struct cache *cache, uint32_t slot);

/* ---- ring.c: the writer ---- */

/* Room for an entry, in the main ring if it is known to be asked for; others go for it. False: it is too large. */
bool ring_place(struct cache *cache, unsigned part, bool is_known, uint32_t size, uint64_t now_ms,
		uint32_t *ret_place);
bool ghost_take(struct cache *cache, uint64_t hash);
/* An entry was shown; it was replaced; it is taken out of its slot; and that because others need the room. */
void entry_count(struct cache *cache, uint32_t place);
void entry_uncount(struct cache *cache, uint32_t place);
void entry_forget(struct cache *cache, uint32_t slot);
void entry_evict(struct cache *cache, uint32_t slot, uint64_t now_ms);
bool place_is_in_main(struct cache *cache, uint32_t place);

/* ---- judge.c ---- */

struct judgement {
	enum kept kept;
	uint32_t ttl_s;
};
struct judgement message_judge(const struct cache *cache, const struct dns_message *message);

/* ---- cache.c ---- */

bool zone_set_holds(const struct zone_set *zones, const uint8_t *lower);

#endif
