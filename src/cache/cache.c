/* SPDX-License-Identifier: Apache-2.0 */
/* A cache comes and goes: how its memory is shared out. Nothing is allocated afterwards; most of it
 * is not touched before it is needed. */
#include <stdio.h>
#include <string.h>

#include "store.h"

enum {
	CAPACITY_LEAST = 1024, /* as in CoreDNS, however little is asked for */
	/* How many a capacity of one stands for; three of four take less than half. */
	ENTRY_OCTETS = 512,
	ENTRY_OCTETS_LEAST = 64,
	SMALL_SHARE = 10, /* one in so many goes to a small ring */
	CACHE_LINE = 64,
};
#define PART_OCTETS_LEAST (512ull << 10) /* room for a few of the largest messages */
#define PART_OCTETS_MOST (1ull << 30)	 /* unless `memory` says more */

bool zone_set_holds(const struct zone_set *zones, const uint8_t *lower)
{
	for (size_t i = 0; i < zones->count; i++)
		if (name_is_under(lower, zones->names[i]))
			return true;
	return false;
}

static void zone_set_init(struct zone_set *set, const struct config_zones *zones)
{
	uint8_t size;
	set->names = mem_zalloc((zones->count + 1) * sizeof(*set->names));
	for (size_t i = 0; i < zones->count; i++)
		if (name_parse(zones->zones[i].text, set->names[set->count], &size))
			set->count++;
}

/* Both parts share what `memory` gives as they would share what their capacities stand for. */
static uint64_t part_octets(const struct config_cache *config, const uint64_t capacities[PARTS],
			    unsigned part)
{
	uint64_t all = capacities[POSITIVE] + capacities[NEGATIVE], octets;
	if (config->memory_size > 0)
		octets = (uint64_t)((unsigned __int128)config->memory_size * capacities[part] / all);
	else
		octets = capacities[part] * ENTRY_OCTETS < PART_OCTETS_MOST
				 ? capacities[part] * ENTRY_OCTETS
				 : PART_OCTETS_MOST;
	return octets > PART_OCTETS_LEAST ? octets : PART_OCTETS_LEAST;
}

static uint32_t ring_init(struct ring *ring, uint32_t start, uint64_t octets, uint64_t entries)
{
	*ring = (struct ring){
		.start = start,
		.most = (uint32_t)(octets / 8),
		.live_most = (uint32_t)entries,
	};
	return start + ring->most;
}

/* Returns how many entries there may be. */
static uint64_t rings_init(struct cache *cache, const struct config_cache *config, uint32_t *ret_words)
{
	uint64_t capacities[PARTS] = { config->success.capacity, config->denial.capacity },
		 entries = 0;
	uint32_t start = 1; /* place 0 is none */
	for (unsigned i = 0; i < PARTS; i++)
		if (capacities[i] < CAPACITY_LEAST)
			capacities[i] = CAPACITY_LEAST;
	for (unsigned i = 0; i < PARTS; i++) {
		uint64_t octets = part_octets(config, capacities, i), most = capacities[i];
		if (most > octets / ENTRY_OCTETS_LEAST)
			most = octets / ENTRY_OCTETS_LEAST;
		struct part *part = &cache->parts[i];
		start = ring_init(&part->small, start, octets / SMALL_SHARE, most / SMALL_SHARE);
		start = ring_init(&part->main, start, octets - octets / SMALL_SHARE,
				  most - most / SMALL_SHARE);
		entries += most;
	}
	*ret_words = start;
	return entries;
}

/* Slots for a third more than there are entries, in buckets that are a cache line each. */
static void slots_init(struct cache *cache, uint64_t entries)
{
	size_t count = (size_t)(entries + entries / 3) / BUCKET + 1;
	cache->bucket_count = (uint32_t)count;
	cache->slots_memory = mem_zalloc(count * CACHE_LINE + CACHE_LINE);
	uintptr_t address = (uintptr_t)cache->slots_memory;
	cache->slots = (cache_word *)(address + (CACHE_LINE - address % CACHE_LINE) % CACHE_LINE);
	cache->retries = mem_zalloc(count * BUCKET * sizeof(cache_word));
	if (cache->config.prefetch > 0)
		cache->heats = mem_zalloc(count * BUCKET * sizeof(cache_word));
	cache->ghost_count = (uint32_t)entries;
	cache->ghosts = mem_zalloc(entries * sizeof(*cache->ghosts));
	tally_add(&cache->bytes, count * CACHE_LINE);
}

struct cache *cache_new(const struct config_cache *config)
{
	struct cache *cache = mem_zalloc(sizeof(*cache));
	uint32_t words;
	cache->config = *config;
	cache->hash_key = hash_key_random();
	cache->stale_ms = config->serves_stale ? config->stale_ms : 0;
	zone_set_init(&cache->zones, &config->zones);
	zone_set_init(&cache->disabled[POSITIVE], &config->success.disabled_zones);
	zone_set_init(&cache->disabled[NEGATIVE], &config->denial.disabled_zones);
	slots_init(cache, rings_init(cache, config, &words));
	/* Who reads nonsense reads no further than the longest entry. Not zeroed: nothing is read before it is written. */
	cache->words = mem_alloc((words + ENTRY_WORDS_MOST) * sizeof(cache_word));
	return cache;
}

void cache_free(struct cache *cache)
{
	if (cache == NULL)
		return;
	mem_free(cache->zones.names);
	mem_free(cache->disabled[POSITIVE].names);
	mem_free(cache->disabled[NEGATIVE].names);
	mem_free(cache->slots_memory);
	mem_free(cache->retries);
	mem_free(cache->heats);
	mem_free(cache->ghosts);
	mem_free(cache->words);
	mem_free(cache);
}

bool cache_holds(const struct cache *cache, const uint8_t *lower)
{
	return zone_set_holds(&cache->zones, lower);
}

struct cache_figures cache_figures(const struct cache *cache)
{
	struct cache_figures figures = {
		.bytes = tally_count(&cache->bytes),
		.drops = tally_count(&cache->drops),
		.prefetches = tally_count(&cache->prefetches),
		.served_stale = tally_count(&cache->served_stale),
	};
	for (unsigned i = 0; i < PARTS; i++) {
		figures.entries[i] = tally_count(&cache->parts[i].entries);
		figures.evictions[i] = tally_count(&cache->parts[i].evictions);
	}
	return figures;
}
