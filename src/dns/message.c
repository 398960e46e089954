/* SPDX-License-Identifier: Apache-2.0 */
/* message -- the one parser of what upstreams say.
 *
 * A message is checked whole before anything of it is used; afterwards every name can be followed
 * and every record walked without another look at lengths. */
#include "message_parts.h"

#include <string.h>

enum {
	RCODE_MASK = 15,
	QUESTION_FIXED = 4, /* type and class, behind the name */
	RECORD_FIXED = 10,  /* type, class, TTL and RDLENGTH, behind a record's owner */
	TYPE_SIG = 24,
	TYPE_TSIG = 250,
	ADDITIONAL = 2,
};

/* `fixed` is where the record's owner ends; there are RECORD_FIXED octets. */
static void record_fill(const uint8_t *packet, uint32_t at, uint32_t fixed,
			struct dns_record *ret_record)
{
	uint16_t rdata_size = get_u16(packet + fixed + 8);
	uint32_t ttl = get_u32(packet + fixed + 4);
	*ret_record = (struct dns_record){
		.at = (uint16_t)at,
		.end = (uint16_t)(fixed + RECORD_FIXED + rdata_size),
		.type = get_u16(packet + fixed),
		.class_ = get_u16(packet + fixed + 2),
		.ttl = ttl >> 31 != 0 ? 0 : ttl, /* RFC 2181 8 */
		.ttl_at = (uint16_t)(fixed + 4),
		.rdata_at = (uint16_t)(fixed + RECORD_FIXED),
		.rdata_size = rdata_size,
	};
}

static bool record_read(const uint8_t *packet, uint32_t size, uint32_t at, struct dns_record *ret_record)
{
	struct name_extent owner;
	if (!extent_find(packet, size, at, &owner) || size - owner.end < RECORD_FIXED)
		return false;
	if (size - owner.end - RECORD_FIXED < get_u16(packet + owner.end + 8))
		return false;
	record_fill(packet, at, owner.end, ret_record);
	return rdata_check(packet, ret_record);
}

/* One at most, at the root. Of several extended errors the first is taken. */
static bool opt_read(struct dns_message *message, const struct dns_record *opt)
{
	const uint8_t *packet = message->packet;
	if (message->opt_size > 0 || packet[opt->at] != 0)
		return false;
	message->opt_size = (uint16_t)(opt->end - opt->at);
	message->rcode |= (uint16_t)(packet[opt->ttl_at] << 4);
	for (uint32_t at = opt->rdata_at; at < opt->end;) {
		uint32_t left = opt->end - at;
		if (left < DNS_OPTION_HEAD || left - DNS_OPTION_HEAD < get_u16(packet + at + 2))
			return false;
		uint16_t size = get_u16(packet + at + 2);
		if (get_u16(packet + at) == OPTION_EDE && size >= 2 && message->extended_error == 0)
			message->extended_error = get_u16(packet + at + DNS_OPTION_HEAD);
		at += DNS_OPTION_HEAD + size;
	}
	return true;
}

/* Whether the record is about this exchange and nothing that could be handed on: OPT, TSIG, SIG(0). */
static bool is_about_exchange(const uint8_t *packet, const struct dns_record *record)
{
	return record->type == TYPE_OPT || record->type == TYPE_TSIG ||
	       (record->type == TYPE_SIG && get_u16(packet + record->rdata_at) == 0);
}

struct progress {
	uint32_t at;
	bool is_over; /* something about the exchange was there */
};
enum step { STEP_ON, STEP_CUT, STEP_BAD };

/* Records behind the OPT are read like all, but left out with it: they may point at each other, so
 * none can be taken out of the middle of a message; and what is lost is additional, which nobody
 * relies on. Nearly all servers have the OPT at the end. */
static enum step record_take(struct dns_message *message, struct progress *progress, unsigned section)
{
	struct dns_record record;
	if (!record_read(message->packet, message->size, progress->at, &record))
		return STEP_CUT;
	progress->at = record.end;
	if (is_about_exchange(message->packet, &record)) {
		if (section != ADDITIONAL || (record.type == TYPE_OPT && !opt_read(message, &record)))
			return STEP_BAD;
		progress->is_over = true;
	}
	if (!progress->is_over) {
		message->counts[section]++;
		message->end = record.end;
	}
	return STEP_ON;
}

/* A message that says it is truncated ends where it cannot be read, whatever its counts are. Octets
 * behind the last record are let pass: BIND, Unbound and CoreDNS do so, and nothing is taken from there. */
static bool records_read(struct dns_message *message)
{
	struct progress progress = { .at = message->question_end };
	for (unsigned section = 0; section <= ADDITIONAL; section++) {
		for (unsigned left = get_u16(message->packet + 6 + 2 * section); left > 0; left--) {
			enum step step = record_take(message, &progress, section);
			if (step != STEP_ON)
				return step == STEP_CUT && (message->flags & FLAG_TC) != 0;
		}
	}
	return true;
}

/* The one question, if there is one. */
static bool question_read(struct dns_message *message)
{
	const uint8_t *packet = message->packet;
	struct name_extent name;
	message->question_end = message->end = DNS_HEADER_SIZE;
	if (get_u16(packet + 4) == 0)
		return true;
	if (!extent_find(packet, message->size, DNS_HEADER_SIZE, &name) ||
	    message->size - name.end < QUESTION_FIXED)
		return false;
	message->type = get_u16(packet + name.end);
	message->class_ = get_u16(packet + name.end + 2);
	message->question_end = message->end = (uint16_t)(name.end + QUESTION_FIXED);
	return true;
}

bool dns_message_read_part(const uint8_t *packet, size_t size, struct dns_message *ret_message)
{
	if (size < DNS_HEADER_SIZE || size > DNS_MESSAGE_MAX)
		return false;
	uint16_t flags = get_u16(packet + 2);
	if ((flags & FLAG_QR) == 0 || (flags & OPCODE_MASK) != 0 || get_u16(packet + 4) > 1)
		return false;
	struct dns_message message = {
		.packet = packet,
		.size = (uint16_t)size,
		.id = get_u16(packet),
		.flags = flags,
		.rcode = flags & RCODE_MASK,
	};
	if (!question_read(&message) || !records_read(&message))
		return false;
	*ret_message = message;
	return true;
}

bool dns_message_read(const uint8_t *packet, size_t size, struct dns_message *ret_message)
{
	return size >= DNS_HEADER_SIZE && get_u16(packet + 4) == 1 &&
	       dns_message_read_part(packet, size, ret_message);
}

/* Where a checked name ends, without following it. */
static uint32_t name_skip(const uint8_t *packet, uint32_t at)
{
	while (packet[at] != 0 && packet[at] <= DNS_LABEL_MAX)
		at += packet[at] + 1u;
	return at + (packet[at] == 0 ? 1 : 2);
}

bool dns_message_next(const struct dns_message *message, struct dns_walk *walk,
		      struct dns_record *ret_record)
{
	uint16_t at = walk->at == 0 ? message->question_end : walk->at;
	if (at >= message->end)
		return false;
	record_fill(message->packet, at, name_skip(message->packet, at), ret_record);
	unsigned section = 0;
	for (unsigned before = message->counts[0]; walk->done >= before;
	     before += message->counts[section])
		section++;
	ret_record->section = (uint8_t)section;
	walk->at = ret_record->end;
	walk->done++;
	return true;
}

/* A checked message cannot fail here, but one whose TTLs were changed since may: nothing forbids a
 * name to lead through them. The root is told then, rather than octets from elsewhere. */
void dns_message_name(const struct dns_message *message, uint16_t at,
		      uint8_t ret_name[DNS_NAME_MAX + 1], uint8_t *ret_size)
{
	struct name_extent extent;
	ret_name[0] = 0;
	*ret_size = 1;
	if (!extent_find(message->packet, message->size, at, &extent))
		return;
	extent_copy(message->packet, at, &extent, ret_name);
	*ret_size = extent.size;
}

/* The question has nothing before it that its name could point at: it is there as it is. */
bool dns_message_asks(const struct dns_message *message, const uint8_t *name, bool is_case_exact,
		      uint16_t type, uint16_t class_)
{
	const uint8_t *asked = message->packet + DNS_HEADER_SIZE;
	if (message->type != type || message->class_ != class_)
		return false;
	if (!is_case_exact)
		return name_equal_fold(asked, name);
	size_t size = name_size(name);
	return message->question_end == DNS_HEADER_SIZE + size + QUESTION_FIXED &&
	       memcmp(asked, name, size) == 0;
}

static bool write_parts(const struct dns_message *message, const struct dns_record *record,
			uint32_t ttl, struct dns_writer *writer, struct compress *compress)
{
	uint8_t owner[DNS_NAME_MAX + 1], owner_size;
	dns_message_name(message, record->at, owner, &owner_size);
	if (!(compress != NULL ? compress_write(compress, writer, owner)
			       : write_bytes(writer, owner, owner_size)) ||
	    !write_u16(writer, record->type) || !write_u16(writer, record->class_) ||
	    !write_u32(writer, ttl) || !write_u16(writer, 0))
		return false;
	uint8_t *rdata = writer->at;
	if (!rdata_write(message->packet, record, writer, compress) || writer->at - rdata > UINT16_MAX)
		return false;
	put_u16(rdata - 2, (uint16_t)(writer->at - rdata));
	return true;
}

/* Names of a record that did not fit are known to `compress` all the same, though they do not stand
 * there: nothing may be written behind it. */
bool dns_record_write(const struct dns_message *message, const struct dns_record *record,
		      uint32_t ttl, struct dns_writer *writer, struct compress *compress)
{
	uint8_t *start = writer->at;
	if (write_parts(message, record, ttl, writer, compress))
		return true;
	writer->at = start;
	return false;
}

bool dns_rdata_write(const struct dns_message *message, const struct dns_record *record,
		     struct dns_writer *writer)
{
	uint8_t *start = writer->at;
	if (rdata_write(message->packet, record, writer, NULL) && writer->at - start <= UINT16_MAX)
		return true;
	writer->at = start;
	return false;
}
