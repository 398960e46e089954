/* SPDX-License-Identifier: Apache-2.0 */
/* One query in, one reply out: the only place that decides who answers (names.md 12). */
#include "query.h"

#include <string.h>

#include "knamed/policy.h"
#include "knamed/upstream.h"
#include "above.h"
#include "elsewhere.h"
#include "handlers.h"
#include "line.h"
#include "outgoing.h"
#include "notify.h"
#include "say.h"
#include "reply.h"
#include "trace.h"
#include "views.h"

/* ---- stage 1 ---- */

void question_route(struct asker *asker, struct question *question, const struct routes *routes)
{
	const struct dns_query *query = &question->query;
	question->route = route_find(asker, question, routes, query);
	if (question->route == NULL || query->class_ != CLASS_IN || dns_type_is_transfer(query->type))
		return;
	if (!lookup_begin(asker, question->route, query, &question->lookup, &question->by)) {
		elsewhere_probe(question->route->block, query, &question->cache_probe);
		return;
	}
	question->is_looked_up = true;
	answers_probe(&question->lookup);
}

void question_read(struct asker *asker, struct question *question, const struct packet_info *info,
		   const uint8_t *packet, size_t size)
{
	question->info = info;
	question->route = NULL;
	question->is_looked_up = question->is_inner = false;
	question->cache_probe.cache = NULL;
	question->verdict = (uint8_t)dns_query_read(packet, size, &question->query);
	if (question->verdict == QUERY_GOOD)
		question_route(asker, question, &asker->listener->routes);
}

/* ---- counting ---- */

/* Samples have their time from asker_end(). */
static void sample(struct asker *asker, const struct question *question,
		   const struct outcome *outcome, size_t size, bool has_question)
{
	const struct dns_query *query = &question->query;
	if (!sampler_takes(asker->sampler))
		return;
	sampler_put(asker->sampler, &(struct sample){
					    .name = has_question ? query->lower : NULL,
					    .name_size = has_question ? query->name_size : 0,
					    .type = has_question ? query->type : 0,
					    .size = (uint32_t)size,
					    .rcode = outcome->rcode,
					    .by = (uint8_t)outcome->by,
					    .proto = (uint8_t)question->info->proto,
					    .client = question->info->client,
					    .client_port = question->info->client_port,
				    });
}

static void count(struct asker *asker, const struct question *question,
		  const struct outcome *outcome, size_t size)
{
	const struct dns_query *query = &question->query;
	struct tally *tally = &asker->tallies[outcome->meter];
	unsigned proto = question->info->proto, family = question->info->client.family == 6;
	bool has_question = question->verdict == QUERY_GOOD || question->verdict == QUERY_BADVERS;
	unsigned type = has_question ? tally_type_slot(query->type) : TYPE_SLOTS - 1;
	unsigned rcode = outcome->rcode < RCODE_SLOTS ? outcome->rcode : RCODE_SLOTS - 1;

	tally_add(&tally->requests[proto][family][type], 1);
	if (has_question && query->dnssec_ok)
		tally_add(&tally->do_requests, 1);
	tally_add(&tally->responses[rcode][outcome->by], 1);
	tally_add(&tally->request_sizes[proto][tally_size_slot(query->size)], 1);
	tally_add(&tally->request_bytes[proto], query->size);
	tally_add(&tally->response_sizes[proto][tally_size_slot(size)], 1);
	tally_add(&tally->response_bytes[proto], size);
	if (__builtin_expect(asker->is_looked_at, false))
		sample(asker, question, outcome, size, has_question);
	struct uncounted *uncounted = &asker->uncounted[outcome->meter];
	uncounted->by_source[answerer_sources[outcome->by]]++;
	if (uncounted->count++ == 0)
		asker->touched[asker->touched_count++] = outcome->meter;
}

/* As CoreDNS counts what others said, and as `log` says it; other replies are counted as they are sent. */
static size_t size_to_count(const struct reply *reply, const struct outcome *outcome, size_t size)
{
	if (__builtin_expect(outcome->by != BY_FORWARD, 1))
		return size;
	return reply_plain_size(reply->packet, size) + outcome->opt_size;
}

/* ---- packets that get no look-up ---- */

/* Header-only: what the packet asked is not known, or none of our business. */
static size_t turn_away(struct asker *asker, const struct question *question, uint8_t *packet,
			enum dns_rcode rcode)
{
	uint16_t kept = question->query.flags & (OPCODE_MASK | FLAG_RD | FLAG_CD);
	put_u16(packet + 2, (uint16_t)(FLAG_QR | kept | rcode));
	memset(packet + 4, 0, DNS_HEADER_SIZE - 4);
	struct outcome outcome = { .rcode = (uint16_t)rcode, .meter = asker->listener->dropped_meter };
	count(asker, question, &outcome, DNS_HEADER_SIZE);
	return DNS_HEADER_SIZE;
}

/* A reply with nothing in it, counted as dropped. */
static size_t refuse(struct asker *asker, const struct question *question, uint8_t *packet,
		     enum dns_rcode rcode)
{
	struct reply reply;
	struct outcome outcome = { .rcode = (uint16_t)rcode, .meter = asker->listener->dropped_meter };
	if (rcode == RCODE_REFUSED) {
		outcome.extended_error = EDE_NOT_OURS;
		outcome.extended_text = "no block has this name";
	}
	reply_begin(asker, question, packet, &reply);
	size_t size = reply_end(question, &reply, &outcome);
	count(asker, question, &outcome, size);
	return size;
}

/* ---- stage 3 ---- */

static bool answer_from_policy(const struct question *question, struct reply *reply,
			       struct outcome *outcome)
{
	const struct policy *policy = question->route->block->policy;
	if (policy == NULL ||
	    policy_before(policy, &question->query, reply, &outcome->by) == POLICY_PASS)
		return false;
	outcome->rcode = reply->rcode;
	return true;
}

/* Whether nobody of the block speaks of this class. */
static bool is_of_no_class(const struct question *question)
{
	const struct route *route = question->route;
	return question->query.class_ != CLASS_IN && route->block->forwardings == NULL &&
	       route->touches == 0;
}

static size_t answer(struct asker *asker, struct question *question, uint8_t *packet)
{
	const struct block *block = question->route->block;
	struct outcome outcome = { .rcode = RCODE_NOERROR, .meter = question->route->meter };
	struct reply reply;
	asker->client_question = question;
	if (block->metadata)
		metadata_begin(asker, question);
	reply_begin(asker, question, packet, &reply);
	if (dns_type_is_transfer(question->query.type)) {
		outgoing_begin(asker, question, &reply, &outcome);
	} else if (!answer_from_policy(question, &reply, &outcome)) {
		if (is_of_no_class(question))
			return refuse(asker, question, packet, RCODE_REFUSED);
		bool is_known = question->route->touches == 0
					? handlers_answer(asker, question, &reply, &outcome)
					: above_begin(asker, question, &reply, &outcome);
		if (!is_known)
			return 0;
		if (__builtin_expect(reply.unordered || block->orders, 0) &&
		    outcome.rcode == RCODE_NOERROR)
			policy_arrange(block->policy, &question->query, &reply, asker->arrange_room);
	}
	if (reply.stale && outcome.extended_error == 0) {
		outcome.extended_error = EDE_STALE;
		outcome.extended_text = "from an earlier run, and not confirmed yet";
	}
	trace_answer(asker, question, &reply, &outcome);
	size_t size = outcome.is_dropped ? 0 : reply_end(question, &reply, &outcome);
	count(asker, question, &outcome, size_to_count(&reply, &outcome, size));
	if (block->log != NULL || outcome.problem != NULL)
		question_say(asker, question, &reply, &outcome, size);
	return size;
}

/* Of strangers nothing is taken, and they are told nothing (RFC 1996 3.10). */
static size_t answer_notify(struct asker *asker, struct question *question, uint8_t *packet)
{
	enum notify notify = notify_take(asker, question);
	if (notify == NOTIFY_NOBODYS)
		return turn_away(asker, question, packet, RCODE_NOTIMP);
	const struct dns_query *query = &question->query;
	const struct block *block = question->route->block;
	struct outcome outcome = { .by = BY_SECONDARY,
				   .meter = question->route->meter,
				   .is_dropped = notify == NOTIFY_STRANGERS };
	struct reply reply;
	size_t size = 0;
	if (block->metadata)
		metadata_begin(asker, question);
	memmove(packet, query->packet, query->question_end);
	reply_begin(asker, question, packet, &reply);
	reply.authoritative = true;
	if (outcome.is_dropped) {
		outcome.problem = "NOTIFY from an address that is no primary of the zone";
	} else {
		size = reply_end(question, &reply, &outcome);
		put_u16(packet + 2, (uint16_t)(get_u16(packet + 2) | OPCODE_NOTIFY));
	}
	count(asker, question, &outcome, size);
	if (block->log != NULL || outcome.problem != NULL)
		question_say(asker, question, &reply, &outcome, size);
	return size;
}

/* `loop`: what we sent has come back, and its way ends here. */
static bool is_own(struct asker *asker, const struct question *question)
{
	const struct packet_info *info = question->info;
	asker_learn_addresses(asker);
	const struct upstream_sighting sighting = {
		.from = { info->client, info->client_port },
		.at = { info->local, info->local_port },
	};
	return upstream_is_own_question(&question->query, &sighting);
}

size_t question_reply(struct asker *asker, struct question *question, uint8_t *packet)
{
	switch ((enum dns_verdict)question->verdict) {
	case QUERY_GOOD:
		if (question->query.type == TYPE_HINFO && is_own(asker, question))
			return refuse(asker, question, packet, RCODE_NXDOMAIN);
		trace_block(asker, question);
		if (question->route == NULL)
			return refuse(asker, question, packet, RCODE_REFUSED);
		return answer(asker, question, packet);
	case QUERY_DROP:
		return 0;
	case QUERY_FORMERR:
		return turn_away(asker, question, packet, RCODE_FORMERR);
	case QUERY_NOTIMP:
		return answer_notify(asker, question, packet);
	case QUERY_BADVERS:
		return refuse(asker, question, packet, RCODE_BADVERS);
	}
	return 0;
}

size_t question_answer_again(struct asker *asker, const struct packet_info *info,
			     const struct dns_query *query, uint8_t *ret_reply)
{
	struct question *question = &asker->single;
	*question = (struct question){ .info = info, .verdict = QUERY_GOOD, .query = *query };
	question_route(asker, question, &asker->listener->routes);
	question_match(question);
	memcpy(ret_reply, query->packet, query->question_end);
	return question_reply(asker, question, ret_reply);
}

size_t question_answer(struct asker *asker, const struct packet_info *info, const uint8_t *query,
		       size_t size, uint8_t *ret_reply)
{
	struct question *question = &asker->single;
	question_read(asker, question, info, query, size);
	question_match(question);
	if (question->verdict == QUERY_DROP)
		return 0;
	bool has_question = question->verdict == QUERY_GOOD || question->verdict == QUERY_BADVERS;
	memcpy(ret_reply, query, has_question ? question->query.question_end : DNS_HEADER_SIZE);
	return question_reply(asker, question, ret_reply);
}
