/* SPDX-License-Identifier: Apache-2.0 */
/* cache -- what others said, for as long as they allow, and longer when they fall silent.
 *
 *   asking thread (one) --cache_put()--> slots of fixed memory --cache_find()--> query threads
 *
 * One thread writes. Readers take no lock and allocate nothing: they copy an entry and look behind whether it
 * was written meanwhile. Memory is bounded in octets and taken as it fills. The key is the name (case folded), type,
 * class, DO and CD. */
#ifndef KNAMED_CACHE_H
#define KNAMED_CACHE_H

#include "knamed/base.h"
#include "knamed/config.h"
#include "knamed/dns.h"
#include "knamed/observe.h"

/* One `cache` directive at work. */
struct cache;
struct cache *cache_new(const struct config_cache *config); /* config outlives it */
void cache_free(struct cache *cache); /* all readers have ended */

/* What was found, with TTLs as of now. Its records stand in ret_records as they followed the question: pointers in
 * them are right if that place is just behind a question of this name at offset 12. */
struct cached {
	uint16_t rcode, flags;     /* flags: AA, AD and RA as they were stored */
	uint16_t counts[3];        /* records: answers, authorities, additionals */
	uint32_t size;             /* octets of the records */
	bool is_denial;            /* NXDOMAIN or NODATA */
};
enum cache_verdict {
	CACHE_MISS,
	CACHE_HIT,
	CACHE_REFRESH,   /* a hit, and the caller is the one to ask anew (prefetch, stale shown at once) */
	CACHE_TOO_LARGE, /* a hit that does not fit: ret->size says what it takes; nothing was written */
};
/* Whether the cache is for names in this zone at all (its ZONES). Any thread. */
bool cache_holds(const struct cache *cache, const uint8_t *lower);
/* Query threads. now_ns: clock_now_ns(). */
enum cache_verdict cache_find(struct cache *cache, const struct dns_query *query, uint64_t now_ns,
			      uint8_t *ret_records, size_t room, struct cached *ret_cached);
/* The same for what has run out, when upstreams fail (RFC 8767; TTLs as configured). */
enum cache_verdict cache_find_stale(struct cache *cache, const struct dns_query *query, uint64_t now_ns,
				    uint8_t *ret_records, size_t room, struct cached *ret_cached);
/* The asking thread: keeps what may be kept. */
void cache_put(struct cache *cache, const struct dns_query *query, const struct dns_message *message,
	       uint64_t now_ns);
/* Figures for coredns_cache_entries, _evictions_total...; any thread. */
struct cache_figures { uint64_t entries[2], evictions[2], bytes; /* [0] positive, [1] denial */ };
struct cache_figures cache_figures(const struct cache *cache);

#endif
