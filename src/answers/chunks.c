/* SPDX-License-Identifier: Apache-2.0 */
/* Big headless services: sets are kept in pieces, one per slice, so that a change rewrites the
 * pieces of its slice and a list of pointers, whatever the size of the service. An address or
 * target that stands in two slices is said by the one with the lower id. Weight is 1 (names.md 5:
 * 100 / n, and n is more than 100) and there is no glue, which would never fit. */
#include <assert.h>
#include <string.h>

#include "cluster.h"

enum { RARE_PORT = 100 }; /* pairs; beyond, the weight is 1 whatever happens */

static bool is_earlier(const struct member *other, const struct member *member)
{
	return other->group == member->group && other->id < member->id;
}

static bool address_is_first(const struct seat *seat)
{
	const struct group *group = seat->member->group;
	size_t count;
	const struct address_ref *refs =
		refs_get(group->cluster, group_address_kind(group), &seat->ip, &count);
	for (size_t i = 0; i < count; i++)
		if (refs[i].owner == group->owner && refs[i].ports != NULL &&
		    is_earlier(refs[i].from, seat->member))
			return false;
	return true;
}

static bool gives_port(const struct member *member, uint16_t number, const struct port_filter *filter)
{
	const struct slice *slice = member->shown;
	for (size_t i = 0; slice != NULL && i < slice->port_count; i++)
		if (slice->ports[i].has_number && slice->ports[i].number == number &&
		    port_fits(&slice->ports[i], filter))
			return true;
	return false;
}

static bool target_is_first(const struct seat *seat, const struct host_name *name, uint16_t number,
			    const struct port_filter *filter)
{
	const struct group *group = seat->member->group;
	const struct host_state *host =
		seat_has_host(seat) ? host_get(group, name->labels, name->size) : NULL;
	if (host != NULL) {
		for (size_t i = 0; i < host->count; i++)
			if (is_earlier(host->seats[i].member, seat->member) &&
			    gives_port(host->seats[i].member, number, filter))
				return false;
		return true;
	}
	size_t count;
	const struct address_ref *refs =
		refs_get(group->cluster, group_address_kind(group), &seat->ip, &count);
	for (size_t i = 0; i < count; i++)
		if (refs[i].owner == group->owner && refs[i].ports != NULL && refs[i].host == NULL &&
		    is_earlier(refs[i].from, seat->member) && gives_port(refs[i].from, number, filter))
			return false;
	return true;
}

static struct chunk *chunk_new(struct cluster *cluster, uint32_t count)
{
	const struct text *records = &cluster->records;
	if (count == 0 || sizeof(struct chunk) + records->size > POOL_LARGEST)
		return NULL;
	uint8_t class_;
	struct chunk *chunk =
		pool_take(cluster->catalog->pool, sizeof *chunk + records->size, &class_);
	chunk->class_ = class_;
	chunk->count = count;
	chunk->size = (uint32_t)records->size;
	memcpy(chunk->bytes, records->data, records->size);
	for (size_t at = 0; at < records->size;) {
		uint16_t record = (uint16_t)(12 + get_u16(chunk->bytes + at + 10));
		chunk->largest = record > chunk->largest ? record : chunk->largest;
		at += record;
	}
	return chunk;
}

/* A piece with more is not made; what it lacks no reply could have held. */
enum { PIECE_MOST = POOL_LARGEST - sizeof(struct chunk), SRV_MOST = 12 + 6 + DNS_NAME_MAX };

static void complain_cut(const struct group *group, const char *what)
{
	answers_complain(group->cluster->answers,
			 "%s %s/%s: %s of a slice are too many: some are left out",
			 group_kind(group), group->space->name, group->name, what);
}

static struct chunk *address_chunk(const struct group *group, const struct seat *seats,
				   size_t count, uint8_t family)
{
	struct cluster *cluster = group->cluster;
	uint32_t added = 0;
	text_clear(&cluster->records);
	seen_clear(&cluster->seen);
	for (size_t i = 0; i < count; i++) {
		if (seats[i].ip.family != family ||
		    !seen_add(&cluster->seen, hash_bytes(&cluster->key, seats[i].ip.bytes, 16)) ||
		    !address_is_first(&seats[i]))
			continue;
		if (cluster->records.size + record_address_size(family) > PIECE_MOST) {
			complain_cut(group, "addresses");
			break;
		}
		record_add_address(&cluster->records, DNS_HEADER_SIZE, &seats[i].ip, cluster->ttl);
		added++;
	}
	return chunk_new(cluster, added);
}

/* The numbers of a slice's ports that fit, each once. The caller frees. */
static uint16_t *numbers_of(struct cluster *cluster, const struct slice *slice,
			    const struct port_filter *filter, size_t *ret_count)
{
	uint16_t *numbers = mem_alloc(slice->port_count * sizeof *numbers);
	size_t count = 0;
	seen_clear(&cluster->seen);
	for (size_t p = 0; p < slice->port_count; p++) {
		const struct port *port = &slice->ports[p];
		if (port->has_number && port_fits(port, filter) &&
		    seen_add(&cluster->seen, port->number + 1u))
			numbers[count++] = port->number;
	}
	*ret_count = count;
	return numbers;
}

/* The records of one endpoint; false: there is no room for them all. */
static bool srv_add(struct cluster *cluster, const struct seat *seat, const struct host_name *name,
		    const struct wire *target, const struct port_filter *filter, uint16_t number,
		    uint32_t *added)
{
	if (!target_is_first(seat, name, number, filter))
		return true;
	if (cluster->records.size + SRV_MOST > PIECE_MOST)
		return false;
	record_add_srv(&cluster->records, cluster->ttl, 1, number, target->bytes, target->size);
	++*added;
	return true;
}

/* All seats are of one member, and so have the same ports: who is called as one before has nothing to add. */
static struct chunk *srv_chunk(const struct group *group, const struct wire *base,
			       const struct seat *seats, size_t count,
			       const struct port_filter *filter)
{
	struct cluster *cluster = group->cluster;
	uint32_t added = 0;
	size_t number_count;
	if (count == 0)
		return NULL;
	uint16_t *numbers = numbers_of(cluster, seats[0].member->shown, filter, &number_count);
	bool has_room = true;
	text_clear(&cluster->records);
	seen_clear(&cluster->seen);
	for (size_t i = 0; i < count && number_count > 0 && has_room; i++) {
		struct wire target;
		struct host_name name;
		if (!seat_host(&seats[i], &name) ||
		    !wire_add_front(name.labels, name.size, base, &target) ||
		    !seen_add(&cluster->seen, hash_bytes(&cluster->key, name.labels, name.size)))
			continue;
		for (size_t n = 0; n < number_count && has_room; n++)
			has_room = srv_add(cluster, &seats[i], &name, &target, filter, numbers[n],
					   &added);
	}
	mem_free(numbers);
	if (!has_room)
		complain_cut(group, "ports of endpoints");
	return chunk_new(cluster, added);
}

void member_drop_chunks(struct member *member)
{
	for (size_t i = 0; i < member->chunk_count; i++)
		if (member->chunks[i] != NULL)
			retire_pooled(member->group->cluster->answers,
				      member->group->cluster->catalog->pool, member->chunks[i],
				      member->chunks[i]->class_);
	mem_free(member->chunks);
	member->chunks = NULL;
	member->chunk_count = 0;
}

/* Pieces of a member: A, AAAA; then per zone: every port, and each port's name. */
enum { CHUNK_A, CHUNK_AAAA, CHUNK_SRV };
static size_t chunk_index(const struct member *member, size_t zone, size_t port_plus_1)
{
	assert(member->shown != NULL);
	return CHUNK_SRV + zone * (member->shown->port_count + 1u) + port_plus_1;
}

/* Of more names than a service shows no pieces are made. */
static void make_port_chunks(struct member *member, size_t zone, const struct wire *base,
			     const struct seat_list *list)
{
	size_t names = 0;
	for (size_t p = 0; p < member->shown->port_count && names < PORT_NAMES_MOST; p++) {
		const struct port *port = &member->shown->ports[p];
		struct port_filter filter = { port->name, port->protocol };
		if (*port->name == '\0')
			continue;
		names++;
		member->chunks[chunk_index(member, zone, p + 1)] =
			srv_chunk(member->group, base, list->seats, list->count, &filter);
	}
}

static void make_chunks(struct member *member)
{
	struct group *group = member->group;
	struct cluster *cluster = group->cluster;
	const struct zone_list *zones = group_zones(group);
	struct seat_list *list = &cluster->old_seats;
	list->count = 0;
	seats_of_member(member, list);
	member->chunk_count = chunk_index(member, zones->count, 0);
	member->chunks = mem_zalloc(member->chunk_count * sizeof(struct chunk *));
	member->chunks[CHUNK_A] = address_chunk(group, list->seats, list->count, 4);
	member->chunks[CHUNK_AAAA] = address_chunk(group, list->seats, list->count, 6);
	for (size_t z = 0; z < zones->count; z++) {
		struct wire base;
		if (!group_wire(group, zones->zones[z], &base))
			continue;
		const struct port_filter every = { 0 };
		member->chunks[chunk_index(member, z, 0)] =
			srv_chunk(group, &base, list->seats, list->count, &every);
		make_port_chunks(member, z, &base, list);
	}
}

static bool chunk_equal(const struct chunk *a, const struct chunk *b)
{
	return a != NULL && b != NULL && a->size == b->size &&
	       memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* A piece that says what it said before stays, so that the sets it is part of stay too. */
static void member_make_chunks(struct member *member)
{
	struct answers *answers = member->group->cluster->answers;
	struct pool *pool = member->group->cluster->catalog->pool;
	struct chunk **old = member->chunks;
	size_t old_count = member->chunk_count;
	member->chunks = NULL;
	member->chunk_count = 0;
	member->chunks_stale = false;
	if (member->shown != NULL)
		make_chunks(member);
	for (size_t i = 0; i < old_count; i++) {
		if (i < member->chunk_count && chunk_equal(old[i], member->chunks[i])) {
			pool_give(pool, member->chunks[i], member->chunks[i]->class_);
			member->chunks[i] = old[i];
		} else if (old[i] != NULL) {
			retire_pooled(answers, pool, old[i], old[i]->class_);
		}
	}
	mem_free(old);
}

/* The piece of a member for a filter: the first port that fits stands for all of its name. */
static struct chunk *piece_of(const struct member *member, size_t zone, const struct port_filter *filter)
{
	if (member->chunk_count == 0)
		return NULL;
	if (filter->name == NULL)
		return member->chunks[chunk_index(member, zone, 0)];
	for (size_t p = 0; p < member->shown->port_count; p++)
		if (port_fits(&member->shown->ports[p], filter))
			return member->chunks[chunk_index(member, zone, p + 1)];
	return NULL;
}

/* Adds a set in pieces to the draft; pieces come as a list of pointers with the number of records before each. */
static bool draft_pieces(struct draft *draft, uint16_t type, struct chunk **pieces, size_t count)
{
	struct chunk_list *list = mem_zalloc(sizeof *list + count * sizeof list->places[0]);
	for (size_t i = 0; i < count; i++) {
		list->places[list->chunk_count++] =
			(struct chunk_place){ .chunk = pieces[i], .first = list->total };
		list->total += pieces[i]->count;
		list->size += pieces[i]->size;
		if (pieces[i]->largest > list->largest)
			list->largest = pieces[i]->largest;
	}
	if (list->chunk_count > 0)
		draft_raw(draft, type, SET_CHUNKS, 0, list,
			  sizeof *list + list->chunk_count * sizeof list->places[0]);
	mem_free(list);
	return count > 0;
}

static bool draft_address_pieces(struct group *group, unsigned index, struct chunk **room)
{
	size_t count = 0;
	for (struct member *member = group->members; member != NULL; member = member->next)
		if (member->chunk_count > 0 && member->chunks[index] != NULL)
			room[count++] = member->chunks[index];
	return draft_pieces(&group->cluster->draft, index == CHUNK_A ? TYPE_A : TYPE_AAAA, room, count);
}

static bool draft_srv(struct group *group, size_t zone, const struct port_filter *filter,
		      struct chunk **room)
{
	size_t count = 0;
	for (struct member *member = group->members; member != NULL; member = member->next) {
		struct chunk *piece = piece_of(member, zone, filter);
		if (piece != NULL)
			room[count++] = piece;
	}
	return draft_pieces(&group->cluster->draft, TYPE_SRV, room, count);
}

/* A port that few endpoints have is said in one block, with its own weight and glue. */
static bool draft_rare(struct group *group, size_t zone, const struct port_filter *filter)
{
	struct seat_list *list = &group->cluster->old_seats;
	list->count = 0;
	for (struct member *member = group->members; member != NULL; member = member->next)
		if (member->shown != NULL && pairs_of(member->shown, filter) > 0)
			seats_of_member(member, list);
	return srv_of_seats(group, group_zones(group)->zones[zone], list->seats, list->count, filter);
}

static void put_ports(struct group *group, const struct wire *base, size_t zone,
		      const struct port_list *list, struct chunk **room)
{
	bool used[PROTOCOL_OTHER] = { false };
	for (size_t i = 0; i < list->count; i++) {
		struct wire protocol, name;
		struct port_filter filter = { list->ports[i]->name, list->ports[i]->protocol };
		if (!port_wire(list->ports[i], base, &protocol, &name))
			continue;
		draft_start(&group->cluster->draft, group->cluster->catalog->pool, name.bytes,
			    name.size, ENTRY_SOON);
		if (group_exceeds(group, &filter, RARE_PORT) ? !draft_srv(group, zone, &filter, room)
							     : !draft_rare(group, zone, &filter))
			continue;
		group_put(group);
		used[list->ports[i]->protocol] = true;
	}
	put_protocols(group, base, used, ENTRY_SOON);
}

static void big_compile_zone(struct group *group, size_t zone, const struct port_list *list,
			     struct chunk **room)
{
	struct cluster *cluster = group->cluster;
	struct wire base;
	if (!group_wire(group, group_zones(group)->zones[zone], &base))
		return;
	draft_start(&cluster->draft, cluster->catalog->pool, base.bytes, base.size, ENTRY_SOON);
	draft_address_pieces(group, CHUNK_A, room);
	draft_address_pieces(group, CHUNK_AAAA, room);
	draft_srv(group, zone, &(struct port_filter){ 0 }, room);
	group_put(group);
	put_ports(group, &base, zone, list, room);
	if (cluster->shorthand && !group->is_import && strcmp(group->name, group->space->name) == 0) {
		struct wire shorter = { .size = (uint8_t)(base.size - base.bytes[0] - 1) };
		memcpy(shorter.bytes, base.bytes + base.bytes[0] + 1, shorter.size);
		put_ports(group, &shorter, zone, list, room);
	}
	if (!group->is_import && !cluster->zonal)
		return;
	struct seat_list *list_all = &cluster->old_seats;
	seats_of_group(group, list_all);
	if (group->is_import)
		put_clusters(group, &base, list_all->seats, list_all->count);
	else
		put_zonal(group, &base, group_zones(group)->zones[zone], list_all->seats,
			  list_all->count);
}

void big_compile(struct group *group)
{
	struct port_list list = { .count = 0 };
	size_t members = 0;
	for (struct member *member = group->members; member != NULL; member = member->next) {
		if (member->chunks_stale || member->chunk_count == 0)
			member_make_chunks(member);
		if (member->shown != NULL)
			port_list_add(group, &list, member->shown->ports, member->shown->port_count);
		members++;
	}
	struct chunk **room = mem_alloc((members + 1) * sizeof(struct chunk *));
	for (size_t zone = 0; zone < group_zones(group)->count; zone++)
		big_compile_zone(group, zone, &list, room);
	mem_free(room);
}
