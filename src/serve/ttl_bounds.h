/* SPDX-License-Identifier: Apache-2.0 */
/* ttl_bounds -- TTLs of what templates and zone files say, where `cache` stands in front of them as it does in CoreDNS
 * (private to the stage). Nothing of it is cached: only the TTLs are those that a cache would show. */
#ifndef KNAMED_SERVE_TTL_BOUNDS_H
#define KNAMED_SERVE_TTL_BOUNDS_H

#include "reply.h"

/* The `cache` that bounds TTLs of names in the zone, whose rules are `touches`; NULL: none. */
const struct config_cache *ttl_bounds_of(const struct block *block, const struct zone_name *zone,
					 unsigned touches);
/* Whether the block has something whose TTLs `cache` bounds. */
bool ttl_bounds_exist(const struct block *block);
/* The route has bounds, and the reply is known. */
void ttl_bound(const struct question *question, struct reply *reply, const struct outcome *outcome);

#endif
