/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of others whose records are put in order. However names point around in one, the reply
 * that comes of it can be read, is no longer than its room, and has the same records: each with its
 * names written out, in whatever order. Covers: src/policy/arrange.c src/policy/compress.c */
#include "knamed/policy.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct hash_key key = { 11, 13 };
static struct config_network networks[] = { { { 4, { 10 } }, 8 },
					    { { 6, { 0xfd } }, 8 },
					    { { 4, { 192 } }, 2 } };
static struct config_balance balance = { .preferred = networks, .preferred_count = COUNT_OF(networks) };
static struct config_block block = { .balance = &balance };

/* The same for the same records in each section, whatever their order. */
static uint64_t digest(const struct dns_message *message)
{
	static uint8_t wire[DNS_MESSAGE_MAX + DNS_NAME_MAX];
	struct dns_walk walk = { 0 };
	struct dns_record record;
	uint64_t sum = 0;
	while (dns_message_next(message, &walk, &record)) {
		struct dns_writer writer = { wire, wire, wire + sizeof(wire) };
		if (dns_record_write(message, &record, record.ttl, &writer, NULL))
			sum += hash_bytes(&key, wire, (size_t)(writer.at - wire)) *
			       (record.section + 1u);
	}
	return sum;
}

static void set_header(uint8_t *packet, const struct reply *reply)
{
	put_u16(packet + 2, FLAG_QR);
	put_u16(packet + 4, 1);
	put_u16(packet + 6, reply->answers);
	put_u16(packet + 8, reply->authorities);
	put_u16(packet + 10, reply->additionals);
}

static void arrange(const struct policy *policy, const struct dns_message *message, uint32_t limit)
{
	static struct arrange_room *room;
	static uint8_t packet[DNS_MESSAGE_MAX];
	static uint32_t rotations[ANSWERS_ROTATIONS];
	struct dns_query query = { .type = message->type };
	struct reply reply = { .packet = packet,
			       .at = message->end,
			       .limit = limit,
			       .answers = message->counts[0],
			       .authorities = message->counts[1],
			       .additionals = message->counts[2],
			       .rotations = rotations,
			       .rotate = true };
	struct dns_message before, after;
	if (room == NULL)
		room = arrange_room_new();
	memcpy(packet, message->packet, message->end);
	set_header(packet, &reply);
	if (!dns_message_read(packet, reply.at, &before))
		return;
	uint64_t wanted = digest(&before);
	policy_arrange(policy, &query, &reply, room);
	assert(reply.at <= limit);
	set_header(packet, &reply);
	assert(dns_message_read(packet, reply.at, &after));
	assert(after.end == reply.at && digest(&after) == wanted);
	assert(memcmp(after.counts, before.counts, sizeof(after.counts)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy *policy;
	struct policy_options options = { .block = &block };
	struct dns_message message;
	struct error error;
	if (policy == NULL)
		assert(policy_compile(&options, &policy, &error));
	uint8_t *exact = malloc(size > 0 ? size : 1);
	memcpy(exact, data, size);
	if (dns_message_read(exact, size, &message)) {
		arrange(NULL, &message, DNS_MESSAGE_MAX);
		arrange(policy, &message, DNS_MESSAGE_MAX);
		arrange(policy, &message, message.end);
	}
	free(exact);
	return 0;
}
