/* SPDX-License-Identifier: Apache-2.0 */
/* The router: blocks compiled, and gathered by the addresses they listen on (private to the stage). */
#ifndef KNAMED_SERVE_ROUTER_H
#define KNAMED_SERVE_ROUTER_H

#include "knamed/serve.h"

#include "listen.h"
#include "route.h"

struct listener {
	struct place place;
	struct routes routes;
	struct served_zone *zones;
	size_t zone_count;
	unsigned dropped_meter; /* of what is turned away before a block is found */
	unsigned workers;	/* `multisocket`; 0: as many as can run */
	bool wants_addresses;	/* some block reads or logs who asks */
};

struct router {
	struct answers *answers;
	struct metrics *metrics;
	struct block *blocks;
	size_t block_count;
	struct listener *listeners;
	size_t listener_count;
	size_t meter_count;
	bool has_lines;	   /* some block has `log` or `errors` */
	bool has_rules;	   /* some block has rules that may touch a name */
	bool has_patterns; /* and some may be regular expressions */
};

/* A thread that will answer calls it first: what it needs of its own is allocated. */
void router_begin_thread(const struct router *router);

/* The listener that a packet to this address came in by; NULL: none. */
const struct listener *router_find(const struct router *router, const struct ip *local, uint16_t port);

#endif
