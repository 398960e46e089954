/* SPDX-License-Identifier: Apache-2.0 */
/* The directives that answer, in the order of the chain: the gate, the front, the data, who is behind them. */
#include "handlers.h"

#include <string.h>

#include "knamed/policy.h"
#include "above.h"
#include "elsewhere.h"
#include "trace.h"
#include "ttl_bounds.h"
#include "views.h"

/* ---- look-ups ---- */

bool lookup_begin(struct asker *asker, const struct route *route, const struct dns_query *query,
		  struct lookup *lookup, uint8_t *ret_by)
{
	const struct zone *zone = route->zone;
	const struct catalog *catalog = route->catalog;
	*ret_by = (uint8_t)route->by;
	for (size_t i = 0; i < route->auto_count; i++) {
		zone = catalog_find_zone(route->autos[i], asker->edition, query);
		if (zone == NULL)
			continue;
		lookup_of_query(lookup, route->autos[i], zone, asker->edition, query);
		*ret_by = BY_AUTO;
		return true;
	}
	if (zone == NULL && catalog != NULL)
		zone = catalog_find_zone(catalog, asker->edition, query);
	if (zone == NULL)
		return false;
	lookup_of_query(lookup, catalog, zone, asker->edition, query);
	return true;
}

bool lookup_behind(struct asker *asker, const struct route *behind, const struct dns_query *query,
		   struct lookup *lookup, uint8_t *ret_by)
{
	if (!lookup_begin(asker, behind, query, lookup, ret_by))
		return false;
	answers_probe(lookup);
	answers_match(lookup);
	return true;
}

/* ---- what was found ---- */

/* Who asks with an OPT hears it too: as an extended error without a code of its own. */
static void settle_failure(struct outcome *outcome, const char *problem)
{
	outcome->rcode = RCODE_SERVFAIL;
	outcome->problem = problem;
	outcome->extended_text = problem;
}

static void settle_refusal(struct outcome *outcome)
{
	outcome->by = BY_SERVER;
	outcome->rcode = RCODE_REFUSED;
	outcome->extended_error = EDE_NOT_OURS;
	outcome->extended_text = "nobody here answers for this name";
}

static void settle_not_ready(struct outcome *outcome, const char *text)
{
	outcome->rcode = RCODE_SERVFAIL;
	outcome->extended_error = EDE_NOT_READY;
	outcome->extended_text = text;
}

/* The route's zone is one of the configuration, but not there. One that is taken from a primary
 * comes when it can; CoreDNS says nothing about that either. */
static void settle_unloaded(const struct route *route, struct outcome *outcome)
{
	bool may_come = route->by == BY_SECONDARY;
	settle_not_ready(outcome, "zone is not loaded");
	if (!may_come)
		outcome->problem = outcome->extended_text;
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
		settle_not_ready(outcome, "the cluster has not been read yet");
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

/* The end of an alias whose zone has rules: asked as if a client had asked for it. */
static bool follow_by_rules(struct asker *asker, struct question *question, struct reply *reply,
			    struct outcome *outcome)
{
	const struct inner_question inner = {
		.outer = question,
		.routes = &asker->listener->routes,
		.name = reply->truncated ? reply->alias : reply->packet + reply->alias_at,
		.type = question->query.type,
		.class_ = question->query.class_,
	};
	struct inner_answer answer;
	enum answerer by = outcome->by;
	if (!inner_ask(asker, &inner, &answer))
		return false;
	if (answer.outcome.is_dropped || answer.outcome.rcode == RCODE_REFUSED)
		answer.outcome.rcode = RCODE_SERVFAIL;
	inner_relay(question, &answer, reply, outcome);
	outcome->by = by;
	return true;
}

/* The end of an alias that is not in our zones: whoever the block of its zone forwards to. */
static bool follow_elsewhere(struct asker *asker, struct question *question, struct reply *reply,
			     struct outcome *outcome)
{
	const struct route *route =
		route_find(asker, question, &asker->listener->routes, &asker->target);
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
	enum chain_end end = chain_follow(asker, question, reply, &kind);
	trace_alias(asker, question, reply);
	switch (end) {
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
	case CHAIN_RULES:
		is_known = follow_by_rules(asker, question, reply, outcome);
		break;
	case CHAIN_CUT:
		break;
	}
	reply->authoritative = true;
	return is_known;
}

struct client client_of(const struct asker *asker, const struct question *question)
{
	const struct question *first = question->is_inner ? asker->client_question : question;
	bool is_asked_again = asker->arrival != NULL || asker->errand != NULL;
	return (struct client){
		.ip = question->info->client,
		.port = question->info->client_port,
		.proto = question->info->proto,
		.meter = is_asked_again ? METER_NONE : first->route->meter,
		.metadata = first->route->block->metadata ? &asker->metadata : NULL,
	};
}

static bool answer_after_data(const struct asker *asker, const struct question *question,
			      struct reply *reply, struct outcome *outcome)
{
	const struct policy *policy = question->route->block->policy;
	const struct client client = client_of(asker, question);
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
	if (found == ELSEWHERE_NOBODY && answer_after_data(asker, question, reply, outcome))
		found = ELSEWHERE_KNOWN;
	return found;
}

/* What became of a denial. */
enum fall { FALL_DENIED, FALL_LOOKED_UP, FALL_KNOWN, FALL_ASKED };

/* The directives behind the one that denied a name are asked for it. Where none of them has the
 * name the denial stays. LOOKED_UP: ret_kind says what was found. */
static enum fall fall_to(struct asker *asker, struct question *question, const struct route *behind,
			 struct reply *reply, struct outcome *outcome, enum answer_kind *ret_kind)
{
	struct reply denial = *reply;
	struct lookup lookup;
	reply_rewind(question, reply);
	reply->stale = false;
	reply->rcode = RCODE_NOERROR;
	if (lookup_behind(asker, behind, &question->query, &lookup, &question->by)) {
		question->lookup = lookup;
		*ret_kind = answers_write(&question->lookup, reply);
		return FALL_LOOKED_UP;
	}
	if (behind->catalog != NULL) {
		outcome->by = behind->by;
		settle_unloaded(behind, outcome);
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

bool is_let_go(enum answer_kind kind, uint8_t by, const struct lookup *lookup)
{
	bool is_as_in_files = by == BY_FILE || by == BY_SECONDARY;
	return kind == ANSWER_NO_NAME ||
	       (kind == ANSWER_NO_DATA && is_as_in_files && answers_is_above_others(lookup));
}

static bool is_denied(enum fall fall, enum answer_kind kind, const struct outcome *outcome)
{
	return fall == FALL_LOOKED_UP ? kind == ANSWER_NO_NAME
				      : fall == FALL_KNOWN && outcome->rcode == RCODE_NXDOMAIN;
}

/* What is not known is asked of those behind. A name above others goes on as well (CoreDNS), but it
 * exists, whoever denies it (RFC 8020). */
static enum fall fall_through(struct asker *asker, struct question *question, struct reply *reply,
			      struct outcome *outcome, enum answer_kind *kind)
{
	const struct route *behind = question->route->behind;
	const struct reply denial = *reply;
	const struct outcome before = *outcome;
	struct lookup own = question->lookup;
	uint8_t by = question->by;
	bool exists = *kind == ANSWER_NO_DATA;
	enum fall fall = FALL_LOOKED_UP;
	for (; fall == FALL_LOOKED_UP && behind != NULL &&
	       is_let_go(*kind, question->by, &question->lookup);
	     behind = behind->behind) {
		trace_let_go(asker, question);
		fall = fall_to(asker, question, behind, reply, outcome, kind);
	}
	if (!exists || !is_denied(fall, *kind, outcome))
		return fall;
	trace_stays(asker, question);
	*reply = denial;
	*outcome = before;
	question->lookup = own;
	question->by = by;
	reply_rewind(question, reply);
	*kind = answers_write(&question->lookup, reply);
	return FALL_DENIED;
}

/* False: the reply comes later. */
static bool answer_from_data(struct asker *asker, struct question *question, struct reply *reply,
			     struct outcome *outcome)
{
	uint16_t type = question->query.type;
	enum answer_kind kind = answers_write(&question->lookup, reply);
	if (question->route->behind != NULL && is_let_go(kind, question->by, &question->lookup)) {
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
	if (route->catalog != NULL && question->query.class_ == CLASS_IN) {
		/* a zone of the configuration that could not be read */
		outcome->by = question->by;
		settle_unloaded(route, outcome);
		return true;
	}
	if (route->catalog != NULL) { /* ours, but not in this class */
		settle_refusal(outcome);
		return true;
	}
	enum elsewhere found = answer_behind_data(asker, question, reply, outcome);
	if (found == ELSEWHERE_NOBODY) {
		settle_refusal(outcome);
	}
	return found != ELSEWHERE_ASKED;
}

/* ---- gate and front ---- */

/* True: nothing behind is asked. ret_is_known as of handlers_answer(). */
static bool answer_in_front(struct asker *asker, struct question *question, unsigned touches,
			    struct reply *reply, struct outcome *outcome, bool *ret_is_known)
{
	const struct policy *policy = question->route->block->policy;
	struct client client = client_of(asker, question);
	struct viewed viewed = viewed_of(asker, question, &question->query);
	enum policy_verdict verdict = POLICY_PASS;
	viewed.metadata = client.metadata;
	client.viewed = &viewed;
	if ((touches & TOUCH_GATE) != 0)
		verdict = policy_gate(policy, &question->query, &client, reply, &outcome->by);
	if (verdict == POLICY_PASS && (touches & TOUCH_FRONT) != 0)
		verdict = policy_front(policy, &question->query, &client, reply, &outcome->by);
	*ret_is_known = true;
	trace_rule(asker, question, reply, verdict == POLICY_PASS ? BY_NONE : outcome->by);
	if (verdict == POLICY_PASS) {
		reply->rule = NULL;
		return false;
	}
	outcome->rcode = reply->rcode;
	outcome->extended_error = reply->extended_error;
	outcome->extended_text = reply->extended_text;
	outcome->problem = reply->problem;
	switch (verdict) {
	case POLICY_PASS:
	case POLICY_ANSWERED:
		break;
	case POLICY_ALIAS:
		*ret_is_known = settle_alias(asker, question, reply, outcome);
		break;
	case POLICY_FAILED: /* what a rule says of it stays */
		outcome->rcode = RCODE_SERVFAIL;
		outcome->problem = reply->problem;
		break;
	case POLICY_DROPPED:
		outcome->is_dropped = true;
		break;
	}
	return true;
}

bool handlers_gate(struct asker *asker, struct question *question, struct reply *reply,
		   struct outcome *outcome)
{
	unsigned touches = question->route->touches & TOUCH_GATE;
	bool is_known;
	return touches != 0 && answer_in_front(asker, question, touches, reply, outcome, &is_known);
}

static bool answer(struct asker *asker, struct question *question, struct reply *reply,
		   struct outcome *outcome)
{
	unsigned touches = question->route->touches;
	bool is_known;
	if (touches != 0 && answer_in_front(asker, question, touches, reply, outcome, &is_known))
		return is_known;
	return question->is_looked_up ? answer_from_data(asker, question, reply, outcome)
				      : answer_without_data(asker, question, reply, outcome);
}

bool handlers_answer(struct asker *asker, struct question *question, struct reply *reply,
		     struct outcome *outcome)
{
	bool is_known = answer(asker, question, reply, outcome);
	if (__builtin_expect(question->route->bounds != NULL, 0) && is_known)
		ttl_bound(question, reply, outcome);
	return is_known;
}
