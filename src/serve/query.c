/* SPDX-License-Identifier: Apache-2.0 */
/* One query in, one reply out: the only place that decides who answers (names.md 12). */
#include "query.h"

#include <string.h>

#include "knamed/policy.h"
#include "elsewhere.h"
#include "query_log.h"
#include "reply.h"

enum { OPCODE_BITS = 0x7800, EDE_STALE = 3, EDE_NOT_READY = 14 /* RFC 8914 */ };

/* ---- stage 1 ---- */

bool lookup_begin(struct asker *asker, const struct route *route, const struct dns_query *query,
		  struct lookup *lookup, uint8_t *ret_by)
{
	const struct zone *zone = route->zone;
	const struct catalog *catalog = route->catalog;
	*ret_by = (uint8_t)route->by;
	if (zone == NULL && catalog != NULL)
		zone = catalog_find_zone(catalog, asker->edition, query);
	for (size_t i = 0; i < route->auto_count && zone == NULL; i++) {
		catalog = route->autos[i];
		zone = catalog_find_zone(catalog, asker->edition, query);
		*ret_by = BY_AUTO;
	}
	if (zone == NULL)
		return false;
	lookup_of_query(lookup, catalog, zone, asker->edition, query);
	return true;
}

bool lookup_behind(struct asker *asker, const struct route *route, const struct dns_query *query,
		   struct lookup *lookup, uint8_t *ret_by)
{
	if (route->behind == NULL || !lookup_begin(asker, route->behind, query, lookup, ret_by))
		return false;
	answers_probe(lookup);
	answers_match(lookup);
	return true;
}

static bool is_transfer(uint16_t type)
{
	return type == TYPE_AXFR || type == TYPE_IXFR;
}

static void question_route(struct asker *asker, struct question *question)
{
	const struct dns_query *query = &question->query;
	question->route = routes_find(&asker->listener->routes, query);
	if (question->route == NULL || query->class_ != CLASS_IN || is_transfer(query->type))
		return;
	if (!lookup_begin(asker, question->route, query, &question->lookup, &question->by))
		return;
	question->is_looked_up = true;
	answers_probe(&question->lookup);
}

void question_read(struct asker *asker, struct question *question, const struct packet_info *info,
		   const uint8_t *packet, size_t size)
{
	question->info = info;
	question->route = NULL;
	question->is_looked_up = false;
	question->verdict = (uint8_t)dns_query_read(packet, size, &question->query);
	if (question->verdict == QUERY_GOOD)
		question_route(asker, question);
}

/* ---- counting and saying ---- */

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
	if (asker->uncounted[outcome->meter]++ == 0)
		asker->touched[asker->touched_count++] = outcome->meter;
}

static void say(struct asker *asker, const struct question *question, const struct outcome *outcome,
		const uint8_t *packet, size_t size)
{
	const struct block *block = question->route->block;
	if (block->log != NULL) {
		struct answered answered = {
			.query = &question->query,
			.info = question->info,
			.reply = packet,
			.reply_size = size,
			.rcode = outcome->rcode,
			.duration_ns = clock_now_ns() - asker->began_ns,
		};
		query_log_put(block->log, &answered, asker->ring);
	}
	if (outcome->problem != NULL && block->errors)
		query_error_put(&question->query, outcome->rcode, outcome->problem, asker->ring);
}

/* ---- packets that get no look-up ---- */

/* Header-only: what the packet asked is not known, or none of our business. */
static size_t turn_away(struct asker *asker, const struct question *question, uint8_t *packet,
			enum dns_rcode rcode)
{
	uint16_t kept = question->query.flags & (OPCODE_BITS | FLAG_RD | FLAG_CD);
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
	reply_begin(asker, question, packet, &reply);
	size_t size = reply_end(question, &reply, &outcome);
	count(asker, question, &outcome, size);
	return size;
}

/* ---- stage 3 ---- */

static void settle_failure(struct outcome *outcome, const char *problem)
{
	outcome->rcode = RCODE_SERVFAIL;
	outcome->problem = problem;
}

static void settle_kind(enum answer_kind kind, struct reply *reply, struct outcome *outcome)
{
	switch (kind) {
	case ANSWER_FOUND:
	case ANSWER_NO_DATA:
	case ANSWER_ALIAS:
		reply->authoritative = true;
		break;
	case ANSWER_NO_NAME:
		reply->authoritative = true;
		outcome->rcode = RCODE_NXDOMAIN;
		break;
	case ANSWER_REFERRAL:
		break;
	case ANSWER_NOT_READY: /* CoreDNS says nothing about these either: there would be one a query */
		outcome->rcode = RCODE_SERVFAIL;
		outcome->extended_error = EDE_NOT_READY;
		break;
	case ANSWER_BROKEN:
		settle_failure(outcome, "alias leads to a name that is too long");
		if (reply->rcode == RCODE_YXDOMAIN) { /* RFC 6672 3.2 */
			reply->authoritative = true;
			outcome->rcode = RCODE_YXDOMAIN;
		}
		break;
	}
}

/* The end of an alias that is not in our zones: whoever the block of its zone forwards to. */
static bool follow_elsewhere(struct asker *asker, struct question *question, struct reply *reply,
			     struct outcome *outcome)
{
	const struct route *route = routes_find(&asker->listener->routes, &asker->target);
	enum answerer by = outcome->by;
	if (route == NULL)
		return true;
	const uint8_t *name = reply->truncated ? reply->alias : reply->packet + reply->alias_at;
	enum elsewhere found =
		elsewhere_answer(asker, question, route->block, &asker->target, name, reply, outcome);
	outcome->by = by;
	if (found == ELSEWHERE_KNOWN && outcome->rcode == RCODE_REFUSED)
		outcome->rcode = RCODE_SERVFAIL;
	return found != ELSEWHERE_ASKED;
}

/* RCODE, SOA and AA of a chain: the last name decides, but for AA, which speaks for the first (RFC
 * 6604). False: the reply comes later. */
static bool settle_alias(struct asker *asker, struct question *question, struct reply *reply,
			 struct outcome *outcome)
{
	enum answer_kind kind;
	bool is_known = true;
	switch (chain_follow(asker, question, reply, &kind)) {
	case CHAIN_ENDS:
		settle_kind(kind, reply, outcome);
		break;
	case CHAIN_TOO_LONG:
		settle_failure(outcome, "chain of aliases is a loop or too long");
		break;
	case CHAIN_UNREAD:
		settle_failure(outcome, "zone is not loaded");
		break;
	case CHAIN_LEAVES:
		is_known = follow_elsewhere(asker, question, reply, outcome);
		break;
	case CHAIN_CUT:
		break;
	}
	reply->authoritative = true;
	return is_known;
}

static bool answer_after_data(const struct question *question, struct reply *reply,
			      struct outcome *outcome)
{
	const struct policy *policy = question->route->block->policy;
	struct client client = {
		.ip = question->info->client,
		.port = question->info->client_port,
		.proto = question->info->proto,
	};
	if (policy == NULL ||
	    policy_after(policy, &question->query, &client, reply, &outcome->by) != POLICY_ANSWERED)
		return false;
	outcome->rcode = reply->rcode;
	return true;
}

/* `any` speaks of names that exist: alone it is nobody behind the data (names.md 11). */
static bool is_somebody_behind(const struct question *question)
{
	const struct block *block = question->route->block;
	return question->query.type != TYPE_ANY || !block->any || block->config->whoami;
}

/* Who stands behind the data, in the chain's order: any, forward, whoami. */
static enum elsewhere answer_behind_data(struct asker *asker, struct question *question,
					 struct reply *reply, struct outcome *outcome)
{
	const struct block *block = question->route->block;
	const struct dns_query *query = &question->query;
	bool is_any = query->type == TYPE_ANY && block->any && query->class_ == CLASS_IN;
	enum elsewhere found = ELSEWHERE_NOBODY;
	if (block->forwardings != NULL && !is_any)
		found = elsewhere_answer(asker, question, block, query,
					 query->packet + DNS_HEADER_SIZE, reply, outcome);
	if (found == ELSEWHERE_NOBODY && answer_after_data(question, reply, outcome))
		found = ELSEWHERE_KNOWN;
	return found;
}

/* What became of a denial. */
enum fall { FALL_DENIED, FALL_LOOKED_UP, FALL_KNOWN, FALL_ASKED };

/* The directives behind `kubernetes` are asked for what it denies. Where none of them has the name
 * the denial stays. LOOKED_UP: ret_kind says what was found. */
static enum fall fall_through(struct asker *asker, struct question *question, struct reply *reply,
			      struct outcome *outcome, enum answer_kind *ret_kind)
{
	const struct route *behind = question->route->behind;
	struct reply denial = *reply;
	struct lookup lookup;
	reply_rewind(question, reply);
	reply->stale = false;
	reply->rcode = RCODE_NOERROR;
	if (lookup_behind(asker, question->route, &question->query, &lookup, &question->by)) {
		question->lookup = lookup;
		*ret_kind = answers_write(&question->lookup, reply);
		return FALL_LOOKED_UP;
	}
	if (behind->catalog != NULL) {
		outcome->by = behind->by;
		settle_failure(outcome, "zone is not loaded");
		return FALL_KNOWN;
	}
	enum elsewhere found = is_somebody_behind(question)
				       ? answer_behind_data(asker, question, reply, outcome)
				       : ELSEWHERE_NOBODY;
	if (found != ELSEWHERE_NOBODY)
		return found == ELSEWHERE_KNOWN ? FALL_KNOWN : FALL_ASKED;
	*reply = denial;
	return FALL_DENIED;
}

/* False: the reply comes later. */
static bool answer_from_data(struct asker *asker, struct question *question, struct reply *reply,
			     struct outcome *outcome)
{
	uint16_t type = question->query.type;
	enum answer_kind kind = answers_write(&question->lookup, reply);
	if (kind == ANSWER_NO_NAME && question->route->behind != NULL) {
		enum fall fall = fall_through(asker, question, reply, outcome, &kind);
		if (fall == FALL_KNOWN || fall == FALL_ASKED)
			return fall == FALL_KNOWN;
	}
	outcome->by = question->by;
	bool is_known = true;
	if (kind == ANSWER_ALIAS && type != TYPE_ANY)
		is_known = settle_alias(asker, question, reply, outcome);
	else
		settle_kind(kind, reply, outcome);
	if (type == TYPE_ANY && question->route->block->any &&
	    (kind == ANSWER_FOUND || kind == ANSWER_ALIAS)) {
		reply_rewind(question, reply);
		policy_write_any(&question->query, reply);
		outcome->by = BY_ANY;
	}
	return is_known;
}

/* What stands behind the data in the chain; at its end nobody is left to answer. */
static bool answer_without_data(struct asker *asker, struct question *question, struct reply *reply,
				struct outcome *outcome)
{
	const struct route *route = question->route;
	if (route->catalog != NULL) { /* a zone of the configuration that could not be read */
		outcome->by = question->by;
		settle_failure(outcome, "zone is not loaded");
		return true;
	}
	enum elsewhere found = answer_behind_data(asker, question, reply, outcome);
	if (found == ELSEWHERE_NOBODY) {
		outcome->by = BY_SERVER;
		outcome->rcode = RCODE_REFUSED;
	}
	return found != ELSEWHERE_ASKED;
}

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

static size_t answer(struct asker *asker, struct question *question, uint8_t *packet)
{
	const struct block *block = question->route->block;
	struct outcome outcome = { .rcode = RCODE_NOERROR, .meter = question->route->meter };
	struct reply reply;
	reply_begin(asker, question, packet, &reply);
	bool is_other = question->query.class_ != CLASS_IN;
	if (is_transfer(question->query.type)) {
		outcome.rcode = RCODE_REFUSED;
		outcome.by = BY_SERVER;
	} else if (!answer_from_policy(question, &reply, &outcome)) {
		if (is_other && block->forwardings == NULL)
			return refuse(asker, question, packet, RCODE_REFUSED);
		bool is_known = question->is_looked_up
					? answer_from_data(asker, question, &reply, &outcome)
					: answer_without_data(asker, question, &reply, &outcome);
		if (!is_known)
			return 0;
	}
	if (reply.stale && outcome.extended_error == 0)
		outcome.extended_error = EDE_STALE;
	size_t size = reply_end(question, &reply, &outcome);
	count(asker, question, &outcome, size);
	if (block->log != NULL || outcome.problem != NULL)
		say(asker, question, &outcome, packet, size);
	return size;
}

size_t question_reply(struct asker *asker, struct question *question, uint8_t *packet)
{
	switch ((enum dns_verdict)question->verdict) {
	case QUERY_GOOD:
		if (question->route == NULL)
			return refuse(asker, question, packet, RCODE_REFUSED);
		return answer(asker, question, packet);
	case QUERY_DROP:
		return 0;
	case QUERY_FORMERR:
		return turn_away(asker, question, packet, RCODE_FORMERR);
	case QUERY_NOTIMP:
		return turn_away(asker, question, packet, RCODE_NOTIMP);
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
	question_route(asker, question);
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
