/* SPDX-License-Identifier: Apache-2.0 */
/* The names of one Service or ServiceImport, section by section of names.md: 3 ClusterIP, 4 headless, 5 SRV and the
 * short form, 6 ExternalName, 15 zonal, 17 multicluster. Names of endpoints are hosts.c and computed.c. */
#include <assert.h>
#include <string.h>

#include "cluster.h"

static const char *const protocol_labels[] = {
	[PROTOCOL_TCP] = "\4_tcp", [PROTOCOL_UDP] = "\4_udp", [PROTOCOL_SCTP] = "\5_sctp"
};

void group_start(struct group *group, const struct wire *name, uint8_t flags)
{
	draft_start(&group->cluster->draft, group->cluster->catalog->pool, name->bytes, name->size,
		    flags);
}

void group_complain_name(const struct group *group, const char *what)
{
	answers_complain(group->cluster->answers, "%s %s/%s: the name of %s is too long: left out",
			 group_kind(group), group->space->name, group->name, what);
}

/* A and AAAA of a list, in its order, without duplicates. */
void draft_addresses(struct cluster *cluster, const struct ip *addresses, size_t stride, size_t count)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		uint16_t added = 0;
		text_clear(&cluster->records);
		seen_clear(&cluster->seen);
		for (size_t i = 0; i < count; i++) {
			const struct ip *ip = (const void *)((const uint8_t *)addresses + i * stride);
			if (ip->family != family ||
			    !seen_add(&cluster->seen, hash_bytes(&cluster->key, ip->bytes, 16)))
				continue;
			record_add_address(&cluster->records, DNS_HEADER_SIZE, ip, cluster->ttl);
			added++;
		}
		if (added > 0)
			draft_fixed(&cluster->draft, family == 4 ? TYPE_A : TYPE_AAAA, added,
				    record_address_size(family), cluster->records.data);
	}
}

/* ---- port names: _PORT._PROTO in front of a base ---- */

void port_list_add(struct group *group, struct port_list *list, const struct port *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct port *port = &ports[i];
		if (port->name[0] == '\0' || !port->has_number || port->protocol >= PROTOCOL_OTHER)
			continue;
		bool known = false;
		for (size_t k = 0; k < list->count && !known; k++)
			known = list->ports[k]->protocol == port->protocol &&
				text_equal_fold(list->ports[k]->name, port->name);
		if (known)
			continue;
		if (list->count == COUNT_OF(list->ports)) {
			answers_complain(group->cluster->answers,
					 "%s %s/%s: more than %zu named ports: the rest is left out",
					 group_kind(group), group->space->name, group->name,
					 COUNT_OF(list->ports));
			return;
		}
		list->ports[list->count++] = port;
	}
}

bool port_wire(const struct port *port, const struct wire *base, struct wire *ret_protocol,
	       struct wire *ret_name)
{
	const char *protocol = protocol_labels[port->protocol];
	char text[DNS_LABEL_MAX + 2] = "_";
	uint8_t label[DNS_LABEL_MAX + 1];
	unsigned size;
	if (strlen(port->name) > DNS_LABEL_MAX - 1)
		return false;
	memcpy(text + 1, port->name, strlen(port->name) + 1);
	return label_wire(text, true, label, &size) &&
	       wire_add_front(protocol, 1u + (uint8_t)protocol[0], base, ret_protocol) &&
	       wire_add_front(label, size, ret_protocol, ret_name);
}

bool add_srv(struct group *group, const struct srv_input *input, const struct port_filter *filter)
{
	if (input->seats != NULL)
		return srv_of_seats(group, input->zone, input->seats, input->seat_count, filter);
	return srv_of_addresses(group, &input->addresses, filter);
}

/* `_PROTO` above names that were shown is an empty name (RFC 8020). */
void put_protocols(struct group *group, const struct wire *base, const bool used[PROTOCOL_OTHER],
		   uint8_t flags)
{
	for (unsigned protocol = 0; protocol < PROTOCOL_OTHER; protocol++) {
		struct wire name;
		const char *label = protocol_labels[protocol];
		if (!used[protocol] || !wire_add_front(label, 1u + (uint8_t)label[0], base, &name))
			continue;
		group_start(group, &name, flags);
		group_put(group);
	}
}

void put_port_names(struct group *group, const struct wire *base, const struct port_list *list,
		    const struct srv_input *input, uint8_t flags)
{
	bool used[PROTOCOL_OTHER] = { false };
	for (size_t i = 0; i < list->count; i++) {
		struct wire protocol, name;
		if (!port_wire(list->ports[i], base, &protocol, &name)) {
			group_complain_name(group, "a port");
			continue;
		}
		struct port_filter filter = { list->ports[i]->name, list->ports[i]->protocol };
		group_start(group, &name, flags);
		if (!add_srv(group, input, &filter))
			continue;
		group_put(group);
		used[list->ports[i]->protocol] = true;
	}
	put_protocols(group, base, used, flags);
}

/* The short form `_PORT._PROTO.NAME.svc.Z` of service NAME in namespace NAME (names.md 5.3). */
static void put_short_names(struct group *group, const struct wire *base,
			    const struct port_list *list, const struct srv_input *input, uint8_t flags)
{
	if (group->is_import || !group->cluster->shorthand ||
	    strcmp(group->name, group->space->name) != 0)
		return;
	struct wire shorter = { .size = (uint8_t)(base->size - base->bytes[0] - 1) };
	memcpy(shorter.bytes, base->bytes + base->bytes[0] + 1, shorter.size);
	put_port_names(group, &shorter, list, input, flags);
}

/* ---- the kinds ---- */

static void compile_addresses(struct group *group, const struct wire *base,
			      const struct srv_input *input)
{
	struct port_list list = { .count = 0 };
	if (group->cluster->ignore_empty_service && count_seats(group) == 0)
		return;
	group_start(group, base, 0);
	draft_addresses(group->cluster, input->addresses.addresses, sizeof(struct ip),
			input->addresses.count);
	const struct port_filter every = { 0 };
	add_srv(group, input, &every);
	group_put(group);
	port_list_add(group, &list, input->addresses.ports, input->addresses.port_count);
	put_port_names(group, base, &list, input, 0);
	put_short_names(group, base, &list, input, 0);
}

static void compile_headless(struct group *group, const struct wire *base, const struct zone *zone,
			     const struct seat *seats, size_t count)
{
	struct cluster *cluster = group->cluster;
	/* The name is denied, but for a short time only: its pods may come any moment. */
	if (count == 0) {
		group_start(group, base, ENTRY_ABSENT | ENTRY_SOON);
		group_put(group);
		return;
	}
	struct srv_input input = { .zone = zone, .seats = seats, .seat_count = count };
	group_start(group, base, ENTRY_SOON);
	draft_addresses(cluster, &seats[0].ip, sizeof *seats, count);
	add_srv(group, &input, &(struct port_filter){ 0 });
	group_put(group);
	struct port_list list = { .count = 0 };
	for (const struct member *member = group->members; member != NULL; member = member->next)
		if (member->shown != NULL)
			port_list_add(group, &list, member->shown->ports, member->shown->port_count);
	put_port_names(group, base, &list, &input, ENTRY_SOON);
	put_short_names(group, base, &list, &input, ENTRY_SOON);
	if (group->is_import)
		put_clusters(group, base, seats, count);
	else if (cluster->zonal)
		put_zonal(group, base, zone, seats, count);
}

void draft_alias(struct cluster *cluster, const uint8_t *target, uint8_t size)
{
	text_clear(&cluster->records);
	record_add(&cluster->records, TYPE_CNAME, cluster->ttl, target, size);
	draft_extent(&cluster->draft, TYPE_CNAME, 1, &cluster->records, NULL, 0, 0, NULL);
}

/* An IP address in words, or nothing, is no alias (names.md 6). */
static void compile_external(struct group *group, const struct wire *base, const struct service *service)
{
	struct cluster *cluster = group->cluster;
	char text[IP_TEXT_SIZE + 16];
	size_t size = strlen(service->external_name);
	uint8_t target[DNS_NAME_MAX], target_size;
	struct ip ip;
	while (size > 0 && service->external_name[size - 1] == '.')
		size--;
	if (size == 0)
		return;
	if (size < sizeof text) {
		memcpy(text, service->external_name, size);
		text[size] = '\0';
		if (ip_parse(text, &ip))
			return;
	}
	if (!name_parse(service->external_name, target, &target_size)) {
		answers_complain(cluster->answers,
				 "Service %s/%s: externalName is no DNS name: left out",
				 group->space->name, group->name);
		return;
	}
	group_start(group, base, ENTRY_ALIAS);
	draft_alias(cluster, target, target_size);
	group_put(group);
}

static void compile_service(struct group *group, const struct wire *base, const struct zone *zone,
			    const struct seat *seats, size_t seat_count)
{
	const struct service *service = (const void *)group->now;
	struct srv_input input = { .zone = zone,
				   .addresses = { .target = base,
						  .addresses = service->addresses,
						  .count = service->address_count,
						  .listed = service->listed_count,
						  .ports = service->ports,
						  .port_count = service->port_count } };
	if (group->cluster->inside != NULL && !group->active) {
		outside_compile(group, base, service);
		return;
	}
	switch (service->type) {
	case SERVICE_CLUSTER_IP:
		compile_addresses(group, base, &input);
		break;
	case SERVICE_HEADLESS:
		compile_headless(group, base, zone, seats, seat_count);
		break;
	case SERVICE_EXTERNAL_NAME:
		compile_external(group, base, service);
		break;
	}
}

static void compile_import(struct group *group, const struct wire *base, const struct zone *zone,
			   const struct seat *seats, size_t seat_count)
{
	const struct import *import = (const void *)group->now;
	struct srv_input input = { .zone = zone,
				   .addresses = { .target = base,
						  .addresses = import->addresses,
						  .count = import->address_count,
						  .listed = import->listed_count,
						  .ports = import->ports,
						  .port_count = import->port_count } };
	if (import->type == IMPORT_HEADLESS)
		compile_headless(group, base, zone, seats, seat_count);
	else
		compile_addresses(group, base, &input);
}

bool group_exceeds(const struct group *group, const struct port_filter *filter, size_t bound)
{
	size_t pairs = 0;
	for (const struct member *member = group->members; member != NULL; member = member->next) {
		size_t ports = member->shown == NULL ? 0 : pairs_of(member->shown, filter);
		if (ports == 0)
			continue;
		for (uint32_t i = 0; i < member->shown->endpoint_count && pairs <= bound; i++)
			if (member->shown->endpoints[i].ready || group->not_ready_too)
				pairs += ports;
	}
	return pairs > bound;
}

/* Sets beyond this are kept in pieces, so that one endpoint's change does not rewrite them whole. */
static bool group_is_big(const struct group *group)
{
	return group_exceeds(group, &(struct port_filter){ 0 }, BIG_GROUP);
}

/* An empty name of a cluster may have become the name of a host (names.md 17). */
static bool is_host_now(const struct group *group, const struct entry *old)
{
	const struct zone_list *zones = group_zones(group);
	for (size_t i = 0; group->is_import && i < zones->count; i++) {
		struct wire base;
		if (!group_wire(group, zones->zones[i], &base) || old->key_size <= base.size)
			continue;
		size_t size = old->key_size - base.size;
		if (memcmp(entry_key(old) + size, base.bytes, base.size) == 0 &&
		    host_get(group, entry_key(old), size) != NULL)
			return true;
	}
	return false;
}

static bool still_there(const struct group *group, const struct entry *old)
{
	for (size_t i = 0; i < group->entry_count; i++) {
		const struct entry *entry = group->entries[i];
		if (entry == old || (entry->key_size == old->key_size &&
				     memcmp(entry_key(entry), entry_key(old), old->key_size) == 0))
			return true;
	}
	return is_host_now(group, old);
}

void group_compile(struct group *group)
{
	struct cluster *cluster = group->cluster;
	struct entry **old = group->entries;
	size_t old_count = group->entry_count;
	struct seat_list *list = &cluster->old_seats;
	group->entries = NULL;
	group->entry_count = 0;
	bool shown = group->now != NULL && group->space->exposed && group->owner != NULL;
	assert(!group->active || group->now != NULL);
	bool headless = group->active && group_type(group, group->now) == SERVICE_HEADLESS;
	group->is_big = shown && headless && group_is_big(group);
	if (headless)
		group_note_headless(group);
	if (group->is_big)
		big_compile(group);
	else if (headless)
		seats_of_group(group, list);
	else
		list->count = 0;
	if (group->now != NULL && group->space->exposed && group->owner == NULL)
		group_complain_name(group, "the service");
	const struct zone_list *zones = group_zones(group);
	for (size_t i = 0; shown && !group->is_big && i < zones->count; i++) {
		struct wire base;
		if (!group_wire(group, zones->zones[i], &base))
			group_complain_name(group, "the service");
		else if (group->is_import)
			compile_import(group, &base, zones->zones[i], list->seats, list->count);
		else
			compile_service(group, &base, zones->zones[i], list->seats, list->count);
	}
	for (size_t i = 0; i < old_count; i++)
		if (!still_there(group, old[i]))
			*group_changed(group) |= table_remove(cluster->catalog->table,
							      entry_key(old[i]), old[i]->key_size);
	mem_free(old);
}
