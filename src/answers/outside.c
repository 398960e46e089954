/* SPDX-License-Identifier: Apache-2.0 */
/* Services as the outside sees them (names.md 15): SVC.NS.Z with what is in externalIPs and given
 * by the load balancer. All else (namespaces, endpoints of headless services, ports, reverse names)
 * is as in the cluster, whose compiler this is: only the names are shorter. */
#include <string.h>

#include "cluster.h"

enum { DENIAL_TTL_MOST = 5 };

bool outside_hides(const struct cluster *cluster, const struct space *space)
{
	const struct wire *apex = &cluster->apex;
	unsigned last = 0;
	while (last + apex->bytes[last] + 1u < apex->size)
		last += apex->bytes[last] + 1u;
	return space->label != NULL && space->label->size == apex->size - last &&
	       memcmp(space->label->labels, apex->bytes + last, space->label->size) == 0;
}

/* ---- Services ---- */

static void list_add(struct ip_list *list, const struct ip *ip)
{
	for (size_t i = 0; i < list->count; i++)
		if (ip_equal(&list->list[i], ip))
			return;
	if (list->count < COUNT_OF(list->list))
		list->list[list->count++] = *ip;
}

void outside_addresses(const struct service *service, struct ip_list *ret_list)
{
	ret_list->count = 0;
	for (size_t i = 0; i < service->external_count; i++)
		if (service->externals[i].ip.family != 0)
			list_add(ret_list, &service->externals[i].ip);
}

/* Names of load balancers, each once. The caller frees the list. */
static struct wire *names_of(const struct group *group, const struct service *service, size_t *ret_count)
{
	struct wire *names = mem_alloc((service->external_count + 1u) * sizeof *names);
	size_t count = 0;
	for (size_t i = 0; i < service->external_count; i++) {
		const struct external *external = &service->externals[i];
		struct wire *name = &names[count];
		if (external->ip.family != 0)
			continue;
		if (!name_parse(external->hostname, name->bytes, &name->size)) {
			answers_complain(group->cluster->answers,
					 "Service %s/%s: the load balancer's hostname is no DNS name: left out",
					 group->space->name, group->name);
			continue;
		}
		bool is_known = false;
		for (size_t k = 0; k < count && !is_known; k++)
			is_known = name_equal_fold(names[k].bytes, name->bytes);
		count += !is_known;
	}
	*ret_count = count;
	return names;
}

/* Nothing may stand beside an alias (RFC 1034 3.6.2): addresses win, and of names the first. */
static void put_service(struct group *group, const struct wire *base, const struct srv_input *input)
{
	const struct srv_addresses *found = &input->addresses;
	group_start(group, base, found->count == 0 ? ENTRY_ALIAS : 0);
	if (found->count == 0) {
		draft_alias(group->cluster, found->names[0].bytes, found->names[0].size);
	} else {
		draft_addresses(group->cluster, found->addresses, sizeof(struct ip), found->count);
		add_srv(group, input, &(struct port_filter){ 0 });
	}
	group_put(group);
}

void outside_compile(struct group *group, const struct wire *base, const struct service *service)
{
	struct ip_list addresses;
	struct srv_input input = { .addresses = { .target = base,
						  .addresses = addresses.list,
						  .listed = service->external_count,
						  .ports = service->ports,
						  .port_count = service->port_count } };
	struct wire *names = names_of(group, service, &input.addresses.name_count);
	outside_addresses(service, &addresses);
	input.addresses.count = addresses.count;
	input.addresses.names = names;
	if (addresses.count + input.addresses.name_count > 0) {
		struct port_list list = { .count = 0 };
		put_service(group, base, &input);
		port_list_add(group, &list, service->ports, service->port_count);
		put_port_names(group, base, &list, &input, 0);
	}
	mem_free(names);
}

/* ---- the apex ---- */

/* Where this server is found from outside: at the services that it stands behind, else where it is. */
static void find_servers(struct cluster *cluster, struct ip_list *ret_list)
{
	struct cluster *inside = cluster->inside;
	struct group *groups[OUR_GROUPS_MOST];
	size_t count = our_groups(inside, groups);
	ret_list->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct service *service = (const void *)groups[i]->now;
		struct seat_list *seats = &cluster->old_seats;
		if (!cluster->shows_headless || service->type != SERVICE_HEADLESS) {
			for (size_t k = 0; k < service->external_count; k++)
				if (service->externals[k].ip.family != 0)
					list_add(ret_list, &service->externals[k].ip);
			continue;
		}
		seats_of_group(groups[i], seats);
		for (size_t k = 0; k < seats->count; k++)
			list_add(ret_list, &seats->seats[k].ip);
	}
	for (size_t i = 0; count == 0 && i < inside->local_count; i++)
		list_add(ret_list, &inside->local[i]);
}

/* Under the first zone that is no reverse one, where a reverse zone's server can be looked up (D32). */
static bool server_name(const struct cluster *cluster, const struct zone *zone, struct wire *ret_name)
{
	if (zone->kind == ZONE_REVERSE && cluster->forward.count > 0)
		zone = cluster->forward.zones[0];
	struct wire name = { .size = zone->size };
	memcpy(name.bytes, zone->name, zone->size);
	return wire_add_front(cluster->apex.bytes, cluster->apex.size, &name, &name) &&
	       wire_add_front("\3ns1", 4, &name, ret_name);
}

static uint16_t add_glue(struct cluster *cluster, const struct ip_list *servers, uint8_t family,
			 size_t target_at)
{
	uint16_t count = 0;
	for (size_t i = 0; i < servers->count; i++) {
		if (servers->list[i].family != family)
			continue;
		record_add_address(&cluster->glue, (uint16_t)target_at, &servers->list[i],
				   cluster->ttl);
		count++;
	}
	return count;
}

static void draft_server(struct cluster *cluster, const struct zone *zone, const struct ip_list *servers)
{
	struct glue_group groups[2];
	uint16_t group_count = 0, glue_count = 0;
	size_t target_at = DNS_HEADER_SIZE + zone->size + 4u + 12;
	struct wire name;
	if (!server_name(cluster, zone, &name))
		return;
	text_clear(&cluster->records);
	text_clear(&cluster->glue);
	record_add(&cluster->records, TYPE_NS, cluster->ttl, name.bytes, name.size);
	for (uint8_t family = 4; family <= 6; family += 2) {
		size_t from = cluster->glue.size;
		uint16_t count = add_glue(cluster, servers, family, target_at);
		if (count > 0)
			groups[group_count++] =
				(struct glue_group){ count, (uint16_t)(cluster->glue.size - from) };
		glue_count += count;
	}
	draft_extent(&cluster->draft, TYPE_NS, 1, &cluster->records, groups, group_count,
		     glue_count, &cluster->glue);
}

void outside_apex(struct cluster *cluster, const struct zone *zone)
{
	struct ip_list servers;
	struct wire name;
	find_servers(cluster, &servers);
	start_at(cluster, zone, "", 0, ENTRY_STEADY);
	draft_raw(&cluster->draft, TYPE_SOA, SET_TYPE_SOA, 1, "", 0);
	draft_server(cluster, zone, &servers);
	put_at(cluster, zone);
	if (!wire_add_front("\3ns1", 4, &cluster->apex, &name) || name.size + zone->size > DNS_NAME_MAX)
		return;
	start_at(cluster, zone, name.bytes, name.size, 0);
	draft_addresses(cluster, servers.list, sizeof(struct ip), servers.count);
	put_at(cluster, zone);
}

void outside_fixed_names(struct cluster *cluster, const struct zone *zone)
{
	const struct wire *apex = &cluster->apex;
	if (apex->size + zone->size > DNS_NAME_MAX)
		return;
	for (unsigned at = 0; at < apex->size; at += apex->bytes[at] + 1u) {
		start_at(cluster, zone, apex->bytes + at, apex->size - at, ENTRY_STEADY);
		put_at(cluster, zone);
	}
}

/* ---- a catalog of its own ---- */

static struct wire apex_read(const char *text)
{
	struct wire apex = { 0 };
	if (name_parse(text, apex.bytes, &apex.size)) {
		name_lower(apex.bytes, apex.size);
		apex.size--; /* the root */
	}
	return apex;
}

struct catalog *answers_add_outside(struct catalog *inside, const struct outside_options *options)
{
	uint32_t denial_ttl = options->ttl < DENIAL_TTL_MOST ? options->ttl : DENIAL_TTL_MOST;
	struct cluster *cluster = cluster_new(inside->answers, options->ttl, denial_ttl);
	cluster->inside = inside->cluster;
	cluster->catalog->is_outside = true;
	cluster->apex = apex_read(options->apex);
	cluster->shows_headless = options->headless;
	cluster->endpoint_pod_names = inside->cluster->endpoint_pod_names;
	cluster->no_endpoints = !options->headless || inside->cluster->no_endpoints;
	for (size_t i = 0; i < options->zone_count; i++) {
		const char *origin = options->zones[i];
		if (name_text_is_reverse(origin))
			cluster_add_zone(cluster, &cluster->reverse, ZONE_REVERSE, origin);
		else
			cluster_add_zone(cluster, &cluster->forward, ZONE_OUTSIDE, origin);
	}
	cluster_begin(cluster);
	return cluster->catalog;
}
