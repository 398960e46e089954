/* SPDX-License-Identifier: Apache-2.0 */
/* packet -- client packets put together by hand, wrong ones too, and read where they end at a guard page. */
#ifndef TEST_DNS_PACKET_H
#define TEST_DNS_PACKET_H

#include "knamed/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "inputs.h"

struct packet {
	uint8_t bytes[4096];
	size_t size;
};

static inline void add(struct packet *packet, const void *bytes, size_t size)
{
	assert_true(size <= sizeof packet->bytes - packet->size);
	memcpy(packet->bytes + packet->size, bytes, size);
	packet->size += size;
}

static inline void add_u16(struct packet *packet, unsigned value)
{
	add(packet, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static inline struct packet begin(unsigned flags, unsigned questions, unsigned answers,
				  unsigned authorities, unsigned additional)
{
	struct packet packet = { .size = 0 };
	add_u16(&packet, 0x1234);
	add_u16(&packet, flags);
	add_u16(&packet, questions);
	add_u16(&packet, answers);
	add_u16(&packet, authorities);
	add_u16(&packet, additional);
	return packet;
}

#define NAME "\3wWw\7Example\0" /* and the string's own NUL is not part of it */
enum { NAME_SIZE = sizeof NAME - 1, QUESTION_END = 12 + NAME_SIZE + 4 };

static inline void add_question(struct packet *packet)
{
	add(packet, NAME, NAME_SIZE);
	add_u16(packet, TYPE_AAAA);
	add_u16(packet, CLASS_IN);
}

static inline void add_record(struct packet *packet, const void *owner, size_t owner_size,
			      unsigned type, size_t data_size)
{
	uint8_t data[512] = { 0 };
	add(packet, owner, owner_size);
	add_u16(packet, type);
	add_u16(packet, CLASS_IN);
	add(packet, "\0\0\0\5", 4);
	add_u16(packet, (unsigned)data_size);
	add(packet, data, data_size);
}

/* `count` labels of `size` octets. */
static inline void add_labels(struct packet *packet, size_t count, size_t size)
{
	for (; count > 0; count--) {
		add(packet, (uint8_t[]){ (uint8_t)size }, 1);
		for (size_t i = 0; i < size; i++)
			add(packet, "X", 1);
	}
}

struct opt {
	unsigned udp_size, version, flags;
	const void *options;
	size_t options_size;
};

static inline void add_opt(struct packet *packet, struct opt opt)
{
	add(packet, "\0\0\x29", 3);
	add_u16(packet, opt.udp_size);
	add_u16(packet, opt.version);
	add_u16(packet, opt.flags);
	add_u16(packet, (unsigned)opt.options_size);
	add(packet, opt.options, opt.options_size);
}

static inline enum dns_verdict read_packet(const struct packet *packet, struct dns_query *ret_query)
{
	memset(ret_query, 0xa5, sizeof *ret_query);
	return dns_query_read(guarded(packet->bytes, packet->size), packet->size, ret_query);
}

static inline enum dns_verdict verdict_of(struct packet packet)
{
	struct dns_query query;
	return read_packet(&packet, &query);
}

/* What must hold for any query that was read, wherever it came from. */
static inline void assert_sound(const struct dns_query *query)
{
	const uint8_t *name = query->packet + 12;
	unsigned at = 0, count = 0;
	for (; name[at] != 0; at += name[at] + 1u) {
		assert_int_equal(query->labels[count], at);
		count++;
	}
	assert_int_equal(query->label_count, count);
	assert_int_equal(query->name_size, at + 1);
	assert_int_equal(query->question_end, 12 + at + 1 + 4);
	assert_true(query->question_end <= query->size);
	assert_true(query->udp_size >= DNS_UDP_MIN);
	for (unsigned i = 0; i <= at; i++)
		assert_int_equal(query->lower[i],
				 name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
}

#endif
