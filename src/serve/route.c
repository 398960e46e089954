/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles and finds routes. Few zones are compared one after the other, which is what nearly all configurations
 * have; more (a CIDR may stand for hundreds) are hashed label by label from the root. */
#include "route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "knamed/policy.h"
#include "ttl_bounds.h"

enum { FEW_ZONES = 12 };

bool zone_name_read(const char *text, struct zone_name *ret_name)
{
	if (!name_parse(text, ret_name->name, &ret_name->size))
		return false;
	name_lower(ret_name->name, ret_name->size);
	ret_name->label_count = (uint8_t)name_label_count(ret_name->name);
	return true;
}

static bool zone_name_holds(const struct zone_name *zone, const struct zone_name *name)
{
	return name_is_under(name->name, zone->name);
}

static bool zone_name_equal(const struct zone_name *a, const struct zone_name *b)
{
	return a->size == b->size && memcmp(a->name, b->name, a->size) == 0;
}

/* ---- compiling ---- */

/* The longest zone that holds the name, and of equal ones the first; `before` NULL. Or who comes
 * behind `before`: the next one of the same zone, then the first of the next shorter zone. */
static const struct served_zone *next_served(const struct served_zone *zones, size_t count,
					     const struct zone_name *name,
					     const struct served_zone *before)
{
	const struct served_zone *found = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct served_zone *zone = &zones[i];
		unsigned labels = zone->zone.label_count;
		bool is_behind = before == NULL || labels < before->zone.label_count ||
				 (labels == before->zone.label_count && zone > before);
		if (is_behind && zone_name_holds(&zone->zone, name) &&
		    (found == NULL || labels > found->zone.label_count))
			found = zone;
	}
	return found;
}

/* The claim that wins from `first` on: directives in chain order, and of several `file` the one with the longest zone. */
static const struct claim *winning_claim(const struct block *block, const struct zone_name *name,
					 enum rank first)
{
	const struct claim *found = NULL;
	for (size_t i = 0; i < block->claim_count; i++) {
		const struct claim *claim = &block->claims[i];
		if (claim->rank == RANK_AUTO || claim->rank < first ||
		    !zone_name_holds(&claim->zone, name))
			continue;
		if (found == NULL ||
		    (claim->rank == found->rank && claim->zone.label_count > found->zone.label_count))
			found = claim;
	}
	return found;
}

static void route_add_autos(struct route *route, const struct zone_name *name)
{
	const struct block *block = route->block;
	for (size_t i = 0; i < block->claim_count; i++) {
		const struct claim *claim = &block->claims[i];
		bool is_new = route->auto_count == 0 ||
			      route->autos[route->auto_count - 1] != claim->catalog;
		if (claim->rank != RANK_AUTO || !zone_name_holds(&claim->zone, name) || !is_new)
			continue;
		route->autos =
			mem_realloc(route->autos, (route->auto_count + 1) * sizeof(*route->autos));
		route->autos[route->auto_count++] = claim->catalog;
	}
}

/* A zone as a question for it. */
static void query_of_zone(const struct zone_name *zone, struct dns_query *ret_query)
{
	memset(ret_query, 0, sizeof(*ret_query));
	memcpy(ret_query->lower, zone->name, zone->size);
	ret_query->name_size = zone->size;
	ret_query->label_count = zone->label_count;
	for (unsigned i = 0, at = 0; i < zone->label_count; at += 1u + zone->name[at], i++)
		ret_query->labels[i] = (uint8_t)at;
}

/* Zones of the cluster stay as long as their catalog; those of files are replaced when a file is reread. */
static const struct zone *lasting_zone(const struct answers *answers, const struct claim *claim,
				       const struct zone_name *name)
{
	struct dns_query query;
	if (claim->rank != RANK_KUBERNETES && claim->rank != RANK_EXTERNAL)
		return NULL;
	query_of_zone(name, &query);
	return catalog_find_zone(claim->catalog, answers_edition(answers), &query);
}

static bool falls_through(const struct claim *claim, const struct zone_name *name)
{
	const struct falls *falls = claim->falls;
	for (size_t i = 0; falls != NULL && i < falls->count; i++)
		if (zone_name_holds(&falls->zones[i], name))
			return true;
	return falls != NULL && falls->count == 0;
}

static enum answerer answerer_of(enum rank rank)
{
	static const enum answerer answerers[] = {
		[RANK_EXTERNAL] = BY_EXTERNAL,	 [RANK_KUBERNETES] = BY_KUBERNETES,
		[RANK_FILE] = BY_FILE,		 [RANK_AUTO] = BY_AUTO,
		[RANK_SECONDARY] = BY_SECONDARY,
	};
	assert((size_t)rank < COUNT_OF(answerers));
	return answerers[rank];
}

/* From the claim that wins from `first` on, and the directives before it whose zones come and go. */
static const struct claim *route_fill(struct route *route, const struct answers *answers,
				      const struct served_zone *served,
				      const struct zone_name *name, enum rank first)
{
	const struct claim *claim = winning_claim(served->block, name, first);
	*route = (struct route){
		.block = served->block,
		.meter = served->meter,
		.view = served->view,
		.is_apex = zone_name_equal(&served->zone, name),
		.zone_name = *name,
	};
	if (served->block->policy != NULL)
		route->touches = (uint8_t)policy_touches(served->block->policy, name->name);
	route->bounds = ttl_bounds_of(served->block, name, route->touches);
	if (first <= RANK_AUTO && (claim == NULL || claim->rank > RANK_AUTO))
		route_add_autos(route, name);
	if (claim == NULL)
		return NULL;
	route->catalog = claim->catalog;
	route->by = answerer_of(claim->rank);
	route->zone = lasting_zone(answers, claim, name);
	return claim;
}

static void route_compile_one(struct route *route, const struct answers *answers,
			      const struct served_zone *served, const struct zone_name *name)
{
	const struct claim *claim = route_fill(route, answers, served, name, RANK_EXTERNAL);
	while (claim != NULL && falls_through(claim, name)) {
		struct route *behind = mem_alloc(sizeof(*behind));
		claim = route_fill(behind, answers, served, name, claim->rank + 1);
		route->behind = behind;
		route = behind;
	}
}

/* All that may be chosen, up to the first without a view. */
static void route_compile(struct route *route, const struct answers *answers,
			  const struct served_zone *zones, size_t count, const struct zone_name *name)
{
	const struct served_zone *served = next_served(zones, count, name, NULL);
	route_compile_one(route, answers, served, name);
	while (route->view != NULL && (served = next_served(zones, count, name, served)) != NULL) {
		struct route *otherwise = mem_alloc(sizeof(*otherwise));
		route_compile_one(otherwise, answers, served, name);
		route->otherwise = otherwise;
		route = otherwise;
	}
}

static size_t add_name(struct zone_name *names, size_t count, const struct zone_name *name)
{
	for (size_t i = 0; i < count; i++)
		if (zone_name_equal(&names[i], name))
			return count;
	names[count] = *name;
	return count + 1;
}

static size_t add_falls(struct zone_name *names, size_t count, const struct zone_name *zone,
			const struct falls *falls)
{
	for (size_t i = 0; i < falls->count; i++)
		if (zone_name_holds(zone, &falls->zones[i]))
			count = add_name(names, count, &falls->zones[i]);
	return count;
}

/* Where `cache` begins to bound TTLs. */
static size_t add_bounded(struct zone_name *names, size_t count, const struct served_zone *served)
{
	struct zone_name cached;
	if (!ttl_bounds_exist(served->block))
		return count;
	const struct config_zones *zones = &served->block->config->cache->zones;
	for (size_t i = 0; i < zones->count; i++)
		if (zone_name_read(zones->zones[i].text, &cached) &&
		    zone_name_holds(&served->zone, &cached))
			count = add_name(names, count, &cached);
	return count;
}

static int compare_longest_first(const void *a, const void *b)
{
	const struct zone_name *first = a, *second = b;
	return (int)second->label_count - (int)first->label_count;
}

/* All distinct zones that some block of this listener has. Caller frees. */
static struct zone_name *distinct_names(const struct served_zone *zones, size_t count, size_t *ret_count)
{
	size_t most = count, found = 0;
	for (size_t i = 0; i < count; i++) {
		most += zones[i].block->claim_count;
		for (size_t j = 0; j < zones[i].block->falls_count; j++)
			most += zones[i].block->falls[j].count;
		if (ttl_bounds_exist(zones[i].block))
			most += zones[i].block->config->cache->zones.count;
	}
	struct zone_name *names = mem_alloc((most + 1) * sizeof(*names));
	for (size_t i = 0; i < count; i++) {
		found = add_name(names, found, &zones[i].zone);
		const struct block *block = zones[i].block;
		for (size_t j = 0; j < block->claim_count; j++)
			if (zone_name_holds(&zones[i].zone, &block->claims[j].zone))
				found = add_name(names, found, &block->claims[j].zone);
		for (size_t j = 0; j < block->falls_count; j++)
			found = add_falls(names, found, &zones[i].zone, &block->falls[j]);
		found = add_bounded(names, found, &zones[i]);
	}
	qsort(names, found, sizeof(*names), compare_longest_first);
	*ret_count = found;
	return names;
}

static bool has_data(const struct route *route)
{
	return route->catalog != NULL || route->auto_count > 0;
}

/* Whether some block there, views aside, is to be asked for DS of the child. */
static bool is_parent_of(const struct route *parent, const struct route *child)
{
	for (; parent != NULL; parent = parent->otherwise)
		if (parent->block != child->block && (has_data(parent) || !has_data(child)))
			return true;
	return false;
}

static void settle_parent_side(const struct routes *routes, size_t index, struct route *route)
{
	for (size_t j = index + 1; j < routes->count && route->parent_side == NULL; j++) {
		const struct route *parent = &routes->list[j];
		if (parent->zone_name.size < route->zone_name.size &&
		    zone_name_holds(&parent->zone_name, &route->zone_name) &&
		    is_parent_of(parent, route))
			route->parent_side = parent;
	}
}

/* DS of a zone is the parent's to answer (RFC 4035 3.1.4.1). Of a zone of our own it must be a
 * parent with data: nothing that is asked of it leaves the house. */
static void settle_parent_sides(struct routes *routes)
{
	for (size_t i = 0; i < routes->count; i++)
		for (struct route *route = &routes->list[i]; route != NULL;
		     route = (struct route *)(uintptr_t)route->otherwise)
			if (route->is_apex)
				settle_parent_side(routes, i, route);
}

/* ---- finding ---- */

enum { FIRST_HASH = 0x9e3779b9 };

static uint32_t hash_label(uint32_t hash, const uint8_t *label)
{
	for (unsigned i = 0; i <= label[0]; i++)
		hash = (hash ^ label[i]) * 0x01000193u;
	return hash ^ hash >> 15;
}

static uint32_t hash_zone(const struct zone_name *zone)
{
	uint8_t labels[DNS_LABELS_MAX];
	unsigned count = 0;
	for (unsigned at = 0; zone->name[at] != 0; at += 1u + zone->name[at])
		labels[count++] = (uint8_t)at;
	uint32_t hash = FIRST_HASH;
	while (count > 0)
		hash = hash_label(hash, zone->name + labels[--count]);
	return hash;
}

static void table_compile(struct routes *routes)
{
	uint32_t slots = 4 * FEW_ZONES;
	while (slots < 2 * routes->count)
		slots *= 2;
	routes->mask = slots - 1;
	routes->table = mem_zalloc(slots * sizeof(*routes->table));
	for (size_t i = 0; i < routes->count; i++) {
		uint32_t at = routes->suffixes[i].hash & routes->mask;
		while (routes->table[at].route != NULL)
			at = (at + 1) & routes->mask;
		routes->table[at] = routes->suffixes[i];
	}
}

static void suffixes_compile(struct routes *routes)
{
	routes->suffixes = mem_zalloc((routes->count + 1) * sizeof(*routes->suffixes));
	for (size_t i = 0; i < routes->count; i++) {
		const struct route *route = &routes->list[i];
		routes->suffixes[i] = (struct suffix){
			.label_count = route->zone_name.label_count,
			.size = route->zone_name.size,
			.name = route->zone_name.name,
			.hash = hash_zone(&route->zone_name),
			.route = route,
		};
		if (route->zone_name.label_count == 0)
			routes->root = route;
		if (route->zone_name.label_count > routes->label_most)
			routes->label_most = route->zone_name.label_count;
	}
	if (routes->count > FEW_ZONES)
		table_compile(routes);
}

void routes_compile(struct routes *routes, const struct answers *answers,
		    const struct served_zone *zones, size_t count)
{
	*routes = (struct routes){ 0 };
	struct zone_name *names = distinct_names(zones, count, &routes->count);
	routes->list = mem_alloc((routes->count + 1) * sizeof(*routes->list));
	for (size_t i = 0; i < routes->count; i++)
		route_compile(&routes->list[i], answers, zones, count, &names[i]);
	settle_parent_sides(routes);
	suffixes_compile(routes);
	mem_free(names);
}

static void route_done(struct route *route)
{
	struct route *behind = (struct route *)(uintptr_t)route->behind;
	mem_free(route->autos);
	while (behind != NULL) {
		struct route *next = (struct route *)(uintptr_t)behind->behind;
		mem_free(behind->autos);
		mem_free(behind);
		behind = next;
	}
}

static void otherwise_free(const struct route *route)
{
	while (route != NULL) {
		struct route *next = (struct route *)(uintptr_t)route;
		route = next->otherwise;
		route_done(next);
		mem_free(next);
	}
}

void routes_done(struct routes *routes)
{
	for (size_t i = 0; i < routes->count; i++) {
		otherwise_free(routes->list[i].otherwise);
		route_done(&routes->list[i]);
	}
	mem_free(routes->list);
	mem_free(routes->suffixes);
	mem_free(routes->table);
	*routes = (struct routes){ 0 };
}

static inline bool suffix_matches(const struct suffix *suffix, const struct dns_query *query)
{
	if (suffix->label_count > query->label_count)
		return false;
	unsigned at = query->labels[query->label_count - suffix->label_count];
	return at + suffix->size == query->name_size &&
	       memcmp(query->lower + at, suffix->name, suffix->size) == 0;
}

static const struct route *find_among_few(const struct routes *routes, const struct dns_query *query)
{
	for (const struct suffix *suffix = routes->suffixes; suffix->label_count > 0; suffix++)
		if (suffix_matches(suffix, query))
			return suffix->route;
	return routes->root;
}

static const struct route *find_in_table(const struct routes *routes, const struct dns_query *query)
{
	const struct route *found = routes->root;
	unsigned most =
		query->label_count < routes->label_most ? query->label_count : routes->label_most;
	uint32_t hash = FIRST_HASH;
	for (unsigned labels = 1; labels <= most; labels++) {
		hash = hash_label(hash, query->lower + query->labels[query->label_count - labels]);
		for (uint32_t at = hash & routes->mask; routes->table[at].route != NULL;
		     at = (at + 1) & routes->mask)
			if (routes->table[at].hash == hash && routes->table[at].label_count == labels &&
			    suffix_matches(&routes->table[at], query))
				found = routes->table[at].route;
	}
	return found;
}

const struct route *routes_find(const struct routes *routes, const struct dns_query *query)
{
	const struct route *route = routes->table == NULL ? find_among_few(routes, query)
							  : find_in_table(routes, query);
	return route != NULL && route->view == NULL && route_is_childs(route, query)
		       ? route->parent_side
		       : route;
}
