/* SPDX-License-Identifier: Apache-2.0 */
/* said -- messages as upstreams could send them, put together by hand and read where they end at a guard page. */
#ifndef TEST_DNS_SAID_H
#define TEST_DNS_SAID_H

#include "packet.h"

struct bytes {
	const void *at;
	size_t size;
};
/* Of a literal, without its own NUL. */
#define B(literal) ((struct bytes){ literal, sizeof(literal) - 1 })
/* A pointer to an offset below 256; of octets, so that it fits into literals. */
#define TO_QUESTION "\xc0\x0c"

enum { TYPE_SIG_OLD = 24, TYPE_TSIG_RECORD = 250, TYPE_OPAQUE = 65280 };

/* A reply to the question of packet.h; records are still to be added. */
static inline struct packet say(unsigned flags, unsigned answers, unsigned authorities,
				unsigned additional)
{
	struct packet packet = begin(FLAG_QR | flags, 1, answers, authorities, additional);
	add_question(&packet);
	return packet;
}

static inline void add_said(struct packet *packet, struct bytes owner, unsigned type,
			    unsigned class_, struct bytes data)
{
	add(packet, owner.at, owner.size);
	add_u16(packet, type);
	add_u16(packet, class_);
	add(packet, "\0\0\1\x2c", 4);
	add_u16(packet, (unsigned)data.size);
	add(packet, data.at, data.size);
}

static inline bool read_said(const struct packet *packet, struct dns_message *ret_message)
{
	return dns_message_read(guarded(packet->bytes, packet->size), packet->size, ret_message);
}

static inline bool is_good(struct packet packet)
{
	struct dns_message message;
	return read_said(&packet, &message);
}

/* What must hold for any message that was read, wherever it came from. */
static inline void assert_walks(const struct dns_message *message)
{
	struct dns_walk walk = { 0 };
	struct dns_record record;
	uint16_t at = message->question_end;
	unsigned counts[3] = { 0 }, section = 0;
	while (dns_message_next(message, &walk, &record)) {
		uint8_t name[DNS_NAME_MAX + 1], size;
		static uint8_t room[2 * DNS_MESSAGE_MAX];
		struct dns_writer writer = { room, room, room + sizeof(room) };
		assert_int_equal(record.at, at);
		assert_true(record.section >= section && record.section <= 2);
		assert_int_equal(record.rdata_at, record.ttl_at + 6);
		assert_int_equal(record.rdata_at + record.rdata_size, record.end);
		dns_message_name(message, record.at, name, &size);
		assert_int_equal(name_size(name), size);
		assert_true(dns_record_write(message, &record, record.ttl, &writer, NULL));
		assert_memory_equal(room, name, size);
		section = record.section;
		counts[section]++;
		at = record.end;
	}
	assert_int_equal(at, message->end);
	assert_true(message->end <= message->size);
	for (section = 0; section < 3; section++)
		assert_int_equal(counts[section], message->counts[section]);
}

#endif
