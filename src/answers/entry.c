/* SPDX-License-Identifier: Apache-2.0 */
/* Making entries: records are collected in a draft, then laid out in one block of the pool. */
#include <assert.h>
#include <string.h>

#include "store.h"

const struct set *entry_set(const struct entry *entry, uint16_t type)
{
	for (unsigned i = 0; i < entry->set_count; i++)
		if (entry->sets[i].type == type)
			return &entry->sets[i];
	return NULL;
}

static size_t set_size(const struct entry *entry, const struct set *set)
{
	if (set->shape & SET_FIXED)
		return (size_t)set->count * set->record_size;
	if (set->shape & SET_EXTENT) {
		const struct extent *extent = (const void *)entry_data(entry, set);
		return sizeof *extent + extent->group_count * sizeof(struct glue_group) +
		       extent->records_size + extent->glue_size;
	}
	if (set->shape & SET_CHUNKS) {
		const struct chunk_list *list = (const void *)entry_data(entry, set);
		return sizeof *list + list->chunk_count * sizeof list->places[0];
	}
	return (size_t)set->count * set->record_size; /* refs: record_size is their size */
}

size_t entry_size(const struct entry *entry)
{
	size_t size = (size_t)(entry_key(entry) - (const uint8_t *)entry) + entry->key_size;
	for (unsigned i = 0; i < entry->set_count; i++) {
		const struct set *set = &entry->sets[i];
		size_t end = 4 * (size_t)set->at + set_size(entry, set);
		if (end > size)
			size = end;
	}
	return size;
}

void draft_start(struct draft *draft, struct pool *pool, const uint8_t *key, uint8_t key_size,
		 uint8_t flags)
{
	draft->pool = pool;
	draft->key_size = key_size;
	draft->flags = flags;
	draft->set_count = 0;
	memcpy(draft->key, key, key_size);
	text_clear(&draft->bytes);
}

void draft_done(struct draft *draft)
{
	text_done(&draft->bytes);
}

static struct draft_set *set_start(struct draft *draft, uint16_t type, uint8_t shape, uint16_t count)
{
	assert(draft->set_count < COUNT_OF(draft->sets));
	while (draft->bytes.size % 8 != 0) /* chunk lists and refs hold pointers */
		text_add_n(&draft->bytes, "", 1);
	struct draft_set *set = &draft->sets[draft->set_count++];
	*set = (struct draft_set){
		.type = type, .shape = shape, .count = count, .from = draft->bytes.size
	};
	return set;
}

void draft_fixed(struct draft *draft, uint16_t type, uint16_t count, uint8_t record_size,
		 const void *records)
{
	struct draft_set *set = set_start(draft, type, SET_FIXED, count);
	set->record_size = record_size;
	set->size = (size_t)count * record_size;
	text_add_n(&draft->bytes, records, set->size);
}

void draft_raw(struct draft *draft, uint16_t type, uint8_t shape, uint16_t count, const void *bytes,
	       size_t size)
{
	struct draft_set *set = set_start(draft, type, shape, count);
	set->size = size;
	if (count > 0 && shape == 0)
		set->record_size = (uint8_t)(size / count);
	text_add_n(&draft->bytes, bytes, size);
}

void draft_extent(struct draft *draft, uint16_t type, uint16_t count, const struct text *records,
		  const struct glue_group *groups, uint16_t group_count, uint16_t glue_count,
		  const struct text *glue)
{
	struct draft_set *set = set_start(draft, type, SET_EXTENT, count);
	struct extent extent = { .records_size = (uint32_t)records->size,
				 .glue_size = glue == NULL ? 0 : (uint32_t)glue->size,
				 .group_count = group_count,
				 .glue_count = glue_count };
	text_add_n(&draft->bytes, &extent, sizeof extent);
	text_add_n(&draft->bytes, groups, group_count * sizeof *groups);
	text_add_n(&draft->bytes, records->data, records->size);
	if (extent.glue_size > 0)
		text_add_n(&draft->bytes, glue->data, glue->size);
	set->size = draft->bytes.size - set->from;
}

struct entry *draft_entry(struct draft *draft)
{
	size_t head = sizeof(struct entry) + draft->set_count * sizeof(struct set) + draft->key_size;
	bool pointers = false;
	for (unsigned i = 0; i < draft->set_count; i++) {
		pointers |= draft->sets[i].shape == SET_CHUNKS || draft->sets[i].shape == 0;
	}
	/* Plain records need no alignment of their own, but `at` counts in fours. */
	size_t align = pointers ? 8 : 4, start = (head + align - 1) & ~(align - 1);
	size_t size = start + draft->bytes.size;
	if (size > ENTRY_LARGEST)
		return NULL;
	uint8_t class_;
	struct entry *entry = pool_take(draft->pool, size, &class_);
	entry->class_ = class_;
	entry->key_size = draft->key_size;
	entry->flags = draft->flags;
	entry->set_count = draft->set_count;
	for (unsigned i = 0; i < draft->set_count; i++) {
		const struct draft_set *set = &draft->sets[i];
		entry->sets[i] = (struct set){ .type = set->type,
					       .shape = set->shape,
					       .record_size = set->record_size,
					       .count = set->count,
					       .at = (uint16_t)((start + set->from) / 4) };
	}
	memcpy((uint8_t *)&entry->sets[draft->set_count], draft->key, draft->key_size);
	if (draft->bytes.size > 0)
		memcpy((uint8_t *)entry + start, draft->bytes.data, draft->bytes.size);
	return entry;
}

void record_add(struct text *text, uint16_t type, uint32_t ttl, const void *rdata, uint16_t size)
{
	uint8_t head[12] = { 0xc0, DNS_HEADER_SIZE };
	put_u16(head + 2, type);
	put_u16(head + 4, CLASS_IN);
	put_u32(head + 6, ttl);
	put_u16(head + 10, size);
	text_add_n(text, head, sizeof head);
	text_add_n(text, rdata, size);
}

void record_add_address(struct text *text, uint16_t owner_at, const struct ip *ip, uint32_t ttl)
{
	size_t at = text->size;
	record_add(text, ip->family == 4 ? TYPE_A : TYPE_AAAA, ttl, ip->bytes,
		   ip->family == 4 ? 4 : 16);
	put_u16((uint8_t *)text->data + at, (uint16_t)(0xc000 | owner_at));
}

void record_add_srv(struct text *text, uint32_t ttl, uint16_t weight, uint16_t port,
		    const uint8_t *target, uint8_t size)
{
	uint8_t rdata[6 + DNS_NAME_MAX] = { 0 }; /* priority 0 */
	put_u16(rdata + 2, weight);
	put_u16(rdata + 4, port);
	memcpy(rdata + 6, target, size);
	record_add(text, TYPE_SRV, ttl, rdata, (uint16_t)(6 + size));
}
