/* SPDX-License-Identifier: Apache-2.0 */
/* What rules make of a question is asked below; a target that they give a CNAME is asked from the
 * very start, as if a client had asked for it. Both answers become one. */
#include "rewriting.h"

#include "trace.h"

enum { RCODE_PLAIN_MOST = 15 };

static void fail(struct outcome *outcome, const char *problem)
{
	outcome->rcode = RCODE_SERVFAIL;
	outcome->problem = problem;
	outcome->extended_text = problem;
}

/* False: it comes later. */
static bool ask_below(struct asker *asker, const struct question *question,
		      const struct rewrite_way *way, struct inner_answer *ret_answer)
{
	const struct inner_question inner = {
		.outer = question,
		.below = ABOVE_REWRITE + 1,
		.name = way->name_at != 0 ? way->names + way->name_at
					  : question->query.packet + DNS_HEADER_SIZE,
		.type = way->type,
		.class_ = way->class_,
	};
	return inner_ask(asker, &inner, ret_answer);
}

static bool ask_target(struct asker *asker, const struct question *question,
		       const struct rewrite_way *way, const uint8_t *target,
		       struct inner_answer *ret_answer)
{
	const struct inner_question inner = {
		.outer = question,
		.routes = &asker->listener->routes,
		.below = ABOVE_DNS64,
		.name = target,
		.type = way->type,
		.class_ = way->class_,
	};
	if (!inner_ask(asker, &inner, ret_answer))
		return false;
	/* Who is told nothing about the target, or that it is none of ours, has no address. */
	if (ret_answer->outcome.is_dropped || ret_answer->outcome.rcode == RCODE_REFUSED)
		ret_answer->outcome.rcode = RCODE_SERVFAIL;
	return true;
}

/* The end of an alias decides (RFC 6604); who answered stays who was asked first. */
static void settle_found(struct outcome *outcome, const struct outcome *found)
{
	outcome->rcode = found->rcode;
	outcome->problem = found->problem;
	outcome->extended_error = found->extended_error;
	outcome->extended_text = found->extended_text;
}

/* Puts the reply that rules make in the place of what was heard. */
static void make_reply(struct asker *asker, const struct rewrite_way *way,
		       const struct dns_message *found, struct inner_answer *answer)
{
	uint8_t *draft = inner_draft(asker);
	struct dns_writer writer = { draft, draft, draft + DNS_MESSAGE_MAX };
	if (rewrite_reply(way, &answer->message, found, &writer) &&
	    dns_message_read(draft, (size_t)(writer.at - draft), &answer->message))
		return;
	answer->message = (struct dns_message){ .packet = draft };
	fail(&answer->outcome, "invalid name in the answer after rewrite");
}

static bool is_to_be_made(const struct rewrite_way *way, const struct inner_answer *answer)
{
	return answer->message.question_end != 0 && (way->maps_records || way->name_at != 0);
}

static enum above_verdict answer_by_rules(struct asker *asker, struct question *question,
					  const struct rewrite_way *way, struct reply *reply,
					  struct outcome *outcome)
{
	struct inner_answer answer, found;
	uint8_t target[DNS_NAME_MAX + 1];
	if (!ask_below(asker, question, way, &answer))
		return ABOVE_LATER;
	bool has_target = rewrite_alias(way, &answer.message, target);
	if (has_target && !ask_target(asker, question, way, target, &found))
		return ABOVE_LATER;
	if (has_target)
		settle_found(&answer.outcome, &found.outcome);
	answer.outcome.rcode = rewrite_rcode(way, answer.outcome.rcode);
	if (is_to_be_made(way, &answer))
		make_reply(asker, way, has_target ? &found.message : NULL, &answer);
	if (answer.outcome.rcode > RCODE_PLAIN_MOST && !question->query.edns && !question->is_inner)
		fail(&answer.outcome, "rcode after rewrite cannot be said without EDNS");
	inner_relay(question, &answer, reply, outcome);
	return ABOVE_KNOWN;
}

enum above_verdict rewriting_step(struct asker *asker, struct question *question,
				  struct reply *reply, struct outcome *outcome)
{
	const struct policy *policy = question->route->block->policy;
	const struct client client = client_of(asker, question);
	struct rewrite_way way;
	switch (rewrite_question(policy, &question->query, &client, &way)) {
	case REWRITE_NOTHING:
		return ABOVE_PASS;
	case REWRITE_BROKEN:
		trace_rewrite(asker, question, &way, true);
		outcome->by = BY_SERVER;
		fail(outcome, "invalid name after rewrite");
		return ABOVE_KNOWN;
	case REWRITE_DONE:
		trace_rewrite(asker, question, &way, false);
		break;
	}
	return answer_by_rules(asker, question, &way, reply, outcome);
}
