/* SPDX-License-Identifier: Apache-2.0 */
/* query -- reads what a client sends: the one parser of packets from the network.
 *
 * Every query passes here once, so the usual one (one question, nothing else or an OPT without
 * options) goes straight through: walk the labels, fold the name in blocks, look at 11 octets more. */
#include "knamed/dns.h"

#include <assert.h>

#include "fold.h"

enum {
	RECORD_FIXED = 10,  /* type, class, TTL and RDLENGTH, behind a record's owner */
	QUESTION_FIXED = 4, /* type and class, behind the name */
	LABEL_POINTER = 0xc0,
	OPT_DO = 0x80, /* in the third octet of its TTL */
};

/* Notes where the labels of a name are. Returns the size of the name; 0 if it does not end in time or
 * has anything but plain labels: a question has nothing before it that a pointer could point at. */
static size_t labels_find(const uint8_t *name, size_t most, struct dns_query *query)
{
	size_t at = 0, count = 0;
	uint8_t label;
	while ((label = name[at]) != 0) {
		if (label > DNS_LABEL_MAX || at + label + 1u >= most)
			return 0;
		query->labels[count++] = (uint8_t)at;
		at += label + 1u;
	}
	query->label_count = (uint8_t)count;
	return at + 1;
}

/* With a `size` known to the compiler this becomes a few vector instructions. */
static inline void fold_block(uint8_t *restrict to, const uint8_t *restrict from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = octet_lower(from[i]);
}

/* The last block overlaps the one before, so that nothing behind the name is read or written. */
static void fold_copy(uint8_t *to, const uint8_t *from, size_t size)
{
	if (size >= 16) {
		for (size_t at = 0; at < size - 16; at += 16)
			fold_block(to + at, from + at, 16);
		fold_block(to + size - 16, from + size - 16, 16);
	} else if (size >= 8) {
		fold_block(to, from, 8);
		fold_block(to + size - 8, from + size - 8, 8);
	} else {
		fold_block(to, from, size);
	}
}

static bool question_read(struct dns_query *query)
{
	const uint8_t *name = query->packet + DNS_HEADER_SIZE;
	size_t left = query->size - DNS_HEADER_SIZE;
	if (left < 1 + QUESTION_FIXED)
		return false;
	size_t most = left - QUESTION_FIXED < DNS_NAME_MAX ? left - QUESTION_FIXED : DNS_NAME_MAX;
	size_t size = labels_find(name, most, query);
	if (size == 0)
		return false;

	fold_copy(query->lower, name, size);
	query->name_size = (uint8_t)size;
	query->type = get_u16(name + size);
	query->class_ = get_u16(name + size + 2);
	query->question_end = (uint16_t)(DNS_HEADER_SIZE + size + QUESTION_FIXED);
	return true;
}

/* Where the owner that starts at `at` ends; 0 if it is no name or is cut. Nothing here needs to know
 * whose records these are, so a pointer is the end: it is not followed and cannot lead into a loop. */
static size_t owner_end(const struct dns_query *query, size_t at)
{
	size_t most = query->size - at < DNS_NAME_MAX ? query->size : at + DNS_NAME_MAX;
	while (at < most) {
		uint8_t label = query->packet[at];
		if (label == 0)
			return at + 1;
		if (label >= LABEL_POINTER)
			return at + 2 <= query->size ? at + 2 : 0;
		if (label > DNS_LABEL_MAX)
			return 0;
		at += label + 1u;
	}
	return 0;
}

static bool options_read(const uint8_t *option, size_t left, struct dns_query *query)
{
	while (left > 0) {
		if (left < DNS_OPTION_HEAD || left - DNS_OPTION_HEAD < get_u16(option + 2))
			return false;
		query->nsid |= get_u16(option) == OPTION_NSID;
		size_t size = DNS_OPTION_HEAD + get_u16(option + 2);
		option += size;
		left -= size;
	}
	return true;
}

struct records {
	size_t at;	  /* offset of the next one */
	bool bad_version; /* the OPT is of an EDNS we do not know */
};

/* `fixed` is what follows the owner. The options of an unknown version are not ours to judge: their
 * form may have changed, and the answer is BADVERS whatever they are (RFC 6891 6.1.3). */
static bool opt_read(const uint8_t *fixed, struct dns_query *query, struct records *records)
{
	uint16_t udp_size = get_u16(fixed + 2);
	query->edns = true;
	query->dnssec_ok = (fixed[6] & OPT_DO) != 0;
	query->udp_size = udp_size > DNS_UDP_MIN ? udp_size : DNS_UDP_MIN;
	records->bad_version = fixed[5] != 0;
	return records->bad_version || options_read(fixed + RECORD_FIXED, get_u16(fixed + 8), query);
}

/* An OPT is one, at the root, and in the additional section. */
static bool record_read(struct dns_query *query, struct records *records, bool additional)
{
	size_t end = owner_end(query, records->at);
	if (end == 0 || query->size - end < RECORD_FIXED)
		return false;
	const uint8_t *owner = query->packet + records->at, *fixed = query->packet + end;
	uint16_t data_size = get_u16(fixed + 8);
	if (query->size - end - RECORD_FIXED < data_size)
		return false;
	records->at = end + RECORD_FIXED + data_size;
	if (get_u16(fixed) != TYPE_OPT)
		return true;
	return additional && !query->edns && *owner == 0 && opt_read(fixed, query, records);
}

/* Records other than the OPT are only walked, a TSIG like any. Octets behind the last record are
 * let pass: there are clients that send their whole buffer, CoreDNS and NSD answer them (Knot does
 * not), and no octet of a reply comes from there. */
static enum dns_verdict records_read(struct dns_query *query, unsigned others, unsigned additional)
{
	struct records records = { .at = query->question_end };
	for (; others > 0; others--)
		if (!record_read(query, &records, false))
			return QUERY_FORMERR;
	for (; additional > 0; additional--)
		if (!record_read(query, &records, true))
			return QUERY_FORMERR;
	return records.bad_version ? QUERY_BADVERS : QUERY_GOOD;
}

/* The header is there and says that this is for us: the rest. */
static enum dns_verdict rest_read(struct dns_query *query)
{
	/* One question, and of the rest what any kind of query can have (RFC 9619; IXFR has an SOA
	 * in the authority section, NOTIFY one among the answers, TSIG may follow the OPT). */
	const uint8_t *packet = query->packet;
	unsigned answers = get_u16(packet + 6), authorities = get_u16(packet + 8),
		 additional = get_u16(packet + 10);
	if (get_u16(packet + 4) != 1 || answers > 1 || authorities > 1 || additional > 2)
		return QUERY_FORMERR;
	if (!question_read(query))
		return QUERY_FORMERR;
	query->edns = query->dnssec_ok = query->nsid = false;
	query->udp_size = DNS_UDP_MIN;
	return records_read(query, answers + authorities, additional);
}

enum dns_verdict dns_query_read(const uint8_t *packet, size_t size, struct dns_query *ret_query)
{
	assert(size <= DNS_MESSAGE_MAX);
	ret_query->packet = packet;
	ret_query->size = (uint16_t)size;
	ret_query->flags = 0;
	if (size < DNS_HEADER_SIZE)
		return QUERY_DROP;
	ret_query->flags = get_u16(packet + 2);
	if (ret_query->flags & FLAG_QR)
		return QUERY_DROP;
	if (ret_query->flags & OPCODE_MASK)
		return QUERY_NOTIMP;
	return rest_read(ret_query);
}

enum dns_verdict dns_notify_read(struct dns_query *query)
{
	if ((query->flags & OPCODE_MASK) != OPCODE_NOTIFY)
		return QUERY_NOTIMP;
	return rest_read(query);
}

/* The names in front of the numbers may be compressed: they are not looked at. */
bool dns_query_serial(const struct dns_query *query, uint32_t *ret_serial)
{
	enum { NUMBERS = 20, NAMES_LEAST = 2 };
	size_t end = owner_end(query, query->question_end);
	if (get_u16(query->packet + 6) != 0 || get_u16(query->packet + 8) != 1 || end == 0)
		return false;
	const uint8_t *fixed = query->packet + end;
	uint16_t data_size = get_u16(fixed + 8);
	if (get_u16(fixed) != TYPE_SOA || data_size < NUMBERS + NAMES_LEAST)
		return false;
	*ret_serial = get_u32(fixed + RECORD_FIXED + data_size - NUMBERS);
	return true;
}
