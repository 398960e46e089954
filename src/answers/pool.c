/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of published things: exact 16-byte size classes up to 1 KB, eighths of a power of two
 * above, a free list each, cut from mapped regions. Own code because a million names must not pay
 * malloc's header and rounding, and because big regions can ask for huge pages (a look-up is then
 * one cache miss, not one and a page walk). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "store.h"

enum {
	STEP = 16,
	SMALL_CLASSES = 64,
	CLASSES = SMALL_CLASSES + 80,
	FIRST_REGION = 64 << 10,
	HUGE_PAGE = 2 << 20,
	LAST_REGION = 2 * HUGE_PAGE
};

struct free_block {
	struct free_block *next;
};
struct region {
	struct region *next;
	size_t size;
};
struct pool {
	struct free_block *free[CLASSES];
	struct region *regions;
	uint8_t *at, *end;
	size_t next_region;
};

uint8_t pool_class(size_t size)
{
	if (size <= STEP * SMALL_CLASSES)
		return size == 0 ? 0 : (uint8_t)((size - 1) / STEP);
	/* 1024 * (1 + k/8) * 2^n */
	unsigned power = 63 - (unsigned)__builtin_clzll(size - 1);
	unsigned eighth = (unsigned)((size - 1) >> (power - 3)) & 7;
	unsigned class_ = SMALL_CLASSES + (power - 10) * 8 + eighth;
	assert(class_ < CLASSES);
	return (uint8_t)class_;
}

static size_t class_size(uint8_t class_)
{
	if (class_ < SMALL_CLASSES)
		return (size_t)STEP * (class_ + 1);
	unsigned power = (class_ - SMALL_CLASSES) / 8 + 10, eighth = (class_ - SMALL_CLASSES) % 8;
	return ((size_t)8 + eighth + 1) << (power - 3);
}

struct pool *pool_new(void)
{
	struct pool *pool = mem_zalloc(sizeof *pool);
	pool->next_region = FIRST_REGION;
	return pool;
}

void pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	for (struct region *region = pool->regions; region != NULL;) {
		struct region *next = region->next;
		munmap(region, region->size);
		region = next;
	}
	mem_free(pool);
}

static void *map_or_die(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		fputs("knamed: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *pool_map(size_t size)
{
	if (size < HUGE_PAGE)
		return map_or_die(size);
	/* Map more, cut off both ends: huge pages want their own alignment. */
	uintptr_t start = (uintptr_t)map_or_die(size + HUGE_PAGE);
	uintptr_t aligned = (start + HUGE_PAGE - 1) & ~((uintptr_t)HUGE_PAGE - 1);
	if (aligned != start)
		munmap((void *)start, aligned - start);
	munmap((void *)(aligned + size), start + HUGE_PAGE - aligned);
	madvise((void *)aligned, size, MADV_HUGEPAGE);
	return (void *)aligned;
}

/* Regions grow from 64 KB to 4 MB, so that an idle server stays small. */
static void region_add(struct pool *pool, size_t least)
{
	size_t size = pool->next_region;
	while (size < least + STEP)
		size *= 2;
	if (pool->next_region < LAST_REGION)
		pool->next_region *= 2;
	struct region *region = pool_map(size);
	region->size = size;
	region->next = pool->regions;
	pool->regions = region;
	pool->at = (uint8_t *)region + STEP;
	pool->end = (uint8_t *)region + size;
}

/* What is left of a region when a larger piece is wanted goes to the free lists. */
static void rest_give(struct pool *pool)
{
	while (pool->end - pool->at >= STEP) {
		size_t rest = (size_t)(pool->end - pool->at);
		uint8_t class_ = rest >= STEP * SMALL_CLASSES ? SMALL_CLASSES - 1
							      : (uint8_t)(rest / STEP - 1);
		pool_give(pool, pool->at, class_);
		pool->at += class_size(class_);
	}
}

void *pool_take(struct pool *pool, size_t size, uint8_t *ret_class)
{
	assert(size <= POOL_LARGEST);
	uint8_t class_ = pool_class(size);
	size_t room = class_size(class_);
	*ret_class = class_;
	struct free_block *block = pool->free[class_];
	if (block != NULL) {
		pool->free[class_] = block->next;
		return memset(block, 0, room);
	}
	if ((size_t)(pool->end - pool->at) < room) {
		rest_give(pool);
		region_add(pool, room);
	}
	void *memory = pool->at;
	pool->at += room;
	return memory;
}

void pool_give(struct pool *pool, void *memory, uint8_t class_)
{
	struct free_block *block = memory;
	block->next = pool->free[class_];
	pool->free[class_] = block;
}
