/* SPDX-License-Identifier: Apache-2.0 */
/* keep -- upstreams and caches: they outlive the router that they were made for, if the next one has the same directive
 * (private to the stage). Users are routers; all counting is the control thread's. */
#ifndef KNAMED_SERVE_KEEP_H
#define KNAMED_SERVE_KEEP_H

#include "knamed/cache.h"
#include "knamed/upstream.h"

struct away;
struct forwardings;
struct router;

struct kept_upstream {
	struct kept_upstream *next; /* of those that the away thread has opened */
	struct upstream *upstream;  /* NULL: not open */
	struct away *away;	    /* that opened it */
	const struct config_forward *directive;
	struct config *config; /* held, for the directive is in it; may be NULL */
	unsigned users;
	unsigned taken; /* number of the router that took it last */
};
struct kept_cache {
	struct cache *cache;
	const struct config_block *block; /* whose directives filled it */
	struct config *config;		  /* held, as above */
	struct cache_figures before;	  /* of those whose place it took */
	unsigned users;
	unsigned taken;
};

/* That of an equal directive of the router `before` (NULL: none) which the new router has not taken yet, or a new one. */
struct kept_upstream *kept_upstream_for(const struct router *router, const struct router *before,
					const struct config_forward *directive);
struct kept_cache *kept_cache_for(const struct router *router, const struct router *before,
				  const struct config_block *block);
void kept_upstream_leave(struct kept_upstream *kept);
void kept_cache_leave(struct kept_cache *kept);

#endif
