/* SPDX-License-Identifier: Apache-2.0 */
/* The one parser of what upstreams say. A message is checked whole before anything of it is used:
 * afterwards every name can be followed and every record walked without another look at lengths.
 * Pointers lead strictly backwards from the name they end, so following them ends. */
#include <string.h>

#include "knamed/dns.h"

enum {
	POINTER = 0xc0,
	OPCODE_BITS = 0x7800,
	RECORD_FIXED = 10, /* type, class, TTL, length */
	EDE_OPTION = 15,
};

/* ---- names ---- */

/* Reads a name and says where it ends in the packet; false if it is not whole, too long or leads
 * nowhere. ret_name may be NULL. */
static bool name_follow(const uint8_t *packet, uint32_t size, uint32_t at, uint8_t *ret_name,
			uint32_t *ret_size, uint32_t *ret_end)
{
	uint32_t total = 0, lowest = at, end = 0;
	for (;;) {
		if (at >= size)
			return false;
		uint8_t length = packet[at];
		if ((length & POINTER) == POINTER) {
			if (at + 1 >= size)
				return false;
			uint32_t target = get_u16(packet + at) & 0x3fffu;
			end = end != 0 ? end : at + 2;
			if (target >= lowest || target < DNS_HEADER_SIZE)
				return false;
			at = lowest = target;
			continue;
		}
		if ((length & POINTER) != 0 || at + 1 + length > size ||
		    total + 1 + length > DNS_NAME_MAX)
			return false;
		if (ret_name != NULL)
			memcpy(ret_name + total, packet + at, 1u + length);
		total += 1u + length;
		at += 1u + length;
		if (length == 0)
			break;
	}
	*ret_size = total;
	*ret_end = end != 0 ? end : at;
	return true;
}

static bool name_skip(const uint8_t *packet, uint32_t size, uint32_t at, uint32_t *ret_end)
{
	uint32_t name_size;
	return name_follow(packet, size, at, NULL, &name_size, ret_end);
}

/* ---- record data ---- */

/* Octets, names and octets again: what RFC 3597 4 knows to have names in it. */
struct shape {
	uint8_t head, names, tail;
	bool is_known;
};

static struct shape shape_of(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME:
	case 3: /* MD */
	case 4: /* MF */
	case 7: /* MB */
	case 8: /* MG */
	case 9: /* MR */
		return (struct shape){ 0, 1, 0, true };
	case TYPE_SOA:
		return (struct shape){ 0, 2, 20, true };
	case 14: /* MINFO */
	case 17: /* RP */
		return (struct shape){ 0, 2, 0, true };
	case TYPE_MX:
	case 18: /* AFSDB */
	case 21: /* RT */
	case 36: /* KX */
		return (struct shape){ 2, 1, 0, true };
	case 26: /* PX */
		return (struct shape){ 2, 2, 0, true };
	case TYPE_SRV:
		return (struct shape){ 6, 1, 0, true };
	case TYPE_A:
		return (struct shape){ 4, 0, 0, true };
	case TYPE_AAAA:
		return (struct shape){ 16, 0, 0, true };
	default:
		return (struct shape){ .is_known = false };
	}
}

static bool rdata_check(const uint8_t *packet, const struct dns_record *record)
{
	struct shape shape = shape_of(record->type);
	uint32_t at = (uint32_t)record->rdata_at + shape.head, end = record->end;
	if (!shape.is_known || record->class_ != CLASS_IN)
		return true;
	for (unsigned i = 0; i < shape.names; i++)
		if (at > end || !name_skip(packet, end, at, &at))
			return false;
	return at + shape.tail == end;
}

/* ---- records ---- */

static bool record_read(const uint8_t *packet, uint32_t size, uint32_t at, struct dns_record *ret_record)
{
	uint32_t fixed;
	if (!name_skip(packet, size, at, &fixed) || fixed + RECORD_FIXED > size)
		return false;
	uint32_t rdata = fixed + RECORD_FIXED, length = get_u16(packet + fixed + 8);
	if (rdata + length > size)
		return false;
	*ret_record = (struct dns_record){
		.at = (uint16_t)at,
		.end = (uint16_t)(rdata + length),
		.type = get_u16(packet + fixed),
		.class_ = get_u16(packet + fixed + 2),
		.ttl = get_u32(packet + fixed + 4),
		.ttl_at = (uint16_t)(fixed + 4),
		.rdata_at = (uint16_t)rdata,
		.rdata_size = (uint16_t)length,
	};
	/* The top bit makes no sense in a TTL (RFC 2181 8). */
	if (ret_record->type != TYPE_OPT && ret_record->ttl > 0x7fffffffu)
		ret_record->ttl = 0;
	return rdata_check(packet, ret_record);
}

static bool opt_take(struct dns_message *message, const struct dns_record *opt)
{
	const uint8_t *packet = message->packet;
	if (message->has_opt || packet[opt->at] != 0)
		return false;
	message->has_opt = true;
	message->rcode |= (uint16_t)(opt->ttl >> 24 << 4);
	for (uint32_t at = opt->rdata_at; at < opt->end;) {
		if (at + 4 > opt->end || at + 4 + get_u16(packet + at + 2) > opt->end)
			return false;
		uint16_t code = get_u16(packet + at), size = get_u16(packet + at + 2);
		if (code == EDE_OPTION && size >= 2)
			message->extended_error = get_u16(packet + at + 4);
		at += 4u + size;
	}
	return true;
}

/* Signatures of the transaction are between it and us. */
static bool is_about_transaction(uint16_t type)
{
	return type == TYPE_OPT || type == 250 /* TSIG */ || type == 24 /* SIG(0) */;
}

/* Walks all of it. What stands behind OPT is left out with it: pointers into a piece that was cut
 * out of the middle would lead astray, and nobody needs it. */
static bool sections_read(struct dns_message *message, uint32_t at)
{
	const uint8_t *packet = message->packet;
	bool is_cut = (message->flags & FLAG_TC) != 0, is_over = false;
	message->end = (uint16_t)at;
	for (unsigned section = 0; section < 3; section++) {
		unsigned count = get_u16(packet + 6 + 2 * section);
		for (unsigned i = 0; i < count; i++) {
			struct dns_record record;
			if (!record_read(packet, message->size, at, &record))
				return is_cut;
			bool is_special = is_about_transaction(record.type);
			if (is_special && section != 2)
				return false;
			if (record.type == TYPE_OPT && !opt_take(message, &record))
				return false;
			at = record.end;
			is_over |= is_special;
			if (is_over)
				continue;
			message->counts[section]++;
			message->end = (uint16_t)at;
		}
	}
	return true;
}

bool dns_message_read(const uint8_t *packet, size_t size, struct dns_message *ret_message)
{
	uint32_t end;
	if (size < DNS_HEADER_SIZE || size > DNS_MESSAGE_MAX)
		return false;
	*ret_message = (struct dns_message){
		.packet = packet,
		.size = (uint16_t)size,
		.id = get_u16(packet),
		.flags = get_u16(packet + 2),
		.rcode = get_u16(packet + 2) & 15,
	};
	if ((ret_message->flags & FLAG_QR) == 0 || (ret_message->flags & OPCODE_BITS) != 0 ||
	    get_u16(packet + 4) != 1)
		return false;
	if (!name_skip(packet, (uint32_t)size, DNS_HEADER_SIZE, &end) || end + 4 > size)
		return false;
	ret_message->type = get_u16(packet + end);
	ret_message->class_ = get_u16(packet + end + 2);
	ret_message->question_end = (uint16_t)(end + 4);
	return sections_read(ret_message, end + 4);
}

bool dns_message_next(const struct dns_message *message, struct dns_walk *walk,
		      struct dns_record *ret_record)
{
	if (walk->at == 0)
		walk->at = message->question_end;
	if (walk->at >= message->end)
		return false;
	record_read(message->packet, message->size, walk->at, ret_record);
	unsigned section = 0, before = message->counts[0];
	while (walk->done >= before && section < 2)
		before += message->counts[++section];
	ret_record->section = (uint8_t)section;
	walk->at = ret_record->end;
	walk->done++;
	return true;
}

void dns_message_name(const struct dns_message *message, uint16_t at,
		      uint8_t ret_name[DNS_NAME_MAX + 1], uint8_t *ret_size)
{
	uint32_t size = 0, end;
	if (!name_follow(message->packet, message->size, at, ret_name, &size, &end)) {
		ret_name[0] = 0; /* not a name of a checked message */
		size = 1;
	}
	*ret_size = (uint8_t)size;
}

bool dns_message_asks(const struct dns_message *message, const uint8_t *name, bool is_case_exact,
		      uint16_t type, uint16_t class_)
{
	const uint8_t *asked = message->packet + DNS_HEADER_SIZE;
	if (message->type != type || message->class_ != class_)
		return false;
	if (!is_case_exact)
		return name_equal_fold(asked, name);
	size_t size = name_size(name);
	return message->question_end == DNS_HEADER_SIZE + size + 4 && memcmp(asked, name, size) == 0;
}

/* ---- written out ---- */

static bool write_expanded(const struct dns_message *message, uint32_t *at, struct dns_writer *writer)
{
	uint8_t name[DNS_NAME_MAX + 1];
	uint32_t size;
	return name_follow(message->packet, message->size, *at, name, &size, at) &&
	       write_bytes(writer, name, size);
}

static bool write_rdata(const struct dns_message *message, const struct dns_record *record,
			struct dns_writer *writer)
{
	struct shape shape = shape_of(record->type);
	const uint8_t *packet = message->packet;
	uint32_t at = record->rdata_at;
	if (shape.names == 0 || record->class_ != CLASS_IN)
		return write_bytes(writer, packet + at, record->rdata_size);
	if (!write_bytes(writer, packet + at, shape.head))
		return false;
	at += shape.head;
	for (unsigned i = 0; i < shape.names; i++)
		if (!write_expanded(message, &at, writer))
			return false;
	return write_bytes(writer, packet + at, shape.tail);
}

static bool write_whole(const struct dns_message *message, const struct dns_record *record,
			uint32_t ttl, struct dns_writer *writer)
{
	uint32_t at = record->at;
	if (!write_expanded(message, &at, writer) || !write_u16(writer, record->type) ||
	    !write_u16(writer, record->class_) || !write_u32(writer, ttl))
		return false;
	uint8_t *size_at = writer->at;
	if (!write_u16(writer, 0) || !write_rdata(message, record, writer))
		return false;
	put_u16(size_at, (uint16_t)(writer->at - size_at - 2));
	return true;
}

bool dns_record_write(const struct dns_message *message, const struct dns_record *record,
		      uint32_t ttl, struct dns_writer *writer)
{
	uint8_t *before = writer->at;
	if (write_whole(message, record, ttl, writer))
		return true;
	writer->at = before;
	return false;
}
