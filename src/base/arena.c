/* SPDX-License-Identifier: Apache-2.0 */
/* Bump allocation, freed as a whole. Blocks double in size, so that a small arena stays small and a
 * large one costs few calls; a request that does not fit gets a block of its own size. */
#include "knamed/base.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_BLOCK = 1024, LARGEST_BLOCK = 256 * 1024 };

struct block {
	struct block *before;
	alignas(ALIGNMENT) uint8_t bytes[];
};

struct arena {
	struct block *newest;
	size_t used, room; /* of the newest block */
	size_t next_room;
};

struct arena *arena_new(void)
{
	struct arena *arena = mem_zalloc(sizeof(*arena));
	arena->next_room = FIRST_BLOCK;
	return arena;
}

static void grow(struct arena *arena, size_t least)
{
	size_t room = arena->next_room;
	if (arena->next_room < LARGEST_BLOCK)
		arena->next_room *= 2;
	if (room < least)
		room = least;
	struct block *block = mem_zalloc(sizeof(*block) + room);
	block->before = arena->newest;
	arena->newest = block;
	arena->used = 0;
	arena->room = room;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	assert(size < SIZE_MAX / 2);
	size_t step = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (step > arena->room - arena->used)
		grow(arena, step);
	void *memory = arena->newest->bytes + arena->used;
	arena->used += step;
	return memory;
}

char *arena_text(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_alloc(arena, size + 1);
	if (size > 0)
		memcpy(copy, text, size);
	return copy;
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (struct block *block = arena->newest, *before; block != NULL; block = before) {
		before = block->before;
		mem_free(block);
	}
	mem_free(arena);
}
