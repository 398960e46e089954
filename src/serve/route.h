/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: who answers for a name, decided by one zone match (private to the stage).
 *
 *   zones of blocks and of their directives --routes_compile()--> the distinct ones, longest first
 *
 * The longest of these zones that holds a name is held by exactly the zones that hold the name, so
 * everything that depends on zones is settled when the route of that zone is made. */
#ifndef KNAMED_SERVE_ROUTE_H
#define KNAMED_SERVE_ROUTE_H

#include "knamed/answers.h"
#include "knamed/observe.h"

struct zone_name {
	uint8_t size, label_count;
	uint8_t name[DNS_NAME_MAX];
};
bool zone_name_read(const char *text, struct zone_name *ret_name);

/* Zones in which a directive lets go of names that it denies; none: in all. */
struct falls {
	struct zone_name *zones;
	size_t count;
};
/* Data directives in the order in which they are asked. */
enum rank { RANK_EXTERNAL, RANK_KUBERNETES, RANK_FILE, RANK_AUTO, RANK_SECONDARY };
/* A data directive's claim to a zone. */
struct claim {
	struct zone_name zone;
	const struct catalog *catalog;
	const struct falls *falls;		 /* NULL: what it denies stays denied */
	const struct serve_secondary *secondary; /* whom a NOTIFY is told; NULL: nobody */
	enum rank rank;
};

/* A server block as queries see it; the same for all its listeners. */
struct block {
	const struct config_block *config;
	struct policy *policy;	  /* NULL: the block asks nothing beside its data */
	struct view *view;	  /* NULL: for all questions */
	struct query_log *log;	  /* NULL: no `log` */
	struct error_log *errors; /* NULL: no `errors` */
	struct claim *claims;
	size_t claim_count;
	struct falls *falls; /* of claims */
	size_t falls_count;
	struct forwardings *forwardings;  /* NULL: no `forward` */
	const struct catalog *kubernetes; /* NULL: no `kubernetes` */
	const struct search_junk *junk;	  /* the router's; NULL: all names are forwarded */
	uint16_t udp_size; /* what our OPT says, and the most that a reply over UDP has */
	bool rotate, minimal, any, metadata;
	bool orders;	    /* `loadbalance` prefers some addresses */
	uint16_t nsid_size; /* 0: no `nsid` */
	const char *nsid;
	struct routes *own; /* of this block alone, for questions that it asks itself; NULL: it asks none */
};

/* A zone of a block on a listener. */
struct served_zone {
	struct zone_name zone;
	const struct block *block;
	const struct view *view; /* NULL: for all questions */
	unsigned meter;
};

struct route {
	const struct block *block;
	const struct catalog *catalog; /* the directive whose zones are fixed; NULL: none */
	const struct zone *zone; /* of catalog; NULL: to be looked up, for it may be replaced */
	const struct catalog **autos; /* directives whose zones come and go: asked before catalog */
	size_t auto_count;
	const struct route *behind; /* who is asked for names that are denied here; NULL: nobody */
	const struct route *parent_side;   /* where DS of this very name is answered; NULL: here */
	const struct config_cache *bounds; /* of TTLs; NULL: none */
	const struct view *view;	   /* questions that it is for; NULL: all */
	const struct route *otherwise;	   /* for the others; NULL: nobody */
	unsigned meter;
	enum answerer by; /* of catalog */
	uint8_t touches;  /* enum policy_touch: which rules of the block may be for names here */
	bool is_apex;	  /* the zone is one of the block's own */
	struct zone_name zone_name;
};

/* What a zone match compares. */
struct suffix {
	uint8_t label_count, size;
	uint32_t hash;
	const uint8_t *name;
	const struct route *route;
};

struct routes {
	struct route *list; /* longest first */
	size_t count;
	struct suffix *suffixes;
	struct suffix *table; /* NULL while there are few; else open addressing, half empty */
	uint32_t mask;
	uint8_t label_most;
	const struct route *root; /* the route of ".", which every name matches; or NULL */
};

void routes_compile(struct routes *routes, const struct answers *answers,
		    const struct served_zone *zones, size_t count);
void routes_done(struct routes *routes);
/* Whether this is a question for DS that the parent side answers. */
static inline bool route_is_childs(const struct route *route, const struct dns_query *query)
{
	return query->type == TYPE_DS && route->parent_side != NULL &&
	       route->zone_name.size == query->name_size;
}
/* The route of the longest zone that holds the name; NULL: no block has it. If it has a view there
 * may be others (views.h). */
const struct route *routes_find(const struct routes *routes, const struct dns_query *query);

#endif
