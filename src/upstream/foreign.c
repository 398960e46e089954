/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that nobody asked for. A record belongs to the question if its owner is the question's
 * name or what aliases make of it; one that stands among the answers all the same is left out, for
 * some clients take whatever address they find. Nothing is kept under its name in any case: answers
 * are kept under their question. */
#include <string.h>

#include "upstream_parts.h"

enum { KIN_MOST = 32 };

/* The names that the question may have, as far as they were found. */
struct kin {
	unsigned count;
	uint8_t names[KIN_MOST][DNS_NAME_MAX + 1];
};

static bool is_kin(const struct kin *kin, const uint8_t *name)
{
	for (unsigned i = 0; i < kin->count; i++)
		if (name_equal_fold(kin->names[i], name))
			return true;
	return false;
}

static bool is_above_kin(const struct kin *kin, const uint8_t *name)
{
	for (unsigned i = 0; i < kin->count; i++)
		if (name_is_under(kin->names[i], name))
			return true;
	return false;
}

static bool is_question(const struct dns_message *message, const struct dns_record *record)
{
	return get_u16(message->packet + record->at) == (0xc000 | DNS_HEADER_SIZE);
}

static uint16_t covered_type(const struct dns_message *message, const struct dns_record *record)
{
	bool is_signature = record->type == TYPE_RRSIG && record->rdata_size >= 2;
	return is_signature ? get_u16(message->packet + record->rdata_at) : record->type;
}

/* A DNAME stands above the name that it changes. */
static bool belongs(const struct kin *kin, const struct dns_message *message,
		    const struct dns_record *record)
{
	uint8_t owner[DNS_NAME_MAX + 1], size;
	if (is_question(message, record))
		return true;
	dns_message_name(message, record->at, owner, &size);
	return is_kin(kin, owner) ||
	       (covered_type(message, record) == TYPE_DNAME && is_above_kin(kin, owner));
}

static void take_alias(struct kin *kin, const struct dns_message *message,
		       const struct dns_record *record)
{
	uint8_t target[DNS_NAME_MAX + 1], size;
	if (record->type != TYPE_CNAME || kin->count == KIN_MOST)
		return;
	dns_message_name(message, record->rdata_at, target, &size);
	if (!is_kin(kin, target))
		memcpy(kin->names[kin->count++], target, size);
}

/* Aliases may stand in any order. True: some answer is foreign. */
static bool find_kin(const struct dns_message *message, struct kin *ret_kin)
{
	uint8_t size;
	unsigned before;
	bool has_foreign;
	ret_kin->count = 1;
	dns_message_name(message, DNS_HEADER_SIZE, ret_kin->names[0], &size);
	do {
		struct dns_walk walk = { 0 };
		struct dns_record record;
		before = ret_kin->count;
		has_foreign = false;
		while (walk.done < message->counts[0] && dns_message_next(message, &walk, &record)) {
			if (belongs(ret_kin, message, &record))
				take_alias(ret_kin, message, &record);
			else
				has_foreign = true;
		}
	} while (has_foreign && ret_kin->count > before);
	return has_foreign;
}

static size_t write_without(const struct dns_message *message, const struct kin *kin,
			    uint8_t ret_packet[DNS_MESSAGE_MAX])
{
	struct dns_writer writer = { ret_packet, ret_packet, ret_packet + DNS_MESSAGE_MAX };
	struct dns_walk walk = { 0 };
	struct dns_record record;
	uint16_t counts[3] = { 0 };
	struct compress compress = { 0 };
	write_bytes(&writer, message->packet, message->question_end);
	compress_learn(&compress, ret_packet, DNS_HEADER_SIZE);
	while (dns_message_next(message, &walk, &record)) {
		if (record.section == 0 && !belongs(kin, message, &record))
			continue;
		if (!dns_record_write(message, &record, record.ttl, &writer, &compress))
			break;
		counts[record.section]++;
	}
	for (unsigned i = 0; i < 3; i++)
		put_u16(ret_packet + 6 + 2 * i, counts[i]);
	/* Who answers another question alone has not answered this one. */
	if (counts[0] == 0 && message->rcode == RCODE_NOERROR)
		ret_packet[3] = (uint8_t)((ret_packet[3] & 0xf0) | RCODE_SERVFAIL);
	return (size_t)(writer.at - ret_packet);
}

void foreign_leave_out(struct upstream *upstream, struct dns_message *message)
{
	struct kin kin;
	struct dns_message own;
	if (message->counts[0] == 0 || dns_type_is_transfer(message->type) ||
	    !find_kin(message, &kin) || kin.count == KIN_MOST)
		return;
	size_t size = write_without(message, &kin, upstream->own_records);
	if (!dns_message_read(upstream->own_records, size, &own))
		return;
	own.opt_size = message->opt_size;
	own.extended_error = message->extended_error;
	if (message->rcode > 15)
		own.rcode = message->rcode;
	*message = own;
}
