/* SPDX-License-Identifier: Apache-2.0 */
/* Looking a question up: the hot path. Stage 1 makes the key and asks for its bucket, stage 2
 * compares the hash bits in the bucket and asks for the entry, stage 3 (write.c) reads it; the
 * caller runs each stage over a whole batch, so that the cache misses of its questions overlap. */
#include <string.h>

#include "store.h"

bool label_is(const struct lookup *lookup, unsigned i, const char *text)
{
	const uint8_t *label = lookup->lower + lookup->labels[i];
	size_t size = strlen(text);
	return label[0] == size && memcmp(label + 1, text, size) == 0;
}

/* Where the last `labels` labels of the name begin. */
static unsigned tail_at(const struct dns_query *query, unsigned labels)
{
	return labels == 0 ? query->name_size - 1u : query->labels[query->label_count - labels];
}

/* Directories may hold very many zones. */
static const struct zone *search_zone(const struct view *view, const struct dns_query *query,
				      unsigned labels)
{
	unsigned at = tail_at(query, labels);
	uint32_t low = 0, high = view->zone_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = zone_compare(view->zones[middle], labels, query->lower + at,
					 query->name_size - at);
		if (order == 0)
			return view->zones[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct zone *catalog_find_zone(const struct catalog *catalog, const struct edition *edition,
				     const struct dns_query *query)
{
	enum { FEW = 8 };
	const struct view *view = &edition->views[catalog->index];
	if (__builtin_expect(view->zone_count > FEW, 0)) {
		const struct zone *zone = NULL;
		unsigned labels = query->label_count;
		if (labels > view->zones[0]->labels)
			labels = view->zones[0]->labels;
		while ((zone = search_zone(view, query, labels)) == NULL && labels > 0)
			labels--;
		return zone;
	}
	for (uint32_t i = 0; i < view->zone_count; i++) {
		const struct zone *zone = view->zones[i];
		if (zone->labels > query->label_count)
			continue;
		unsigned at = tail_at(query, zone->labels);
		if (query->name_size - at == zone->size &&
		    memcmp(query->lower + at, zone->name, zone->size) == 0)
			return zone;
	}
	return NULL;
}

void lookup_of_query(struct lookup *lookup, const struct catalog *catalog, const struct zone *zone,
		     const struct edition *edition, const struct dns_query *query)
{
	lookup->catalog = catalog;
	lookup->zone = zone;
	lookup->edition = edition;
	lookup->lower = query->lower;
	lookup->labels = query->labels;
	lookup->name_size = query->name_size;
	lookup->label_count = query->label_count;
	lookup->type = query->type;
	lookup->dnssec_ok = query->dnssec_ok;
}

static uint8_t octets_of(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

uint8_t address_key(uint8_t kind, const struct ip *ip, uint8_t ret_key[24])
{
	ret_key[0] = kind;
	ret_key[1] = ip->family;
	memcpy(ret_key + 2, ip->bytes, octets_of(ip->family));
	return 2 + octets_of(ip->family);
}

struct ip address_of_key(const uint8_t *key)
{
	struct ip ip = { .family = key[1] };
	memcpy(ip.bytes, key + 2, octets_of(ip.family));
	return ip;
}

uint8_t prefix_key(uint8_t family, uint8_t parts, const uint8_t bytes[16], uint8_t ret_key[24])
{
	ret_key[0] = KEY_PREFIX;
	ret_key[1] = family;
	ret_key[2] = parts;
	memcpy(ret_key + 3, bytes, octets_of(family));
	return 3 + octets_of(family);
}

bool catalog_may_have_ipv6(const struct catalog *catalog, const struct edition *edition)
{
	return !edition->views[catalog->index].synced ||
	       atomic_load_explicit(&catalog->ipv6_addresses, memory_order_relaxed) > 0;
}

/* The apex of a reverse zone has names of its own, but a zone of one whole address (a CIDR off the
 * boundary expands to such) is also that address's PTR. */
static bool is_reverse_question(const struct lookup *lookup)
{
	const struct zone *zone = lookup->zone;
	if (lookup->name_size != zone->size)
		return true;
	bool whole = zone->labels == 6 || zone->labels == 34;
	return whole && lookup->type != TYPE_SOA && lookup->type != TYPE_NS &&
	       lookup->type != TYPE_ANY;
}

static void probe_reverse(struct lookup *lookup)
{
	struct reverse_name reverse;
	if (!name_read_reverse(lookup->lower, &reverse))
		return; /* ns.dns and the like stand under their names */
	lookup->path = PATH_REVERSE;
	if (reverse.full)
		lookup->key_size = address_key(KEY_ADDRESS, &reverse.ip, lookup->address_key);
	else
		lookup->key_size = prefix_key(reverse.ip.family, reverse.parts, reverse.ip.bytes,
					      lookup->address_key);
}

static struct buckets *buckets_shown(const struct lookup *lookup)
{
	return lookup->edition->states[lookup->zone->index].buckets;
}

void answers_probe(struct lookup *lookup)
{
	const struct zone *zone = lookup->zone;
	const uint8_t *key = lookup->lower;
	lookup->path = PATH_NAME;
	lookup->key_size = lookup->name_size;
	if (zone->kind == ZONE_STATIC) {
		lookup->key_size -= zone->size;
	} else if (zone->kind == ZONE_REVERSE && is_reverse_question(lookup)) {
		probe_reverse(lookup);
		if (lookup->path == PATH_REVERSE)
			key = lookup->address_key;
	} else if (lookup->label_count == zone->labels + 3u && zone->kind != ZONE_STATIC &&
		   zone->kind != ZONE_REVERSE && zone->kind != ZONE_OUTSIDE &&
		   label_is(lookup, 2, "pod")) {
		lookup->path = PATH_POD; /* what is looked up is NS.pod.Z */
		key += lookup->labels[1];
		lookup->key_size -= lookup->labels[1];
	}
	lookup->hash = hash_bytes(table_key(zone->table), key, lookup->key_size);
	__builtin_prefetch(bucket_of(buckets_shown(lookup), lookup->hash));
}

/* The first slot from the bucket on whose hash bits fit, or 0. */
static inline uint64_t candidate(const struct lookup *lookup)
{
	struct buckets *buckets = buckets_shown(lookup);
	struct bucket *bucket = bucket_of(buckets, lookup->hash),
		      *end = buckets->buckets + buckets->count;
	uint64_t wanted = lookup->hash & 0xffff;
	for (;;) {
		bool has_empty = false;
		for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
			uint64_t slot = atomic_load_explicit(&bucket->slots[i], memory_order_acquire);
			if (slot >> 48 == wanted && slot > SLOT_TOMB)
				return slot;
			has_empty |= slot == 0;
		}
		if (has_empty)
			return 0;
		if (++bucket == end)
			bucket = buckets->buckets;
	}
}

void answers_match(struct lookup *lookup)
{
	const struct entry *entry = slot_entry(candidate(lookup));
	__builtin_prefetch(entry);
	__builtin_prefetch((const void *)((uintptr_t)entry + 64)); /* there may be none */
	lookup->entry = entry;
}

const struct entry *find_key(const struct lookup *lookup, const uint8_t *key, uint8_t key_size)
{
	uint64_t hash = hash_bytes(table_key(lookup->zone->table), key, key_size);
	struct buckets *buckets = buckets_shown(lookup);
	struct bucket *bucket = bucket_of(buckets, hash), *end = buckets->buckets + buckets->count;
	for (;;) {
		bool has_empty = false;
		for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
			uint64_t slot = atomic_load_explicit(&bucket->slots[i], memory_order_acquire);
			has_empty |= slot == 0;
			if (slot >> 48 != (hash & 0xffff) || slot <= SLOT_TOMB)
				continue;
			const struct entry *entry = slot_entry(slot);
			if (entry->key_size == key_size && memcmp(entry_key(entry), key, key_size) == 0)
				return version_at(entry, lookup->edition->number);
		}
		if (has_empty)
			return NULL;
		if (++bucket == end)
			bucket = buckets->buckets;
	}
}

const struct entry *find_suffix(const struct lookup *lookup, unsigned skip)
{
	unsigned at = lookup->labels[skip];
	return find_key(lookup, lookup->lower + at, (uint8_t)(lookup->name_size - at));
}

/* What stage 2 found, if it is our key; two keys may share hash bits, so a mismatch is looked up again in full. */
static inline const struct entry *found_entry(const struct lookup *lookup)
{
	const struct entry *entry = lookup->entry;
	if (entry == NULL)
		return NULL;
	const uint8_t *key = lookup->lower;
	if (lookup->path == PATH_REVERSE)
		key = lookup->address_key;
	else if (lookup->path == PATH_POD)
		key += lookup->labels[1];
	if (entry->key_size == lookup->key_size && memcmp(entry_key(entry), key, lookup->key_size) == 0)
		return version_at(entry, lookup->edition->number);
	return find_key(lookup, key, lookup->key_size);
}

/* Does the answer depend on watched objects? Fixed names and whatever is beside svc and pod do not. */
static bool needs_sync(const struct lookup *lookup, const struct entry *entry)
{
	const struct zone *zone = lookup->zone;
	if (entry != NULL && entry->flags & ENTRY_STEADY)
		return lookup->type == TYPE_NS && lookup->name_size == zone->size;
	if (zone->kind == ZONE_REVERSE)
		return lookup->path == PATH_REVERSE || entry != NULL; /* ns.dns */
	if (lookup->label_count <= zone->labels)
		return false;
	if (zone->kind == ZONE_OUTSIDE)
		return true;
	unsigned branch = lookup->label_count - zone->labels - 1u;
	return label_is(lookup, branch, "svc") || label_is(lookup, branch, "pod") || entry != NULL;
}

/* No entry of this name: is it one that is computed? */
static enum answer_kind write_miss(const struct lookup *lookup, struct reply *reply)
{
	/* A whole address as a zone: the apex exists though no PTR is there. */
	if (lookup->zone->kind == ZONE_REVERSE && lookup->name_size == lookup->zone->size)
		return write_denial(lookup, reply, true, false);

	enum answer_kind kind;
	if (lookup->zone->kind == ZONE_CLUSTER && lookup->path == PATH_NAME) {
		if (write_dashed(lookup, reply, &kind))
			return kind;
		if (lookup->catalog->zonal && write_zonal_default(lookup, reply, &kind))
			return kind;
	}
	return write_denial(lookup, reply, false, false);
}

bool answers_know(struct lookup *lookup)
{
	const struct view *view = &lookup->edition->views[lookup->catalog->index];
	return view->synced && found_entry(lookup) != NULL;
}

bool answers_is_above_others(const struct lookup *lookup)
{
	const struct entry *entry = found_entry(lookup);
	return entry != NULL && entry->set_count == 0;
}

enum answer_kind answers_write(struct lookup *lookup, struct reply *reply)
{
	const struct entry *entry = found_entry(lookup);
	if (lookup->zone->kind == ZONE_STATIC)
		return write_static(lookup, entry, reply);
	const struct view *view = &lookup->edition->views[lookup->catalog->index];
	if (__builtin_expect(!view->is_usual, 0)) {
		if (!view->synced && needs_sync(lookup, entry))
			return ANSWER_NOT_READY;
		reply->stale = view->stale;
	}
	if (entry == NULL)
		return write_miss(lookup, reply);
	if (lookup->path == PATH_POD)
		return write_pod(lookup, reply);
	if (entry->flags & ENTRY_REFS)
		return write_ptr(lookup, entry, reply);
	if (entry->flags & ENTRY_ABSENT)
		return write_denial(lookup, reply, false, (entry->flags & ENTRY_SOON) != 0);
	return write_entry(lookup, entry, reply);
}
