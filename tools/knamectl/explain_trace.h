/* SPDX-License-Identifier: Apache-2.0 */
/* explain_trace -- what the router decides, as steps with sentences (of `knamectl explain`). */
#ifndef KNAMECTL_EXPLAIN_TRACE_H
#define KNAMECTL_EXPLAIN_TRACE_H

#include "explain.h"
#include "knamed/serve.h"

struct pipeline;
struct tracer {
	const struct cluster_view *view;
	struct pipeline *pipeline;
	struct metrics *metrics;
	struct trace trace;
	/* of the name at hand */
	json_t *steps;
	uint8_t target[DNS_NAME_MAX + 1]; /* where an alias of ours leads; [0] with has_target */
	char problem[sizeof(((struct error *)0)->text)];
	size_t let_go_at; /* steps behind here are of whom the name fell to */
	bool has_target, has_asked_others, depends_on_client, is_unknown, has_objects;
};
void tracer_init(struct tracer *tracer, const struct cluster_view *view);
void tracer_begin(struct tracer *tracer);
void tracer_end(struct tracer *tracer);

/* Decisions that end a name's way, or hand it on. */
void explain_alias(struct tracer *tracer, const struct trace_step *step);
void explain_let_go(struct tracer *tracer, const struct trace_step *step);
void explain_answer(struct tracer *tracer, const struct trace_step *step);

/* The line of a hosts file that has the name, as a step. */
void explain_hosts_line(json_t *steps, const struct trace_step *step);

/* The upstreams of a directive, asked as the server asks them; as of struct trace. Adds what came to the step. */
size_t explain_ask(struct tracer *tracer, const struct config_forward *forward, const uint8_t *name,
		   const struct dns_query *query, uint8_t *ret_message, const char **ret_problem);

#endif
