/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is said, name by name in the order of a zone. A cold path: it asks as a query
 * thread would, for stored names and for those that are computed from objects. */
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "zone_load.h"

enum item_kind { ITEM_STORED, ITEM_DASHED, ITEM_POD, ITEM_PTR };
struct item {
	enum item_kind kind;
	uint32_t path;		   /* offset in dump->paths */
	const struct entry *entry; /* of ITEM_STORED and ITEM_PTR */
};

struct dump {
	struct catalog *catalog;
	const struct edition *edition;
	const struct zone *zone;
	struct dump_lines lines;
	struct item *items;
	size_t count, room;
	struct text paths;
	uint32_t rotations[ANSWERS_ROTATIONS];
};

static struct lookup lookup_now(const struct dump *dump, uint16_t type)
{
	struct lookup lookup = { 0 };
	lookup_of_query(&lookup, dump->catalog, dump->zone, dump->edition, &dump->lines.query);
	lookup.type = type;
	return lookup;
}

static struct reply reply_now(struct dump *dump)
{
	return (struct reply){ .packet = dump->lines.packet,
			       .at = dump->lines.records_at,
			       .limit = PACKET_SIZE,
			       .owner_at = DNS_HEADER_SIZE,
			       .rotations = dump->rotations,
			       .minimal = true };
}

static void dump_set(struct dump *dump, const struct entry *entry, const struct set *set)
{
	const void *data = entry_data(entry, set);
	if (set->shape & SET_FIXED) {
		lines_of_records(&dump->lines, data, (size_t)set->count * set->record_size);
	} else if (set->shape & SET_EXTENT) {
		const struct extent *extent = data;
		const uint8_t *records = (const uint8_t *)(extent + 1) +
					 extent->group_count * sizeof(struct glue_group);
		lines_of_records(&dump->lines, records, extent->records_size);
		if (entry->flags & ENTRY_CUT && extent->glue_size > 0)
			lines_of_glue(&dump->lines, records, extent->records_size, extent->glue_size);
	} else if (set->shape & SET_CHUNKS) {
		const struct chunk_list *list = data;
		for (uint32_t i = 0; i < list->chunk_count; i++)
			lines_of_records(&dump->lines, list->places[i].chunk->bytes,
					 list->places[i].chunk->size);
	} else {
		struct lookup lookup = lookup_now(dump, TYPE_SOA);
		struct reply reply = reply_now(dump);
		write_set(&lookup, entry, set, &reply);
		lines_of_packet(&dump->lines, reply.at);
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
		lines_of_packet(&dump->lines, reply.at);
}

static void dump_item(struct dump *dump, const struct item *item)
{
	uint8_t name[DNS_NAME_MAX],
		size = key_of_path((const uint8_t *)dump->paths.data + item->path, name);
	memcpy(name + size, dump->zone->name, dump->zone->size);
	lines_start(&dump->lines, name, size + dump->zone->size);
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
	lines_start(&dump->lines, name, size);
	return catalog_find_zone(dump->catalog, dump->edition, &dump->lines.query) == dump->zone;
}

static void add_item(struct dump *dump, enum item_kind kind, const uint8_t *name, size_t size,
		     const struct entry *entry)
{
	uint8_t path[PATH_MAX_SIZE];
	/* Of a PTR its target may be wanted. */
	bool is_wide = dump->lines.only == NULL || kind == ITEM_PTR;
	if (!is_of_zone(dump, name, size) || !(is_wide || name_is_under(name, dump->lines.only)))
		return;
	if (dump->count == dump->room) {
		dump->room = dump->room == 0 ? 256 : 2 * dump->room;
		dump->items = mem_realloc(dump->items, dump->room * sizeof *dump->items);
	}
	dump->items[dump->count++] =
		(struct item){ .kind = kind, .path = (uint32_t)dump->paths.size, .entry = entry };
	text_add_n(&dump->paths, path, path_of_name(name, size, dump->zone->size, path));
}

/* The address in front of `rest`, a branch and the zone: an endpoint that is called by its address, or a pod. */
static void add_dashed(struct dump *dump, enum item_kind kind, const struct ip *ip,
		       const struct owner *rest, const char *branch)
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
			uint64_t slot = atomic_load_explicit(&buckets->buckets[b].slots[i],
							     memory_order_acquire);
			const struct entry *entry =
				slot <= SLOT_TOMB
					? NULL
					: version_at(slot_entry(slot), dump->edition->number);
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

/* As they were configured. */
static int by_index(const void *a, const void *b)
{
	const struct zone *left = *(const struct zone *const *)a,
			  *right = *(const struct zone *const *)b;
	return (left->index > right->index) - (left->index < right->index);
}

void catalog_dump(struct catalog *catalog, const uint8_t *only, answers_line line, void *context)
{
	const struct edition *edition = answers_edition(catalog->answers);
	if (edition == NULL || catalog->index >= edition->catalog_count)
		return;
	struct dump *dump = mem_zalloc(sizeof *dump);
	dump->catalog = catalog;
	dump->edition = edition;
	dump->lines.only = only;
	dump->lines.line = line;
	dump->lines.context = context;
	const struct view *view = &edition->views[catalog->index];
	const struct zone **zones = mem_copy(view->zones, view->zone_count * sizeof *zones);
	if (view->zone_count > 0)
		qsort(zones, view->zone_count, sizeof *zones, by_index);
	for (uint32_t i = 0; i < view->zone_count; i++) {
		dump->zone = zones[i];
		dump_zone(dump);
	}
	mem_free(zones);
	mem_free(dump->items);
	text_done(&dump->paths);
	text_done(&dump->lines.text);
	mem_free(dump);
}
