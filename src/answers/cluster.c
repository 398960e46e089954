/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster's catalog: its zones and options, and the end of it all. */
#include <string.h>

#include "cluster.h"

struct zone *cluster_add_zone(struct cluster *cluster, struct zone_list *list, enum zone_kind kind,
			      const char *origin)
{
	struct zone *zone = zone_new(cluster->answers, kind, origin);
	list->zones = mem_realloc(list->zones, (list->count + 1) * sizeof *list->zones);
	list->zones[list->count++] = zone;
	cluster->answers->states[zone->index].soa = soa_of_cluster(cluster);
	catalog_add_zone(cluster->catalog, zone);
	return zone;
}

static void zones_add(struct cluster *cluster, const struct cluster_options *options)
{
	for (size_t i = 0; i < options->zone_count; i++) {
		const char *origin = options->zones[i];
		bool is_import = false;
		for (size_t k = 0; k < options->multicluster_count; k++)
			is_import |= text_equal_fold(options->multicluster[k], origin);
		if (is_import)
			cluster_add_zone(cluster, &cluster->imports, ZONE_MULTICLUSTER, origin);
		else if (name_text_is_reverse(origin))
			cluster_add_zone(cluster, &cluster->reverse, ZONE_REVERSE, origin);
		else
			cluster_add_zone(cluster, &cluster->forward, ZONE_CLUSTER, origin);
	}
}

struct cluster *cluster_new(struct answers *answers, uint32_t ttl, uint32_t denial_ttl)
{
	struct catalog *catalog = catalog_new(answers);
	struct cluster *cluster = mem_zalloc(sizeof *cluster);
	catalog->table = table_new(answers, catalog->pool);
	catalog->cluster = cluster;
	catalog->ttl = ttl;
	cluster->catalog = catalog;
	cluster->answers = answers;
	cluster->ttl = ttl;
	cluster->denial_ttl = denial_ttl;
	cluster->key = hash_key_random();
	cluster->spaces = map_new();
	cluster->groups = map_new();
	cluster->members = map_new();
	cluster->hosts = map_new();
	cluster->prefixes = map_new();
	return cluster;
}

void cluster_begin(struct cluster *cluster)
{
	struct catalog *catalog = cluster->catalog;
	if (cluster->forward.count > 0) {
		catalog->ptr_zone_size = cluster->forward.zones[0]->size;
		memcpy(catalog->ptr_zone, cluster->forward.zones[0]->name, catalog->ptr_zone_size);
	}
	apex_fixed_names(cluster);
	apex_compile(cluster);
	cluster->changed = cluster->imports_changed = false; /* the serial is the start time so far */
}

static void take_options(struct cluster *cluster, const struct cluster_options *options)
{
	struct catalog *catalog = cluster->catalog;
	catalog->pods = options->pods;
	catalog->keep_clients = options->keep_clients && options->pods == CLUSTER_PODS_VERIFIED;
	catalog->zonal = options->zonal;
	catalog->shorthand = options->shorthand;
	catalog->has_soon = options->denial_ttl > 1;
	cluster->endpoint_pod_names = options->endpoint_pod_names;
	cluster->no_endpoints = options->no_endpoints;
	cluster->ignore_empty_service = options->ignore_empty_service;
	cluster->shorthand = options->shorthand;
	cluster->zonal = options->zonal;
	cluster->port = options->port;
	cluster->namespaces = mem_zalloc((options->namespace_count + 1) * sizeof(char *));
	for (size_t i = 0; i < options->namespace_count; i++)
		cluster->namespaces[cluster->namespace_count++] = lower_text(options->namespaces[i]);
	cluster->local =
		mem_copy(options->local_addresses, options->local_address_count * sizeof(struct ip));
	cluster->local_count = options->local_address_count;
	for (size_t i = 0; i < cluster->local_count; i++)
		if (cluster->local[i].family == 6)
			cluster->catalog->ipv6_addresses = 1;
}

struct catalog *answers_add_cluster(struct answers *answers, const struct cluster_options *options)
{
	struct cluster *cluster = cluster_new(answers, options->ttl, options->denial_ttl);
	take_options(cluster, options);
	zones_add(cluster, options);
	cluster_begin(cluster);
	return cluster->catalog;
}

static void map_drop(struct map *map, void (*drop)(void *value))
{
	size_t position = 0, key_size;
	const void *key;
	void *value;
	while (map_next(map, &position, &key, &key_size, &value))
		drop(value);
	map_free(map);
}

static void drop_space(void *value)
{
	mem_free(((struct space *)value)->name);
	mem_free(value);
}

static void drop_group(void *value)
{
	struct group *group = value;
	object_drop(group->now);
	object_drop(group->shown);
	mem_free(group->ports);
	mem_free(group->entries);
	mem_free(group->name);
	mem_free(group);
}

static void drop_member(void *value)
{
	struct member *member = value;
	if (member->shown != NULL)
		object_drop(&member->shown->head);
	if (member->now != NULL)
		object_drop(&member->now->head);
	mem_free(member->chunks);
	mem_free(member->gone);
	mem_free(member);
}

static void drop_host(void *value)
{
	mem_free(((struct host_state *)value)->seats);
	mem_free(value);
}

/* Published memory goes with the pool. */
void cluster_free(struct cluster *cluster)
{
	if (cluster == NULL)
		return;
	map_drop(cluster->members, drop_member);
	map_drop(cluster->groups, drop_group);
	map_drop(cluster->spaces, drop_space);
	map_drop(cluster->hosts, drop_host);
	map_free(cluster->prefixes);
	for (size_t i = 0; i < cluster->namespace_count; i++)
		mem_free(cluster->namespaces[i]);
	mem_free(cluster->namespaces);
	mem_free(cluster->local);
	mem_free(cluster->forward.zones);
	mem_free(cluster->reverse.zones);
	mem_free(cluster->imports.zones);
	draft_done(&cluster->draft);
	text_done(&cluster->records);
	text_done(&cluster->glue);
	text_done(&cluster->groups_text);
	seen_done(&cluster->seen);
	mem_free(cluster->old_seats.seats);
	mem_free(cluster->new_seats.seats);
	mem_free(cluster);
}
