/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <string.h>

#include "above.h"

struct tracing {
	const struct trace *trace;
	struct dns_message message;
	uint8_t packet[DNS_MESSAGE_MAX];
};

void asker_trace(struct asker *asker, const struct trace *trace)
{
	tracing_free(asker->tracing);
	asker->tracing = mem_zalloc(sizeof(*asker->tracing));
	asker->tracing->trace = trace;
}

void tracing_free(struct tracing *tracing)
{
	mem_free(tracing);
}

void trace_tell(struct asker *asker, const struct question *question, struct trace_step step)
{
	const struct trace *trace = asker->tracing->trace;
	step.depth = inner_depth(asker);
	if (step.query == NULL)
		step.query = &question->query;
	if (step.block == NULL && question->route != NULL)
		step.block = question->route->block->config;
	trace->step(trace->context, &step);
}

void trace_tell_answer(struct asker *asker, const struct question *question,
		       const struct reply *reply, const struct outcome *outcome)
{
	trace_tell(asker, question,
		   (struct trace_step){ .kind = TRACE_ANSWER,
					.at = reply->rule,
					.by = outcome->by,
					.rcode = outcome->rcode,
					.answers = reply->answers,
					.extended_error = outcome->extended_error,
					.extended_text = outcome->extended_text,
					.problem = outcome->problem,
					.is_dropped = outcome->is_dropped,
					.is_stale = reply->stale });
}

void trace_rewrite(struct asker *asker, const struct question *question,
		   const struct rewrite_way *way, bool is_broken)
{
	const struct config_rewrite *rules = question->route->block->config->rewrites;
	for (unsigned i = 0; asker->tracing != NULL && i < way->step_count; i++) {
		const struct rewrite_step *step = &way->steps[i];
		trace_tell(asker, question,
			   (struct trace_step){
				   .kind = TRACE_REWRITE,
				   .at = &rules[step->rule].at,
				   .name = step->new_at != 0 ? way->names + step->new_at : NULL,
				   .type = way->type,
				   .rcode = is_broken && i + 1 == way->step_count ? RCODE_SERVFAIL
										  : RCODE_NOERROR,
			   });
	}
}

static bool is_read(struct tracing *tracing, size_t size)
{
	return size > 0 && dns_message_read(tracing->packet, size, &tracing->message);
}

void trace_ask(struct asker *asker, const struct question *question, const struct dns_query *wanted,
	       struct arrival *arrival)
{
	struct tracing *tracing = asker->tracing;
	const struct trace *trace = tracing->trace;
	const struct block *block = arrival->block;
	const struct forwardings *forwardings = block->forwardings;
	const struct forwarding *forwarding = forwarding_find(forwardings, 0, wanted->lower);
	arrival->message = NULL;
	while (forwarding != NULL) {
		const struct config_forward *config = forwarding->config;
		trace_tell(asker, question,
			   (struct trace_step){ .kind = TRACE_FORWARD,
						.query = wanted,
						.block = block->config,
						.at = &config->said.at,
						.forward = config });
		size_t size = trace->ask(trace->context, config, arrival->name, wanted,
					 tracing->packet, &arrival->problem);
		if (!is_read(tracing, size))
			break;
		arrival->message = &tracing->message;
		if (!upstream_is_next(config, &tracing->message))
			break;
		size_t next = (size_t)(forwarding - forwardings->list) + 1;
		forwarding = forwarding_find(forwardings, next, wanted->lower);
	}
	arrival->rcode = RCODE_SERVFAIL;
	arrival->extended_error = arrival->message == NULL ? EDE_NO_UPSTREAM : 0;
}
