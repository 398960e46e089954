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
struct cache *cache_new(const struct config_cache *config); /* nothing of config is held */
void cache_free(struct cache *cache); /* all readers have ended */

/* What was found, with TTLs as of now. Its records stand in ret_records as they followed the question: pointers in
 * them are right if that place is just behind a question of this name at offset 12. */
struct cached {
	uint16_t rcode, flags;     /* flags: AA, RA and AD as they were stored, AD for who asked with DO or AD */
	uint16_t counts[3];        /* records: answers, authorities, additionals */
	uint32_t size;             /* octets of the records */
	bool is_denial;            /* all but an answer; the label `type` of metrics */
	bool is_stale;
};
enum cache_verdict {
	CACHE_MISS,
	CACHE_HIT,       /* perhaps stale, where the directive wants that or upstreams failed for it a moment ago */
	CACHE_REFRESH,   /* a hit, and the caller is the one to ask anew (prefetch, stale shown at once) */
	CACHE_TOO_LARGE, /* a hit that does not fit: ret->size says what it takes; nothing was written */
};
/* Whether the cache is for names in this zone at all (its ZONES). Any thread. */
bool cache_holds(const struct cache *cache, const uint8_t *lower);
/* Query threads may say a moment before what they will look for, so that memory comes near while they work on other
 * questions: where it may stand, and, with that at hand, what stands there. */
struct cache_probe { const struct cache *cache; uint32_t buckets[2]; uint16_t tag; };
void cache_probe(const struct cache *cache, const struct dns_query *query, struct cache_probe *ret_probe);
void cache_match(const struct cache_probe *probe);
/* Query threads. now_ns: clock_now_ns(). */
enum cache_verdict cache_find(struct cache *cache, const struct dns_query *query, uint64_t now_ns,
			      uint8_t *ret_records, size_t room, struct cached *ret_cached);
/* The same for what has run out, when upstreams fail or do not answer in stale_verify_ms (RFC 8767). What is fresh is
 * found too, but no SERVFAIL. Never CACHE_REFRESH. With no room at all it only says whether there is something, and does
 * not count as shown. */
enum cache_verdict cache_find_stale(struct cache *cache, const struct dns_query *query, uint64_t now_ns,
				    uint8_t *ret_records, size_t room, struct cached *ret_cached);
/* The asking thread: keeps what may be kept. message NULL: nobody answered, which is kept as SERVFAIL would be.
 * True: cache_find_stale() has something that is better than this message, or than none. */
bool cache_put(struct cache *cache, const struct dns_query *query, const struct dns_message *message,
	       uint64_t now_ns);

/* For coredns_cache_entries, _evictions_total and so on; any thread. Hits and misses are the caller's to count. */
struct cache_figures {
	uint64_t entries[2], evictions[2]; /* success, denial */
	uint64_t bytes;                    /* memory in use; what was taken once is reused, not given back */
	uint64_t drops;                    /* replies to another question */
	uint64_t prefetches, served_stale;
};
struct cache_figures cache_figures(const struct cache *cache);

#endif
