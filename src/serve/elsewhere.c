/* SPDX-License-Identifier: Apache-2.0 */
#include "elsewhere.h"

#include <string.h>

#include "away.h"
#include "relay.h"
#include "search_junk.h"
#include "trace.h"

/* ---- directives ---- */

static bool zone_read(const struct config_block *config, const char *text,
		      struct zone_name *ret_name, struct error *error)
{
	return zone_name_read(text, ret_name) ||
	       error_set(error, "%s:%u - not a zone: %s", config->file, config->line, text);
}

static bool forwarding_compile(struct forwarding *forwarding, const struct config_block *block,
			       struct error *error)
{
	const struct config_forward *config = forwarding->config;
	const struct config_zones *except = &config->except;
	forwarding->except = mem_zalloc((except->count + 1) * sizeof(*forwarding->except));
	for (; forwarding->except_count < except->count; forwarding->except_count++)
		if (!zone_read(block, except->zones[forwarding->except_count].text,
			       &forwarding->except[forwarding->except_count], error))
			return false;
	return zone_read(block, config->from.text, &forwarding->from, error);
}

bool forwardings_compile(const struct router *router, const struct router *before,
			 const struct config_block *config, struct forwardings **ret_forwardings,
			 struct error *error)
{
	*ret_forwardings = NULL;
	if (config->forward_count == 0)
		return true;
	struct forwardings *forwardings = *ret_forwardings = mem_zalloc(sizeof(*forwardings));
	forwardings->list = mem_zalloc(config->forward_count * sizeof(*forwardings->list));
	while (forwardings->count < config->forward_count) {
		struct forwarding *forwarding = &forwardings->list[forwardings->count];
		forwarding->config = &config->forwards[forwardings->count++];
		forwarding->kept = kept_upstream_for(router, before, forwarding->config);
		if (!forwarding_compile(forwarding, config, error))
			return false;
	}
	if (config->cache != NULL) {
		forwardings->kept = kept_cache_for(router, before, config);
		forwardings->cache = forwardings->kept->cache;
	}
	return true;
}

void forwardings_free(struct forwardings *forwardings)
{
	if (forwardings == NULL)
		return;
	for (size_t i = 0; i < forwardings->count; i++) {
		kept_upstream_leave(forwardings->list[i].kept);
		mem_free(forwardings->list[i].except);
	}
	mem_free(forwardings->list);
	kept_cache_leave(forwardings->kept);
	mem_free(forwardings);
}

static bool is_for(const struct forwarding *forwarding, const uint8_t *lower)
{
	for (size_t i = 0; i < forwarding->except_count; i++)
		if (name_is_under(lower, forwarding->except[i].name))
			return false;
	return name_is_under(lower, forwarding->from.name);
}

const struct forwarding *forwarding_find(const struct forwardings *forwardings, size_t first,
					 const uint8_t *lower)
{
	for (size_t i = first; i < forwardings->count; i++)
		if (is_for(&forwardings->list[i], lower))
			return &forwardings->list[i];
	return NULL;
}

/* ---- what arrived ---- */

static bool is_wanted(const struct arrival *arrival, const struct block *block,
		      const struct dns_query *wanted, const uint8_t *name)
{
	return arrival->block == block && arrival->type == wanted->type &&
	       arrival->class_ == wanted->class_ && name_equal_fold(arrival->name, name);
}

static const struct arrival *arrival_find(const struct arrival *arrival, const struct block *block,
					  const struct dns_query *wanted, const uint8_t *name)
{
	while (arrival != NULL && !is_wanted(arrival, block, wanted, name))
		arrival = arrival->before;
	return arrival;
}

static void count_hit(struct asker *asker, const struct outcome *outcome, bool is_denial)
{
	tally_add(&asker->tallies[outcome->meter].cache_hits[is_denial], 1);
}

/* A question that is answered in several goes is counted when its answer came. */
static void count_arrival(struct asker *asker, const struct arrival *arrival,
			  const struct outcome *outcome)
{
	if (arrival != asker->arrival)
		return;
	if (arrival->is_cached)
		count_hit(asker, outcome,
			  arrival->message->rcode != RCODE_NOERROR || arrival->message->counts[0] == 0);
	else if (arrival->is_missed)
		tally_add(&asker->tallies[outcome->meter].cache_misses, 1);
}

static void settle_arrival(struct asker *asker, const struct arrival *arrival,
			   const struct question *question, struct reply *reply,
			   struct outcome *outcome)
{
	count_arrival(asker, arrival, outcome);
	outcome->by = arrival->is_cached ? BY_CACHE : BY_FORWARD;
	outcome->upstream = &arrival->upstream;
	if (arrival->message != NULL)
		relay_message(question, reply, outcome, arrival->message);
	if (arrival->message == NULL) {
		outcome->rcode = arrival->rcode;
		outcome->problem = arrival->problem;
		outcome->extended_text = arrival->extended_text;
	}
	if (arrival->extended_error != 0) {
		outcome->extended_error = arrival->extended_error;
		outcome->extended_text = arrival->extended_text;
	}
}

/* CoreDNS hands the client's OPT on and gets one back, which `cache` takes away. */
static bool is_opt_counted(const struct asker *asker, const struct forwardings *forwardings,
			   const struct dns_query *wanted)
{
	const struct cache *cache = forwardings->cache;
	return asker->client_question->query.edns &&
	       (cache == NULL || !cache_holds(cache, wanted->lower));
}

/* ---- the cache ---- */

/* `minimal` and an answer that comes with more. */
static bool is_too_much(const struct reply *reply, const struct cached *cached)
{
	return reply->minimal && cached->counts[0] > 0 && cached->counts[1] + cached->counts[2] > 0;
}

static void settle_cached(struct asker *asker, const struct question *question,
			  const struct cached *cached, struct reply *reply, struct outcome *outcome)
{
	count_hit(asker, outcome, cached->is_denial);
	reply->answers = cached->counts[0];
	reply->authorities = cached->counts[1];
	reply->additionals = cached->counts[2];
	reply->authoritative = (cached->flags & FLAG_AA) != 0;
	reply->flags = cached->flags;
	outcome->rcode = cached->rcode;
	outcome->by = BY_CACHE;
	if (cached->is_stale) {
		outcome->extended_error = EDE_STALE;
		outcome->extended_text = "its TTL has run out";
	} else if (cached->rcode == RCODE_SERVFAIL) {
		outcome->extended_error = EDE_CACHED_ERROR;
		outcome->extended_text = "so it was a moment ago";
	}
	relay_settle(question, reply, cached->size);
}

static size_t room_of(const struct reply *reply)
{
	return reply->limit > reply->at ? reply->limit - reply->at : 0;
}

/* ---- deciding ---- */

static enum elsewhere settle_no_room(struct outcome *outcome)
{
	outcome->by = BY_FORWARD;
	outcome->rcode = RCODE_SERVFAIL;
	outcome->extended_error = EDE_NETWORK_ERROR; /* there is no way to ask now */
	outcome->extended_text = "too many questions are on their way";
	outcome->problem = "no room for another query on its way";
	return ELSEWHERE_KNOWN;
}

/* No errand is free: what has run out is better than nothing. */
static enum elsewhere answer_without_errand(struct asker *asker, const struct question *question,
					    const struct forwardings *forwardings,
					    struct reply *reply, struct outcome *outcome)
{
	struct cached cached;
	if (forwardings->cache == NULL || reply->at != question->query.question_end ||
	    cache_find_stale(forwardings->cache, &question->query, asker->began_ns,
			     reply->packet + reply->at, room_of(reply), &cached) != CACHE_HIT)
		return settle_no_room(outcome);
	settle_cached(asker, question, &cached, reply, outcome);
	return ELSEWHERE_KNOWN;
}

/* True: the reply is complete. Else the order says what the cache thinks of it. */
static bool answer_from_cache(struct asker *asker, const struct question *question,
			      struct errand_order *order, struct reply *reply, struct outcome *outcome)
{
	struct cache *cache = order->block->forwardings->cache;
	struct cached cached;
	if (cache == NULL || !cache_holds(cache, order->wanted->lower))
		return false;
	if (order->wanted != &question->query) {
		order->looks_first = true;
		return false;
	}
	switch (cache_find(cache, order->wanted, asker->began_ns, reply->packet + reply->at,
			   room_of(reply), &cached)) {
	case CACHE_MISS:
		return false;
	case CACHE_TOO_LARGE:
		order->looks_first = true;
		return false;
	case CACHE_REFRESH:
		order->is_refresh = true;
		break;
	case CACHE_HIT:
		break;
	}
	if (is_too_much(reply, &cached)) {
		order->is_refresh = false;
		order->looks_first = true;
		return false;
	}
	settle_cached(asker, question, &cached, reply, outcome);
	if (order->is_refresh)
		errand_send(asker, question, order);
	return true;
}

enum elsewhere elsewhere_answer(struct asker *asker, struct question *question,
				const struct block *block, const struct dns_query *wanted,
				const uint8_t *name, struct reply *reply, struct outcome *outcome)
{
	const struct forwardings *forwardings = block->forwardings;
	if (forwardings == NULL)
		return ELSEWHERE_NOBODY;
	const struct arrival *arrival = arrival_find(asker->arrival, block, wanted, name);
	struct errand_order order = { .block = block, .wanted = wanted, .name = name };
	order.forwarding = forwarding_find(forwardings, 0, wanted->lower);
	if (order.forwarding == NULL)
		return ELSEWHERE_NOBODY;
	const struct junk_question asked = { wanted, &order.forwarding->from,
					     wanted == &question->query };
	if (block->junk != NULL &&
	    search_junk_answer(block->junk, asker, question, &asked, reply, outcome))
		return ELSEWHERE_KNOWN;
	if (__builtin_expect(asker->tracing != NULL, 0)) {
		struct arrival told = { .block = block, .name = name };
		trace_ask(asker, question, wanted, &told);
		settle_arrival(asker, &told, question, reply, outcome);
		outcome->upstream = NULL;
		return ELSEWHERE_KNOWN;
	}
	if (arrival != NULL) {
		settle_arrival(asker, arrival, question, reply, outcome);
		if (!is_opt_counted(asker, forwardings, wanted))
			outcome->opt_size = 0;
		return ELSEWHERE_KNOWN;
	}
	if (answer_from_cache(asker, question, &order, reply, outcome))
		return ELSEWHERE_KNOWN;
	if (errand_send(asker, question, &order))
		return ELSEWHERE_ASKED;
	return answer_without_errand(asker, question, forwardings, reply, outcome);
}
