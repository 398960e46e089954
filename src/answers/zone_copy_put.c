/* SPDX-License-Identifier: Apache-2.0 */
/* Records lie in entries as they are sent, but for their owner: that is written once in a message,
 * and pointed to. */
#include "zone_copy.h"

#include <string.h>

enum { POINTER_MOST = 0x3fff };

/* ---- writing ---- */

/* The owner, whose labels in front of the zone are `size` octets. The zone's name is the question. */
static bool put_owner(const struct copy_out *out, const uint8_t *labels, size_t size, uint32_t owner_at)
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
static bool put_record(struct copy_out *out, const uint8_t *labels, size_t labels_size,
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

size_t copy_record_size(const uint8_t *record)
{
	return COPY_RECORD_HEAD + (size_t)get_u16(record + 10);
}

/* From copy->at on. False: the message is full. */
bool copy_put_records(struct zone_copy *copy, struct copy_out *out, const uint8_t *records, size_t size)
{
	while (copy->at < size) {
		const uint8_t *record = records + copy->at;
		if (!put_record(out, copy->name.lower, labels_size(copy), record,
				copy_record_size(record)) &&
		    out->message->count > 0)
			return false;
		/* One that no message can hold is left out. */
		copy->at += (uint32_t)copy_record_size(record);
	}
	copy->at = 0;
	return true;
}

bool copy_put_soa(const struct zone_copy *copy, struct copy_message *message)
{
	struct copy_out out = { .message = message };
	return put_record(&out, NULL, 0, copy->soa, copy->soa_size);
}

/* ---- stored names ---- */

static const uint8_t *extent_records(const struct extent *extent)
{
	return (const uint8_t *)(extent + 1) + extent->group_count * sizeof(struct glue_group);
}

/* Addresses below a delegation lie with it alone. Their owners are pointers to the names in the records. */
static bool put_glue(struct zone_copy *copy, struct copy_out *out, const struct extent *extent)
{
	const uint8_t *records = extent_records(extent), *glue = records + extent->records_size;
	size_t base = DNS_HEADER_SIZE + (size_t)copy->entry->key_size + copy->zone->size + 4u;
	while (copy->at < extent->glue_size) {
		const uint8_t *record = glue + copy->at;
		const uint8_t *owner = records + ((get_u16(record) & POINTER_MOST) - base);
		struct copy_out one = { .message = out->message };
		if (name_is_under(owner, copy->name.lower) &&
		    !put_record(&one, owner, name_size(owner) - (size_t)copy->zone->size, record,
				copy_record_size(record)) &&
		    out->message->count > 0)
			return false;
		copy->at += (uint32_t)copy_record_size(record);
	}
	copy->at = 0;
	return true;
}

static bool put_extent(struct zone_copy *copy, struct copy_out *out, const struct extent *extent)
{
	if (!copy->is_glue &&
	    !copy_put_records(copy, out, extent_records(extent), extent->records_size))
		return false;
	copy->is_glue = (copy->entry->flags & ENTRY_CUT) != 0 && extent->glue_size > 0;
	if (copy->is_glue && !put_glue(copy, out, extent))
		return false;
	copy->is_glue = false;
	return true;
}

static bool put_chunks(struct zone_copy *copy, struct copy_out *out, const struct chunk_list *list)
{
	for (; copy->chunk < list->chunk_count; copy->chunk++) {
		const struct chunk *chunk = list->places[copy->chunk].chunk;
		if (!copy_put_records(copy, out, chunk->bytes, chunk->size))
			return false;
	}
	copy->chunk = 0;
	return true;
}

static bool put_set(struct zone_copy *copy, struct copy_out *out, const struct set *set)
{
	const void *data = entry_data(copy->entry, set);
	if (set->type == TYPE_SOA) /* first and last, and nowhere else */
		return true;
	if (set->shape & SET_FIXED)
		return copy_put_records(copy, out, data, (size_t)set->count * set->record_size);
	if (set->shape & SET_EXTENT)
		return put_extent(copy, out, data);
	return (set->shape & SET_CHUNKS) == 0 || put_chunks(copy, out, data);
}

bool copy_put_stored(struct zone_copy *copy, struct copy_out *out)
{
	for (; copy->set < copy->entry->set_count; copy->set++)
		if (!put_set(copy, out, &copy->entry->sets[copy->set]))
			return false;
	return true;
}
