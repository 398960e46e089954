/* SPDX-License-Identifier: Apache-2.0 */
/* Names of endpoints that have a hostname: HOST.SVC.NS.svc.Z, and HOST.CLUSTER.SVC.NS.svc.CS of imports. */
#include <string.h>

#include "cluster.h"

static size_t host_key(const struct group *group, const uint8_t *labels, size_t size,
		       uint8_t ret_key[8 + DNS_NAME_MAX])
{
	memcpy(ret_key, &group, sizeof group);
	memcpy(ret_key + sizeof group, labels, size);
	return sizeof group + size;
}

struct host_state *host_get(const struct group *group, const uint8_t *labels, size_t size)
{
	uint8_t key[8 + DNS_NAME_MAX];
	return map_get(group->cluster->hosts, key, host_key(group, labels, size, key));
}

static void host_mark(struct host_state *host)
{
	for (size_t i = 0; i < host->count; i++)
		host->seats[i].member->chunks_stale = true;
	if (host->is_dirty)
		return;
	host->is_dirty = true;
	host->next_dirty = host->group->cluster->dirty_hosts;
	host->group->cluster->dirty_hosts = host;
}

const struct host *host_add(const struct seat *seat, const struct host_name *name)
{
	struct group *group = seat->member->group;
	struct host_state *host = host_get(group, name->labels, name->size);
	if (host == NULL) {
		uint8_t key[8 + DNS_NAME_MAX], class_;
		host = mem_zalloc(sizeof *host);
		host->group = group;
		host->labels = pool_take(group->cluster->catalog->pool,
					 sizeof *host->labels + name->size, &class_);
		host->labels->class_ = class_;
		host->labels->size = name->size;
		memcpy(host->labels->labels, name->labels, name->size);
		map_put(group->cluster->hosts, key, host_key(group, name->labels, name->size, key),
			host);
	}
	if (host->count == host->room) {
		host->room = host->room == 0 ? 1 : 2 * host->room;
		host->seats = mem_realloc(host->seats, host->room * sizeof *host->seats);
	}
	host->seats[host->count++] =
		(struct host_seat){ .member = seat->member, .ip = seat->ip, .ports = seat->ports };
	host_mark(host);
	return host->labels;
}

const struct host *host_remove(const struct seat *seat, const struct host_name *name)
{
	struct host_state *host = host_get(seat->member->group, name->labels, name->size);
	if (host == NULL)
		return NULL;
	host_mark(host);
	for (size_t i = 0; i < host->count; i++) {
		if (host->seats[i].member != seat->member || !ip_equal(&host->seats[i].ip, &seat->ip))
			continue;
		host->seats[i] = host->seats[--host->count];
		break;
	}
	return host->labels;
}

void hosts_mark(struct group *group)
{
	struct seat_list *list = &group->cluster->old_seats;
	seats_of_group(group, list);
	for (size_t i = 0; i < list->count; i++) {
		struct host_name name;
		struct host_state *host = NULL;
		if (seat_host(&list->seats[i], &name))
			host = host_get(group, name.labels, name.size);
		if (host != NULL)
			host_mark(host);
	}
}

/* A hostname may spell the dashed address of another endpoint of the service: then both are behind the name. */
static size_t dashed_seats(const struct host_state *host, struct host_seat *ret_seats, size_t room)
{
	const struct group *group = host->group;
	struct ip ip;
	uint8_t label[DNS_LABEL_MAX + 1];
	size_t count, added = 0;
	if (group->is_import || group->cluster->inside != NULL ||
	    !pod_label_read(host->labels->labels + 1, host->labels->labels[0], &ip) ||
	    dashed_label(&ip, label) != host->labels->size ||
	    memcmp(label, host->labels->labels, host->labels->size) != 0)
		return 0;
	const struct address_ref *refs = refs_get(group->cluster, KEY_ADDRESS, &ip, &count);
	for (size_t i = 0; i < count && added < room; i++)
		if (refs[i].owner == group->owner && refs[i].ports != NULL && refs[i].host == NULL)
			ret_seats[added++] =
				(struct host_seat){ .member = (struct member *)(uintptr_t)refs[i].from,
						    .ip = ip,
						    .ports = refs[i].ports };
	return added;
}

void host_seats(const struct host_state *host, struct host_seats *ret_seats)
{
	size_t room = COUNT_OF(ret_seats->list), count = host->count < room ? host->count : room;
	memcpy(ret_seats->list, host->seats, count * sizeof *host->seats);
	ret_seats->count = count + dashed_seats(host, ret_seats->list + count, room - count);
}

void host_mark_dashed(const struct seat *seat, const struct host_name *name)
{
	const struct group *group = seat->member->group;
	struct host_state *host = map_count(group->cluster->hosts) == 0
					  ? NULL
					  : host_get(group, name->labels, name->size);
	if (host != NULL)
		host_mark(host);
}

/* A and AAAA of the host, each address once. */
static void host_addresses(struct cluster *cluster, const struct host_seats *host, uint8_t family)
{
	size_t count = 0;
	text_clear(&cluster->records);
	for (size_t i = 0; i < host->count; i++) {
		bool known = host->list[i].ip.family != family;
		for (size_t k = 0; k < i && !known; k++)
			known = ip_equal(&host->list[k].ip, &host->list[i].ip);
		if (known)
			continue;
		record_add_address(&cluster->records, DNS_HEADER_SIZE, &host->list[i].ip, cluster->ttl);
		count++;
	}
	if (count > 0)
		draft_fixed(&cluster->draft, family == 4 ? TYPE_A : TYPE_AAAA, (uint16_t)count,
			    record_address_size(family), cluster->records.data);
}

static void host_srv(struct cluster *cluster, const struct host_seats *host, const struct wire *name)
{
	size_t pairs = 0, number_count = 0, address_count = 0;
	uint16_t numbers[256];
	struct ip addresses[256];
	for (size_t i = 0; i < host->count; i++) {
		const struct host_seat *seat = &host->list[i];
		pairs += seat->ports->pairs;
		for (size_t p = 0; p < seat->ports->count && number_count < COUNT_OF(numbers); p++) {
			bool known = false;
			for (size_t k = 0; k < number_count && !known; k++)
				known = numbers[k] == seat->ports->numbers[p];
			if (!known)
				numbers[number_count++] = seat->ports->numbers[p];
		}
		bool known = address_count == COUNT_OF(addresses);
		for (size_t k = 0; k < address_count && !known; k++)
			known = ip_equal(&addresses[k], &seat->ip);
		if (!known)
			addresses[address_count++] = seat->ip;
	}
	if (number_count == 0)
		return;
	text_clear(&cluster->records);
	for (size_t i = 0; i < number_count; i++)
		record_add_srv(&cluster->records, cluster->ttl, srv_weight(pairs), numbers[i],
			       name->bytes, name->size);
	/* Glue: the target is the question's own name, spelled in the first record. */
	uint16_t target_at = (uint16_t)(DNS_HEADER_SIZE + name->size + 4 + 18), glue_count = 0,
		 group_count = 0;
	struct glue_group groups[2];
	text_clear(&cluster->glue);
	for (uint8_t family = 4; family <= 6; family += 2) {
		size_t from = cluster->glue.size;
		uint16_t count = 0;
		for (size_t i = 0; i < address_count; i++) {
			if (addresses[i].family != family)
				continue;
			record_add_address(&cluster->glue, target_at, &addresses[i], cluster->ttl);
			count++;
		}
		if (count > 0)
			groups[group_count++] =
				(struct glue_group){ count, (uint16_t)(cluster->glue.size - from) };
		glue_count += count;
	}
	draft_extent(&cluster->draft, TYPE_SRV, (uint16_t)number_count, &cluster->records, groups,
		     group_count, glue_count, &cluster->glue);
}

static void host_show(struct host_state *host, const struct zone *zone)
{
	struct group *group = host->group;
	struct cluster *cluster = group->cluster;
	const struct service *service = (const void *)group->now;
	bool headless = group->is_import || service == NULL || service->type == SERVICE_HEADLESS;
	struct wire base, name;
	if (!group_wire(group, zone, &base) ||
	    !wire_add_front(host->labels->labels, host->labels->size, &base, &name)) {
		if (host->count > 0)
			answers_complain(cluster->answers,
					 "%s %s/%s: an endpoint's name is too long: left out",
					 group_kind(group), group->space->name, group->name);
		return;
	}
	bool *changed = group_changed(group);
	if (host->count == 0) {
		*changed |= table_remove(cluster->catalog->table, name.bytes, name.size);
		return;
	}
	draft_start(&cluster->draft, cluster->catalog->pool, name.bytes, name.size,
		    headless ? ENTRY_SOON : 0);
	struct host_seats seats;
	host_seats(host, &seats);
	host_addresses(cluster, &seats, 4);
	host_addresses(cluster, &seats, 6);
	host_srv(cluster, &seats, &name);
	struct entry *entry = draft_entry(&cluster->draft);
	if (entry == NULL)
		answers_complain(cluster->answers,
				 "%s %s/%s: more records than a name can hold: left out",
				 group_kind(group), group->space->name, group->name);
	else
		table_put(cluster->catalog->table, entry, changed);
}

static void host_free(struct host_state *host)
{
	struct cluster *cluster = host->group->cluster;
	uint8_t key[8 + DNS_NAME_MAX];
	map_remove(cluster->hosts, key,
		   host_key(host->group, host->labels->labels, host->labels->size, key));
	retire_pooled(cluster->answers, cluster->catalog->pool, host->labels, host->labels->class_);
	mem_free(host->seats);
	mem_free(host);
}

void hosts_compile(struct cluster *cluster)
{
	while (cluster->dirty_hosts != NULL) {
		struct host_state *host = cluster->dirty_hosts;
		cluster->dirty_hosts = host->next_dirty;
		host->is_dirty = false;
		const struct zone_list *zones = group_zones(host->group);
		for (size_t i = 0; i < zones->count; i++)
			host_show(host, zones->zones[i]);
		if (host->count == 0)
			host_free(host);
	}
}
