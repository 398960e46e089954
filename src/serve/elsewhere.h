/* SPDX-License-Identifier: Apache-2.0 */
/* elsewhere -- names that are not ours: from the cache, or by an errand to those who know
 * (private to the stage).
 *
 *   query thread: cache_find -- hit --> reply
 *                     |                                        (away.c)
 *                     +-- miss --> errand --> away thread --> upstream --> the question is answered
 *                                                                          again, with what arrived
 */
#ifndef KNAMED_SERVE_ELSEWHERE_H
#define KNAMED_SERVE_ELSEWHERE_H

#include "keep.h"
#include "reply.h"

/* A `forward` of a block. Its upstream is the away thread's. */
struct forwarding {
	const struct config_forward *config;
	struct kept_upstream *kept;
	struct zone_name from;
	struct zone_name *except;
	size_t except_count;
};
struct forwardings {
	struct forwarding *list;
	size_t count;
	struct cache *cache; /* NULL: no `cache` */
	struct kept_cache *kept;
};
/* What the router `before` has and is the same is shared with it. NULL without an error: the block has none. */
bool forwardings_compile(const struct router *router, const struct router *before,
			 const struct config_block *config, struct forwardings **ret_forwardings,
			 struct error *error);
void forwardings_free(struct forwardings *forwardings);
/* The first from `first` on that is for the name; NULL: none. */
const struct forwarding *forwarding_find(const struct forwardings *forwardings, size_t first,
					 const uint8_t *lower);

/* What was brought back, while its question is answered. */
struct arrival {
	const struct arrival *before; /* what was brought back for the same client earlier */
	const struct block *block;    /* whose upstreams were asked */
	const uint8_t *name;	      /* the one that was asked for */
	uint16_t type, class_;
	const struct dns_message *message; /* NULL: there is none */
	const char *problem;		   /* then: why */
	struct upstream_address upstream;  /* who was asked; family 0: nobody */
	uint16_t rcode;			   /* and what to say of it */
	uint16_t extended_error;
	const char *extended_text; /* NULL: none */
	bool is_cached;
	bool is_missed; /* the cache was asked before and did not have it */
};

enum elsewhere {
	ELSEWHERE_NOBODY, /* no `forward` is for the name */
	ELSEWHERE_KNOWN,  /* the reply is complete */
	ELSEWHERE_ASKED,  /* it comes later: nothing is to be sent now */
};
/* What the cache may have for the query comes near. */
static inline void elsewhere_probe(const struct block *block, const struct dns_query *query,
				   struct cache_probe *ret_probe)
{
	if (block->forwardings != NULL && block->forwardings->cache != NULL)
		cache_probe(block->forwardings->cache, query, ret_probe);
}

/* Of `wanted`, the question itself or the end of its aliases, spelled as in `name`. */
enum elsewhere elsewhere_answer(struct asker *asker, struct question *question,
				const struct block *block, const struct dns_query *wanted,
				const uint8_t *name, struct reply *reply, struct outcome *outcome);

#endif
