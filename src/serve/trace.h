/* SPDX-License-Identifier: Apache-2.0 */
/* trace -- tells what is decided to whoever wants to explain an answer (private to the stage). A
 * thread that serves has no tracing, and pays for the look at one pointer. */
#ifndef KNAMED_SERVE_TRACE_H
#define KNAMED_SERVE_TRACE_H

#include "elsewhere.h"

void tracing_free(struct tracing *tracing);
void trace_tell(struct asker *asker, const struct question *question, struct trace_step step);
void trace_tell_answer(struct asker *asker, const struct question *question,
		       const struct reply *reply, const struct outcome *outcome);
/* Each rule of the way; is_broken: what the last one made is no name. */
void trace_rewrite(struct asker *asker, const struct question *question,
		   const struct rewrite_way *way, bool is_broken);
/* Asks whom the block forwards the name to, in the place of an errand. */
void trace_ask(struct asker *asker, const struct question *question, const struct dns_query *wanted,
	       struct arrival *arrival);

#define TRACE_IF(asker, question, ...)                                                             \
	do {                                                                                       \
		if (__builtin_expect((asker)->tracing != NULL, 0))                                 \
			trace_tell(asker, question, (struct trace_step){ __VA_ARGS__ });           \
	} while (0)

static inline void trace_block(struct asker *asker, const struct question *question)
{
	TRACE_IF(asker, question, .kind = TRACE_BLOCK);
}

static inline void trace_rule(struct asker *asker, const struct question *question,
			      const struct reply *reply, enum answerer by)
{
	if (reply->rule != NULL)
		TRACE_IF(asker, question, .kind = TRACE_RULE, .at = reply->rule, .by = by,
			 .extended_text = reply->extended_text);
}

static inline void trace_walk(struct asker *asker, const struct question *question, const uint8_t *name)
{
	TRACE_IF(asker, question, .kind = TRACE_WALK, .name = name);
}

static inline void trace_alias(struct asker *asker, const struct question *question,
			       const struct reply *reply)
{
	TRACE_IF(asker, question, .kind = TRACE_ALIAS,
		 .name = reply->truncated ? reply->alias : reply->packet + reply->alias_at);
}

static inline void trace_let_go(struct asker *asker, const struct question *question)
{
	TRACE_IF(asker, question, .kind = TRACE_LET_GO, .by = question->by);
}

static inline void trace_stays(struct asker *asker, const struct question *question)
{
	TRACE_IF(asker, question, .kind = TRACE_STAYS);
}

static inline void trace_answer(struct asker *asker, const struct question *question,
				const struct reply *reply, const struct outcome *outcome)
{
	if (__builtin_expect(asker->tracing != NULL, 0))
		trace_tell_answer(asker, question, reply, outcome);
}

#endif
