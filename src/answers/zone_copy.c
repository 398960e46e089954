/* SPDX-License-Identifier: Apache-2.0 */
/* A whole zone, message by message (RFC 5936): the table is walked slot by slot, as the held
 * edition shows it. Entries stay in their slots as long as they are held, and who is copied in
 * which order does not matter.
 *
 * Records lie in entries as they are sent, but for their owner: that is written once in a message,
 * and pointed to. What is computed from addresses (PTR, names of endpoints) is written aside first.
 * Pods are not told, nor endpoints of Services with a cluster address, as in CoreDNS (names.md 15).
 */
#include <string.h>

#include "store.h"

enum {
	SLOTS_AT_ONCE = 4096, /* that are looked at before others get their turn */
	POINTER_MOST = 0x3fff,
	RECORD_HEAD = 12,
	ASIDE_SIZE = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + DNS_MESSAGE_MAX,
};

enum phase { PHASE_FIRST_SOA, PHASE_NAMES, PHASE_LAST_SOA };

struct zone_copy {
	struct hold hold;
	struct answers *answers;
	const struct catalog *catalog;
	const struct zone *zone;
	enum phase phase;
	uint64_t next_slot;
	/* The entry at hand and how far it is written; NULL: the next one is to be found. */
	const struct entry *entry;
	unsigned set; /* for those of addresses: the reference */
	uint32_t chunk, at;
	bool is_glue;
	struct dns_query name; /* the entry's */
	uint16_t soa_size;
	uint8_t soa[2 * DNS_NAME_MAX + 40];
	uint32_t serial;
	uint32_t rotations[ANSWERS_ROTATIONS];
	uint8_t aside[ASIDE_SIZE];
};

/* ---- writing ---- */

struct out {
	struct copy_message *message;
	uint32_t owner_at; /* where the owner of the entry at hand stands in it; 0: nowhere within reach */
};

/* The owner, whose labels in front of the zone are `size` octets. The zone's name is the question. */
static bool put_owner(const struct out *out, const uint8_t *labels, size_t size, uint32_t owner_at)
{
	uint8_t *at = out->message->packet + out->message->at;
	if (owner_at != 0) {
		put_u16(at, (uint16_t)(0xc000 | owner_at));
		out->message->at += 2;
		return false;
	}
	memcpy(at, labels, size);
	put_u16(at + size, 0xc000 | DNS_HEADER_SIZE);
	out->message->at += (uint32_t)size + 2;
	return size > 0;
}

/* One record, from behind its owner on. False: it does not fit, and nothing was written. A record
 * that fits into no message of the usual size has one of its own. */
static bool put_record(struct out *out, const uint8_t *labels, size_t labels_size,
		       const uint8_t *record, size_t size)
{
	struct copy_message *message = out->message;
	uint32_t owner_at = labels_size == 0 ? DNS_HEADER_SIZE : out->owner_at;
	size_t wanted = (owner_at != 0 ? 2 : labels_size + 2) + size - 2, start = message->at;
	uint32_t end = message->count == 0 ? message->limit : message->most;
	if (message->at + wanted > end || message->count == UINT16_MAX)
		return false;
	if (put_owner(out, labels, labels_size, owner_at) && start <= POINTER_MOST)
		out->owner_at = (uint32_t)start;
	memcpy(message->packet + message->at, record + 2, size - 2);
	message->at += (uint32_t)size - 2;
	message->count++;
	return true;
}

static size_t labels_size(const struct zone_copy *copy)
{
	return copy->name.name_size - (size_t)copy->zone->size;
}

static size_t record_size(const uint8_t *record)
{
	return RECORD_HEAD + (size_t)get_u16(record + 10);
}

/* From copy->at on. False: the message is full. */
static bool put_records(struct zone_copy *copy, struct out *out, const uint8_t *records, size_t size)
{
	while (copy->at < size) {
		const uint8_t *record = records + copy->at;
		if (!put_record(out, copy->name.lower, labels_size(copy), record, record_size(record)) &&
		    out->message->count > 0)
			return false;
		copy->at +=
			(uint32_t)record_size(record); /* one that no message can hold is left out */
	}
	copy->at = 0;
	return true;
}

static bool put_soa(const struct zone_copy *copy, struct copy_message *message)
{
	struct out out = { .message = message };
	return put_record(&out, NULL, 0, copy->soa, copy->soa_size);
}

/* ---- stored names ---- */

static const uint8_t *extent_records(const struct extent *extent)
{
	return (const uint8_t *)(extent + 1) + extent->group_count * sizeof(struct glue_group);
}

/* Addresses below a delegation lie with it alone. Their owners are pointers to the names in the records. */
static bool put_glue(struct zone_copy *copy, struct out *out, const struct extent *extent)
{
	const uint8_t *records = extent_records(extent), *glue = records + extent->records_size;
	size_t base = DNS_HEADER_SIZE + (size_t)copy->entry->key_size + copy->zone->size + 4u;
	while (copy->at < extent->glue_size) {
		const uint8_t *record = glue + copy->at;
		const uint8_t *owner = records + ((get_u16(record) & POINTER_MOST) - base);
		struct out one = { .message = out->message };
		if (name_is_under(owner, copy->name.lower) &&
		    !put_record(&one, owner, name_size(owner) - (size_t)copy->zone->size, record,
				record_size(record)) &&
		    out->message->count > 0)
			return false;
		copy->at += (uint32_t)record_size(record);
	}
	copy->at = 0;
	return true;
}

static bool put_extent(struct zone_copy *copy, struct out *out, const struct extent *extent)
{
	if (!copy->is_glue && !put_records(copy, out, extent_records(extent), extent->records_size))
		return false;
	copy->is_glue = (copy->entry->flags & ENTRY_CUT) != 0 && extent->glue_size > 0;
	if (copy->is_glue && !put_glue(copy, out, extent))
		return false;
	copy->is_glue = false;
	return true;
}

static bool put_chunks(struct zone_copy *copy, struct out *out, const struct chunk_list *list)
{
	for (; copy->chunk < list->chunk_count; copy->chunk++) {
		const struct chunk *chunk = list->places[copy->chunk].chunk;
		if (!put_records(copy, out, chunk->bytes, chunk->size))
			return false;
	}
	copy->chunk = 0;
	return true;
}

static bool put_set(struct zone_copy *copy, struct out *out, const struct set *set)
{
	const void *data = entry_data(copy->entry, set);
	if (set->type == TYPE_SOA) /* first and last, and nowhere else */
		return true;
	if (set->shape & SET_FIXED)
		return put_records(copy, out, data, (size_t)set->count * set->record_size);
	if (set->shape & SET_EXTENT)
		return put_extent(copy, out, data);
	return (set->shape & SET_CHUNKS) == 0 || put_chunks(copy, out, data);
}

static bool put_stored(struct zone_copy *copy, struct out *out)
{
	for (; copy->set < copy->entry->set_count; copy->set++)
		if (!put_set(copy, out, &copy->entry->sets[copy->set]))
			return false;
	return true;
}

/* ---- names ---- */

/* False: it is a name of another zone of the catalog. */
static bool take_name(struct zone_copy *copy, const uint8_t *name, size_t size)
{
	struct dns_query *query = &copy->name;
	query->name_size = (uint8_t)size;
	query->label_count = 0;
	memcpy(query->lower, name, size);
	for (size_t at = 0; name[at] != 0; at += 1u + name[at])
		query->labels[query->label_count++] = (uint8_t)at;
	return copy->catalog->table == NULL ||
	       catalog_find_zone(copy->catalog, copy->hold.edition, query) == copy->zone;
}

static struct lookup lookup_now(const struct zone_copy *copy, uint16_t type)
{
	struct lookup lookup = { 0 };
	lookup_of_query(&lookup, copy->catalog, copy->zone, copy->hold.edition, &copy->name);
	lookup.type = type;
	return lookup;
}

/* Aside, behind room for a question that is not there. */
static struct reply reply_aside(struct zone_copy *copy)
{
	return (struct reply){ .packet = copy->aside,
			       .at = DNS_HEADER_SIZE,
			       .limit = ASIDE_SIZE,
			       .owner_at = DNS_HEADER_SIZE,
			       .rotations = copy->rotations,
			       .minimal = true };
}

/* The name of an endpoint with an address of its own; those of other Services come and go unnoticed. */
static bool is_hidden(const struct zone_copy *copy, const struct entry *entry)
{
	struct lookup lookup = lookup_now(copy, 0);
	unsigned over = lookup.label_count - copy->zone->labels;
	if (over >= 1 && label_is(&lookup, over - 1, "_knamed")) /* no data of the zone */
		return true;
	return copy->zone->kind == ZONE_CLUSTER && over == 4 && label_is(&lookup, 3, "svc") &&
	       lookup.lower[1] != '_' && (entry->flags & ENTRY_SOON) == 0;
}

/* ---- computed names ---- */

static bool put_aside(struct zone_copy *copy, struct out *out, const struct reply *reply)
{
	return put_records(copy, out, copy->aside + DNS_HEADER_SIZE, reply->at - DNS_HEADER_SIZE);
}

static bool write_endpoint(struct zone_copy *copy, uint16_t type, struct reply *reply)
{
	struct lookup lookup = lookup_now(copy, type);
	enum answer_kind kind;
	struct reply before = *reply;
	bool is_found = write_dashed(&lookup, reply, &kind) && kind == ANSWER_FOUND;
	if (!is_found)
		*reply = before;
	return is_found;
}

/* The address in front of the Service, if that is headless and no reference before this one was to it. */
static bool take_endpoint(struct zone_copy *copy, const struct address_ref *refs, unsigned i)
{
	uint8_t name[DNS_LABEL_MAX + 1 + 2 * DNS_NAME_MAX];
	struct ip ip = address_of_key(entry_key(copy->entry));
	const struct owner *owner = refs[i].owner;
	const struct zone *zone = copy->zone;
	if (refs[i].ports == NULL || refs[i].host != NULL)
		return false;
	for (unsigned k = 0; k < i; k++)
		if (refs[k].owner == owner && refs[k].ports != NULL && refs[k].host == NULL)
			return false;
	size_t size = dashed_label(&ip, name);
	if (size + owner->size + 4u + zone->size > DNS_NAME_MAX)
		return false;
	memcpy(name + size, owner->labels, owner->size);
	size += owner->size;
	memcpy(name + size, "\3svc", 4);
	memcpy(name + size + 4, zone->name, zone->size);
	if (!take_name(copy, name, size + 4 + zone->size))
		return false;
	struct lookup lookup = lookup_now(copy, 0);
	const struct entry *service = find_suffix(&lookup, 1);
	return service != NULL && (service->flags & ENTRY_SOON) != 0;
}

static bool put_endpoints(struct zone_copy *copy, struct out *out)
{
	const struct address_ref *refs = (const void *)entry_data(copy->entry, &copy->entry->sets[0]);
	uint16_t type = entry_key(copy->entry)[1] == 4 ? TYPE_A : TYPE_AAAA;
	for (; copy->set < copy->entry->sets[0].count; copy->set++) {
		struct reply reply = reply_aside(copy);
		if (!take_endpoint(copy, refs, copy->set))
			continue;
		if (copy->at == 0)
			out->owner_at = 0;
		write_endpoint(copy, type, &reply);
		write_endpoint(copy, TYPE_SRV, &reply);
		if (!put_aside(copy, out, &reply))
			return false;
	}
	return true;
}

static bool put_ptr(struct zone_copy *copy, struct out *out)
{
	struct lookup lookup = lookup_now(copy, TYPE_PTR);
	struct reply reply = reply_aside(copy);
	if (write_ptr(&lookup, copy->entry, &reply) != ANSWER_FOUND)
		return true;
	return put_aside(copy, out, &reply);
}

static bool put_entry(struct zone_copy *copy, struct out *out)
{
	if ((copy->entry->flags & ENTRY_REFS) == 0)
		return put_stored(copy, out);
	return copy->zone->kind == ZONE_REVERSE ? put_ptr(copy, out) : put_endpoints(copy, out);
}

/* ---- the walk ---- */

static bool is_told_address(struct zone_copy *copy, const struct entry *entry)
{
	uint8_t name[DNS_NAME_MAX], size;
	if (entry_key(entry)[0] != KEY_ADDRESS || copy->catalog->table == NULL)
		return false;
	if (copy->zone->kind != ZONE_REVERSE)
		return copy->zone->kind == ZONE_CLUSTER;
	struct ip ip = address_of_key(entry_key(entry));
	name_of_ptr(&ip, name, &size);
	return name_is_under(name, copy->zone->name) && take_name(copy, name, size);
}

static bool is_told_name(struct zone_copy *copy, const struct entry *entry)
{
	uint8_t name[2 * DNS_NAME_MAX];
	const struct zone *zone = copy->zone;
	size_t size = entry->key_size;
	memcpy(name, entry_key(entry), size);
	if (zone->kind == ZONE_STATIC) {
		memcpy(name + size, zone->name, zone->size);
		return take_name(copy, name, size + zone->size);
	}
	return name[0] <= DNS_LABEL_MAX && name_is_under(name, zone->name) &&
	       take_name(copy, name, size) && !is_hidden(copy, entry);
}

static bool is_told(struct zone_copy *copy, const struct entry *entry)
{
	if ((entry->flags & ENTRY_REFS) != 0)
		return is_told_address(copy, entry);
	return entry->set_count > 0 && is_told_name(copy, entry);
}

enum find { FIND_ENTRY, FIND_NONE, FIND_LATER };

static enum find find_next(struct zone_copy *copy)
{
	const struct edition *edition = copy->hold.edition;
	const struct buckets *buckets = edition->states[copy->zone->index].buckets;
	uint64_t end = (uint64_t)buckets->count * BUCKET_SLOTS;
	for (unsigned i = 0; i < SLOTS_AT_ONCE && copy->next_slot < end; i++) {
		const struct bucket *bucket = &buckets->buckets[copy->next_slot / BUCKET_SLOTS];
		uint64_t slot = atomic_load_explicit(&bucket->slots[copy->next_slot++ % BUCKET_SLOTS],
						     memory_order_acquire);
		if (slot <= SLOT_TOMB)
			continue;
		const struct entry *entry = version_at(slot_entry(slot), edition->number);
		if (entry == NULL || !is_told(copy, entry))
			continue;
		copy->entry = entry;
		copy->set = copy->chunk = copy->at = 0;
		copy->is_glue = false;
		return FIND_ENTRY;
	}
	return copy->next_slot < end ? FIND_LATER : FIND_NONE;
}

/* True: all names are told. */
static bool put_names(struct zone_copy *copy, struct copy_message *message, enum copy_step *ret_step)
{
	for (;;) {
		struct out out = { .message = message };
		enum find found = copy->entry != NULL ? FIND_ENTRY : find_next(copy);
		if (found == FIND_NONE)
			return true;
		if (found == FIND_LATER) {
			*ret_step = message->count > 0 ? COPY_FULL : COPY_BUSY;
			return false;
		}
		if (!put_entry(copy, &out)) {
			*ret_step = COPY_FULL;
			return false;
		}
		copy->entry = NULL;
	}
}

/* ---- from outside ---- */

static bool is_lost(const struct zone_copy *copy)
{
	return atomic_load_explicit(&copy->hold.is_lost, memory_order_acquire);
}

enum copy_step zone_copy_next(struct zone_copy *copy, struct copy_message *message)
{
	enum copy_step step = COPY_FULL;
	if (is_lost(copy))
		return COPY_LOST;
	if (copy->phase == PHASE_FIRST_SOA && put_soa(copy, message))
		copy->phase = PHASE_NAMES;
	if (copy->phase == PHASE_NAMES) {
		if (!put_names(copy, message, &step))
			return step;
		copy->phase = PHASE_LAST_SOA;
	}
	return copy->phase == PHASE_LAST_SOA && put_soa(copy, message) ? COPY_WHOLE : COPY_FULL;
}

bool zone_copy_soa(struct zone_copy *copy, struct copy_message *message)
{
	return put_soa(copy, message);
}

uint32_t zone_copy_serial(const struct zone_copy *copy)
{
	return copy->serial;
}

static size_t soa_name_end(const uint8_t *soa, size_t at)
{
	while (soa[at] != 0 && (soa[at] & 0xc0) == 0)
		at += 1u + soa[at];
	return at + (soa[at] == 0 ? 1 : 2);
}

/* As it is answered; names in it that end in pointers to the zone do so in a message, too. */
static bool take_soa(struct zone_copy *copy)
{
	struct lookup lookup;
	struct reply reply = reply_aside(copy);
	take_name(copy, copy->zone->name, copy->zone->size);
	lookup = lookup_now(copy, TYPE_SOA);
	answers_probe(&lookup);
	answers_match(&lookup);
	if (answers_write(&lookup, &reply) != ANSWER_FOUND ||
	    reply.at - DNS_HEADER_SIZE > sizeof(copy->soa))
		return false;
	const uint8_t *record = copy->aside + DNS_HEADER_SIZE;
	copy->soa_size = (uint16_t)record_size(record);
	memcpy(copy->soa, record, copy->soa_size);
	copy->serial =
		get_u32(copy->soa + soa_name_end(copy->soa, soa_name_end(copy->soa, RECORD_HEAD)));
	return true;
}

static enum copy_start start(struct zone_copy *copy, const struct dns_query *query)
{
	const struct edition *edition = copy->hold.edition;
	copy->zone = catalog_find_zone(copy->catalog, edition, query);
	if (copy->zone == NULL || copy->zone->size != query->name_size)
		return COPY_NO_ZONE;
	if (!edition->views[copy->catalog->index].synced)
		return COPY_NOT_READY;
	return take_soa(copy) ? COPY_STARTED : COPY_NOT_READY;
}

enum copy_start zone_copy_begin(struct answers *answers, const struct catalog *catalog,
				const struct dns_query *query, struct zone_copy **ret_copy)
{
	struct zone_copy *copy = mem_zalloc(sizeof *copy);
	copy->answers = answers;
	copy->catalog = catalog;
	hold_begin(answers, &copy->hold);
	enum copy_start verdict = start(copy, query);
	if (verdict == COPY_STARTED)
		*ret_copy = copy;
	else
		zone_copy_end(copy);
	return verdict;
}

void zone_copy_end(struct zone_copy *copy)
{
	if (copy == NULL)
		return;
	hold_end(copy->answers, &copy->hold);
	mem_free(copy);
}
