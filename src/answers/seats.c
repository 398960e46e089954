/* SPDX-License-Identifier: Apache-2.0 */
/* From slices to seats: which endpoints count (names.md 4: ready, or the Service publishes those
 * that are not), what they are called, and which of them a change added or took away. */
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

bool seen_add(struct seen *seen, uint64_t hash)
{
	if ((seen->count + 1) * 2 > seen->room) {
		struct seen grown = { .room = seen->room == 0 ? 64 : seen->room * 4 };
		grown.slots = mem_zalloc(grown.room * sizeof *grown.slots);
		for (size_t i = 0; i < seen->room; i++)
			if (seen->slots[i] != 0)
				seen_add(&grown, seen->slots[i]);
		mem_free(seen->slots);
		*seen = grown;
	}
	hash |= hash == 0;
	for (size_t at = hash & (seen->room - 1);; at = (at + 1) & (seen->room - 1)) {
		if (seen->slots[at] == hash)
			return false;
		if (seen->slots[at] == 0) {
			seen->slots[at] = hash;
			seen->count++;
			return true;
		}
	}
}

void seen_clear(struct seen *seen)
{
	if (seen->count > 0)
		memset(seen->slots, 0, seen->room * sizeof *seen->slots);
	seen->count = 0;
}

void seen_done(struct seen *seen)
{
	mem_free(seen->slots);
	*seen = (struct seen){ 0 };
}

/* The numbers that an SRV at an endpoint's own name gives. The group keeps one copy of each list
 * that a member has. */
static struct ports *ports_of(struct group *group, const struct slice *slice)
{
	uint16_t numbers[256];
	size_t count = 0;
	for (size_t i = 0; i < slice->port_count && count < COUNT_OF(numbers); i++) {
		bool known = !slice->ports[i].has_number;
		for (size_t k = 0; k < count && !known; k++)
			known = numbers[k] == slice->ports[i].number;
		if (!known)
			numbers[count++] = slice->ports[i].number;
	}
	uint16_t pairs = slice->port_count == 0 ? 1 : slice->port_count;
	for (size_t i = 0; i < group->port_list_count; i++) {
		struct ports *ports = group->ports[i];
		if (ports->pairs == pairs && ports->count == count &&
		    memcmp(ports->numbers, numbers, count * sizeof *numbers) == 0)
			return ports;
	}
	uint8_t class_;
	struct ports *ports = pool_take(group->cluster->catalog->pool,
					sizeof *ports + count * sizeof *numbers, &class_);
	ports->class_ = class_;
	ports->pairs = pairs;
	ports->count = (uint16_t)count;
	memcpy(ports->numbers, numbers, count * sizeof *numbers);
	group->ports = mem_realloc(group->ports, (group->port_list_count + 1) * sizeof *group->ports);
	group->ports[group->port_list_count++] = ports;
	return ports;
}

/* A slice may change its ports as often as it likes: lists that no member has are not kept. */
static void ports_drop(struct group *group, const struct ports *dropped)
{
	struct ports *ports = (struct ports *)(uintptr_t)dropped;
	if (ports == NULL || --ports->references > 0)
		return;
	size_t i = 0;
	while (group->ports[i] != ports)
		i++;
	group->ports[i] = group->ports[--group->port_list_count];
	retire_pooled(group->cluster->answers, group->cluster->catalog->pool, ports, ports->class_);
}

static bool is_label(const char *text)
{
	size_t size = strlen(text);
	return size > 0 && size <= DNS_LABEL_MAX && strchr(text, '.') == NULL;
}

/* The source-cluster label may hold dots and then spans several labels (names.md 17). */
static bool add_cluster_labels(const char *cluster, struct host_name *name)
{
	while (*cluster != '\0') {
		size_t size = strcspn(cluster, ".");
		if (size == 0 || size > DNS_LABEL_MAX || name->size + size + 1 > DNS_NAME_MAX - 1)
			return false;
		uint8_t *at = name->labels + name->size;
		at[0] = (uint8_t)size;
		memcpy(at + 1, cluster, size);
		name_lower(at, size + 1);
		name->size += (uint8_t)(size + 1);
		cluster += size;
		cluster += *cluster == '.';
	}
	return true;
}

bool seat_host(const struct seat *seat, struct host_name *ret_name)
{
	unsigned size;
	if (seat->hostname == NULL)
		size = dashed_label(&seat->ip, ret_name->labels);
	else if (!label_wire(seat->hostname, true, ret_name->labels, &size))
		return false;
	ret_name->size = (uint8_t)size;
	if (!seat->member->group->is_import)
		return true;
	/* without its cluster an imported endpoint has no name */
	return *seat->cluster != '\0' && add_cluster_labels(seat->cluster, ret_name);
}

static const char *hostname_of(const struct cluster *cluster, const struct slice *slice,
			       const struct endpoint *endpoint)
{
	const char *host = slice_string(slice, endpoint->hostname),
		   *pod = slice_string(slice, endpoint->pod_name);
	if (*host != '\0')
		return host;
	return cluster->endpoint_pod_names && is_label(pod) ? pod : NULL;
}

static uint64_t seat_hash(const struct cluster *cluster, const struct seat *seat)
{
	uint8_t key[17 + DNS_LABEL_MAX + 1] = { seat->ip.family };
	unsigned size = 0;
	memcpy(key + 1, seat->ip.bytes, 16);
	if (seat->hostname != NULL)
		label_wire(seat->hostname, true, key + 17, &size);
	uint64_t hash = hash_bytes(&cluster->key, key, 17u + size);
	if (seat->member->group->is_import)
		hash ^= hash_bytes(&cluster->key, seat->cluster, strlen(seat->cluster));
	return hash;
}

/* The endpoints [from, to) of a slice that count. */
static void add_seats(struct member *member, const struct slice *slice, const struct ports *ports,
		      bool not_ready_too, uint32_t from, uint32_t to, struct seat_list *list)
{
	const struct cluster *cluster = member->group->cluster;
	for (uint32_t i = from; i < to; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];
		if (!endpoint->ready && !not_ready_too)
			continue;
		if (list->count == list->room) {
			list->room = list->room == 0 ? 64 : 2 * list->room;
			list->seats = mem_realloc(list->seats, list->room * sizeof *list->seats);
		}
		struct seat *seat = &list->seats[list->count++];
		*seat = (struct seat){ .ip = endpoint->address,
				       .member = member,
				       .ports = ports,
				       .topology = slice_string(slice, endpoint->zone),
				       .hostname = hostname_of(cluster, slice, endpoint),
				       .cluster = slice->cluster,
				       .is_explicit =
					       *slice_string(slice, endpoint->hostname) != '\0' };
		seat->hash = seat_hash(cluster, seat);
	}
}

static bool member_shows(const struct member *member)
{
	return member->shown != NULL && member->shown_active;
}

void seats_of_member(struct member *member, struct seat_list *list)
{
	if (member_shows(member))
		add_seats(member, member->shown, member->shown_ports, member->shown_not_ready, 0,
			  member->shown->endpoint_count, list);
}

void seats_of_group(struct group *group, struct seat_list *ret_list)
{
	ret_list->count = 0;
	for (struct member *member = group->members; member != NULL; member = member->next)
		seats_of_member(member, ret_list);
}

/* Whether active or not: `ignore empty_service` asks. */
size_t count_seats(const struct group *group)
{
	size_t count = 0;
	for (const struct member *member = group->members; member != NULL; member = member->next) {
		const struct slice *slice = member->shown;
		for (uint32_t i = 0; slice != NULL && i < slice->endpoint_count; i++)
			count += slice->endpoints[i].ready || group->not_ready_too;
	}
	return count;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t left = ((const struct seat *)a)->hash, right = ((const struct seat *)b)->hash;
	return left < right ? -1 : left > right;
}

static void seat_take(const struct seat *seat)
{
	struct group *group = seat->member->group;
	struct host_name name;
	if (!seat_host(seat, &name))
		return;
	struct address_ref ref = { .owner = group->owner, .ports = seat->ports, .from = seat->member };
	if (seat_has_host(seat))
		ref.host = host_remove(seat, &name);
	else
		host_mark_dashed(seat, &name);
	refs_remove(group->cluster, group_address_kind(group), &seat->ip, &ref);
}

/* Names of endpoints that DNS cannot say are left out of it; hosts.c tells of those that have an entry of their own. */
static void complain_of_seat(const struct seat *seat, const char *problem)
{
	const struct group *group = seat->member->group;
	char address[IP_TEXT_SIZE];
	ip_print(&seat->ip, address);
	answers_complain(group->cluster->answers, "%s %s/%s: the name of endpoint %s is %s: left out",
			 group_kind(group), group->space->name, group->name, address, problem);
}

static bool fits_all_zones(const struct group *group, const struct host_name *name)
{
	const struct zone_list *zones = group_zones(group);
	for (size_t i = 0; i < zones->count; i++)
		if (name->size + group->owner->size + 4u + zones->zones[i]->size > DNS_NAME_MAX)
			return false;
	return true;
}

static void seat_give(const struct seat *seat)
{
	struct group *group = seat->member->group;
	struct host_name name;
	if (!seat_host(seat, &name)) {
		if (!group->is_import || *seat->cluster != '\0')
			complain_of_seat(seat, "no DNS name");
		return;
	}
	if (!seat_has_host(seat) && !fits_all_zones(group, &name))
		complain_of_seat(seat, "too long");
	struct address_ref ref = { .owner = group->owner, .ports = seat->ports, .from = seat->member };
	if (seat_has_host(seat))
		ref.host = host_add(seat, &name);
	else
		host_mark_dashed(seat, &name);
	refs_add(group->cluster, group_address_kind(group), &seat->ip, &ref, seat->is_explicit);
}

/* How many seats from `at` on are the same; 0 at the end. */
static size_t run_at(const struct seat_list *list, size_t at)
{
	size_t end = at;
	while (end < list->count && list->seats[end].hash == list->seats[at].hash)
		end++;
	return end - at;
}

/* Both lists are sorted by hash. The same seat twice in a slice counts twice: weights are told before duplicates go. */
static void seats_merge(const struct seat_list *old, const struct seat_list *new)
{
	size_t o = 0, n = 0;
	while (o < old->count || n < new->count) {
		size_t gone = run_at(old, o), come = run_at(new, n);
		uint64_t from = gone > 0 ? old->seats[o].hash : UINT64_MAX,
			 to = come > 0 ? new->seats[n].hash : UINT64_MAX;
		if (gone > 0 && come > 0 && from == to && gone == come &&
		    old->seats[o].ports == new->seats[n].ports) {
			o += gone;
			n += come;
			continue;
		}
		for (; from <= to && gone > 0; gone--)
			seat_take(&old->seats[o++]);
		for (; to <= from && come > 0; come--)
			seat_give(&new->seats[n++]);
	}
}

static bool same_endpoint(const struct slice *a, const struct slice *b, uint32_t i, uint32_t k)
{
	const struct endpoint *left = &a->endpoints[i], *right = &b->endpoints[k];
	return left->ready == right->ready && ip_equal(&left->address, &right->address) &&
	       strcmp(slice_string(a, left->hostname), slice_string(b, right->hostname)) == 0 &&
	       strcmp(slice_string(a, left->pod_name), slice_string(b, right->pod_name)) == 0;
}

/* What both versions of a slice have in front and at the end needs no look; most changes are of one endpoint. */
struct span {
	uint32_t from, old_to, new_to;
};
static struct span changed_span(const struct slice *old, const struct slice *new)
{
	uint32_t from = 0, old_to = old->endpoint_count, new_to = new->endpoint_count;
	while (from < old_to && from < new_to && same_endpoint(old, new, from, from))
		from++;
	while (old_to > from && new_to > from && same_endpoint(old, new, old_to - 1, new_to - 1)) {
		old_to--;
		new_to--;
	}
	return (struct span){ from, old_to, new_to };
}

static bool same_ports(const struct slice *a, const struct slice *b)
{
	bool same = a->port_count == b->port_count;
	for (size_t i = 0; same && i < a->port_count; i++)
		same = a->ports[i].number == b->ports[i].number &&
		       a->ports[i].has_number == b->ports[i].has_number &&
		       a->ports[i].protocol == b->ports[i].protocol &&
		       strcmp(a->ports[i].name, b->ports[i].name) == 0;
	return same;
}

/* What one slice says under a port's name its neighbours leave out; now it may be theirs to say. */
static void ports_renamed(const struct group *group)
{
	for (struct member *member = group->members; member != NULL; member = member->next)
		member->chunks_stale = true;
}

static void list_sort(struct seat_list *list)
{
	if (list->count > 1)
		qsort(list->seats, list->count, sizeof *list->seats, by_hash);
}

void member_compile(struct member *member)
{
	struct group *group = member->group;
	struct cluster *cluster = group->cluster;
	const struct slice *old = member_shows(member) ? member->shown : NULL,
			   *new = group->active ? member->now : NULL;
	struct ports *ports = member->now == NULL ? NULL : ports_of(group, member->now);
	if (ports != NULL)
		ports->references++;
	struct span span = { 0, old == NULL ? 0 : old->endpoint_count,
			     new == NULL ? 0 : new->endpoint_count };
	if (old != NULL && new != NULL && ports == member->shown_ports &&
	    member->shown_not_ready == group->not_ready_too &&strcmp(old->cluster, new->cluster) == 0)
		span = changed_span(old, new);
	cluster->old_seats.count = cluster->new_seats.count = 0;
	if (old != NULL)
		add_seats(member, old, member->shown_ports, member->shown_not_ready, span.from,
			  span.old_to, &cluster->old_seats);
	if (new != NULL)
		add_seats(member, new, ports, group->not_ready_too, span.from, span.new_to,
			  &cluster->new_seats);
	if (old != NULL && new != NULL && !same_ports(old, new))
		ports_renamed(group);
	list_sort(&cluster->old_seats);
	list_sort(&cluster->new_seats);
	seats_merge(&cluster->old_seats, &cluster->new_seats);

	const struct slice *before = member->shown;
	member->shown = member->now == NULL
				? NULL
				: (const struct slice *)(const void *)object_hold(&member->now->head);
	if (before != NULL)
		object_drop(&before->head);
	ports_drop(group, member->shown_ports);
	member->shown_ports = ports;
	member->shown_active = group->active;
	member->shown_not_ready = group->not_ready_too;
	member->chunks_stale = true;
}
