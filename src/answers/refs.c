/* SPDX-License-Identifier: Apache-2.0 */
/* What an address stands for: one entry per address lists the services and endpoints that hold it.
 * PTR answers, dashed endpoint names and verified pods are computed from it, so that a plain
 * endpoint costs one small entry and no names. Prefixes of addresses with a PTR exist as empty
 * names (RFC 8020, names.md 8). */
#include <string.h>

#include "cluster.h"

static const void *refs_of(const struct cluster *cluster, const uint8_t *key, uint8_t key_size,
			   size_t *ret_count)
{
	const struct entry *entry = table_get(cluster->catalog->table, key, key_size);
	*ret_count = entry == NULL ? 0 : entry->sets[0].count;
	return entry == NULL ? NULL : entry_data(entry, &entry->sets[0]);
}

const struct address_ref *refs_get(const struct cluster *cluster, uint8_t kind, const struct ip *ip,
				   size_t *ret_count)
{
	uint8_t key[24], key_size = address_key(kind, ip, key);
	return refs_of(cluster, key, key_size, ret_count);
}

/* Shows a list of things of `size` bytes under the key; an empty one removes it. */
static void refs_put(struct cluster *cluster, const uint8_t *key, uint8_t key_size,
		     const struct text *refs, size_t size)
{
	bool changed = false;
	if (refs->size == 0) {
		changed = table_remove(cluster->catalog->table, key, key_size);
	} else {
		struct draft *draft = &cluster->draft;
		draft_start(draft, cluster->catalog->pool, key, key_size, ENTRY_REFS);
		draft_raw(draft, TYPE_PTR, 0, (uint16_t)(refs->size / size), refs->data, refs->size);
		struct entry *entry = draft_entry(draft);
		if (entry == NULL)
			answers_complain(cluster->answers,
					 "an address stands for more than %zu services: left out",
					 refs->size / size);
		else
			table_put(cluster->catalog->table, entry, &changed);
	}
	cluster->changed |= changed && key[0] != KEY_IMPORT_ADDRESS;
	cluster->imports_changed |= changed && key[0] != KEY_ADDRESS; /* pods have names in both */
}

/* The entry of a key if no edition has shown it yet. Readers look no further than its number, so it may be changed in
 * place: thousands of references come to one address without a copy of them all for each. */
static struct entry *unshown_entry(const struct cluster *cluster, const uint8_t *key, uint8_t key_size)
{
	struct entry *entry = table_get(cluster->catalog->table, key, key_size);
	bool is_unshown = entry != NULL && atomic_load_explicit(&entry->since, memory_order_relaxed) ==
						   cluster->answers->pending;
	return is_unshown ? entry : NULL;
}

/* Things of an entry: references of `size` octets each, one behind the other. */
static uint8_t *things_of(struct entry *entry)
{
	return (uint8_t *)(uintptr_t)entry_data(entry, &entry->sets[0]);
}

/* False if its memory has no room for one more. */
static bool insert_in_place(struct entry *entry, const void *thing, size_t size, bool is_first)
{
	struct set *set = &entry->sets[0];
	uint8_t *things = things_of(entry);
	size_t wanted = entry_size(entry) + size, end = set->count * size;
	if (wanted > ENTRY_LARGEST || pool_class(wanted) != entry->class_)
		return false;
	if (is_first)
		memmove(things + size, things, end);
	memcpy(things + (is_first ? 0 : end), thing, size);
	set->count++;
	return true;
}

static void remove_in_place(struct entry *entry, size_t i, size_t size)
{
	struct set *set = &entry->sets[0];
	uint8_t *at = things_of(entry) + i * size;
	memmove(at, at + size, (set->count - i - 1) * size);
	set->count--;
}

static bool has_ptr_zone(const struct cluster *cluster, uint8_t family)
{
	for (size_t i = 0; i < cluster->reverse.count; i++) {
		const struct zone *zone = cluster->reverse.zones[i];
		bool is_v6 = zone->size >= 10 &&
			     memcmp(zone->name + zone->size - 10, "\3ip6\4arpa", 10) == 0;
		if (is_v6 == (family == 6))
			return true;
	}
	return false;
}

/* The first `parts` octets (IPv4) or nibbles (IPv6) of an address. */
static void prefix_bytes(const struct ip *ip, unsigned parts, uint8_t ret_bytes[16])
{
	unsigned bits = parts * (ip->family == 4 ? 8 : 4);
	memset(ret_bytes, 0, 16);
	memcpy(ret_bytes, ip->bytes, (bits + 7) / 8);
	if (bits % 8 != 0)
		ret_bytes[bits / 8] &= 0xf0;
}

static void prefixes_change(struct cluster *cluster, const struct ip *ip, int change)
{
	if (!has_ptr_zone(cluster, ip->family))
		return;
	unsigned full = ip->family == 4 ? 4 : 32;
	for (unsigned parts = 1; parts < full; parts++) {
		uint8_t bytes[16], key[24];
		prefix_bytes(ip, parts, bytes);
		uint8_t key_size = prefix_key(ip->family, (uint8_t)parts, bytes, key);
		uintptr_t count = (uintptr_t)map_get(cluster->prefixes, key, key_size);
		uintptr_t next = count + (uintptr_t)(intptr_t)change;
		if (next == 0) {
			map_remove(cluster->prefixes, key, key_size);
			cluster->changed |= table_remove(cluster->catalog->table, key, key_size);
			continue;
		}
		map_put(cluster->prefixes, key, key_size, (void *)next);
		if (count == 0) {
			draft_start(&cluster->draft, cluster->catalog->pool, key, key_size, 0);
			table_put(cluster->catalog->table, draft_entry(&cluster->draft),
				  &cluster->changed);
		}
	}
}

static void neighbours_stale(const struct address_ref *refs, size_t count,
			     const struct address_ref *ref)
{
	if (ref->ports == NULL) /* a clusterIP: no sets in pieces depend on it */
		return;
	for (size_t i = 0; i < count; i++)
		if (refs[i].owner == ref->owner && refs[i].ports != NULL)
			((struct member *)(uintptr_t)refs[i].from)->chunks_stale = true;
}

void refs_add(struct cluster *cluster, uint8_t kind, const struct ip *ip,
	      const struct address_ref *ref, bool is_first)
{
	uint8_t key[24], key_size = address_key(kind, ip, key);
	size_t count;
	const struct address_ref *refs = refs_of(cluster, key, key_size, &count);
	struct entry *entry = unshown_entry(cluster, key, key_size);
	neighbours_stale(refs, count, ref);
	if (entry == NULL || !insert_in_place(entry, ref, sizeof *ref, is_first)) {
		text_clear(&cluster->records);
		if (is_first)
			text_add_n(&cluster->records, ref, sizeof *ref);
		if (count > 0)
			text_add_n(&cluster->records, refs, count * sizeof *refs);
		if (!is_first)
			text_add_n(&cluster->records, ref, sizeof *ref);
		refs_put(cluster, key, key_size, &cluster->records, sizeof *ref);
	}
	if (count == 0 && kind == KEY_ADDRESS) {
		prefixes_change(cluster, ip, 1);
		if (ip->family == 6)
			atomic_fetch_add_explicit(&cluster->catalog->ipv6_addresses, 1,
						  memory_order_relaxed);
	}
	cluster->apex_dirty |= is_local(cluster, ip);
}

static size_t reference_find(const struct address_ref *refs, size_t count,
			     const struct address_ref *ref)
{
	size_t i = 0;
	while (i < count && (refs[i].owner != ref->owner || refs[i].from != ref->from ||
			     refs[i].host != ref->host))
		i++;
	return i;
}

void refs_remove(struct cluster *cluster, uint8_t kind, const struct ip *ip,
		 const struct address_ref *ref)
{
	uint8_t key[24], key_size = address_key(kind, ip, key);
	size_t count;
	const struct address_ref *refs = refs_of(cluster, key, key_size, &count);
	size_t found = reference_find(refs, count, ref);
	if (found == count)
		return;
	struct entry *entry = unshown_entry(cluster, key, key_size);
	neighbours_stale(refs, found, ref);
	neighbours_stale(refs + found + 1, count - found - 1, ref);
	if (entry != NULL && count > 1) {
		remove_in_place(entry, found, sizeof *ref);
	} else {
		text_clear(&cluster->records);
		text_add_n(&cluster->records, refs, found * sizeof *refs);
		text_add_n(&cluster->records, refs + found + 1, (count - found - 1) * sizeof *refs);
		refs_put(cluster, key, key_size, &cluster->records, sizeof *ref);
	}
	if (count == 1 && kind == KEY_ADDRESS) {
		prefixes_change(cluster, ip, -1);
		if (ip->family == 6)
			atomic_fetch_sub_explicit(&cluster->catalog->ipv6_addresses, 1,
						  memory_order_relaxed);
	}
	cluster->apex_dirty |= is_local(cluster, ip);
}

/* A pod's address lists its namespace once per pod. */
void pod_add(struct cluster *cluster, const struct ip *ip, struct space *space)
{
	uint8_t key[24], key_size = address_key(KEY_POD, ip, key);
	size_t count;
	const void *refs = refs_of(cluster, key, key_size, &count);
	struct entry *entry = unshown_entry(cluster, key, key_size);
	if (entry != NULL && insert_in_place(entry, &space->label, sizeof space->label, false))
		return;
	text_clear(&cluster->records);
	if (count > 0)
		text_add_n(&cluster->records, refs, count * sizeof space->label);
	text_add_n(&cluster->records, &space->label, sizeof space->label);
	refs_put(cluster, key, key_size, &cluster->records, sizeof space->label);
}

void pod_remove(struct cluster *cluster, const struct ip *ip, struct space *space)
{
	uint8_t key[24], key_size = address_key(KEY_POD, ip, key);
	size_t count, found = 0;
	const struct owner *const *refs = refs_of(cluster, key, key_size, &count);
	struct entry *entry = unshown_entry(cluster, key, key_size);
	while (found < count && refs[found] != space->label)
		found++;
	if (found == count)
		return;
	if (entry != NULL && count > 1) {
		remove_in_place(entry, found, sizeof space->label);
		return;
	}
	text_clear(&cluster->records);
	text_add_n(&cluster->records, refs, found * sizeof *refs);
	text_add_n(&cluster->records, refs + found + 1, (count - found - 1) * sizeof *refs);
	refs_put(cluster, key, key_size, &cluster->records, sizeof space->label);
}
