/* SPDX-License-Identifier: Apache-2.0 */
/* Collects what hosts files say, and lays it out as a table: each name with its addresses behind
 * it, each address with the places of its names. Names, addresses and pairs are all octets that are
 * known once, so one kind of list does for the three; a flood of equal lines costs nothing. */
#include "hosts_parts.h"

#include <assert.h>
#include <string.h>

enum { SLOTS_LEAST = 64, SIZE_V4 = 4, SIZE_V6 = 16 };

/* Octets that are known once, by number in the order of coming. */
struct known {
	uint8_t *octets;
	size_t size, room;
	uint32_t *ends;	 /* of each in octets */
	uint32_t *slots; /* number + 1 */
	uint32_t count, mask, places;
};

struct pair {
	uint32_t name, address;
};

struct hosts_draft {
	struct hash_key key;
	struct known names, addresses, pairs;
};

static const uint8_t *known_get(const struct known *known, uint32_t number, size_t *ret_size)
{
	size_t start = number > 0 ? known->ends[number - 1] : 0;
	*ret_size = known->ends[number] - start;
	return known->octets + start;
}

static uint32_t *known_slot(const struct known *known, const struct hash_key *key,
			    const void *octets, size_t size)
{
	uint32_t at = (uint32_t)hash_bytes(key, octets, size) & known->mask;
	for (;; at = (at + 1) & known->mask) {
		size_t other_size;
		if (known->slots[at] == 0)
			return &known->slots[at];
		const uint8_t *other = known_get(known, known->slots[at] - 1, &other_size);
		if (other_size == size && memcmp(other, octets, size) == 0)
			return &known->slots[at];
	}
}

static void known_spread(struct known *known, const struct hash_key *key)
{
	uint32_t slots = known->mask == 0 ? SLOTS_LEAST : 2 * (known->mask + 1);
	mem_free(known->slots);
	known->slots = mem_zalloc(slots * sizeof(*known->slots));
	known->mask = slots - 1;
	for (uint32_t i = 0; i < known->count; i++) {
		size_t size;
		const uint8_t *octets = known_get(known, i, &size);
		*known_slot(known, key, octets, size) = i + 1;
	}
}

static void known_grow(struct known *known, size_t size)
{
	if (known->size + size > known->room) {
		known->room = 2 * known->room + size + 1024;
		known->octets = mem_realloc(known->octets, known->room);
	}
	if (known->count == known->places) {
		known->places = 2 * known->places + 64;
		known->ends = mem_realloc(known->ends, known->places * sizeof(*known->ends));
	}
}

/* Its number; *ret_is_new if it was not there before. */
static uint32_t known_put(struct known *known, const struct hash_key *key, const void *octets,
			  size_t size, bool *ret_is_new)
{
	if (known->mask == 0 || known->count > known->mask / 3 * 2)
		known_spread(known, key);
	uint32_t *slot = known_slot(known, key, octets, size);
	*ret_is_new = *slot == 0;
	if (*slot != 0)
		return *slot - 1;
	known_grow(known, size);
	memcpy(known->octets + known->size, octets, size);
	known->size += size;
	known->ends[known->count] = (uint32_t)known->size;
	*slot = ++known->count;
	return known->count - 1;
}

static void known_done(struct known *known)
{
	mem_free(known->octets);
	mem_free(known->ends);
	mem_free(known->slots);
	*known = (struct known){ 0 };
}

struct hosts_draft *hosts_draft_new(const struct hash_key *key)
{
	struct hosts_draft *draft = mem_zalloc(sizeof(*draft));
	draft->key = *key;
	return draft;
}

void hosts_draft_free(struct hosts_draft *draft)
{
	if (draft == NULL)
		return;
	known_done(&draft->names);
	known_done(&draft->addresses);
	known_done(&draft->pairs);
	mem_free(draft);
}

bool hosts_draft_add(struct hosts_draft *draft, const uint8_t *name, size_t size, const struct ip *ip)
{
	bool is_new;
	if (draft->pairs.count >= HOSTS_PAIRS_MOST)
		return false;
	struct pair pair = {
		.name = known_put(&draft->names, &draft->key, name, size, &is_new),
		.address = known_put(&draft->addresses, &draft->key, ip->bytes,
				     ip->family == 4 ? SIZE_V4 : SIZE_V6, &is_new),
	};
	known_put(&draft->pairs, &draft->key, &pair, sizeof(pair), &is_new);
	return true;
}

/* ---- layout ---- */

/* Pairs of each name, or of each address, in the order of coming: those of `i` are order[starts[i]] and on. */
struct grouped {
	uint32_t *starts, *order;
};

static uint32_t member(const struct hosts_draft *draft, uint32_t i, bool by_name)
{
	struct pair pair;
	memcpy(&pair, draft->pairs.octets + (size_t)i * sizeof(pair), sizeof(pair));
	return by_name ? pair.name : pair.address;
}

static struct grouped group(const struct hosts_draft *draft, uint32_t groups, bool by_name)
{
	uint32_t count = draft->pairs.count;
	struct grouped grouped = {
		.starts = mem_zalloc((groups + 2u) * sizeof(*grouped.starts)),
		.order = mem_alloc((count + 1u) * sizeof(*grouped.order)),
	};
	for (uint32_t i = 0; i < count; i++)
		grouped.starts[member(draft, i, by_name) + 2]++;
	for (uint32_t i = 2; i < groups + 2; i++)
		grouped.starts[i] += grouped.starts[i - 1];
	for (uint32_t i = 0; i < count; i++)
		grouped.order[grouped.starts[member(draft, i, by_name) + 1]++] = i;
	return grouped;
}

static void grouped_done(struct grouped *grouped)
{
	mem_free(grouped->starts);
	mem_free(grouped->order);
}

/* Appends the addresses of one family that belong to a name; how many. */
static uint16_t lay_addresses(const struct hosts_draft *draft, const struct grouped *grouped,
			      uint32_t name, size_t wanted, struct text *blob)
{
	uint16_t count = 0;
	for (uint32_t i = grouped->starts[name];
	     i < grouped->starts[name + 1] && count < HOSTS_ADDRESSES_MOST; i++) {
		size_t size;
		const uint8_t *octets =
			known_get(&draft->addresses, member(draft, grouped->order[i], false), &size);
		if (size != wanted)
			continue;
		text_add_n(blob, octets, size);
		count++;
	}
	return count;
}

/* Head, name, IPv4, IPv6. */
static void lay_name(const struct hosts_draft *draft, const struct grouped *grouped,
		     uint32_t number, struct text *blob)
{
	size_t size, at = blob->size;
	const uint8_t *name = known_get(&draft->names, number, &size);
	struct name_head head = { 0 };
	text_add_n(blob, &head, sizeof(head));
	text_add_n(blob, name, size);
	head.counts[0] = lay_addresses(draft, grouped, number, SIZE_V4, blob);
	head.counts[1] = lay_addresses(draft, grouped, number, SIZE_V6, blob);
	memcpy(blob->data + at, &head, sizeof(head));
}

static bool is_wildcard(const uint8_t *name)
{
	return name[0] == 1 && name[1] == '*';
}

/* Head, octets, places of names. Wildcards are nobody's name. */
static void lay_address(const struct hosts_draft *draft, const struct grouped *grouped,
			uint32_t number, const uint32_t *places, struct text *blob)
{
	size_t size, at = blob->size;
	const uint8_t *octets = known_get(&draft->addresses, number, &size);
	struct address_head head = { .size = (uint16_t)size };
	text_add_n(blob, &head, sizeof(head));
	text_add_n(blob, octets, size);
	for (uint32_t i = grouped->starts[number];
	     i < grouped->starts[number + 1] && head.count < HOSTS_NAMES_MOST; i++) {
		size_t name_octets;
		uint32_t name = member(draft, grouped->order[i], true);
		if (is_wildcard(known_get(&draft->names, name, &name_octets)))
			continue;
		text_add_n(blob, &places[name], sizeof(places[name]));
		head.count++;
	}
	memcpy(blob->data + at, &head, sizeof(head));
}

static void lay_names(const struct hosts_draft *draft, struct hosts_table *table, uint32_t *places,
		      struct text *blob)
{
	struct grouped grouped = group(draft, draft->names.count, true);
	slots_init(&table->names, draft->names.count);
	for (uint32_t i = 0; i < draft->names.count; i++) {
		size_t size;
		const uint8_t *name = known_get(&draft->names, i, &size);
		places[i] = (uint32_t)blob->size;
		slots_put(&table->names, hash_bytes(&draft->key, name, size), places[i]);
		if (is_wildcard(name))
			table->wildcard_sizes |= bit_of(size - 2);
		table->name_sizes |= bit_of(size);
		lay_name(draft, &grouped, i, blob);
	}
	grouped_done(&grouped);
}

static void lay_all_addresses(const struct hosts_draft *draft, struct hosts_table *table,
			      const uint32_t *places, struct text *blob)
{
	struct grouped grouped = group(draft, draft->addresses.count, false);
	slots_init(&table->addresses, draft->addresses.count);
	for (uint32_t i = 0; i < draft->addresses.count; i++) {
		size_t size;
		const uint8_t *octets = known_get(&draft->addresses, i, &size);
		slots_put(&table->addresses, hash_bytes(&draft->key, octets, size),
			  (uint32_t)blob->size);
		lay_address(draft, &grouped, i, places, blob);
	}
	grouped_done(&grouped);
}

static uint32_t count_wildcards(const struct hosts_draft *draft)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < draft->pairs.count; i++) {
		size_t size;
		count += is_wildcard(known_get(&draft->names, member(draft, i, true), &size));
	}
	return count;
}

struct hosts_table *hosts_draft_end(struct hosts_draft *draft, bool reverse)
{
	struct hosts_table *table = mem_zalloc(sizeof(*table));
	struct text blob = { 0 };
	uint32_t *places = mem_alloc((draft->names.count + 1u) * sizeof(*places));
	text_add(&blob, "");
	lay_names(draft, table, places, &blob);
	table->entries = draft->pairs.count;
	if (reverse) {
		lay_all_addresses(draft, table, places, &blob);
		table->entries += draft->pairs.count - count_wildcards(draft);
	}
	assert(blob.size <= UINT32_MAX);
	table->blob_size = blob.size + DNS_NAME_MAX; /* any name may be compared with any entry */
	table->blob = mem_realloc(blob.data, table->blob_size);
	memset(table->blob + blob.size, 0, DNS_NAME_MAX);
	mem_free(places);
	hosts_draft_free(draft);
	return table;
}
