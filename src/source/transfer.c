/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include <assert.h>
#include <string.h>

enum { ANSWER = 0, SOA_NUMBERS = 20 };

/* ---- SOA ---- */

struct soa soa_of(const uint8_t *rdata, size_t size)
{
	assert(size > SOA_NUMBERS);
	const uint8_t *numbers = rdata + size - SOA_NUMBERS;
	return (struct soa){
		.serial = get_u32(numbers),
		.refresh = get_u32(numbers + 4),
		.retry = get_u32(numbers + 8),
		.expire = get_u32(numbers + 12),
	};
}

bool serial_is_newer(uint32_t serial, uint32_t than)
{
	return serial != than && serial - than < UINT32_C(1) << 31;
}

/* ---- messages ---- */

size_t transfer_query_write(const uint8_t *zone, uint16_t type, uint16_t id,
			    uint8_t ret_query[TRANSFER_QUERY_MAX])
{
	struct dns_writer writer = { ret_query, ret_query, ret_query + TRANSFER_QUERY_MAX };
	write_u16(&writer, id);
	write_u16(&writer, 0);
	write_u32(&writer, 1 << 16); /* one question, no answers */
	write_u32(&writer, 0);
	write_name(&writer, zone);
	write_u16(&writer, type);
	write_u16(&writer, CLASS_IN);
	return (size_t)(writer.at - writer.start);
}

static bool has_question(const struct dns_message *message)
{
	return message->question_end > DNS_HEADER_SIZE;
}

/* What any message must be to be heard at all. */
static bool message_read(const uint8_t *zone, uint16_t type, uint16_t id, const uint8_t *packet,
			 size_t size, struct dns_message *ret_message, struct error *error)
{
	char rcode[16];
	if (!dns_message_read_part(packet, size, ret_message))
		return error_set(error, "a message that cannot be read");
	if (ret_message->id != id)
		return error_set(error, "a message with another id");
	if (has_question(ret_message) && !dns_message_asks(ret_message, zone, false, type, CLASS_IN))
		return error_set(error, "a message for another question");
	dns_rcode_print(ret_message->rcode, rcode);
	if (ret_message->rcode != RCODE_NOERROR)
		return error_set(error, "%s", rcode);
	return (ret_message->flags & FLAG_TC) == 0 || error_set(error, "a message that is cut");
}

static bool is_at_top(const uint8_t *zone, const struct dns_message *message,
		      const struct dns_record *record)
{
	uint8_t owner[DNS_NAME_MAX + 1], size;
	dns_message_name(message, record->at, owner, &size);
	return name_equal_fold(owner, zone);
}

static bool is_soa_of(const uint8_t *zone, const struct dns_message *message,
		      const struct dns_record *record)
{
	return record->section == ANSWER && record->type == TYPE_SOA &&
	       record->class_ == CLASS_IN && is_at_top(zone, message, record);
}

bool transfer_read_soa(const uint8_t *zone, uint16_t id, const uint8_t *packet, size_t size,
		       struct soa *ret_soa, struct error *error)
{
	struct dns_message message;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	if (!message_read(zone, TYPE_SOA, id, packet, size, &message, error))
		return false;
	if (!has_question(&message))
		return error_set(error, "a message without a question");
	while (dns_message_next(&message, &walk, &record)) {
		uint8_t rdata[SOA_DATA_MAX];
		struct dns_writer writer = { rdata, rdata, rdata + sizeof(rdata) };
		if (!is_soa_of(zone, &message, &record) || !dns_rdata_write(&message, &record, &writer))
			continue;
		*ret_soa = soa_of(rdata, (size_t)(writer.at - rdata));
		return true;
	}
	return error_set(error, "no SOA of the zone");
}

/* ---- records ---- */

/* A record, its data written out, and whether it may be taken. */
struct incoming {
	struct zone_record record;
	uint8_t owner[DNS_NAME_MAX + 1];
	bool is_ours; /* in the zone */
};

static bool incoming_read(struct transfer *transfer, const struct dns_message *message,
			  const struct dns_record *record, struct incoming *ret_incoming,
			  struct error *error)
{
	struct dns_writer writer = { transfer->rdata, transfer->rdata,
				     transfer->rdata + sizeof(transfer->rdata) };
	uint8_t owner_size;
	dns_message_name(message, record->at, ret_incoming->owner, &owner_size);
	if (record->class_ != CLASS_IN)
		return error_set(error, "a record of another class");
	if (!dns_rdata_write(message, record, &writer))
		return error_set(error, "a record that is too long");
	ret_incoming->record = (struct zone_record){
		.owner = ret_incoming->owner,
		.type = record->type,
		.class_ = CLASS_IN,
		.ttl = record->ttl,
		.rdata = transfer->rdata,
		.rdata_size = (uint16_t)(writer.at - writer.start),
	};
	ret_incoming->is_ours = name_is_under(ret_incoming->owner, transfer->zone);
	transfer->records++;
	transfer->octets += owner_size + 10u + ret_incoming->record.rdata_size;
	if (transfer->records > TRANSFER_RECORDS_MOST)
		return error_set(error, "more than %d records", TRANSFER_RECORDS_MOST);
	return transfer->octets <= TRANSFER_OCTETS_MOST ||
	       error_set(error, "more than %d octets", TRANSFER_OCTETS_MOST);
}

/* The first record of all. */
static bool begin_with(struct transfer *transfer, const struct zone_record *record, struct error *error)
{
	if (record->type != TYPE_SOA || !name_equal_fold(record->owner, transfer->zone))
		return error_set(error, "it does not begin with the zone's SOA");
	assert(record->rdata_size <= SOA_DATA_MAX);
	transfer->soa_size = record->rdata_size;
	memcpy(transfer->soa, record->rdata, record->rdata_size);
	return transfer->take(transfer->context, record, error);
}

/* Names in it may be spelled anew. */
static bool is_same_soa(const struct transfer *transfer, const struct zone_record *record)
{
	const uint8_t *first = transfer->soa, *last = record->rdata;
	size_t mname = name_size(first);
	return record->rdata_size == transfer->soa_size && name_equal_fold(first, last) &&
	       name_equal_fold(first + mname, last + mname) &&
	       memcmp(first + transfer->soa_size - SOA_NUMBERS,
		      last + transfer->soa_size - SOA_NUMBERS, SOA_NUMBERS) == 0;
}

static bool take_record(struct transfer *transfer, const struct incoming *incoming, struct error *error)
{
	const struct zone_record *record = &incoming->record;
	if (transfer->is_over)
		return error_set(error, "records behind the last SOA");
	if (transfer->soa_size == 0)
		return begin_with(transfer, record, error);
	if (!incoming->is_ours)
		return true;
	if (record->type != TYPE_SOA || !name_equal_fold(record->owner, transfer->zone))
		return transfer->take(transfer->context, record, error);
	transfer->is_over = true;
	return is_same_soa(transfer, record) ||
	       error_set(error, "it ends with another SOA than it began with");
}

void transfer_begin(struct transfer *transfer, const uint8_t *zone, uint16_t id,
		    zone_record_call take, void *context)
{
	transfer->zone = zone;
	transfer->id = id;
	transfer->take = take;
	transfer->context = context;
	transfer->records = transfer->octets = 0;
	transfer->soa_size = 0;
	transfer->is_over = false;
}

enum transfer_step transfer_take(struct transfer *transfer, const uint8_t *packet, size_t size,
				 struct error *error)
{
	struct dns_message message;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	struct incoming incoming;
	if (!message_read(transfer->zone, TYPE_AXFR, transfer->id, packet, size, &message, error))
		return TRANSFER_BAD;
	bool is_good = has_question(&message) || transfer->soa_size > 0 ||
		       error_set(error, "a first message without a question");
	if (is_good && message.counts[ANSWER] == 0)
		is_good = error_set(error, "a message without records");
	while (is_good && dns_message_next(&message, &walk, &record) && record.section == ANSWER)
		is_good = incoming_read(transfer, &message, &record, &incoming, error) &&
			  take_record(transfer, &incoming, error);
	if (!is_good)
		return TRANSFER_BAD;
	return transfer->is_over ? TRANSFER_OVER : TRANSFER_MORE;
}
