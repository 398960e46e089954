/* SPDX-License-Identifier: Apache-2.0 */
/* The apex of a cluster's zones and the names that are always there (names.md 9): SOA, NS, dns-version, ns.dns and the
 * empty names svc, pod and dns. The NS are the services behind which this server stands. */
#include <string.h>

#include "cluster.h"

enum {
	SOA_TTL_MAX = 300,
	VERSION_TTL = 28800,
	SOA_REFRESH = 7200,
	SOA_RETRY = 1800,
	SOA_EXPIRE = 86400
};

/* A name below the zone, to which it ends in a pointer. */
static void add_in_zone(struct text *rdata, const char *label, const struct wire *rest)
{
	text_add_n(rdata, label, 1u + (uint8_t)label[0]);
	text_add_n(rdata, rest->bytes, rest->size);
	text_add_n(rdata, "\xc0", 2);
}

static struct soa *soa_of_names(const struct cluster *cluster, const struct text *names, size_t rname_at)
{
	enum { HEAD = 10, NUMBERS = 20 };
	uint8_t class_;
	struct soa *soa = pool_take(cluster->catalog->pool,
				    sizeof *soa + HEAD + names->size + NUMBERS, &class_);
	soa->class_ = class_;
	soa->size = (uint16_t)(HEAD + names->size + NUMBERS);
	soa->ttl = cluster->ttl < SOA_TTL_MAX ? cluster->ttl : SOA_TTL_MAX;
	soa->denial_ttl = cluster->denial_ttl;
	soa->mname_at = (uint16_t)(HEAD + rname_at - 2);
	soa->rname_at = (uint16_t)(HEAD + names->size - 2);
	soa->serial_at = (uint16_t)(HEAD + names->size);
	put_u16(soa->bytes, TYPE_SOA);
	put_u16(soa->bytes + 2, CLASS_IN);
	put_u16(soa->bytes + 8, (uint16_t)(names->size + NUMBERS));
	memcpy(soa->bytes + HEAD, names->data, names->size);
	uint8_t *numbers = soa->bytes + soa->serial_at;
	put_u32(numbers + 4, SOA_REFRESH);
	put_u32(numbers + 8, SOA_RETRY);
	put_u32(numbers + 12, SOA_EXPIRE);
	put_u32(numbers + 16, cluster->denial_ttl);
	return soa;
}

/* ns.dns.Z hostmaster.Z, and outside ns1.dns.Z hostmaster.dns.Z */
struct soa *soa_of_cluster(const struct cluster *cluster)
{
	static const struct wire dns = { 4, "\3dns" }, none = { 0 };
	bool is_outside = cluster->inside != NULL;
	struct text names = { 0 };
	add_in_zone(&names, is_outside ? "\3ns1" : "\2ns", is_outside ? &cluster->apex : &dns);
	size_t rname_at = names.size;
	add_in_zone(&names, "\12hostmaster", is_outside ? &cluster->apex : &none);
	struct soa *soa = soa_of_names(cluster, &names, rname_at);
	text_done(&names);
	return soa;
}

bool is_local(const struct cluster *cluster, const struct ip *ip)
{
	for (size_t i = 0; i < cluster->local_count; i++)
		if (ip_equal(&cluster->local[i], ip))
			return true;
	return false;
}

/* ---- name servers ---- */

struct server {
	struct wire name;
	struct ip ip;
};
/* More are of no use to who asks. Slices are written by many, and may give our address to thousands of endpoints. */
enum { SERVERS_MOST = 128 };
struct servers {
	struct server *list;
	size_t count;
};

static void server_add(struct servers *servers, const struct wire *name, const struct ip *ip)
{
	if (servers->count == SERVERS_MOST)
		return;
	for (size_t i = 0; i < servers->count; i++) {
		const struct server *known = &servers->list[i];
		if (known->name.size == name->size &&
		    memcmp(known->name.bytes, name->bytes, name->size) == 0 &&
		    ip_equal(&known->ip, ip))
			return;
	}
	servers->list = mem_realloc(servers->list, (servers->count + 1) * sizeof *servers->list);
	servers->list[servers->count++] = (struct server){ .name = *name, .ip = *ip };
}

static bool has_port(const struct ports *ports, uint16_t number)
{
	for (size_t i = 0; ports != NULL && i < ports->count; i++)
		if (ports->numbers[i] == number)
			return true;
	return false;
}

static size_t add_group(struct group **groups, size_t count, struct group *group)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i] == group)
			return count;
	if (count < OUR_GROUPS_MOST)
		groups[count++] = group;
	return count;
}

size_t our_groups(const struct cluster *cluster, struct group *ret_groups[OUR_GROUPS_MOST])
{
	size_t found = 0;
	for (size_t i = 0; i < cluster->local_count; i++) {
		size_t count;
		const struct address_ref *refs =
			refs_get(cluster, KEY_ADDRESS, &cluster->local[i], &count);
		for (size_t k = 0; k < count; k++) {
			if (refs[k].ports == NULL || !has_port(refs[k].ports, cluster->port))
				continue;
			struct group *group = ((const struct member *)refs[k].from)->group;
			if (group->now != NULL)
				found = add_group(ret_groups, found, group);
		}
	}
	return found;
}

/* A ClusterIP service is one server; of a headless one every endpoint is (names.md 9). */
static void servers_of_group(struct cluster *cluster, const struct zone *zone, struct group *group,
			     struct servers *servers)
{
	const struct service *service = (const void *)group->now;
	struct wire name;
	if (!group_wire(group, zone, &name))
		return;
	group->is_server = true;
	if (service->type == SERVICE_CLUSTER_IP) {
		for (size_t i = 0; i < service->address_count; i++)
			server_add(servers, &name, &service->addresses[i]);
		return;
	}
	seats_of_group(group, &cluster->old_seats);
	for (size_t i = 0; i < cluster->old_seats.count; i++) {
		const struct seat *seat = &cluster->old_seats.seats[i];
		struct host_name host;
		struct wire full;
		if (seat_host(seat, &host) && wire_add_front(host.labels, host.size, &name, &full))
			server_add(servers, &full, &seat->ip);
	}
}

/* Services that hold one of our addresses and expose our port; else ns.dns.Z with the addresses themselves. */
static struct servers servers_of(struct cluster *cluster, const struct zone *names_zone,
				 const struct zone *zone)
{
	struct servers servers = { 0 };
	struct group *groups[OUR_GROUPS_MOST];
	size_t group_count = names_zone != NULL ? our_groups(cluster, groups) : 0;
	for (size_t i = 0; i < group_count; i++)
		servers_of_group(cluster, names_zone, groups[i], &servers);
	if (servers.count > 0)
		return servers;
	if (zone->kind == ZONE_REVERSE && names_zone != NULL)
		zone = names_zone;
	struct wire name = { .size = zone->size };
	memcpy(name.bytes, zone->name, zone->size);
	if (wire_add_front("\2ns\3dns", 7, &name, &name))
		for (size_t i = 0; i < cluster->local_count; i++)
			server_add(&servers, &name, &cluster->local[i]);
	return servers;
}

static bool is_same_name(const struct servers *servers, size_t a, size_t b)
{
	return servers->list[a].name.size == servers->list[b].name.size &&
	       memcmp(servers->list[a].name.bytes, servers->list[b].name.bytes,
		      servers->list[a].name.size) == 0;
}

static void glue_of_server(struct cluster *cluster, const struct servers *servers, size_t first,
			   size_t target_at, uint16_t *glue_count)
{
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct glue_group group = { 0 };
		size_t from = cluster->glue.size;
		for (size_t i = first; i < servers->count; i++) {
			if (servers->list[i].ip.family != family || !is_same_name(servers, first, i))
				continue;
			record_add_address(&cluster->glue, (uint16_t)target_at,
					   &servers->list[i].ip, cluster->ttl);
			group.count++;
		}
		group.size = (uint16_t)(cluster->glue.size - from);
		if (group.count > 0)
			text_add_n(&cluster->groups_text, &group, sizeof group);
		*glue_count += group.count;
	}
}

static void draft_servers(struct cluster *cluster, const struct zone *zone,
			  const struct servers *servers)
{
	uint16_t count = 0, glue_count = 0;
	text_clear(&cluster->records);
	text_clear(&cluster->glue);
	text_clear(&cluster->groups_text);
	for (size_t i = 0; i < servers->count; i++) {
		bool is_first = true;
		for (size_t k = 0; k < i && is_first; k++)
			is_first = !is_same_name(servers, k, i);
		if (!is_first)
			continue;
		size_t target_at = DNS_HEADER_SIZE + zone->size + 4u + cluster->records.size + 12;
		record_add(&cluster->records, TYPE_NS, cluster->ttl, servers->list[i].name.bytes,
			   servers->list[i].name.size);
		if (target_at < 0x4000)
			glue_of_server(cluster, servers, i, target_at, &glue_count);
		count++;
	}
	if (count > 0)
		draft_extent(&cluster->draft, TYPE_NS, count, &cluster->records,
			     (const void *)cluster->groups_text.data,
			     (uint16_t)(cluster->groups_text.size / sizeof(struct glue_group)),
			     glue_count, &cluster->glue);
}

/* ---- putting names ---- */

void start_at(struct cluster *cluster, const struct zone *zone, const void *labels, size_t size,
	      uint8_t flags)
{
	uint8_t name[2 * DNS_NAME_MAX];
	memcpy(name, labels, size);
	memcpy(name + size, zone->name, zone->size);
	draft_start(&cluster->draft, cluster->catalog->pool, name, (uint8_t)(size + zone->size), flags);
}

void put_at(struct cluster *cluster, const struct zone *zone)
{
	bool *changed =
		zone->kind == ZONE_MULTICLUSTER ? &cluster->imports_changed : &cluster->changed;
	table_put(cluster->catalog->table, draft_entry(&cluster->draft), changed);
}

/* The zone of services under which NS of this zone are named: itself, or the first one for others (D32). */
static const struct zone *names_zone_of(const struct cluster *cluster, const struct zone *zone)
{
	if (zone->kind == ZONE_CLUSTER)
		return zone;
	return cluster->forward.count > 0 ? cluster->forward.zones[0] : NULL;
}

static void compile_zone_apex(struct cluster *cluster, const struct zone *zone)
{
	struct servers servers = servers_of(cluster, names_zone_of(cluster, zone), zone);
	start_at(cluster, zone, "", 0, ENTRY_STEADY);
	draft_raw(&cluster->draft, TYPE_SOA, SET_TYPE_SOA, 1, "", 0);
	draft_servers(cluster, zone, &servers);
	put_at(cluster, zone);
	if (zone->size + 7 <= DNS_NAME_MAX) {
		start_at(cluster, zone, "\2ns\3dns", 7, 0);
		for (uint8_t family = 4; family <= 6; family += 2) {
			uint16_t count = 0;
			text_clear(&cluster->records);
			seen_clear(&cluster->seen);
			for (size_t i = 0; i < servers.count; i++) {
				const struct ip *ip = &servers.list[i].ip;
				if (ip->family != family ||
				    !seen_add(&cluster->seen, hash_bytes(&cluster->key, ip->bytes, 16)))
					continue;
				record_add_address(&cluster->records, DNS_HEADER_SIZE, ip,
						   cluster->ttl);
				count++;
			}
			if (count > 0)
				draft_fixed(&cluster->draft, family == 4 ? TYPE_A : TYPE_AAAA, count,
					    record_address_size(family), cluster->records.data);
		}
		put_at(cluster, zone);
	}
	mem_free(servers.list);
}

static void each_zone(struct cluster *cluster,
		      void (*call)(struct cluster *cluster, const struct zone *zone))
{
	const struct zone_list *lists[] = { &cluster->forward, &cluster->imports, &cluster->reverse };
	for (size_t l = 0; l < COUNT_OF(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++)
			call(cluster, lists[l]->zones[i]);
}

void apex_compile(struct cluster *cluster)
{
	each_zone(cluster, cluster->inside != NULL ? outside_apex : compile_zone_apex);
	cluster->apex_dirty = false;
	cluster->apex_count++;
	if (cluster->inside != NULL)
		cluster->apex_seen = cluster->inside->apex_count;
}

static void put_empty(struct cluster *cluster, const struct zone *zone, const char *label)
{
	if (zone->size + 1u + (uint8_t)label[0] > DNS_NAME_MAX)
		return;
	start_at(cluster, zone, label, 1u + (uint8_t)label[0], ENTRY_STEADY);
	put_at(cluster, zone);
}

static void put_fixed_names(struct cluster *cluster, const struct zone *zone)
{
	put_empty(cluster, zone, "\3dns");
	if (zone->kind == ZONE_REVERSE)
		return;
	put_empty(cluster, zone, "\3svc");
	put_empty(cluster, zone, "\3pod");
	if (zone->size + 12 > DNS_NAME_MAX)
		return;
	start_at(cluster, zone, "\13dns-version", 12, ENTRY_STEADY);
	/* K8S 2.2, KEP 2.2 */
	const char *version = zone->kind == ZONE_MULTICLUSTER ? "\0051.0.0" : "\0051.1.0";
	text_clear(&cluster->records);
	record_add(&cluster->records, TYPE_TXT, VERSION_TTL, version, 6);
	draft_extent(&cluster->draft, TYPE_TXT, 1, &cluster->records, NULL, 0, 0, NULL);
	put_at(cluster, zone);
}

void apex_fixed_names(struct cluster *cluster)
{
	each_zone(cluster, cluster->inside != NULL ? outside_fixed_names : put_fixed_names);
}

/* ---- how fresh we are ---- */

/* No data of the zone: the serial stays. */
static void put_aside(struct cluster *cluster)
{
	table_put(cluster->catalog->table, draft_entry(&cluster->draft), &cluster->answers->touched);
}

static void add_sync_text(struct text *rdata, const char *text)
{
	size_t size = strlen(text);
	uint8_t length = (uint8_t)(size < UINT8_MAX ? size : UINT8_MAX);
	text_add_n(rdata, &length, 1);
	text_add_n(rdata, text, length);
}

void apex_put_sync(struct cluster *cluster, const char *const *texts, size_t count)
{
	static const char name[] = "\4sync\7_knamed";
	const struct zone_list *lists[] = { &cluster->forward, &cluster->imports };
	struct text rdata = { 0 };
	for (size_t i = 0; i < count; i++)
		add_sync_text(&rdata, texts[i]);
	for (size_t l = 0; l < COUNT_OF(lists); l++) {
		for (size_t i = 0; i < lists[l]->count; i++) {
			const struct zone *zone = lists[l]->zones[i];
			if (zone->size + strlen(name) > DNS_NAME_MAX)
				continue;
			start_at(cluster, zone, name + 5, strlen(name) - 5, ENTRY_STEADY);
			put_aside(cluster);
			start_at(cluster, zone, name, strlen(name), ENTRY_STEADY);
			text_clear(&cluster->records);
			record_add(&cluster->records, TYPE_TXT, 0, rdata.data, (uint16_t)rdata.size);
			draft_extent(&cluster->draft, TYPE_TXT, 1, &cluster->records, NULL, 0, 0, NULL);
			put_aside(cluster);
		}
	}
	text_done(&rdata);
}
