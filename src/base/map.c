/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map from bytes to pointers: open addressing over pointers to entries that hold their key.
 *
 * A removed entry leaves a mark, so that nothing moves and a walk may remove what it was just
 * given; marks go when the table is next rebuilt. Each map has its own random hash key. */
#include "knamed/base.h"

#include <assert.h>
#include <string.h>

enum { FIRST_ROOM = 8 };

struct entry {
	void *value;
	uint32_t hash, key_size;
	uint8_t key[];
};

struct map {
	struct entry **slots;
	size_t room;  /* a power of two, or 0 */
	size_t count; /* entries */
	size_t taken; /* entries and marks */
	struct hash_key key;
};

static struct entry removed_mark;

struct map *map_new(void)
{
	struct map *map = mem_zalloc(sizeof(*map));
	map->key = hash_key_random();
	return map;
}

void map_free(struct map *map)
{
	if (map == NULL)
		return;
	for (size_t i = 0; i < map->room; i++)
		if (map->slots[i] != &removed_mark)
			mem_free(map->slots[i]);
	mem_free(map->slots);
	mem_free(map);
}

/* The slot that holds the key, or NULL. */
static struct entry **slot_of(const struct map *map, const void *key, size_t key_size, uint32_t hash)
{
	if (map->room == 0)
		return NULL;
	for (size_t i = hash & (map->room - 1); map->slots[i] != NULL; i = (i + 1) & (map->room - 1)) {
		const struct entry *entry = map->slots[i];
		if (entry != &removed_mark && entry->hash == hash && entry->key_size == key_size &&
		    (key_size == 0 || memcmp(entry->key, key, key_size) == 0))
			return &map->slots[i];
	}
	return NULL;
}

static void place(struct map *map, struct entry *entry)
{
	size_t i = entry->hash & (map->room - 1);
	while (map->slots[i] != NULL)
		i = (i + 1) & (map->room - 1);
	map->slots[i] = entry;
}

/* Makes room for one more: the table is at most two thirds taken, so that a search always ends soon. */
static void make_room(struct map *map)
{
	if ((map->taken + 1) * 3 <= map->room * 2)
		return;
	struct entry **old = map->slots;
	size_t old_room = map->room;
	map->room = FIRST_ROOM;
	while (map->room < (map->count + 1) * 2)
		map->room *= 2;
	map->slots = mem_zalloc(map->room * sizeof(*map->slots));
	map->taken = map->count;
	for (size_t i = 0; i < old_room; i++)
		if (old[i] != NULL && old[i] != &removed_mark)
			place(map, old[i]);
	mem_free(old);
}

void *map_get(const struct map *map, const void *key, size_t key_size)
{
	struct entry **slot =
		slot_of(map, key, key_size, (uint32_t)hash_bytes(&map->key, key, key_size));
	return slot != NULL ? (*slot)->value : NULL;
}

void map_put(struct map *map, const void *key, size_t key_size, void *value)
{
	assert(key_size <= UINT32_MAX);
	uint32_t hash = (uint32_t)hash_bytes(&map->key, key, key_size);
	struct entry **slot = slot_of(map, key, key_size, hash);
	if (slot != NULL) {
		(*slot)->value = value;
		return;
	}
	make_room(map);
	struct entry *entry = mem_alloc(sizeof(*entry) + key_size);
	*entry = (struct entry){ .value = value, .hash = hash, .key_size = (uint32_t)key_size };
	if (key_size > 0)
		memcpy(entry->key, key, key_size);
	place(map, entry);
	map->count++;
	map->taken++;
}

void *map_remove(struct map *map, const void *key, size_t key_size)
{
	struct entry **slot =
		slot_of(map, key, key_size, (uint32_t)hash_bytes(&map->key, key, key_size));
	if (slot == NULL)
		return NULL;
	void *value = (*slot)->value;
	mem_free(*slot);
	*slot = &removed_mark;
	map->count--;
	return value;
}

size_t map_count(const struct map *map)
{
	return map->count;
}

bool map_next(const struct map *map, size_t *position, const void **ret_key, size_t *ret_key_size,
	      void **ret_value)
{
	for (; *position < map->room; ++*position) {
		const struct entry *entry = map->slots[*position];
		if (entry == NULL || entry == &removed_mark)
			continue;
		++*position;
		if (ret_key != NULL)
			*ret_key = entry->key;
		if (ret_key_size != NULL)
			*ret_key_size = entry->key_size;
		if (ret_value != NULL)
			*ret_value = entry->value;
		return true;
	}
	return false;
}
