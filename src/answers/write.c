/* SPDX-License-Identifier: Apache-2.0 */
/* Stage 3: copying what an entry holds behind the question, honestly cut where it does not fit.
 * Glue goes first, by whole groups and silently; TC only when answer or authority is cut (RFC 2181 9). */
#include <string.h>

#include "store.h"

size_t reply_room(const struct reply *reply)
{
	return reply->limit > reply->at ? reply->limit - reply->at : 0;
}

/* Which record comes first. A counter per (name, type) neighbourhood: pairs of A and AAAA do not fall into step. */
static uint32_t *rotation_of(const struct lookup *lookup, struct reply *reply)
{
	return &reply->rotations[(lookup->hash ^ lookup->type) % ANSWERS_ROTATIONS];
}

/* Records carry the owner C00C; those behind an alias belong to its target. */
static void owners_patch(const struct reply *reply, uint32_t from, uint32_t to)
{
	if (reply->owner_at == DNS_HEADER_SIZE)
		return;
	while (from + 12 <= to) {
		put_u16(reply->packet + from, (uint16_t)(0xc000 | reply->owner_at));
		from += 12u + get_u16(reply->packet + from + 10);
	}
}

static void copy_window(struct reply *reply, const uint8_t *records, size_t size, size_t start,
			size_t wanted)
{
	size_t tail = size - start < wanted ? size - start : wanted;
	memcpy(reply->packet + reply->at, records + start, tail);
	memcpy(reply->packet + reply->at + tail, records, wanted - tail);
	reply->at += (uint32_t)wanted;
}

static void write_fixed(const struct lookup *lookup, const struct set *set, const uint8_t *records,
			struct reply *reply)
{
	size_t count = set->count, size = count * set->record_size, room = reply_room(reply);
	uint32_t from = reply->at;
	if (__builtin_expect(size <= room, 1)) {
		size_t first = 0;
		if (count > 1 && reply->rotate)
			first = (*rotation_of(lookup, reply))++ % count;
		copy_window(reply, records, size, first * set->record_size, size);
	} else {
		/* The window moves by its own width: repeated questions show every address. */
		size_t fit = room / set->record_size;
		size_t first = (size_t)(*rotation_of(lookup, reply))++ * fit % count;
		copy_window(reply, records, size, first * set->record_size, fit * set->record_size);
		reply->truncated = true;
		count = fit;
	}
	reply->answers += (uint16_t)count;
	owners_patch(reply, from, reply->at);
}

/* Copies whole records from `first` (a record's offset) on, around the end, as long as they fit. */
static void copy_records_that_fit(struct reply *reply, const uint8_t *records, size_t size, size_t first)
{
	size_t at = first;
	do {
		size_t record = 12u + get_u16(records + at + 10);
		if (record > reply_room(reply))
			return;
		memcpy(reply->packet + reply->at, records + at, record);
		reply->at += (uint32_t)record;
		reply->answers++;
		at += record;
		if (at >= size)
			at = 0;
	} while (at != first);
}

static size_t record_offset(const uint8_t *records, size_t size, size_t index)
{
	size_t at = 0;
	while (index-- > 0) {
		at += 12u + get_u16(records + at + 10);
		if (at >= size)
			return 0;
	}
	return at;
}

static void write_glue(const struct extent *extent, const uint8_t *glue, struct reply *reply)
{
	const struct glue_group *groups = (const void *)(extent + 1);
	if (extent->glue_size <= reply_room(reply)) {
		memcpy(reply->packet + reply->at, glue, extent->glue_size);
		reply->at += extent->glue_size;
		reply->additionals += extent->glue_count;
		return;
	}
	for (unsigned i = 0; i < extent->group_count; glue += groups[i].size, i++) {
		if (groups[i].size > reply_room(reply))
			continue;
		memcpy(reply->packet + reply->at, glue, groups[i].size);
		reply->at += groups[i].size;
		reply->additionals += groups[i].count;
	}
}

/* Glue points to targets by offset, counted from the entry's own question. Elsewhere (behind an
 * alias, or standing in for another name) the pointers move with the records. */
static void glue_move(const struct reply *reply, uint32_t from, uint32_t by)
{
	while (from + 12 <= reply->at) {
		put_u16(reply->packet + from, (uint16_t)(get_u16(reply->packet + from) + by));
		from += 12u + get_u16(reply->packet + from + 10);
	}
}

static void write_extent(const struct lookup *lookup, const struct entry *entry,
			 const struct set *set, struct reply *reply)
{
	const struct extent *extent = (const void *)entry_data(entry, set);
	const uint8_t *records =
		(const uint8_t *)(extent + 1) + extent->group_count * sizeof(struct glue_group);
	uint32_t from = reply->at;
	if (extent->records_size > reply_room(reply)) {
		size_t index = (*rotation_of(lookup, reply))++ % set->count;
		copy_records_that_fit(reply, records, extent->records_size,
				      record_offset(records, extent->records_size, index));
		reply->truncated = true;
		owners_patch(reply, from, reply->at);
		return;
	}
	memcpy(reply->packet + reply->at, records, extent->records_size);
	reply->at += extent->records_size;
	reply->answers += set->count;
	owners_patch(reply, from, reply->at);
	if (extent->glue_count == 0 || reply->minimal)
		return;
	uint32_t compiled_at = DNS_HEADER_SIZE + entry->key_size + 4u, glue_from = reply->at;
	if (lookup->zone->kind == ZONE_STATIC) /* whose keys leave the zone out */
		compiled_at += lookup->zone->size;
	if (from != compiled_at && from + extent->records_size >= 0x4000)
		return;
	write_glue(extent, records + extent->records_size, reply);
	if (__builtin_expect(from != compiled_at, 0))
		glue_move(reply, glue_from, from - compiled_at);
}

static const struct chunk_place *place_of(const struct chunk_list *list, uint64_t record)
{
	size_t low = 0, high = list->chunk_count;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (list->places[middle].first <= record)
			low = middle;
		else
			high = middle;
	}
	return &list->places[low];
}

/* A set too big for one block: begin at a record that moves, go around until the reply is full. The
 * window moves by what surely fits: repeated questions show every record. */
static void write_chunks(const struct lookup *lookup, const struct set *set,
			 const struct chunk_list *list, struct reply *reply)
{
	uint32_t from = reply->at, before = reply->answers;
	bool whole = list->size <= reply_room(reply);
	uint64_t first = 0, step = whole ? 1 : reply_room(reply) / list->largest;
	if (!whole || (reply->rotate && set->type != TYPE_SRV))
		first = (uint64_t)(*rotation_of(lookup, reply))++ * (step > 0 ? step : 1) % list->total;
	const struct chunk_place *place = place_of(list, first);
	const uint8_t *at =
		place->chunk->bytes +
		record_offset(place->chunk->bytes, place->chunk->size, first - place->first);
	for (uint32_t left = list->total; left > 0; left--) {
		size_t record = 12u + get_u16(at + 10);
		if (record > reply_room(reply))
			break;
		memcpy(reply->packet + reply->at, at, record);
		reply->at += (uint32_t)record;
		reply->answers++;
		at += record;
		if (at >= place->chunk->bytes + place->chunk->size) {
			if (++place == list->places + list->chunk_count)
				place = list->places;
			at = place->chunk->bytes;
		}
	}
	reply->truncated |= reply->answers - before < list->total;
	owners_patch(reply, from, reply->at);
}

static bool write_soa(const struct lookup *lookup, struct reply *reply, uint32_t ttl)
{
	const struct zone *zone = lookup->zone;
	const struct zone_state *state = &lookup->edition->states[zone->index];
	const struct soa *soa = state->soa;
	if (2u + soa->size > reply_room(reply)) {
		reply->truncated = true;
		return false;
	}
	uint16_t zone_at = (uint16_t)(0xc000 | (reply->owner_at + lookup->name_size - zone->size));
	uint8_t *at = reply->packet + reply->at;
	put_u16(at, zone_at);
	at += 2;
	memcpy(at, soa->bytes, soa->size);
	put_u32(at + 4, ttl);
	if (soa->serial_at != 0) {
		put_u16(at + soa->mname_at, zone_at);
		put_u16(at + soa->rname_at, zone_at);
		put_u32(at + soa->serial_at, state->serial);
	}
	reply->at += 2u + soa->size;
	return true;
}

/* Is the name below a headless service, whose names come and go with pods? names.md 10 */
static bool is_below_headless(const struct lookup *lookup)
{
	const struct zone *zone = lookup->zone;
	if (zone->kind == ZONE_REVERSE || !lookup->catalog->has_soon ||
	    lookup->label_count < zone->labels + 4u)
		return false;
	unsigned branch = lookup->label_count - zone->labels - 1u;
	if (!label_is(lookup, branch, "svc"))
		return false;
	const uint8_t *name = lookup->lower + lookup->labels[branch - 1];
	const uint8_t *above = lookup->lower + lookup->labels[branch - 2];
	const struct sieve *headless = lookup->edition->views[lookup->catalog->index].headless;
	bool is_service = above[1] != '_'; /* SVC.NS; no service is called _tcp */
	if (headless == NULL || !sieve_may_have(headless, is_service ? above : name))
		return false;
	if (is_service) {
		const struct entry *service = find_suffix(lookup, branch - 2);
		return service != NULL && (service->flags & ENTRY_SOON) != 0;
	}
	/* short form _p._t.NAME.svc: the service is NAME.NAME.svc */
	bool is_short = branch == 3 && zone->kind == ZONE_CLUSTER && lookup->catalog->shorthand &&
			lookup->lower[1] == '_' &&
			(label_is(lookup, 1, "_tcp") || label_is(lookup, 1, "_udp") ||
			 label_is(lookup, 1, "_sctp"));
	if (!is_short)
		return false;
	uint8_t full[DNS_NAME_MAX], full_size;
	if (!name_prepend(name + 1, name[0], name, full, &full_size))
		return false;
	const struct entry *service = find_key(lookup, full, full_size);
	return service != NULL && (service->flags & ENTRY_SOON) != 0;
}

enum answer_kind write_denial(const struct lookup *lookup, struct reply *reply, bool exists, bool soon)
{
	uint32_t ttl = lookup->edition->states[lookup->zone->index].soa->denial_ttl;
	if (ttl > 1 && lookup->zone->kind != ZONE_STATIC &&
	    (soon || (!exists && is_below_headless(lookup))))
		ttl = 1;
	if (write_soa(lookup, reply, ttl))
		reply->authorities++;
	reply->rcode = exists ? RCODE_NOERROR : RCODE_NXDOMAIN;
	return exists ? ANSWER_NO_DATA : ANSWER_NO_NAME;
}

void write_set(const struct lookup *lookup, const struct entry *entry, const struct set *set,
	       struct reply *reply)
{
	const uint8_t *data = entry_data(entry, set);
	if (set->shape & SET_FIXED) {
		write_fixed(lookup, set, data, reply);
	} else if (set->shape & SET_EXTENT) {
		write_extent(lookup, entry, set, reply);
	} else if (set->shape & SET_CHUNKS) {
		write_chunks(lookup, set, (const void *)data, reply);
	} else if (write_soa(lookup, reply, lookup->edition->states[lookup->zone->index].soa->ttl)) {
		reply->answers++;
	}
}

/* The alias stands for every type but its own (RFC 1034 3.6.2). Its record is one CNAME, at the end of the reply. */
static enum answer_kind write_alias(const struct lookup *lookup, const struct entry *entry,
				    struct reply *reply)
{
	const struct set *set = &entry->sets[0];
	write_set(lookup, entry, set, reply);
	if (lookup->type == TYPE_CNAME || lookup->type == TYPE_ANY)
		return ANSWER_FOUND;
	const struct extent *extent = (const void *)entry_data(entry, set);
	reply->alias_at = (uint16_t)(reply->at - extent->records_size + 12);
	reply->alias = (const uint8_t *)(extent + 1) + 12;
	return ANSWER_ALIAS;
}

enum answer_kind write_entry(const struct lookup *lookup, const struct entry *entry, struct reply *reply)
{
	/* They stand beside a CNAME. */
	bool is_proof = lookup->type == TYPE_RRSIG || lookup->type == TYPE_NSEC;
	if (entry->flags & ENTRY_ALIAS && !(is_proof && entry_set(entry, lookup->type) != NULL))
		return write_alias(lookup, entry, reply);
	for (unsigned i = 0; i < entry->set_count; i++) {
		const struct set *set = &entry->sets[i];
		if (set->type == lookup->type || lookup->type == TYPE_ANY) {
			write_set(lookup, entry, set, reply);
			reply->rcode = RCODE_NOERROR;
			return ANSWER_FOUND;
		}
	}
	return write_denial(lookup, reply, true, (entry->flags & ENTRY_SOON) != 0);
}
