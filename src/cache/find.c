/* SPDX-License-Identifier: Apache-2.0 */
/* What query threads ask of the cache. An entry is copied first and believed afterwards; who is in
 * the writer's way looks again, and after a few times says that there is nothing. */
#include <string.h>

#include "store.h"

enum {
	TRIES = 16,
	CLAIM_MS = 5000, /* who asks anew has so long before somebody else may */
};

struct finding {
	uint32_t slot;
	uint64_t word; /* of the slot */
	struct head head;
	enum age age;
	uint32_t left_s;
};
enum sight { SIGHT_NONE, SIGHT_LOST, SIGHT_FOUND };

static bool is_unchanged(const struct cache *cache, uint32_t slot, uint64_t word)
{
	uint64_t now = atomic_load_explicit(&cache->slots[slot], memory_order_relaxed);
	return ((now ^ word) & ~SLOT_VISITED) == 0;
}

static enum sight look(const struct cache *cache, const struct wanted *wanted,
		       struct finding *ret_finding)
{
	for (unsigned i = 0; i < 2 * BUCKET; i++) {
		uint32_t slot = slot_at(wanted->buckets, i);
		uint64_t word = atomic_load_explicit(&cache->slots[slot], memory_order_acquire);
		if (!slot_has_tag(word, wanted->tag))
			continue;
		if (word & SLOT_BUSY)
			return SIGHT_LOST;
		uint32_t place = (uint32_t)(word & SLOT_PLACE);
		if (entry_is(cache, place, wanted)) {
			ret_finding->slot = slot;
			ret_finding->word = word;
			head_read(cache, place, &ret_finding->head);
			return SIGHT_FOUND;
		}
		if (!is_unchanged(cache, slot, word))
			return SIGHT_LOST;
	}
	return SIGHT_NONE;
}

/* ---- before ---- */

void cache_probe(const struct cache *cache, const struct dns_query *query, struct cache_probe *ret_probe)
{
	struct wanted wanted = wanted_make(cache, query, POSITIVE);
	*ret_probe =
		(struct cache_probe){ cache, { wanted.buckets[0], wanted.buckets[1] }, wanted.tag };
	for (unsigned i = 0; i < 2; i++)
		__builtin_prefetch(&cache->slots[wanted.buckets[i] * BUCKET]);
}

void cache_match(const struct cache_probe *probe)
{
	const struct cache *cache = probe->cache;
	for (unsigned i = 0; i < 2 * BUCKET; i++) {
		uint64_t word = slot_read(cache, slot_at(probe->buckets, i));
		if (!slot_has_tag(word, probe->tag))
			continue;
		__builtin_prefetch(&cache->words[word & SLOT_PLACE]);
		return;
	}
}

/* ---- reading ---- */

/* Whole words as long as there is room for them. */
static void octets_read(const struct cache *cache, size_t place, uint8_t *to, size_t size, size_t room)
{
	uint64_t word;
	for (; size >= 8 || (size > 0 && room >= 8); place++, to += 8) {
		word = word_read(cache, place);
		memcpy(to, &word, 8);
		room -= 8;
		size -= size < 8 ? size : 8;
	}
	if (size == 0)
		return;
	word = word_read(cache, place);
	memcpy(to, &word, size);
}

/* The places may be nonsense: whether they are is seen later. */
static void ttls_set(const struct cache *cache, size_t place, const struct head *head,
		     uint8_t *records, uint32_t ttl_s)
{
	for (unsigned i = 0; i < head->ttl_count; i++) {
		uint16_t four[4];
		uint64_t word = word_read(cache, place + i / 4);
		memcpy(four, &word, sizeof(four));
		if (four[i % 4] + 4u <= head->body_size)
			put_u32(records + four[i % 4], ttl_s);
	}
}

static void records_read(const struct cache *cache, const struct finding *finding, uint32_t ttl_s,
			 uint8_t *ret_records, size_t room)
{
	const struct head *head = &finding->head;
	size_t place = (finding->word & SLOT_PLACE) + HEAD_WORDS + words_of((uint8_t)head->key);
	octets_read(cache, place, ret_records, head->body_size, room);
	ttls_set(cache, place + words_of(head->body_size), head, ret_records, ttl_s);
}

static void visit(const struct cache *cache, const struct finding *finding)
{
	uint64_t word = finding->word;
	if (word & SLOT_VISITED)
		return;
	atomic_compare_exchange_strong_explicit(&cache->slots[finding->slot], &word,
						word | SLOT_VISITED, memory_order_relaxed,
						memory_order_relaxed);
}

/* ---- who asks anew ---- */

/* True for one asker, until the next one may. */
static bool claim(struct cache *cache, uint32_t slot, uint64_t now_ms)
{
	cache_word *retry = &cache->retries[slot];
	uint64_t word = atomic_load_explicit(retry, memory_order_relaxed);
	if (now_ms < (word & ~RETRY_FAILED))
		return false;
	return atomic_compare_exchange_strong_explicit(retry, &word,
						       (word & RETRY_FAILED) | (now_ms + CLAIM_MS),
						       memory_order_relaxed, memory_order_relaxed);
}

static bool is_known_to_fail(const struct cache *cache, uint32_t slot)
{
	return (atomic_load_explicit(&cache->retries[slot], memory_order_relaxed) & RETRY_FAILED) != 0;
}

/* Whether what has run out is shown before anybody asked for better: `immediate`; or upstreams have
 * failed for it; or they are being asked, and the directive says how long one waits for them. */
static bool shows_at_once(const struct cache *cache, uint32_t slot)
{
	const struct config_cache *config = &cache->config;
	bool waits = config->stale_verifies &&
		     (config->stale_verify_ms > 0 || config->stale_recheck_ms > 0);
	return config->stale_at_once || waits || is_known_to_fail(cache, slot);
}

/* Counts a hit. True: it is asked for so often that it is asked anew before it runs out. */
static bool is_prefetched(struct cache *cache, const struct finding *finding, uint64_t now_ms)
{
	const struct config_cache *config = &cache->config;
	cache_word *heat = &cache->heats[finding->slot];
	uint64_t word = atomic_load_explicit(heat, memory_order_relaxed);
	uint64_t last_ms = word >> HEAT_SHIFT, hits = word & HEAT_HITS;
	bool is_in_time = now_ms <= last_ms + config->prefetch_within_ms;
	if (!is_in_time)
		hits = 0;
	hits += hits < HEAT_HITS;
	atomic_store_explicit(heat, now_ms << HEAT_SHIFT | hits, memory_order_relaxed);
	uint64_t low = ((uint64_t)finding->head.ttl_s * config->prefetch_percent + 99) / 100;
	return hits >= config->prefetch && finding->left_s <= low &&
	       claim(cache, finding->slot, now_ms);
}

/* ---- answers ---- */

struct search {
	struct cache *cache;
	const struct dns_query *query;
	uint64_t now_ms;
	uint8_t *ret_records;
	size_t room;
	struct cached *ret_cached;
	bool wants_stale;
	bool must_ask; /* there is something, but it is not to be shown before upstreams were asked */
};

static void cached_fill(const struct finding *finding, const struct dns_query *query,
			struct cached *ret_cached)
{
	const struct head *head = &finding->head;
	*ret_cached = (struct cached){
		.rcode = head->flags & 15,
		.flags = head->flags & (FLAG_AA | FLAG_RA | FLAG_AD),
		.counts = { head->counts[0], head->counts[1], head->counts[2] },
		.size = head->body_size,
		.is_denial = head->kept != KEPT_ANSWER,
		.is_stale = finding->age == AGE_STALE,
	};
	/* RFC 6840 5.7: AD is for those that understand it. */
	if (!query->dnssec_ok && (query->flags & FLAG_AD) == 0)
		ret_cached->flags &= (uint16_t)~FLAG_AD;
}

/* Whether the entry, if it is as it seems, is what is looked for. */
static bool is_wanted(const struct search *search, const struct finding *finding)
{
	switch (finding->age) {
	case AGE_FRESH:
		return !search->wants_stale || finding->head.kept != KEPT_FAILURE;
	case AGE_STALE:
		return search->wants_stale || shows_at_once(search->cache, finding->slot);
	case AGE_OVER:
		break;
	}
	return false;
}

static uint32_t ttl_of(const struct cache *cache, const struct finding *finding)
{
	if (finding->age == AGE_STALE)
		return cache->config.stale_ttl_s;
	return cache->config.keep_ttl ? finding->head.ttl_s : finding->left_s;
}

/* The entry was read whole. */
static enum cache_verdict settle(struct search *search, const struct finding *finding)
{
	struct cache *cache = search->cache;
	cached_fill(finding, search->query, search->ret_cached);
	visit(cache, finding);
	if (finding->head.body_size > search->room)
		return CACHE_TOO_LARGE;
	if (search->wants_stale)
		return CACHE_HIT;
	if (finding->age == AGE_STALE) {
		bool is_claimed = claim(cache, finding->slot, search->now_ms);
		search->must_ask = is_claimed && cache->config.stale_verifies;
		if (search->must_ask)
			return CACHE_MISS;
		return is_claimed ? CACHE_REFRESH : CACHE_HIT;
	}
	if (cache->heats != NULL && is_prefetched(cache, finding, search->now_ms))
		return CACHE_REFRESH;
	return CACHE_HIT;
}

static enum cache_verdict search_part(struct search *search, unsigned part)
{
	const struct cache *cache = search->cache;
	struct wanted wanted = wanted_make(cache, search->query, part);
	for (unsigned try = 0; try < TRIES; try++) {
		struct finding finding;
		switch (look(cache, &wanted, &finding)) {
		case SIGHT_NONE:
			return CACHE_MISS;
		case SIGHT_LOST:
			continue;
		case SIGHT_FOUND:
			break;
		}
		finding.age = entry_age(cache, &finding.head, search->now_ms, &finding.left_s);
		bool good = is_wanted(search, &finding);
		if (good && finding.head.body_size <= search->room)
			records_read(cache, &finding, ttl_of(cache, &finding), search->ret_records,
				     search->room);
		if (!is_unchanged(cache, finding.slot, finding.word))
			continue;
		if (good)
			return settle(search, &finding);
		search->must_ask = finding.age == AGE_STALE;
		return CACHE_MISS;
	}
	return CACHE_MISS;
}

static enum cache_verdict search_all(struct search *search)
{
	enum cache_verdict verdict = search_part(search, POSITIVE);
	if (verdict == CACHE_MISS && !search->must_ask && cache_keeps_both(search->cache))
		verdict = search_part(search, NEGATIVE);
	if (verdict == CACHE_REFRESH)
		atomic_fetch_add_explicit(&search->cache->prefetches, 1, memory_order_relaxed);
	if ((verdict == CACHE_HIT || verdict == CACHE_REFRESH) && search->ret_cached->is_stale)
		atomic_fetch_add_explicit(&search->cache->served_stale, 1, memory_order_relaxed);
	return verdict;
}

enum cache_verdict cache_find(struct cache *cache, const struct dns_query *query, uint64_t now_ns,
			      uint8_t *ret_records, size_t room, struct cached *ret_cached)
{
	struct search search = { cache, query, milliseconds(now_ns), ret_records, room, ret_cached,
				 false, false };
	return search_all(&search);
}

enum cache_verdict cache_find_stale(struct cache *cache, const struct dns_query *query,
				    uint64_t now_ns, uint8_t *ret_records, size_t room,
				    struct cached *ret_cached)
{
	struct search search = { cache, query, milliseconds(now_ns), ret_records, room, ret_cached,
				 true,	false };
	return search_all(&search);
}
