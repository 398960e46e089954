/* SPDX-License-Identifier: Apache-2.0 */
/* Pointers in records lead backwards, and the question is as long as it was when it was asked: what
 * begins right behind it may be copied as it is, whole or cut behind any record. */
#include "relay.h"

#include <string.h>

enum { POINTER_SIZE = 2, RECORD_HEAD = POINTER_SIZE + 10, RUN_MOST = 2048 };

/* ---- order of addresses ---- */

struct run {
	uint32_t at, stride;
	unsigned count;
};
enum run_kind {
	RUN_NONE,  /* there is nothing to turn */
	RUN_FOUND, /* addresses of equal size in a row */
	RUN_MIXED, /* more than that */
};

/* Aliases, others, addresses, MX: what is not in this order has to be put in order. */
static unsigned rank_of(uint16_t type)
{
	if (type == TYPE_A || type == TYPE_AAAA)
		return 2;
	return type == TYPE_CNAME ? 0 : type == TYPE_MX ? 3 : 1;
}

/* Owners are pointers up to there, or it is none that can be moved as it is. */
static enum run_kind run_find(const struct reply *reply, uint32_t at, uint32_t end, struct run *ret_run)
{
	const uint8_t *packet = reply->packet;
	unsigned rank = 0, mx_count = 0;
	*ret_run = (struct run){ 0 };
	for (unsigned i = 0; i < reply->answers && at + RECORD_HEAD <= end; i++) {
		if ((packet[at] & 0xc0) != 0xc0)
			return reply->answers > 1 ? RUN_MIXED : RUN_NONE;
		unsigned next = rank_of(get_u16(packet + at + 2));
		uint32_t stride = RECORD_HEAD + get_u16(packet + at + 10);
		mx_count += next == 3;
		if (next < rank || mx_count > 1 ||
		    (next == 2 && ret_run->count > 0 && stride != ret_run->stride))
			return RUN_MIXED;
		if (next == 2 && ret_run->count++ == 0)
			*ret_run = (struct run){ .at = at, .stride = stride, .count = 1 };
		rank = next;
		at += stride;
	}
	return ret_run->count > 1 && at <= end ? RUN_FOUND : RUN_NONE;
}

/* `loadbalance`: another address comes first each time. */
static void rotate(struct reply *reply, uint32_t at, uint32_t end)
{
	uint8_t front[RUN_MOST];
	struct run run;
	enum run_kind kind = run_find(reply, at, end, &run);
	if (kind == RUN_MIXED || run.count * run.stride > RUN_MOST)
		reply->unordered = true;
	if (kind != RUN_FOUND || reply->unordered)
		return;
	uint32_t shift = reply->rotations[0]++ % run.count * run.stride;
	uint32_t rest = run.count * run.stride - shift;
	uint8_t *first = reply->packet + run.at;
	memcpy(front, first, shift);
	memmove(first, first + shift, rest);
	memcpy(first + rest, front, shift);
}

/* ---- copies ---- */

static bool is_behind_question(const struct question *question, const struct reply *reply)
{
	return reply->at == question->query.question_end;
}

/* Then what its pointers lead to stands at the same places in our reply. */
static bool asks_the_same(const struct question *question, const struct dns_message *message)
{
	return message->question_end == question->query.question_end &&
	       name_equal_fold(message->packet + DNS_HEADER_SIZE,
			       question->query.packet + DNS_HEADER_SIZE);
}

static void count_section(struct reply *reply, unsigned section)
{
	if (section == 0)
		reply->answers++;
	else if (section == 1)
		reply->authorities++;
	else
		reply->additionals++;
}

/* `minimal` wants nothing beside an answer; who has none gets the SOA all the same. */
static bool is_wanted(const struct reply *reply, const struct dns_message *message, unsigned section)
{
	return section == 0 || !reply->minimal || message->counts[0] == 0;
}

/* is_end: of a chain of aliases, beside which only the SOA of a denial is of use. */
static bool is_left_out(const struct reply *reply, const struct dns_message *message,
			const struct dns_record *record, bool is_end)
{
	if (!is_end)
		return !is_wanted(reply, message, record->section);
	return record->section == 2 ||
	       (record->section == 1 && (message->counts[0] > 0 || record->type != TYPE_SOA));
}

/* The names that records may point to: the question, and the end of the chain. */
static void learn_names(const struct reply *reply, bool is_end, struct compress *ret_compress)
{
	*ret_compress = (struct compress){ .count = 0 };
	compress_learn(ret_compress, reply->packet, DNS_HEADER_SIZE);
	if (is_end && !reply->truncated)
		compress_learn(ret_compress, reply->packet, reply->alias_at);
}

static void append_records(struct reply *reply, const struct dns_message *message, bool is_end)
{
	struct dns_writer writer = { reply->packet, reply->packet + reply->at,
				     reply->packet + reply->limit };
	struct dns_walk walk = { 0 };
	struct dns_record record;
	struct compress compress;
	learn_names(reply, is_end, &compress);
	while (dns_message_next(message, &walk, &record)) {
		if (is_left_out(reply, message, &record, is_end))
			continue;
		if (!dns_record_write(message, &record, record.ttl, &writer, &compress)) {
			reply->truncated |= record.section < 2;
			break;
		}
		count_section(reply, record.section);
	}
	reply->at = (uint32_t)(writer.at - reply->packet);
	reply->unordered |= reply->rotate && message->counts[0] > 1;
}

/* What fits is copied as it is; else there is room for more when the names are short. */
static void copy_records(struct reply *reply, const struct dns_message *message)
{
	uint32_t size = (uint32_t)message->end - message->question_end, at = reply->at;
	if (reply->minimal || at + size > reply->limit) {
		append_records(reply, message, false);
		return;
	}
	memcpy(reply->packet + at, message->packet + message->question_end, size);
	reply->at += size;
	reply->answers = message->counts[0];
	reply->authorities = message->counts[1];
	reply->additionals = message->counts[2];
	if (reply->rotate && message->rcode == RCODE_NOERROR)
		rotate(reply, at, reply->at);
}

/* AD is told to who can make something of it (RFC 6840 5.7, 5.8). */
static uint16_t kept_flags(const struct dns_query *query, uint16_t flags)
{
	bool wants_ad = query->dnssec_ok || (query->flags & FLAG_AD) != 0;
	return flags & (FLAG_RA | (wants_ad ? FLAG_AD : 0));
}

void relay_message(const struct question *question, struct reply *reply, struct outcome *outcome,
		   const struct dns_message *message)
{
	bool is_first = is_behind_question(question, reply);
	if (is_first && asks_the_same(question, message))
		copy_records(reply, message);
	else
		append_records(reply, message, !is_first);
	outcome->rcode = message->rcode;
	outcome->extended_error = message->extended_error;
	outcome->opt_size = is_first && is_wanted(reply, message, 2) ? message->opt_size : 0;
	/* Behind aliases of ours the reply is ours: neither RA nor AD is said of it. */
	reply->flags = is_first ? kept_flags(&question->query, message->flags) : 0;
	reply->truncated |= (message->flags & FLAG_TC) != 0;
	reply->authoritative = !is_first || (message->flags & FLAG_AA) != 0;
}

void relay_settle(const struct question *question, struct reply *reply, uint32_t size)
{
	uint32_t at = reply->at;
	reply->at += size;
	reply->flags = kept_flags(&question->query, reply->flags);
	if (reply->rotate && reply->answers > 1)
		rotate(reply, at, reply->at);
}
