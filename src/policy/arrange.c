/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a reply anew with its records in another order.
 *
 * Names may stand in one record and be pointed to from another, so records are not moved: a copy is read as a message,
 * and written record by record, with a pointer for each owner that stands further in front. */
#include "balance.h"

#include <string.h>

enum { RECORDS_MOST = 4096 };

struct arrange_room {
	uint8_t packet[DNS_MESSAGE_MAX];
	struct dns_record records[RECORDS_MOST];
	uint16_t order[RECORDS_MOST], aside[RECORDS_MOST];
	unsigned ranks[RECORDS_MOST];
	struct compress compress;
};

struct arrange_room *arrange_room_new(void)
{
	/* Not zeroed: what is never used never takes memory. */
	return mem_alloc(sizeof(struct arrange_room));
}

void arrange_room_free(struct arrange_room *room)
{
	mem_free(room);
}

/* ---- reading ---- */

static bool read_reply(const struct reply *reply, struct arrange_room *room,
		       struct dns_message *ret_message, unsigned *ret_count)
{
	struct dns_walk walk = { 0 };
	memcpy(room->packet, reply->packet, reply->at);
	put_u16(room->packet + 2, FLAG_QR);
	put_u16(room->packet + 4, 1);
	put_u16(room->packet + 6, reply->answers);
	put_u16(room->packet + 8, reply->authorities);
	put_u16(room->packet + 10, reply->additionals);
	unsigned count = (unsigned)reply->answers + reply->authorities + reply->additionals;
	if (count > RECORDS_MOST || !dns_message_read(room->packet, reply->at, ret_message))
		return false;
	*ret_count = 0;
	while (*ret_count < count && dns_message_next(ret_message, &walk, &room->records[*ret_count]))
		++*ret_count;
	return *ret_count == count;
}

/* ---- order ---- */

enum group { GROUP_ALIASES, GROUP_OTHERS, GROUP_ADDRESSES, GROUP_MX, GROUP_COUNT };

static enum group group_of(const struct dns_record *record)
{
	if (record->class_ != CLASS_IN)
		return GROUP_OTHERS;
	switch (record->type) {
	case TYPE_CNAME:
		return GROUP_ALIASES;
	case TYPE_A:
	case TYPE_AAAA:
		return GROUP_ADDRESSES;
	case TYPE_MX:
		return GROUP_MX;
	default:
		return GROUP_OTHERS;
	}
}

/* Well mixed, so that turns here and turns taken before do not fall into step. */
static uint32_t draw(struct reply *reply)
{
	uint32_t x = ++reply->rotations[0] * 0x9e3779b9u + (uint32_t)(uintptr_t)reply->rotations;
	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16;
}

static void turn(uint16_t *order, unsigned count, uint16_t *aside, struct reply *reply)
{
	if (count < 2)
		return;
	unsigned first = draw(reply) % count;
	memcpy(aside, order, count * sizeof(*order));
	for (unsigned i = 0; i < count; i++)
		order[i] = aside[(first + i) % count];
}

static struct ip address_of(const struct arrange_room *room, const struct dns_record *record)
{
	struct ip ip = { .family = record->type == TYPE_A ? 4 : 6 };
	memcpy(ip.bytes, room->packet + record->rdata_at, record->type == TYPE_A ? 4 : 16);
	return ip;
}

/* Those of the first network, of the next, and so on; within a network as they were. */
static void prefer(const struct balance *balance, struct arrange_room *room, uint16_t *order,
		   unsigned count)
{
	unsigned done = 0, rank = 0;
	memcpy(room->aside, order, count * sizeof(*order));
	for (unsigned i = 0; i < count; i++) {
		struct ip ip = address_of(room, &room->records[order[i]]);
		room->ranks[i] = balance_rank(balance, &ip);
	}
	while (done < count) {
		unsigned next = UINT32_MAX;
		for (unsigned i = 0; i < count; i++) {
			if (room->ranks[i] == rank)
				order[done++] = room->aside[i];
			else if (room->ranks[i] > rank && room->ranks[i] < next)
				next = room->ranks[i];
		}
		rank = next;
	}
}

/* One address, drawn by weight, changes places with the first. */
static void draw_by_weight(const struct balance *balance, const struct dns_message *message,
			   struct arrange_room *room, uint16_t *order, unsigned count,
			   struct reply *reply)
{
	uint8_t name[DNS_NAME_MAX + 1], size;
	unsigned sum = 0, chosen = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct dns_record *record = &room->records[order[i]];
		struct ip ip = address_of(room, record);
		dns_message_name(message, record->at, name, &size);
		name_lower(name, size);
		room->ranks[i] = balance_weight(balance, name, &ip);
		sum += room->ranks[i];
	}
	if (sum == 0) /* weights are at least 1, so there are no addresses */
		return;
	unsigned drawn = draw(reply) % sum;
	while (drawn >= room->ranks[chosen])
		drawn -= room->ranks[chosen++];
	uint16_t first = order[0];
	order[0] = order[chosen];
	order[chosen] = first;
}

/* The records of one section, by groups; where the addresses are among them. */
static unsigned sort_section(struct arrange_room *room, const uint8_t groups[GROUP_COUNT],
			     unsigned start, unsigned count, unsigned ret_sizes[GROUP_COUNT])
{
	unsigned done = start, addresses_at = start;
	for (unsigned g = 0; g < GROUP_COUNT; g++) {
		unsigned from = done;
		for (unsigned i = start; i < start + count; i++)
			if (group_of(&room->records[i]) == groups[g])
				room->order[done++] = (uint16_t)i;
		ret_sizes[groups[g]] = done - from;
		if (groups[g] == GROUP_ADDRESSES)
			addresses_at = from;
	}
	return addresses_at;
}

static void keep_section(struct arrange_room *room, unsigned start, unsigned count)
{
	for (unsigned i = start; i < start + count; i++)
		room->order[i] = (uint16_t)i;
}

static const uint8_t usual_groups[GROUP_COUNT] = { GROUP_ALIASES, GROUP_OTHERS, GROUP_ADDRESSES,
						   GROUP_MX };
static const uint8_t preferring_groups[GROUP_COUNT] = { GROUP_ALIASES, GROUP_ADDRESSES, GROUP_MX,
							GROUP_OTHERS };

static void order_by_turns(const struct balance *balance, struct arrange_room *room,
			   unsigned section, unsigned start, unsigned count, struct reply *reply)
{
	unsigned sizes[GROUP_COUNT];
	bool prefers = balance != NULL && section != 1;
	unsigned at =
		sort_section(room, prefers ? preferring_groups : usual_groups, start, count, sizes);
	turn(room->order + at, sizes[GROUP_ADDRESSES], room->aside, reply);
	turn(room->order + at + sizes[GROUP_ADDRESSES], sizes[GROUP_MX], room->aside, reply);
	if (prefers)
		prefer(balance, room, room->order + at, sizes[GROUP_ADDRESSES]);
}

static void order_by_weight(const struct balance *balance, const struct dns_message *message,
			    struct arrange_room *room, unsigned section, unsigned start,
			    unsigned count, struct reply *reply)
{
	unsigned sizes[GROUP_COUNT];
	unsigned at = sort_section(room, usual_groups, start, count, sizes);
	if (section == 1 || sizes[GROUP_ADDRESSES] == 0)
		keep_section(room, start, count);
	else
		draw_by_weight(balance, message, room, room->order + at, sizes[GROUP_ADDRESSES], reply);
}

/* ---- writing ---- */

/* If it would not fit, the reply is as it was. */
static void write_reply(struct arrange_room *room, const struct dns_message *message,
			unsigned count, struct reply *reply)
{
	struct dns_writer writer = { reply->packet, reply->packet + message->question_end,
				     reply->packet + reply->limit };
	memset(&room->compress, 0, sizeof(room->compress));
	compress_learn(&room->compress, reply->packet, DNS_HEADER_SIZE);
	for (unsigned i = 0; i < count; i++) {
		const struct dns_record *record = &room->records[room->order[i]];
		if (!dns_record_write(message, record, record->ttl, &writer, &room->compress)) {
			memcpy(reply->packet + message->question_end,
			       room->packet + message->question_end,
			       reply->at - message->question_end);
			return;
		}
	}
	reply->at = (uint32_t)(writer.at - reply->packet);
}

void policy_arrange(const struct policy *policy, const struct dns_query *query, struct reply *reply,
		    struct arrange_room *room)
{
	const struct balance *balance = policy != NULL ? policy->balance : NULL;
	const unsigned counts[] = { reply->answers, reply->authorities, reply->additionals };
	bool is_weighted = balance != NULL && balance_is_weighted(balance);
	bool has_addresses =
		query->type == TYPE_A || query->type == TYPE_AAAA || query->type == TYPE_SRV;
	struct dns_message message;
	unsigned count, start = 0;
	if ((is_weighted && !has_addresses) || (counts[0] < 2 && counts[1] < 2 && counts[2] < 2) ||
	    !read_reply(reply, room, &message, &count))
		return;
	for (unsigned section = 0; section < COUNT_OF(counts); start += counts[section++]) {
		if (is_weighted)
			order_by_weight(balance, &message, room, section, start, counts[section],
					reply);
		else
			order_by_turns(balance, room, section, start, counts[section], reply);
	}
	write_reply(room, &message, count, reply);
}
