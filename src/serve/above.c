/* SPDX-License-Identifier: Apache-2.0 */
#include "above.h"

#include <string.h>

#include "relay.h"
#include "rewriting.h"
#include "trace.h"
#include "translating.h"
#include "walking.h"

enum { DEPTH_MOST = 8, ANSWERS_PER_DEPTH = 2 };

/* Messages that were heard: for each level of questions the last two, and one to write to. */
struct inner_rooms {
	unsigned depth, turns[DEPTH_MOST];
	uint8_t heard[DEPTH_MOST][ANSWERS_PER_DEPTH][DNS_MESSAGE_MAX];
	uint8_t drafts[DEPTH_MOST][DNS_MESSAGE_MAX];
};

static const above_step steps[ABOVE_COUNT] = {
	[ABOVE_DNS64] = translating_step,
	[ABOVE_REWRITE] = rewriting_step,
	[ABOVE_AUTOPATH] = walking_step,
};

struct inner_rooms *inner_rooms_new(void)
{
	/* Not zeroed: a level that is never reached never takes memory. */
	struct inner_rooms *rooms = mem_alloc(sizeof(*rooms));
	rooms->depth = 0;
	memset(rooms->turns, 0, sizeof(rooms->turns));
	return rooms;
}

void inner_rooms_free(struct inner_rooms *rooms)
{
	mem_free(rooms);
}

static bool answer_from(struct asker *asker, enum above first, struct question *question,
			struct reply *reply, struct outcome *outcome)
{
	if ((question->route->touches & TOUCH_ABOVE) != 0) {
		for (unsigned i = first; i < ABOVE_COUNT; i++) {
			enum above_verdict verdict =
				steps[i] != NULL ? steps[i](asker, question, reply, outcome)
						 : ABOVE_PASS;
			reply->unordered |= verdict != ABOVE_PASS && reply->rotate;
			if (verdict != ABOVE_PASS)
				return verdict == ABOVE_KNOWN;
		}
	}
	return handlers_answer(asker, question, reply, outcome);
}

bool above_begin(struct asker *asker, struct question *question, struct reply *reply,
		 struct outcome *outcome)
{
	return answer_from(asker, ABOVE_DNS64, question, reply, outcome);
}

/* ---- inner questions ---- */

static size_t write_question(const struct inner_question *inner, uint8_t *packet)
{
	struct dns_writer writer = { packet, packet, packet + DNS_MESSAGE_MAX };
	memset(packet, 0, DNS_HEADER_SIZE);
	put_u16(packet + 2, inner->outer->query.flags & (FLAG_RD | FLAG_CD | FLAG_AD));
	put_u16(packet + 4, 1);
	writer.at += DNS_HEADER_SIZE;
	write_name(&writer, inner->name);
	write_u16(&writer, inner->type);
	write_u16(&writer, inner->class_);
	return (size_t)(writer.at - packet);
}

static bool begin(struct asker *asker, const struct inner_question *inner, uint8_t *packet,
		  struct question *ret_question)
{
	const struct question *outer = inner->outer;
	*ret_question = (struct question){ .info = outer->info, .is_inner = true };
	size_t size = write_question(inner, packet);
	ret_question->verdict = (uint8_t)dns_query_read(packet, size, &ret_question->query);
	if (ret_question->verdict != QUERY_GOOD || dns_type_is_transfer(inner->type))
		return false; /* a zone is no answer that a rule could make something of */
	ret_question->query.dnssec_ok = outer->query.dnssec_ok;
	question_route(asker, ret_question,
		       inner->routes != NULL ? inner->routes : outer->route->block->own);
	question_match(ret_question);
	return ret_question->route != NULL;
}

/* Its message says no more than that it failed. */
static void write_failure(struct inner_answer *answer, const uint8_t *packet, const char *problem)
{
	answer->outcome = (struct outcome){ .rcode = RCODE_SERVFAIL,
					    .problem = problem,
					    .extended_text = problem };
	answer->message = (struct dns_message){
		.packet = packet,
		.flags = FLAG_QR | RCODE_SERVFAIL,
		.rcode = RCODE_SERVFAIL,
	};
}

/* What `header` made of the flags of the question and of the reply. */
static void take_header(const struct inner_question *inner, const struct question *question,
			const struct reply *reply, struct inner_answer *answer)
{
	const uint16_t asked = FLAG_RD | FLAG_CD | FLAG_AD;
	unsigned turned = (question->query.flags ^ inner->outer->query.flags) & asked;
	unsigned changed = turned | reply->set_flags | reply->clear_flags;
	answer->set_flags = (uint16_t)(changed & answer->message.flags);
	answer->clear_flags = (uint16_t)(changed & ~(unsigned)answer->message.flags);
}

static bool answer_inner(struct asker *asker, const struct inner_question *inner, uint8_t *packet,
			 struct inner_answer *answer)
{
	struct question question;
	struct reply reply;
	answer->set_flags = answer->clear_flags = 0;
	answer->outcome = (struct outcome){
		.rcode = RCODE_NOERROR,
		.meter = asker->client_question->route->meter,
	};
	if (!begin(asker, inner, packet, &question)) {
		write_failure(answer, packet, "no block has the name that a rule asks for");
		return true;
	}
	trace_block(asker, &question);
	reply_begin(asker, &question, packet, &reply);
	if (!answer_from(asker, inner->below, &question, &reply, &answer->outcome))
		return false;
	if (reply.stale && answer->outcome.extended_error == 0) {
		answer->outcome.extended_error = EDE_STALE;
		answer->outcome.extended_text = "from an earlier run, and not confirmed yet";
	}
	trace_answer(asker, &question, &reply, &answer->outcome);
	size_t size = reply_end(&question, &reply, &answer->outcome);
	if (!dns_message_read(packet, size, &answer->message))
		write_failure(answer, packet, "what a rule asked for has no answer that can be read");
	answer->message.rcode = answer->outcome.rcode;
	take_header(inner, &question, &reply, answer);
	return true;
}

bool inner_ask(struct asker *asker, const struct inner_question *inner, struct inner_answer *ret_answer)
{
	struct inner_rooms *rooms = asker->rooms;
	unsigned depth = rooms->depth;
	uint8_t *packet = rooms->heard[depth][rooms->turns[depth]++ % ANSWERS_PER_DEPTH];
	if (depth + 1 == DEPTH_MOST) {
		write_failure(ret_answer, packet, "rules lead to too many questions");
		return true;
	}
	rooms->depth++;
	bool is_known = answer_inner(asker, inner, packet, ret_answer);
	rooms->depth--;
	return is_known;
}

void inner_relay(const struct question *question, const struct inner_answer *answer,
		 struct reply *reply, struct outcome *outcome)
{
	unsigned meter = outcome->meter;
	*outcome = answer->outcome;
	outcome->meter = meter;
	if (answer->message.question_end == 0) /* a failure: there is nothing to copy */
		return;
	struct outcome told = *outcome;
	/* It is all of ours, not the end of an alias. */
	if (reply->at == question->query.question_end) {
		reply->set_flags = answer->set_flags;
		reply->clear_flags = answer->clear_flags;
	}
	relay_message(question, reply, &told, &answer->message);
}

unsigned inner_depth(const struct asker *asker)
{
	return asker->rooms != NULL ? asker->rooms->depth : 0;
}

uint8_t *inner_draft(struct asker *asker)
{
	return asker->rooms->drafts[asker->rooms->depth];
}
