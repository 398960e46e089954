/* SPDX-License-Identifier: Apache-2.0 */
/* The table of one catalog: buckets of one cache line, eight slots each, linear probing by bucket.
 * A slot is a single word, so a reader sees a key come, change or go in one load. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store.h"

struct table {
	struct answers *answers;
	struct pool *pool; /* of its entries */
	struct buckets *buckets;
	size_t used;  /* slots that are not empty: entries, tombstone versions, SLOT_TOMB */
	size_t count; /* entries that are there for the control thread */
	struct hash_key key;
	uint8_t *marks; /* during a sweep, one per slot: what was put; else NULL */
	bool is_shown;	/* an edition has the buckets */
};

enum { FIRST_BUCKETS = 63 }; /* with the head: one page */

static size_t buckets_size(uint32_t count)
{
	size_t page = 4096, size = sizeof(struct buckets) + count * sizeof(struct bucket);
	return (size + page - 1) / page * page;
}

struct buckets *buckets_map(uint32_t count)
{
	struct buckets *buckets = pool_map(buckets_size(count));
	buckets->count = count;
	return buckets;
}

void buckets_unmap(struct buckets *buckets)
{
	munmap(buckets, buckets_size(buckets->count));
}

struct table *table_new(struct answers *answers, struct pool *pool)
{
	struct table *table = mem_zalloc(sizeof *table);
	table->answers = answers;
	table->pool = pool;
	table->buckets = buckets_map(FIRST_BUCKETS);
	table->key = hash_key_random();
	return table;
}

void table_free(struct table *table)
{
	if (table == NULL)
		return;
	buckets_unmap(table->buckets);
	mem_free(table->marks);
	mem_free(table);
}

struct buckets *table_show(struct table *table)
{
	table->is_shown = true;
	return table->buckets;
}

const struct hash_key *table_key(const struct table *table)
{
	return &table->key;
}

size_t table_count(const struct table *table)
{
	return table->count;
}

static uint64_t slot_word(uint64_t hash, const struct entry *entry)
{
	uint64_t word = (uint64_t)(uintptr_t)entry;
	assert((word >> 48) == 0 && (word & 15) == 0);
	return word | hash << 48;
}

static bool slot_is_entry(uint64_t slot)
{
	return slot > SLOT_TOMB;
}

static bool same_key(const struct entry *entry, const uint8_t *key, size_t key_size)
{
	return entry->key_size == key_size && memcmp(entry_key(entry), key, key_size) == 0;
}

/* The slot that holds the key, or NULL; *ret_free is the first one that could take it. */
static _Atomic uint64_t *slot_find(struct buckets *buckets, uint64_t hash, const uint8_t *key,
				   size_t key_size, _Atomic uint64_t **ret_free)
{
	struct bucket *bucket = bucket_of(buckets, hash), *end = buckets->buckets + buckets->count;
	if (ret_free != NULL)
		*ret_free = NULL;
	for (;;) {
		bool has_empty = false;
		for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
			uint64_t slot = atomic_load_explicit(&bucket->slots[i], memory_order_relaxed);
			if (slot_is_entry(slot)) {
				if (slot >> 48 == (hash & 0xffff) &&
				    same_key(slot_entry(slot), key, key_size))
					return &bucket->slots[i];
				continue;
			}
			if (ret_free != NULL && *ret_free == NULL)
				*ret_free = &bucket->slots[i];
			has_empty |= slot == 0; /* anywhere: what was behind it in the bucket stays */
		}
		if (has_empty)
			return NULL;
		if (++bucket == end)
			bucket = buckets->buckets;
	}
}

struct entry *table_get(const struct table *table, const uint8_t *key, size_t key_size)
{
	uint64_t hash = hash_bytes(&table->key, key, key_size);
	_Atomic uint64_t *slot = slot_find(table->buckets, hash, key, key_size, NULL);
	if (slot == NULL)
		return NULL;
	const struct entry *entry = slot_entry(atomic_load_explicit(slot, memory_order_relaxed));
	return entry->flags & ENTRY_GONE ? NULL : (struct entry *)(uintptr_t)entry;
}

static size_t slot_count(const struct buckets *buckets)
{
	return (size_t)buckets->count * BUCKET_SLOTS;
}

static size_t slot_index(const struct buckets *buckets, const _Atomic uint64_t *slot)
{
	return (size_t)(slot - buckets->buckets[0].slots);
}

static bool is_marked(const struct table *table, size_t index)
{
	return table->marks[index / 8] >> (index % 8) & 1;
}

static void mark(uint8_t *marks, size_t index)
{
	marks[index / 8] |= (uint8_t)(1u << (index % 8));
}

static uint8_t *marks_new(const struct buckets *buckets)
{
	return mem_zalloc(slot_count(buckets) / 8); /* slots come in eights */
}

/* Readers of the edition before keep the old array; both point to the same entries. */
static void table_grow(struct table *table, size_t least)
{
	struct buckets *old = table->buckets;
	size_t live = 0;
	for (uint32_t b = 0; b < old->count; b++)
		for (unsigned i = 0; i < BUCKET_SLOTS; i++)
			live += slot_is_entry(atomic_load_explicit(&old->buckets[b].slots[i],
								   memory_order_relaxed));
	/* Load 0.5 after growing, at most 0.75: a bucket rarely overflows. */
	size_t wanted = live > least ? live : least;
	struct buckets *grown = buckets_map((uint32_t)(wanted / (BUCKET_SLOTS / 2) + FIRST_BUCKETS));
	uint8_t *marks = table->marks == NULL ? NULL : marks_new(grown);
	for (uint32_t b = 0; b < old->count; b++) {
		for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
			uint64_t slot =
				atomic_load_explicit(&old->buckets[b].slots[i], memory_order_relaxed);
			if (!slot_is_entry(slot))
				continue;
			const struct entry *entry = slot_entry(slot);
			uint64_t hash = hash_bytes(&table->key, entry_key(entry), entry->key_size);
			_Atomic uint64_t *free_slot;
			slot_find(grown, hash, entry_key(entry), entry->key_size, &free_slot);
			atomic_store_explicit(free_slot, slot, memory_order_relaxed);
			if (marks != NULL &&
			    is_marked(table, slot_index(old, &old->buckets[b].slots[i])))
				mark(marks, slot_index(grown, free_slot));
		}
	}
	mem_free(table->marks);
	table->marks = marks;
	table->used = live;
	table->buckets = grown;
	table->answers->touched = true;
	if (table->is_shown)
		retire_buckets(table->answers, old);
	else /* a first list grows many times before it is published */
		buckets_unmap(old);
	table->is_shown = false;
}

void table_reserve(struct table *table, size_t count)
{
	if ((count + 1) * 4 > slot_count(table->buckets) * 3)
		table_grow(table, count);
}

static bool same_content(const struct entry *a, const struct entry *b)
{
	size_t size = entry_size(a);
	if (a->flags != b->flags || a->set_count != b->set_count || size != entry_size(b))
		return false;
	return memcmp(a->sets, b->sets, size - offsetof(struct entry, sets)) == 0;
}

/* Puts a version in front of the one in the slot. One that no edition has shown yet is replaced outright. */
static void version_push(struct table *table, _Atomic uint64_t *slot, uint64_t hash, struct entry *entry)
{
	struct answers *answers = table->answers;
	struct entry *old = (struct entry *)(uintptr_t)slot_entry(
		atomic_load_explicit(slot, memory_order_relaxed));
	assert(old != NULL); /* the slot is taken */
	atomic_store_explicit(&entry->since, answers->pending, memory_order_relaxed);
	struct entry *older = old;
	if (atomic_load_explicit(&old->since, memory_order_relaxed) == answers->pending)
		older = atomic_load_explicit(&old->older, memory_order_relaxed);
	atomic_store_explicit(&entry->older, older, memory_order_relaxed);
	atomic_store_explicit(slot, slot_word(hash, entry), memory_order_release);
	if (older != NULL)
		retire_link(answers, entry);
	retire_pooled(answers, table->pool, old, old->class_);
}

struct entry *table_put(struct table *table, struct entry *entry, bool *ret_changed)
{
	if ((table->used + 1) * 4 > slot_count(table->buckets) * 3)
		table_grow(table, 0);
	uint64_t hash = hash_bytes(&table->key, entry_key(entry), entry->key_size);
	_Atomic uint64_t *free_slot, *slot = slot_find(table->buckets, hash, entry_key(entry),
						       entry->key_size, &free_slot);
	if (table->marks != NULL)
		mark(table->marks, slot_index(table->buckets, slot != NULL ? slot : free_slot));
	if (slot == NULL) {
		*ret_changed = table->answers->touched = true;
		atomic_store_explicit(&entry->since, table->answers->pending, memory_order_relaxed);
		table->used += atomic_load_explicit(free_slot, memory_order_relaxed) == 0;
		table->count++;
		atomic_store_explicit(free_slot, slot_word(hash, entry), memory_order_release);
		return entry;
	}
	struct entry *old = (struct entry *)(uintptr_t)slot_entry(
		atomic_load_explicit(slot, memory_order_relaxed));
	if (same_content(old, entry)) {
		pool_give(table->pool, entry, entry->class_);
		return old;
	}
	*ret_changed = table->answers->touched = true;
	table->count += (old->flags & ENTRY_GONE) != 0;
	version_push(table, slot, hash, entry);
	return entry;
}

bool table_remove(struct table *table, const uint8_t *key, size_t key_size)
{
	uint64_t hash = hash_bytes(&table->key, key, key_size);
	_Atomic uint64_t *slot = slot_find(table->buckets, hash, key, key_size, NULL);
	if (slot == NULL ||
	    slot_entry(atomic_load_explicit(slot, memory_order_relaxed))->flags & ENTRY_GONE)
		return false;
	uint8_t class_;
	struct entry *tombstone = pool_take(table->pool, sizeof *tombstone + key_size, &class_);
	tombstone->class_ = class_;
	tombstone->flags = ENTRY_GONE;
	tombstone->key_size = (uint8_t)key_size;
	memcpy((uint8_t *)tombstone->sets, key, key_size);
	version_push(table, slot, hash, tombstone);
	table->count--;
	table->answers->touched = true;
	retire_tombstone(table->answers, table, tombstone);
	return true;
}

void table_settle(struct table *table, struct entry *tombstone)
{
	uint64_t hash = hash_bytes(&table->key, entry_key(tombstone), tombstone->key_size);
	_Atomic uint64_t *slot =
		slot_find(table->buckets, hash, entry_key(tombstone), tombstone->key_size, NULL);
	if (slot == NULL || slot_entry(atomic_load_explicit(slot, memory_order_relaxed)) != tombstone)
		return; /* the key came back: its new version gives the tombstone back */
	/* A full bucket may have sent keys to the next one: keep the probe going. */
	struct bucket *bucket =
		(struct bucket *)((uintptr_t)slot & ~(uintptr_t)(sizeof(struct bucket) - 1));
	bool has_empty = false;
	for (unsigned i = 0; i < BUCKET_SLOTS; i++)
		has_empty |= atomic_load_explicit(&bucket->slots[i], memory_order_relaxed) == 0;
	atomic_store_explicit(slot, has_empty ? 0 : SLOT_TOMB, memory_order_release);
	table->used -= has_empty;
	retire_pooled(table->answers, table->pool, tombstone, tombstone->class_);
}

struct entry *table_next(const struct table *table, size_t *position)
{
	while (*position < slot_count(table->buckets)) {
		size_t at = (*position)++;
		uint64_t slot = atomic_load_explicit(
			&table->buckets->buckets[at / BUCKET_SLOTS].slots[at % BUCKET_SLOTS],
			memory_order_relaxed);
		if (slot_is_entry(slot) && !(slot_entry(slot)->flags & ENTRY_GONE))
			return (struct entry *)(uintptr_t)slot_entry(slot);
	}
	return NULL;
}

void table_sweep_begin(struct table *table)
{
	assert(table->marks == NULL);
	table->marks = marks_new(table->buckets);
}

bool table_sweep_end(struct table *table)
{
	size_t position = 0;
	const struct entry *entry;
	bool removed = false;
	while ((entry = table_next(table, &position)) != NULL)
		if (!is_marked(table, position - 1))
			removed |= table_remove(table, entry_key(entry), entry->key_size);
	mem_free(table->marks);
	table->marks = NULL;
	return removed;
}

void table_empty(struct table *table)
{
	size_t position = 0;
	struct entry *entry;
	while ((entry = table_next(table, &position)) != NULL)
		pool_give(table->pool, entry, entry->class_);
}
