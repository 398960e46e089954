/* SPDX-License-Identifier: Apache-2.0 */
/* From slices to seats: which endpoints count (names.md 4: ready, or the Service publishes those that are not), what
 * they are called, and which of them a change added or took away. */
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

/* The numbers that an SRV at an endpoint's own name gives. The group keeps one copy of each list. */
const struct ports *ports_of(struct group *group, const struct slice *slice)
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
	struct ports *ports = pool_take(group->cluster->answers->pool, sizeof *ports + count * sizeof *numbers, &class_);
	ports->class_ = class_;
	ports->pairs = pairs;
	ports->count = (uint16_t)count;
	memcpy(ports->numbers, numbers, count * sizeof *numbers);
	group->ports = mem_realloc(group->ports, (group->port_list_count + 1) * sizeof *group->ports);
	group->ports[group->port_list_count++] = ports;
	return ports;
}

static bool is_label(const char *text)
{
	size_t size = strlen(text);
	return size > 0 && size <= DNS_LABEL_MAX && strchr(text, '.') == NULL;
}

/* The source-cluster label may hold dots and then spans several labels (names.md 17). */
static bool add_cluster_labels(const char *cluster, struct seat *seat)
{
	while (*cluster != '\0') {
		size_t size = strcspn(cluster, ".");
		if (size == 0 || size > DNS_LABEL_MAX || seat->host_size + size + 1 > DNS_NAME_MAX - 1)
			return false;
		uint8_t *at = seat->host + seat->host_size;
		at[0] = (uint8_t)size;
		memcpy(at + 1, cluster, size);
		name_lower(at, size + 1);
		seat->host_size += (uint8_t)(size + 1);
		cluster += size;
		cluster += *cluster == '.';
	}
	return true;
}

static void seat_name(struct seat *seat, const struct cluster *cluster, const struct slice *slice,
		      const struct endpoint *endpoint)
{
	const char *host = slice_string(slice, endpoint->hostname), *pod = slice_string(slice, endpoint->pod_name);
	if (*host == '\0' && cluster->endpoint_pod_names && is_label(pod))
		host = pod;
	unsigned size = 0;
	seat->is_dashed = *host == '\0';
	if (seat->is_dashed)
		size = dashed_label(&seat->ip, seat->host);
	else if (!label_wire(host, true, seat->host, &size))
		size = 0;
	seat->host_size = (uint8_t)size;
	if (seat->member->group->is_import && !add_cluster_labels(slice->cluster, seat))
		seat->host_size = 0;
	if (seat->member->group->is_import && *slice->cluster == '\0')
		seat->host_size = 0; /* without its cluster an imported endpoint has no name */
}

size_t seats_of(struct member *member, const struct slice *slice, const struct ports *ports, bool not_ready_too,
		struct seat **seats, size_t *room, size_t from)
{
	const struct cluster *cluster = member->group->cluster;
	size_t count = from;
	for (uint32_t i = 0; i < slice->endpoint_count; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];
		if (!endpoint->ready && !not_ready_too)
			continue;
		if (count == *room) {
			*room = *room == 0 ? 64 : 2 * *room;
			*seats = mem_realloc(*seats, *room * sizeof **seats);
		}
		struct seat *seat = &(*seats)[count++];
		seat->ip = endpoint->address;
		seat->member = member;
		seat->ports = ports;
		seat->topology = slice_string(slice, endpoint->zone);
		seat_name(seat, cluster, slice, endpoint);
		uint8_t key[17 + DNS_NAME_MAX];
		key[0] = seat->ip.family;
		memcpy(key + 1, seat->ip.bytes, 16);
		memcpy(key + 17, seat->host, seat->host_size);
		seat->hash = hash_bytes(&cluster->key, key, 17u + seat->host_size);
	}
	return count;
}

static bool member_shows(const struct member *member)
{
	return member->shown != NULL && member->shown_active;
}

size_t seats_of_group(struct group *group, struct seat **seats, size_t *room)
{
	size_t count = 0;
	for (struct member *member = group->members; member != NULL; member = member->next)
		if (member_shows(member))
			count = seats_of(member, member->shown, member->shown_ports, member->shown_not_ready, seats, room,
					 count);
	return count;
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

static void seat_take(struct group *group, const struct seat *seat)
{
	const struct host *host = NULL;
	if (seat->host_size == 0)
		return;
	if (!seat->is_dashed || group->is_import)
		host_remove(group, seat, &host);
	struct address_ref ref = { .owner = group->owner, .ports = seat->ports, .host = host, .from = seat->member };
	refs_remove(group->cluster, group_address_kind(group), &seat->ip, &ref);
}

static void seat_give(struct group *group, const struct seat *seat)
{
	const struct host *host = NULL;
	if (seat->host_size == 0)
		return;
	if (!seat->is_dashed || group->is_import)
		host = host_add(group, seat);
	struct address_ref ref = { .owner = group->owner, .ports = seat->ports, .host = host, .from = seat->member };
	refs_add(group->cluster, group_address_kind(group), &seat->ip, &ref);
}

/* Both lists are sorted by hash; the same seat twice in one slice is one seat. */
static void seats_merge(struct group *group, const struct seat *old, size_t old_count, const struct seat *new,
			size_t new_count)
{
	size_t o = 0, n = 0;
	while (o < old_count || n < new_count) {
		if (o > 0 && o < old_count && old[o].hash == old[o - 1].hash) {
			o++;
		} else if (n > 0 && n < new_count && new[n].hash == new[n - 1].hash) {
			n++;
		} else if (n == new_count || (o < old_count && old[o].hash < new[n].hash)) {
			seat_take(group, &old[o++]);
		} else if (o == old_count || new[n].hash < old[o].hash) {
			seat_give(group, &new[n++]);
		} else {
			if (old[o].ports != new[n].ports) {
				seat_take(group, &old[o]);
				seat_give(group, &new[n]);
			}
			o++;
			n++;
		}
	}
}

void member_compile(struct member *member)
{
	struct group *group = member->group;
	struct cluster *cluster = group->cluster;
	size_t old_count = 0, new_count = 0;
	if (member_shows(member))
		old_count = seats_of(member, member->shown, member->shown_ports, member->shown_not_ready,
				     &cluster->old_seats, &cluster->seat_room[0], 0);
	const struct ports *ports = member->now == NULL ? NULL : ports_of(group, member->now);
	if (member->now != NULL && group->active)
		new_count = seats_of(member, member->now, ports, group->not_ready_too, &cluster->new_seats,
				     &cluster->seat_room[1], 0);
	if (old_count > 0)
		qsort(cluster->old_seats, old_count, sizeof(struct seat), by_hash);
	if (new_count > 0)
		qsort(cluster->new_seats, new_count, sizeof(struct seat), by_hash);
	seats_merge(group, cluster->old_seats, old_count, cluster->new_seats, new_count);

	const struct slice *before = member->shown;
	member->shown = member->now == NULL ? NULL : (const struct slice *)object_hold(&member->now->head);
	if (before != NULL)
		object_drop(&before->head);
	member->shown_ports = ports;
	member->shown_active = group->active;
	member->shown_not_ready = group->not_ready_too;
	member->chunks_stale = true;
}
