/* SPDX-License-Identifier: Apache-2.0 */
/* `autopath`: a name that is denied is looked for under the next names of the search list, as its
 * client would (names.md 15). Where all are denied the first denial is the reply. */
#include "walking.h"

#include <string.h>

#include "trace.h"

/* ---- whether it comes from a search list ---- */

/* What stands behind the first labels of the question, as a question of its own. */
static void query_behind(const struct dns_query *query, unsigned labels, struct dns_query *ret_query)
{
	unsigned from = query->labels[labels];
	*ret_query = *query;
	ret_query->name_size = (uint8_t)(query->name_size - from);
	ret_query->label_count = (uint8_t)(query->label_count - labels);
	memcpy(ret_query->lower, query->lower + from, ret_query->name_size);
	for (unsigned i = 0; i < ret_query->label_count; i++)
		ret_query->labels[i] = (uint8_t)(query->labels[labels + i] - from);
}

static bool cluster_knows(const struct asker *asker, const struct block *block,
			  const struct dns_query *query)
{
	struct lookup lookup;
	const struct zone *zone = catalog_find_zone(block->kubernetes, asker->edition, query);
	if (zone == NULL)
		return false;
	lookup_of_query(&lookup, block->kubernetes, zone, asker->edition, query);
	answers_probe(&lookup);
	answers_match(&lookup);
	return answers_know(&lookup);
}

/* Its namespace is there, and no Service of that namespace is meant: names below one are nobody
 * else's, also while its endpoints are not there yet. */
static bool comes_from_pods(const struct asker *asker, const struct question *question,
			    const struct autopath_way *way)
{
	const struct block *block = question->route->block;
	struct dns_query behind;
	if (!way->by_cluster)
		return true;
	query_behind(&question->query, way->base_labels, &behind);
	if (block->kubernetes == NULL || !cluster_knows(asker, block, &behind))
		return false;
	query_behind(&question->query, way->base_labels - 1u, &behind);
	return !cluster_knows(asker, block, &behind);
}

/* ---- the walk ---- */

enum found { FOUND_NAME, FOUND_NOTHING, FOUND_LATER };

/* REFUSED by nobody is what a block says that has no such name. */
static bool is_denied(const struct inner_answer *answer)
{
	const struct outcome *outcome = &answer->outcome;
	return outcome->is_dropped || outcome->rcode == RCODE_NXDOMAIN ||
	       (outcome->rcode == RCODE_REFUSED && outcome->by == BY_SERVER);
}

static bool ask(struct asker *asker, const struct question *question, const uint8_t *name,
		uint16_t type, struct inner_answer *ret_answer)
{
	const struct inner_question inner = {
		.outer = question,
		.below = ABOVE_AUTOPATH + 1,
		.name = name,
		.type = type,
		.class_ = CLASS_IN,
	};
	return inner_ask(asker, &inner, ret_answer);
}

static enum found walk(struct asker *asker, const struct question *question,
		       const struct autopath_way *way, uint16_t type, struct inner_answer *ret_answer)
{
	uint8_t name[DNS_NAME_MAX + 1];
	enum autopath_verdict verdict;
	for (unsigned i = 1; (verdict = autopath_next(way, i, name)) != AUTOPATH_END; i++) {
		if (verdict == AUTOPATH_SKIP)
			continue;
		if (!ask(asker, question, name, type, ret_answer))
			return FOUND_LATER;
		if (!is_denied(ret_answer)) {
			trace_walk(asker, question, name);
			return FOUND_NAME;
		}
	}
	return FOUND_NOTHING;
}

static void settle_found(struct asker *asker, const struct question *question,
			 const struct autopath_way *way, struct inner_answer *answer,
			 struct reply *reply, struct outcome *outcome)
{
	uint8_t *draft = inner_draft(asker);
	if (answer->message.question_end != 0) { /* else it is a failure without records */
		uint16_t rcode = answer->message.rcode;
		size_t size = autopath_write(way, &answer->message, draft);
		if (!dns_message_read(draft, size, &answer->message))
			answer->message = (struct dns_message){ .packet = draft };
		answer->message.rcode = rcode;
	}
	reply_rewind(question, reply);
	inner_relay(question, answer, reply, outcome);
	autopath_count(way->policy, asker->client_question->route->meter);
}

/* Addresses of one family deny no name that has some of the other: clients take a denial of either
 * for one of both. LATER; NAME: there are others. */
static enum found look_for_others(struct asker *asker, const struct question *question,
				  const struct autopath_way *way)
{
	struct inner_answer answer;
	uint16_t type = question->query.type;
	if (type != TYPE_A && type != TYPE_AAAA)
		return FOUND_NOTHING;
	enum found found = walk(asker, question, way, type == TYPE_A ? TYPE_AAAA : TYPE_A, &answer);
	bool is_there = found == FOUND_NAME && answer.outcome.rcode == RCODE_NOERROR;
	return found == FOUND_NAME && !is_there ? FOUND_NOTHING : found;
}

enum above_verdict walking_step(struct asker *asker, struct question *question, struct reply *reply,
				struct outcome *outcome)
{
	struct autopath_way way;
	struct inner_answer answer;
	if (!autopath_begin(question->route->block->policy, &question->query, &way) ||
	    !comes_from_pods(asker, question, &way))
		return ABOVE_PASS;
	if (!handlers_answer(asker, question, reply, outcome))
		return ABOVE_LATER;
	if (outcome->is_dropped || outcome->rcode != RCODE_NXDOMAIN)
		return ABOVE_KNOWN;

	trace_walk(asker, question, NULL);
	const struct reply denial = *reply;
	const struct outcome denied = *outcome;
	enum found found = walk(asker, question, &way, question->query.type, &answer);
	if (found == FOUND_NAME) {
		settle_found(asker, question, &way, &answer, reply, outcome);
		return ABOVE_KNOWN;
	}
	if (found == FOUND_NOTHING)
		found = look_for_others(asker, question, &way);
	if (found == FOUND_LATER)
		return ABOVE_LATER;
	*reply = denial; /* its records are where they were */
	*outcome = denied;
	if (found == FOUND_NAME)
		outcome->rcode = reply->rcode = RCODE_NOERROR;
	return ABOVE_KNOWN;
}
