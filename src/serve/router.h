/* SPDX-License-Identifier: Apache-2.0 */
/* The router: blocks compiled, and gathered by the addresses they listen on (private to the stage). */
#ifndef KNAMED_SERVE_ROUTER_H
#define KNAMED_SERVE_ROUTER_H

#include <stdatomic.h>

#include "knamed/serve.h"

#include "listen.h"
#include "route.h"

struct listener {
	struct place place;
	struct routes routes;
	struct served_zone *zones;
	size_t zone_count;
	unsigned dropped_meter;		 /* of what is turned away before a block is found */
	unsigned workers;		 /* `multisocket`; 0: as many as can run */
	bool wants_addresses;		 /* some block reads or logs who asks, of every question */
	bool asks_others;		 /* some block has `forward`: of those that leave */
	struct config_timeouts timeouts; /* of connections; of blocks that name one the last counts */
};
enum { LISTENER_NAME_SIZE = PLACE_TEXT_SIZE + 8 };
/* "dns://:53" */
void listener_name(const struct listener *listener, char ret_name[LISTENER_NAME_SIZE]);

struct router {
	unsigned number;       /* no two have the same */
	struct config *config; /* held; NULL: it is the caller's alone */
	struct answers *answers;
	struct metrics *metrics;
	struct traffic *traffic; /* NULL: nobody can look */
	struct block *blocks;
	size_t block_count;
	struct search_junk *junk; /* NULL: all names are forwarded */
	struct listener *listeners;
	size_t listener_count;
	size_t meter_count;
	bool is_declared;	  /* its meters are taken */
	struct asker *away_asker; /* of the away thread; NULL: nobody forwards */
	atomic_size_t errands;	  /* that are under way */
	bool has_lines;		  /* some block has `log` or `errors` */
	bool has_rules;		  /* some block has rules that may touch a name */
	bool has_patterns;	  /* and some may be regular expressions */
};

/* `before` is the one whose place it takes, or NULL. Metrics that tell of the one in force are shown and hidden. */
struct router *router_after(const struct serve_options *options, const struct router *before,
			    struct error *error);
void router_show(struct router *router);
void router_hide(struct router *router);
/* The listener that is bound there; NULL: none. */
const struct listener *router_listener(const struct router *router, const struct place *place);
/* Families of its UDP sockets: of all addresses one of each, but what comes by IPv4 is for the
 * listener on 0.0.0.0, where there is one. */
enum { LISTENER_FAMILIES = 2 };
size_t listener_families(const struct router *router, const struct listener *listener,
			 int ret_families[LISTENER_FAMILIES]);

/* A thread that will answer calls it first: what it needs of its own is allocated. */
void router_begin_thread(const struct router *router);

/* The listener that a packet to this address came in by; NULL: none. */
const struct listener *router_find(const struct router *router, const struct ip *local, uint16_t port);

#endif
