/* SPDX-License-Identifier: Apache-2.0 */
/* Messages from upstreams. Beside staying inside: the walk finds what was counted, one record
 * behind the other; records that are written out make a message that is read as the same and has no
 * pointers left; and a message cut short is none, or ends earlier if it says that it is truncated.
 */
#include "knamed/dns.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint8_t once[DNS_MESSAGE_MAX], twice[DNS_MESSAGE_MAX], thrice[DNS_MESSAGE_MAX];

static void check_head(const struct dns_message *message)
{
	const uint8_t *packet = message->packet;
	assert((packet[2] & 0xf8) == 0x80 && get_u16(packet + 4) == 1);
	assert(message->id == get_u16(packet) && message->flags == get_u16(packet + 2));
	assert((message->rcode & 15) == (packet[3] & 15) &&
	       (message->opt_size > 0 || message->rcode < 16));
	assert(message->opt_size > 0 || message->extended_error == 0);
	assert(message->question_end <= message->end && message->end <= message->size);
	size_t size = name_size(packet + DNS_HEADER_SIZE);
	assert(message->question_end == DNS_HEADER_SIZE + size + 4);
	uint8_t other[DNS_NAME_MAX];
	memcpy(other, packet + DNS_HEADER_SIZE, size);
	assert(dns_message_asks(message, other, true, message->type, message->class_));
	name_lower(other, size);
	assert(dns_message_asks(message, other, false, message->type, message->class_));
	assert(!dns_message_asks(message, other, false, message->type ^ 1, message->class_));
}

static void check_name(const struct dns_message *message, uint16_t at)
{
	uint8_t name[DNS_NAME_MAX + 1], size;
	memset(name, 0xff, sizeof(name));
	dns_message_name(message, at, name, &size);
	assert(name_size(name) == size && name_label_count(name) <= DNS_LABELS_MAX);
}

static void check_walk(const struct dns_message *message)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	unsigned counts[3] = { 0 }, section = 0;
	uint16_t at = message->question_end;
	for (; dns_message_next(message, &walk, &record); at = record.end) {
		assert(record.at == at && record.section >= section && record.section < 3);
		assert(record.ttl_at > at && record.rdata_at == record.ttl_at + 6);
		assert(record.rdata_at + record.rdata_size == record.end && record.end <= message->end);
		assert(record.ttl == get_u32(message->packet + record.ttl_at) || record.ttl == 0);
		assert(record.type != TYPE_OPT);
		check_name(message, record.at);
		section = record.section;
		counts[section]++;
	}
	assert(at == message->end);
	for (section = 0; section < 3; section++)
		assert(counts[section] == message->counts[section]);
}

/* Into room, as a message. Returns its size, 0 if it does not fit. */
static size_t write_message(const struct dns_message *message, uint8_t room[DNS_MESSAGE_MAX],
			    struct compress *compress)
{
	struct dns_writer writer = { room, room, room + DNS_MESSAGE_MAX };
	struct dns_walk walk = { 0 };
	struct dns_record record;
	write_bytes(&writer, message->packet, message->question_end);
	if (compress != NULL)
		compress_learn(compress, room, DNS_HEADER_SIZE);
	for (unsigned section = 0; section < 3; section++)
		put_u16(room + 6 + 2 * section, message->counts[section]);
	while (dns_message_next(message, &walk, &record)) {
		const uint8_t *before = writer.at;
		if (!dns_record_write(message, &record, record.ttl, &writer, compress)) {
			assert(writer.at == before);
			return 0;
		}
	}
	return (size_t)(writer.at - room);
}

static void check_writing(const struct dns_message *message)
{
	struct dns_message again;
	struct compress compress = { .count = 0 };
	size_t size = write_message(message, once, NULL);
	if (size == 0)
		return;
	assert(dns_message_read(once, size, &again) && again.end == size);
	assert(again.type == message->type && again.class_ == message->class_);
	assert(memcmp(again.counts, message->counts, sizeof(again.counts)) == 0);
	check_walk(&again);
	assert(write_message(&again, twice, NULL) == size && memcmp(once, twice, size) == 0);
	/* With pointers it says the same in no more octets. */
	size_t short_size = write_message(message, twice, &compress);
	assert(short_size > 0 && short_size <= size);
	assert(dns_message_read(twice, short_size, &again) && again.end == short_size);
	assert(write_message(&again, thrice, NULL) == size && memcmp(once, thrice, size) == 0);
}

/* Who keeps a message changes its TTLs, and hostile names may lead through them: what such a name
 * is then does not matter, but nothing outside is read. */
static void check_changed_ttls(const struct dns_message *message)
{
	uint8_t *packet = malloc(message->size);
	memcpy(packet, message->packet, message->size);
	struct dns_message changed = *message;
	changed.packet = packet;
	struct dns_walk walk = { 0 };
	struct dns_record record;
	while (dns_message_next(message, &walk, &record))
		put_u32(packet + record.ttl_at, 0x3fffc00c);
	for (walk = (struct dns_walk){ 0 }; dns_message_next(&changed, &walk, &record);) {
		struct dns_writer writer = { once, once, once + sizeof(once) };
		check_name(&changed, record.at);
		dns_record_write(&changed, &record, 1, &writer, NULL);
	}
	free(packet);
}

/* Reads the first `size` octets alone, in a block of exactly that size. */
static bool is_cut_read(const struct dns_message *message, size_t size)
{
	struct dns_message cut;
	uint8_t *packet = malloc(size);
	memcpy(packet, message->packet, size);
	bool is_read = dns_message_read(packet, size, &cut);
	if (is_read) {
		assert(cut.end <= size && cut.end <= message->end);
		check_walk(&cut);
	}
	free(packet);
	return is_read;
}

static void check_cuts(const struct dns_message *message)
{
	bool is_truncated = (message->flags & FLAG_TC) != 0;
	for (size_t size = 1; size < message->size; size++) {
		bool is_read = is_cut_read(message, size);
		assert(!is_read || size >= message->question_end);
		if (is_truncated)
			assert(is_read == (size >= message->question_end));
		else
			assert(!is_read || size >= message->end);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_message message;
	if (!dns_message_read(data, size, &message))
		return 0;
	assert(message.packet == data && message.size == size);
	check_head(&message);
	check_walk(&message);
	check_writing(&message);
	check_changed_ttls(&message);
	if (size <= 400)
		check_cuts(&message);
	return 0;
}
