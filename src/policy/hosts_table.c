/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups of names and addresses. Few names have few sizes: a question whose name has another one
 * is told apart before anything is hashed. */
#include "hosts_parts.h"

#include <string.h>

/* ---- slots ---- */

enum { FILLED_PART = 3, FILLED_WHOLE = 4 /* of four slots, three are taken */ };

void slots_init(struct slots *slots, uint32_t entries)
{
	slots->count = (uint32_t)((uint64_t)entries * FILLED_WHOLE / FILLED_PART + 1);
	slots->tags = mem_zalloc(slots->count);
	slots->places = mem_alloc(slots->count * sizeof(*slots->places));
}

static void slots_done(struct slots *slots)
{
	mem_free(slots->tags);
	mem_free(slots->places);
}

static uint32_t first_slot(const struct slots *slots, uint64_t hash)
{
	return (uint32_t)((uint64_t)(uint32_t)hash * slots->count >> 32);
}

static uint8_t tag_of(uint64_t hash)
{
	return (uint8_t)(hash >> 56) | 1; /* never 0 */
}

static uint32_t next_slot(const struct slots *slots, uint32_t at)
{
	return at + 1 < slots->count ? at + 1 : 0;
}

void slots_put(struct slots *slots, uint64_t hash, uint32_t place)
{
	uint32_t at = first_slot(slots, hash);
	while (slots->tags[at] != 0)
		at = next_slot(slots, at);
	slots->tags[at] = tag_of(hash);
	slots->places[at] = place;
}

/* ---- tables ---- */

void hosts_table_free(struct hosts_table *table)
{
	if (table == NULL)
		return;
	slots_done(&table->names);
	slots_done(&table->addresses);
	mem_free(table->blob);
	mem_free(table);
}

size_t hosts_table_entries(const struct hosts_table *table)
{
	return table != NULL ? table->entries : 0;
}

size_t hosts_table_memory(const struct hosts_table *table)
{
	size_t slots = (size_t)table->names.count + table->addresses.count;
	return sizeof(*table) + slots * (sizeof(uint8_t) + sizeof(uint32_t)) + table->blob_size;
}

/* ---- names ---- */

static const uint8_t *find_name(const struct hosts_table *table, const struct hash_key *key,
				const uint8_t *name, size_t size)
{
	uint64_t hash = hash_bytes(key, name, size);
	const struct slots *slots = &table->names;
	for (uint32_t at = first_slot(slots, hash); slots->tags[at] != 0; at = next_slot(slots, at)) {
		const uint8_t *entry = table->blob + slots->places[at];
		if (slots->tags[at] == tag_of(hash) &&
		    memcmp(entry + sizeof(struct name_head), name, size) == 0)
			return entry;
	}
	return NULL;
}

/* Families that have nothing yet get what the entry has. */
static void add_found(const uint8_t *entry, size_t name_octets, struct hosts_found *found)
{
	struct name_head head;
	memcpy(&head, entry, sizeof(head));
	const uint8_t *v4 = entry + sizeof(head) + name_octets;
	if (found->families[0].count == 0)
		found->families[0] = (struct hosts_addresses){ v4, head.counts[0] };
	if (found->families[1].count == 0)
		found->families[1] =
			(struct hosts_addresses){ v4 + 4u * head.counts[0], head.counts[1] };
}

static void find_wildcard(const struct hosts_table *table, const struct hash_key *key,
			  const struct dns_query *query, struct hosts_found *found)
{
	uint8_t name[DNS_NAME_MAX + 2] = { 1, '*' };
	size_t tail = query->labels[1], size = query->name_size - tail;
	if (size + 2 > DNS_NAME_MAX || (table->wildcard_sizes & bit_of(size)) == 0)
		return;
	memcpy(name + 2, query->lower + tail, size);
	const uint8_t *entry = find_name(table, key, name, size + 2);
	if (entry != NULL)
		add_found(entry, size + 2, found);
}

void hosts_find(const struct hosts_table *table, const struct hash_key *key,
		const struct dns_query *query, struct hosts_found *ret_found)
{
	memset(ret_found, 0, sizeof(*ret_found));
	if (table == NULL)
		return;
	if ((table->name_sizes & bit_of(query->name_size)) != 0) {
		const uint8_t *entry = find_name(table, key, query->lower, query->name_size);
		if (entry != NULL)
			add_found(entry, query->name_size, ret_found);
	}
	bool is_whole = ret_found->families[0].count > 0 && ret_found->families[1].count > 0;
	if (query->label_count > 1 && !is_whole)
		find_wildcard(table, key, query, ret_found);
}

/* ---- addresses ---- */

struct hosts_names hosts_find_names(const struct hosts_table *table, const struct hash_key *key,
				    const struct ip *ip)
{
	struct hosts_names names = { .table = table };
	uint16_t size = ip->family == 4 ? 4 : 16;
	if (table == NULL || table->addresses.count == 0)
		return names;
	uint64_t hash = hash_bytes(key, ip->bytes, size);
	const struct slots *slots = &table->addresses;
	for (uint32_t at = first_slot(slots, hash); slots->tags[at] != 0; at = next_slot(slots, at)) {
		const uint8_t *entry = table->blob + slots->places[at];
		struct address_head head;
		memcpy(&head, entry, sizeof(head));
		if (slots->tags[at] != tag_of(hash) || head.size != size ||
		    memcmp(entry + sizeof(head), ip->bytes, size) != 0)
			continue;
		names.next = entry + sizeof(head) + size;
		names.count = head.count;
		break;
	}
	return names;
}

const uint8_t *hosts_next_name(struct hosts_names *names)
{
	uint32_t place;
	if (names->count == 0)
		return NULL;
	names->count--;
	memcpy(&place, names->next, sizeof(place));
	names->next += sizeof(place);
	return names->table->blob + place + sizeof(struct name_head);
}
