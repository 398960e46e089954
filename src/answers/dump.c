/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is said, as lines of a zone file. A cold path: it asks as a query thread would, for stored names and
 * for those that are computed from objects, and lets ldns read the replies. */
#include <assert.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "static.h"

enum { RECORDS_MAX = 12 + UINT16_MAX, PACKET_SIZE = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + RECORDS_MAX };

enum item_kind { ITEM_STORED, ITEM_DASHED, ITEM_POD, ITEM_PTR };
struct item {
	enum item_kind kind;
	uint32_t path;             /* offset in dump->paths */
	const struct entry *entry; /* of ITEM_STORED and ITEM_PTR */
};

struct dump {
	struct catalog *catalog;
	const struct edition *edition;
	const struct zone *zone;
	const uint8_t *only;
	answers_line line;
	void *context;
	struct item *items;
	size_t count, room;
	struct text paths, text;
	struct dns_query query; /* the name in hand */
	uint8_t packet[PACKET_SIZE];
	uint32_t records_at;
	uint32_t rotations[ANSWERS_ROTATIONS];
};

/* ---- lines ---- */

static void start_name(struct dump *dump, const uint8_t *name, size_t size)
{
	struct dns_query *query = &dump->query;
	memcpy(query->lower, name, size);
	query->name_size = (uint8_t)size;
	query->label_count = 0;
	for (size_t at = 0; name[at] != 0; at += 1u + name[at])
		query->labels[query->label_count++] = (uint8_t)at;
	memcpy(dump->packet + DNS_HEADER_SIZE, name, size);
	dump->records_at = (uint32_t)(DNS_HEADER_SIZE + size + 4);
}

static bool is_wanted(const struct dump *dump, const ldns_rr *rr)
{
	if (dump->only == NULL || name_is_under(dump->query.lower, dump->only))
		return true;
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_PTR && name_is_under(ldns_rdf_data(ldns_rr_rdf(rr, 0)), dump->only);
}

static void emit(struct dump *dump, const uint8_t *owner, const char *rest)
{
	char text[NAME_TEXT_SIZE];
	name_print(owner, text);
	text_clear(&dump->text);
	text_add(&dump->text, text);
	text_add_n(&dump->text, rest, strcspn(rest, "\n"));
	dump->line(dump->context, dump->text.data);
}

/* ldns prints all but the owner, whose '@' and '"' it would leave as they are. */
static void emit_rr(struct dump *dump, const ldns_rr *rr)
{
	char *line = ldns_rr2str(rr);
	emit(dump, ldns_rdf_data(ldns_rr_owner(rr)), line + strcspn(line, "\t"));
	mem_free(line);
}

/* Data that its type does not allow: a file gave them as octets (RFC 3597 5). */
static void emit_octets(struct dump *dump, const uint8_t *record)
{
	struct text rest = { 0 };
	unsigned size = get_u16(record + 10);
	text_printf(&rest, "\t%u\tIN\tTYPE%u\t\\# %u ", (unsigned)get_u32(record + 6), get_u16(record + 2), size);
	for (unsigned i = 0; i < size; i++)
		text_printf(&rest, "%02x", record[12 + i]);
	emit(dump, dump->query.lower, rest.data);
	text_done(&rest);
}

/* The records that lie behind the question. */
static void emit_packet(struct dump *dump, size_t end)
{
	for (size_t at = dump->records_at, from = at; at < end; from = at) {
		ldns_rr *rr = NULL;
		if (ldns_wire2rr(&rr, dump->packet, end, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK) {
			if (is_wanted(dump, rr))
				emit_rr(dump, rr);
			ldns_rr_free(rr);
			continue;
		}
		const uint8_t *record = dump->packet + from;
		emit_octets(dump, record);
		at = from + 12u + get_u16(record + 10);
	}
}

/* Addresses below a delegation lie with it alone. They point into its records, which must stand in front of them. */
static void emit_glue(struct dump *dump, const struct extent *extent, const uint8_t *records)
{
	size_t at = dump->records_at + extent->records_size, end = at + extent->glue_size;
	if (extent->records_size + extent->glue_size > RECORDS_MAX)
		return;
	memcpy(dump->packet + dump->records_at, records, extent->records_size + extent->glue_size);
	while (at < end) {
		ldns_rr *rr = NULL;
		ldns_status status = ldns_wire2rr(&rr, dump->packet, end, &at, LDNS_SECTION_ANSWER);
		assert(status == LDNS_STATUS_OK);
		(void)status;
		if (name_is_under(ldns_rdf_data(ldns_rr_owner(rr)), dump->query.lower))
			emit_rr(dump, rr);
		ldns_rr_free(rr);
	}
}

static void emit_records(struct dump *dump, const uint8_t *records, size_t size)
{
	for (size_t at = 0, length; at < size; at += length) {
		length = 12u + get_u16(records + at + 10);
		memcpy(dump->packet + dump->records_at, records + at, length);
		emit_packet(dump, dump->records_at + length);
	}
}

/* ---- names ---- */

static struct lookup lookup_now(const struct dump *dump, uint16_t type)
{
	struct lookup lookup = { 0 };
	lookup_of_query(&lookup, dump->catalog, dump->zone, dump->edition, &dump->query);
	lookup.type = type;
	return lookup;
}

static struct reply reply_now(struct dump *dump)
{
	return (struct reply){ .packet = dump->packet, .at = dump->records_at, .limit = PACKET_SIZE,
			       .owner_at = DNS_HEADER_SIZE, .rotations = dump->rotations, .minimal = true };
}

static void dump_set(struct dump *dump, const struct entry *entry, const struct set *set)
{
	const void *data = entry_data(entry, set);
	if (set->shape & SET_FIXED) {
		emit_records(dump, data, (size_t)set->count * set->record_size);
	} else if (set->shape & SET_EXTENT) {
		const struct extent *extent = data;
		const uint8_t *records = (const uint8_t *)(extent + 1) + extent->group_count * sizeof(struct glue_group);
		emit_records(dump, records, extent->records_size);
		if (entry->flags & ENTRY_CUT && extent->glue_size > 0)
			emit_glue(dump, extent, records);
	} else if (set->shape & SET_CHUNKS) {
		const struct chunk_list *list = data;
		for (uint32_t i = 0; i < list->chunk_count; i++)
			emit_records(dump, list->places[i].chunk->bytes, list->places[i].chunk->size);
	} else {
		struct lookup lookup = lookup_now(dump, TYPE_SOA);
		struct reply reply = reply_now(dump);
		write_set(&lookup, entry, set, &reply);
		emit_packet(dump, reply.at);
	}
}

static void dump_stored(struct dump *dump, const struct entry *entry)
{
	const struct set *soa = entry_set(entry, TYPE_SOA); /* what a zone file begins with */
	if (soa != NULL)
		dump_set(dump, entry, soa);
	for (unsigned i = 0; i < entry->set_count; i++)
		if (&entry->sets[i] != soa)
			dump_set(dump, entry, &entry->sets[i]);
}

static void dump_computed(struct dump *dump, const struct item *item, uint16_t type)
{
	struct lookup lookup = lookup_now(dump, type);
	struct reply reply = reply_now(dump);
	enum answer_kind kind = ANSWER_NO_NAME;
	if (item->kind == ITEM_PTR)
		kind = write_ptr(&lookup, item->entry, &reply);
	else if (item->kind == ITEM_DASHED)
		write_dashed(&lookup, &reply, &kind);
	else if (find_suffix(&lookup, 1) != NULL)
		kind = write_pod(&lookup, &reply);
	if (kind == ANSWER_FOUND)
		emit_packet(dump, reply.at);
}

static void dump_item(struct dump *dump, const struct item *item)
{
	uint8_t name[DNS_NAME_MAX], size = key_of_path((const uint8_t *)dump->paths.data + item->path, name);
	memcpy(name + size, dump->zone->name, dump->zone->size);
	start_name(dump, name, size + dump->zone->size);
	if (item->kind == ITEM_STORED) {
		dump_stored(dump, item->entry);
		return;
	}
	if (item->kind == ITEM_PTR) {
		dump_computed(dump, item, TYPE_PTR);
		return;
	}
	dump_computed(dump, item, TYPE_A);
	dump_computed(dump, item, TYPE_AAAA);
	if (item->kind == ITEM_DASHED)
		dump_computed(dump, item, TYPE_SRV);
}

/* ---- what there is ---- */

/* Names of other zones are theirs to tell, also if those lie within this one. */
static bool is_of_zone(struct dump *dump, const uint8_t *name, size_t size)
{
	start_name(dump, name, size);
	return catalog_find_zone(dump->catalog, dump->edition, &dump->query) == dump->zone;
}

static void add_item(struct dump *dump, enum item_kind kind, const uint8_t *name, size_t size, const struct entry *entry)
{
	uint8_t path[PATH_MAX_SIZE];
	bool is_wide = dump->only == NULL || kind == ITEM_PTR; /* of a PTR its target may be wanted */
	if (!is_of_zone(dump, name, size) || !(is_wide || name_is_under(name, dump->only)))
		return;
	if (dump->count == dump->room) {
		dump->room = dump->room == 0 ? 256 : 2 * dump->room;
		dump->items = mem_realloc(dump->items, dump->room * sizeof *dump->items);
	}
	dump->items[dump->count++] = (struct item){ .kind = kind, .path = (uint32_t)dump->paths.size, .entry = entry };
	text_add_n(&dump->paths, path, path_of_name(name, size, dump->zone->size, path));
}

/* The address in front of `rest`, a branch and the zone: an endpoint that is called by its address, or a pod. */
static void add_dashed(struct dump *dump, enum item_kind kind, const struct ip *ip, const struct owner *rest,
		       const char *branch)
{
	uint8_t name[DNS_LABEL_MAX + 1 + 2 * DNS_NAME_MAX];
	const struct zone *zone = dump->zone;
	size_t size = dashed_label(ip, name), branch_size = 1u + (uint8_t)branch[0];
	if (zone->kind != ZONE_CLUSTER || size + rest->size + branch_size + zone->size > DNS_NAME_MAX)
		return;
	memcpy(name + size, rest->labels, rest->size);
	size += rest->size;
	memcpy(name + size, branch, branch_size);
	size += branch_size;
	memcpy(name + size, zone->name, zone->size);
	add_item(dump, kind, name, size + zone->size, NULL);
}

static void add_refs(struct dump *dump, const struct entry *entry, const struct ip *ip)
{
	uint8_t name[DNS_NAME_MAX], size;
	const struct address_ref *refs = (const void *)entry_data(entry, &entry->sets[0]);
	for (unsigned i = 0; i < entry->sets[0].count; i++)
		if (refs[i].ports != NULL && refs[i].host == NULL)
			add_dashed(dump, ITEM_DASHED, ip, refs[i].owner, "\3svc");
	name_of_ptr(ip, name, &size);
	if (dump->zone->kind == ZONE_REVERSE)
		add_item(dump, ITEM_PTR, name, size, entry);
}

static void add_pods(struct dump *dump, const struct entry *entry, const struct ip *ip)
{
	const struct owner *const *spaces = (const void *)entry_data(entry, &entry->sets[0]);
	for (unsigned i = 0; i < entry->sets[0].count; i++)
		add_dashed(dump, ITEM_POD, ip, spaces[i], "\3pod");
}

static void add_entry(struct dump *dump, const struct entry *entry)
{
	uint8_t name[DNS_NAME_MAX];
	const uint8_t *key = entry_key(entry);
	const struct zone *zone = dump->zone;
	if (zone->kind == ZONE_STATIC) {
		memcpy(name, key, entry->key_size);
		memcpy(name + entry->key_size, zone->name, zone->size);
		add_item(dump, ITEM_STORED, name, (size_t)entry->key_size + zone->size, entry);
	} else if (key[0] <= DNS_LABEL_MAX) {
		add_item(dump, ITEM_STORED, key, entry->key_size, entry);
	} else if (key[0] == KEY_ADDRESS || key[0] == KEY_POD) {
		struct ip ip = { .family = key[1] };
		memcpy(ip.bytes, key + 2, sizeof ip.bytes);
		if (key[0] == KEY_ADDRESS)
			add_refs(dump, entry, &ip);
		else
			add_pods(dump, entry, &ip);
	}
}

static int by_path(const void *a, const void *b, void *context)
{
	const struct item *left = a, *right = b;
	const uint8_t *paths = context;
	int order = path_compare(paths + left->path, paths + right->path);
	return order != 0 ? order : (int)left->kind - (int)right->kind;
}

/* One address may be an endpoint of a service by two slices, or of two pods. */
static bool is_again(const struct dump *dump, size_t i)
{
	return i > 0 && by_path(&dump->items[i - 1], &dump->items[i], dump->paths.data) == 0;
}

static void dump_zone(struct dump *dump)
{
	const struct buckets *buckets = dump->edition->states[dump->zone->index].buckets;
	dump->count = 0;
	text_clear(&dump->paths);
	for (uint32_t b = 0; b < buckets->count; b++) {
		for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
			uint64_t slot = atomic_load_explicit(&buckets->buckets[b].slots[i], memory_order_acquire);
			const struct entry *entry = slot <= SLOT_TOMB ? NULL :
						    version_at(slot_entry(slot), dump->edition->number);
			if (entry != NULL)
				add_entry(dump, entry);
		}
	}
	if (dump->count > 0)
		qsort_r(dump->items, dump->count, sizeof *dump->items, by_path, dump->paths.data);
	for (size_t i = 0; i < dump->count; i++)
		if (!is_again(dump, i))
			dump_item(dump, &dump->items[i]);
}

void catalog_dump(struct catalog *catalog, const uint8_t *only, answers_line line, void *context)
{
	const struct edition *edition = answers_edition(catalog->answers);
	if (edition == NULL || catalog->index >= edition->catalog_count)
		return;
	struct dump *dump = mem_zalloc(sizeof *dump);
	dump->catalog = catalog;
	dump->edition = edition;
	dump->only = only;
	dump->line = line;
	dump->context = context;
	const struct view *view = &edition->views[catalog->index];
	for (uint32_t i = 0; i < view->zone_count; i++) {
		dump->zone = view->zones[i];
		dump_zone(dump);
	}
	mem_free(dump->items);
	text_done(&dump->paths);
	text_done(&dump->text);
	mem_free(dump);
}
