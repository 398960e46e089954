/* SPDX-License-Identifier: Apache-2.0 */
/* message_rdata -- data of records whose form matters to who hands them on: names stand in them,
 * which may be compressed, or addresses that are looked at. All others are octets (RFC 3597). */
#include "message_parts.h"

enum {
	TYPE_MD = 3,
	TYPE_MF = 4,
	TYPE_MB = 7,
	TYPE_MG = 8,
	TYPE_MR = 9,
	TYPE_MINFO = 14,
	TYPE_RP = 17,
	TYPE_AFSDB = 18,
	TYPE_RT = 21,
	TYPE_SIG = 24,
	TYPE_PX = 26,
	TYPE_NXT = 30,
	TYPE_KX = 36,
	FORMS = TYPE_HTTPS + 1,
};

/* In this order: octets, character-strings, names, octets again. */
struct form {
	uint8_t head, strings, names, tail;
	bool is_known;
	bool is_open;	  /* any number of octets may follow */
	bool is_plain;	  /* its names were never allowed to be compressed, and nobody does */
	bool is_internet; /* other classes mean other data by this type */
};

#define FORM(...)                                                                                  \
	{                                                                                          \
		.is_known = true, __VA_ARGS__                                                      \
	}

/* What RFC 3597 4 says is to be decompressed, DNAME and KX, which early writers compressed, and
 * those in use whose names are always plain. */
static const struct form forms[FORMS] = {
	[TYPE_A] = FORM(.head = 4, .is_internet = true),
	[TYPE_NS] = FORM(.names = 1),
	[TYPE_MD] = FORM(.names = 1),
	[TYPE_MF] = FORM(.names = 1),
	[TYPE_CNAME] = FORM(.names = 1),
	[TYPE_SOA] = FORM(.names = 2, .tail = 20),
	[TYPE_MB] = FORM(.names = 1),
	[TYPE_MG] = FORM(.names = 1),
	[TYPE_MR] = FORM(.names = 1),
	[TYPE_PTR] = FORM(.names = 1),
	[TYPE_MINFO] = FORM(.names = 2),
	[TYPE_MX] = FORM(.head = 2, .names = 1),
	[TYPE_RP] = FORM(.names = 2),
	[TYPE_AFSDB] = FORM(.head = 2, .names = 1),
	[TYPE_RT] = FORM(.head = 2, .names = 1),
	[TYPE_SIG] = FORM(.head = 18, .names = 1, .is_open = true),
	[TYPE_PX] = FORM(.head = 2, .names = 2, .is_internet = true),
	[TYPE_AAAA] = FORM(.head = 16, .is_internet = true),
	[TYPE_NXT] = FORM(.names = 1, .is_open = true),
	[TYPE_SRV] = FORM(.head = 6, .names = 1, .is_internet = true),
	[TYPE_NAPTR] = FORM(.head = 4, .strings = 3, .names = 1),
	[TYPE_KX] = FORM(.head = 2, .names = 1, .is_internet = true),
	[TYPE_DNAME] = FORM(.names = 1),
	[TYPE_RRSIG] = FORM(.head = 18, .names = 1, .is_open = true, .is_plain = true),
	[TYPE_NSEC] = FORM(.names = 1, .is_open = true, .is_plain = true),
	[TYPE_SVCB] = FORM(.head = 2, .names = 1, .is_open = true, .is_plain = true),
	[TYPE_HTTPS] = FORM(.head = 2, .names = 1, .is_open = true, .is_plain = true),
};

/* NULL: octets. */
static const struct form *form_of(const struct dns_record *record)
{
	if (record->type >= FORMS || !forms[record->type].is_known)
		return NULL;
	const struct form *form = &forms[record->type];
	return form->is_internet && record->class_ != CLASS_IN ? NULL : form;
}

/* Where the names begin, or a place behind the record if they do not. */
static uint32_t names_find(const uint8_t *packet, const struct dns_record *record,
			   const struct form *form)
{
	uint32_t at = (uint32_t)record->rdata_at + form->head;
	for (unsigned i = 0; i < form->strings && at < record->end; i++)
		at += packet[at] + 1u;
	return at;
}

bool rdata_check(const uint8_t *packet, const struct dns_record *record)
{
	const struct form *form = form_of(record);
	if (form == NULL)
		return true;
	uint32_t at = names_find(packet, record, form);
	for (unsigned i = 0; i < form->names; i++) {
		struct name_extent name;
		if (!extent_find(packet, record->end, at, &name))
			return false;
		if (form->is_plain && name.end != at + name.size)
			return false;
		at = name.end;
	}
	return form->is_open ? at <= record->end : at + form->tail == record->end;
}

static bool write_names(const uint8_t *packet, const struct dns_record *record, unsigned count,
			uint32_t *at, struct dns_writer *writer, struct compress *compress)
{
	bool is_short = compress != NULL && dns_type_may_point(record->type);
	for (; count > 0; count--) {
		uint8_t name[DNS_NAME_MAX + 1];
		struct name_extent extent;
		if (!extent_find(packet, record->end, *at, &extent))
			return false;
		extent_copy(packet, *at, &extent, name);
		if (!(is_short ? compress_write(compress, writer, name)
			       : write_bytes(writer, name, extent.size)))
			return false;
		*at = extent.end;
	}
	return true;
}

bool rdata_write(const uint8_t *packet, const struct dns_record *record, struct dns_writer *writer,
		 struct compress *compress)
{
	const struct form *form = form_of(record);
	uint32_t start = record->rdata_at;
	if (form == NULL || form->names == 0)
		return write_bytes(writer, packet + start, record->rdata_size);
	uint32_t at = names_find(packet, record, form);
	if (!write_bytes(writer, packet + start, at - start))
		return false;
	const uint8_t *names = writer->at;
	if (!write_names(packet, record, form->names, &at, writer, compress) ||
	    !write_bytes(writer, packet + at, record->end - at))
		return false;
	/* The target of SRV is whole (RFC 2782); addresses beside it may point there. */
	if (compress != NULL && record->type == TYPE_SRV)
		compress_learn(compress, writer->start, (size_t)(names - writer->start));
	return true;
}
