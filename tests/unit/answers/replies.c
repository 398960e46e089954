/* SPDX-License-Identifier: Apache-2.0 */
#include "replies.h"

enum { SOA_NUMBERS = 20, POINTERS_REACH = 0x4000 };

/* Owners written out, so that they can be compared wherever they point. */
struct record {
	uint8_t section;
	uint8_t owner[DNS_NAME_MAX];
	const uint8_t *rest;
	size_t owner_size, rest_size;
};

static size_t read_owner(const uint8_t *packet, size_t at, uint8_t *ret_owner, size_t *ret_size)
{
	size_t size = 0, end = 0;
	for (;;) {
		uint8_t octet = packet[at];
		if (octet >= 0xc0) {
			end = end == 0 ? at + 2 : end;
			at = get_u16(packet + at) & 0x3fff;
			continue;
		}
		memcpy(ret_owner + size, packet + at, octet + 1u);
		size += octet + 1u;
		at += octet + 1u;
		if (octet == 0)
			break;
	}
	*ret_size = size;
	return end == 0 ? at : end;
}

static int by_content(const void *a, const void *b)
{
	const struct record *left = a, *right = b;
	if (left->section != right->section || left->owner_size != right->owner_size ||
	    left->rest_size != right->rest_size)
		return left->section != right->section ? left->section - right->section
		       : left->owner_size != right->owner_size
			       ? (left->owner_size < right->owner_size ? -1 : 1)
		       : left->rest_size < right->rest_size ? -1
							    : 1;
	int order = memcmp(left->owner, right->owner, left->owner_size);
	return order != 0 ? order : memcmp(left->rest, right->rest, left->rest_size);
}

static struct record *records_of(const struct octets *octets, size_t count)
{
	struct record *records = mem_zalloc((count + 1) * sizeof *records);
	size_t at = DNS_HEADER_SIZE;
	while (octets->bytes[at] != 0)
		at += octets->bytes[at] + 1u;
	at += 5;
	for (size_t i = 0; i < count; i++) {
		struct record *record = &records[i];
		record->section = i < octets->reply.answers ? 0
				  : i < (size_t)octets->reply.answers + octets->reply.authorities
					  ? 1
					  : 2;
		at = read_owner(octets->bytes, at, record->owner, &record->owner_size);
		record->rest = octets->bytes + at;
		record->rest_size = 10u + get_u16(octets->bytes + at + 8);
		at += record->rest_size;
	}
	assert_int_equal(at, octets->size);
	qsort(records, count, sizeof *records, by_content);
	return records;
}

static uint16_t first_answer_type(const struct octets *octets)
{
	size_t at = DNS_HEADER_SIZE;
	while (octets->bytes[at] != 0)
		at += octets->bytes[at] + 1u;
	return get_u16(octets->bytes + at + 5 + 2); /* its owner is a pointer to the question */
}

void reply_hide_serial(struct octets *octets)
{
	bool has_soa = octets->reply.authorities > 0 ||
		       (octets->reply.answers == 1 && first_answer_type(octets) == TYPE_SOA);
	if (has_soa && octets->size > SOA_NUMBERS)
		memset(octets->bytes + octets->size - SOA_NUMBERS, 0, 4);
}

/* Glue points into answers; where they reach too far, which targets have glue is a matter of order. */
static bool reaches_too_far(const struct octets *octets)
{
	return octets->size >= POINTERS_REACH && octets->reply.additionals > 0;
}

bool replies_equal(const struct octets *a, const struct octets *b)
{
	if (a->kind != b->kind || a->reply.rcode != b->reply.rcode ||
	    a->reply.answers != b->reply.answers || a->reply.authorities != b->reply.authorities ||
	    a->reply.truncated != b->reply.truncated)
		return false;
	if (a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0)
		return true;
	size_t count = (size_t)a->reply.answers + a->reply.authorities;
	bool far = reaches_too_far(a) || reaches_too_far(b);
	if (!far && a->reply.additionals != b->reply.additionals)
		return false;
	size_t all_a = count + a->reply.additionals, all_b = count + b->reply.additionals;
	struct record *left = records_of(a, all_a), *right = records_of(b, all_b);
	bool equal = true;
	for (size_t i = 0; equal && i < (far ? count : all_a); i++)
		equal = by_content(&left[i], &right[i]) == 0;
	mem_free(left);
	mem_free(right);
	return equal;
}
