/* SPDX-License-Identifier: Apache-2.0 */
/* A whole zone, message by message (RFC 5936): the table is walked slot by slot, as the held
 * edition shows it. Entries stay in their slots as long as they are held, and who is copied in
 * which order does not matter.
 *
 * What is computed from addresses (PTR, names of endpoints) is written aside first. Pods are not
 * told, nor endpoints of Services with a cluster address, as in CoreDNS (names.md 15). */
#include "zone_copy.h"

#include <string.h>

enum { SLOTS_AT_ONCE = 4096 }; /* that are looked at before others get their turn */

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
			       .limit = COPY_ASIDE_SIZE,
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

static bool put_aside(struct zone_copy *copy, struct copy_out *out, const struct reply *reply)
{
	return copy_put_records(copy, out, copy->aside + DNS_HEADER_SIZE, reply->at - DNS_HEADER_SIZE);
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

static bool put_endpoints(struct zone_copy *copy, struct copy_out *out)
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

static bool put_ptr(struct zone_copy *copy, struct copy_out *out)
{
	struct lookup lookup = lookup_now(copy, TYPE_PTR);
	struct reply reply = reply_aside(copy);
	if (write_ptr(&lookup, copy->entry, &reply) != ANSWER_FOUND)
		return true;
	return put_aside(copy, out, &reply);
}

static bool put_entry(struct zone_copy *copy, struct copy_out *out)
{
	if ((copy->entry->flags & ENTRY_REFS) == 0)
		return copy_put_stored(copy, out);
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
		struct copy_out out = { .message = message };
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
	if (copy->phase == PHASE_FIRST_SOA && copy_put_soa(copy, message))
		copy->phase = PHASE_NAMES;
	if (copy->phase == PHASE_NAMES) {
		if (!put_names(copy, message, &step))
			return step;
		copy->phase = PHASE_LAST_SOA;
	}
	return copy->phase == PHASE_LAST_SOA && copy_put_soa(copy, message) ? COPY_WHOLE : COPY_FULL;
}

bool zone_copy_soa(struct zone_copy *copy, struct copy_message *message)
{
	return copy_put_soa(copy, message);
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
	copy->soa_size = (uint16_t)copy_record_size(record);
	memcpy(copy->soa, record, copy->soa_size);
	copy->serial = get_u32(copy->soa +
			       soa_name_end(copy->soa, soa_name_end(copy->soa, COPY_RECORD_HEAD)));
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
