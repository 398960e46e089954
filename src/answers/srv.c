/* SPDX-License-Identifier: Apache-2.0 */
/* SRV sets (names.md 5): weight from the number of (address, port) pairs, one record per (target, port), glue per
 * target and family. Targets are stored lower case and never compressed; glue points to them. */
#include <string.h>

#include "cluster.h"

uint16_t srv_weight(size_t pairs)
{
	return pairs == 0 || pairs > 100 ? 1 : (uint16_t)(100 / pairs);
}

bool port_fits(const struct port *port, const struct port_filter *filter)
{
	return filter->name == NULL ||
	       (port->protocol == filter->protocol && text_equal_fold(port->name, filter->name));
}

static const struct slice *slice_of(const struct seat *seat)
{
	return seat->member->shown;
}

size_t pairs_of(const struct slice *slice, const struct port_filter *filter)
{
	size_t pairs = 0;
	for (size_t i = 0; i < slice->port_count; i++)
		pairs += port_fits(&slice->ports[i], filter);
	return pairs == 0 && filter->name == NULL ? 1 : pairs;
}

/* Glue of one target, a group per family, each address once. A dashed name has the one address it spells. */
static uint16_t add_glue(struct cluster *cluster, size_t target_at, const struct seat *target,
			 const struct host_name *name, struct text *groups)
{
	struct host_seats all;
	const struct host_seat own = { .ip = target->ip }, *seats = &own;
	size_t count = 1;
	uint16_t added = 0;
	const struct host_state *host = host_get(target->member->group, name->labels, name->size);
	if (host != NULL) {
		host_seats(host, &all);
		seats = all.list;
		count = all.count;
	}
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct glue_group group = { 0 };
		size_t from = cluster->glue.size;
		for (size_t i = 0; i < count; i++) {
			bool known = seats[i].ip.family != family;
			for (size_t k = 0; k < i && !known; k++)
				known = ip_equal(&seats[k].ip, &seats[i].ip);
			if (known)
				continue;
			record_add_address(&cluster->glue, (uint16_t)target_at, &seats[i].ip,
					   cluster->ttl);
			group.count++;
		}
		group.size = (uint16_t)(cluster->glue.size - from);
		if (group.count > 0)
			text_add_n(groups, &group, sizeof group);
		added += group.count;
	}
	return added;
}

static uint64_t pair_hash(const struct cluster *cluster, const struct host_name *name, uint16_t port)
{
	uint8_t key[2 + DNS_NAME_MAX];
	put_u16(key, port);
	memcpy(key + 2, name->labels, name->size);
	return hash_bytes(&cluster->key, key, 2u + name->size);
}

static uint64_t target_hash(const struct cluster *cluster, const struct host_name *name)
{
	return ~hash_bytes(&cluster->key, name->labels, name->size);
}

static bool has_number(const struct slice *slice, const struct port_filter *filter)
{
	for (size_t i = 0; i < slice->port_count; i++)
		if (slice->ports[i].has_number && port_fits(&slice->ports[i], filter))
			return true;
	return false;
}

/* Adds the SRV records of one seat; returns where its target stands in the message, or 0 if none was new. */
static size_t add_records(struct cluster *cluster, const struct seat *seat,
			  const struct host_name *name, const struct wire *base,
			  const struct port_filter *filter, uint16_t weight, uint16_t *count)
{
	const struct slice *slice = slice_of(seat);
	size_t target_at = 0, records_at = DNS_HEADER_SIZE + cluster->draft.key_size + 4u;
	struct wire target;
	if (!wire_add_front(name->labels, name->size, base, &target))
		return 0;
	for (size_t i = 0; i < slice->port_count; i++) {
		const struct port *port = &slice->ports[i];
		if (cluster->records.size > ENTRY_LARGEST)
			break; /* it will not be shown anyway */
		if (!port->has_number || !port_fits(port, filter) ||
		    !seen_add(&cluster->seen, pair_hash(cluster, name, port->number)))
			continue;
		if (target_at == 0)
			target_at = records_at + cluster->records.size + 18;
		record_add_srv(&cluster->records, cluster->ttl, weight, port->number, target.bytes,
			       target.size);
		++*count;
	}
	return target_at;
}

bool srv_of_seats(struct group *group, const struct zone *zone, const struct seat *seats,
		  size_t count, const struct port_filter *filter)
{
	struct cluster *cluster = group->cluster;
	struct wire base;
	size_t pairs = 0;
	uint16_t records = 0, glue = 0;
	bool exists = false;
	if (!group_wire(group, zone, &base))
		return false;
	for (size_t i = 0; i < count; i++) {
		pairs += pairs_of(slice_of(&seats[i]), filter);
		exists = exists || has_number(slice_of(&seats[i]), filter);
	}
	text_clear(&cluster->records);
	text_clear(&cluster->glue);
	text_clear(&cluster->groups_text);
	seen_clear(&cluster->seen);
	for (size_t i = 0; i < count; i++) {
		struct host_name name;
		if (!seat_host(&seats[i], &name))
			continue;
		size_t target_at = add_records(cluster, &seats[i], &name, &base, filter,
					       srv_weight(pairs), &records);
		if (target_at != 0 && target_at < 0x4000 &&
		    seen_add(&cluster->seen, target_hash(cluster, &name)))
			glue += add_glue(cluster, target_at, &seats[i], &name, &cluster->groups_text);
	}
	if (records > 0)
		draft_extent(&cluster->draft, TYPE_SRV, records, &cluster->records,
			     (const void *)cluster->groups_text.data,
			     (uint16_t)(cluster->groups_text.size / sizeof(struct glue_group)),
			     glue, &cluster->glue);
	return exists; /* a name whose targets are all too long is there, and empty */
}

/* Ours comes first: glue points to it. */
static uint16_t add_targets(struct cluster *cluster, const struct srv_addresses *input,
			    uint16_t weight, uint16_t port)
{
	if (input->count > 0)
		record_add_srv(&cluster->records, cluster->ttl, weight, port, input->target->bytes,
			       input->target->size);
	for (size_t i = 0; i < input->name_count; i++)
		record_add_srv(&cluster->records, cluster->ttl, weight, port, input->names[i].bytes,
			       input->names[i].size);
	return (uint16_t)((input->count > 0) + input->name_count);
}

bool srv_of_addresses(struct group *group, const struct srv_addresses *input,
		      const struct port_filter *filter)
{
	struct cluster *cluster = group->cluster;
	size_t pairs = 0, target_at = DNS_HEADER_SIZE + cluster->draft.key_size + 4u + 18;
	uint16_t records = 0, glue = 0, group_count = 0;
	struct glue_group groups[2];
	bool exists = false;
	for (size_t i = 0; i < input->port_count; i++)
		pairs += port_fits(&input->ports[i], filter) ? input->listed : 0;
	text_clear(&cluster->records);
	text_clear(&cluster->glue);
	seen_clear(&cluster->seen);
	for (size_t i = 0; i < input->port_count; i++) {
		const struct port *port = &input->ports[i];
		if (!port_fits(port, filter) || !port->has_number ||
		    !seen_add(&cluster->seen, port->number + 1u))
			continue;
		records += add_targets(cluster, input, srv_weight(pairs), port->number);
		exists = true;
	}
	if (records == 0)
		return exists; /* a service without an address yet has the name, and nothing at it */
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct glue_group one = { 0 };
		size_t from = cluster->glue.size;
		for (size_t i = 0; i < input->count; i++) {
			if (input->addresses[i].family != family)
				continue;
			record_add_address(&cluster->glue, (uint16_t)target_at,
					   &input->addresses[i], cluster->ttl);
			one.count++;
		}
		one.size = (uint16_t)(cluster->glue.size - from);
		if (one.count > 0)
			groups[group_count++] = one;
		glue += one.count;
	}
	draft_extent(&cluster->draft, TYPE_SRV, records, &cluster->records, groups, group_count,
		     glue, &cluster->glue);
	return true;
}
