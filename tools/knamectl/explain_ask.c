/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever a `forward` names is asked, and what came is a step. */
#include <string.h>

#include "explain_trace.h"
#include "upstream_ask.h"

static void tell(struct tracer *tracer, const struct upstream_asked *asked, const uint8_t *message)
{
	struct dns_message read;
	char server[SERVER_ADDRESS_SIZE] = "nobody", rcode[16];
	double took_ms = (double)asked->took_ns / 1e6;
	if (asked->target.ip.family != 0)
		server_address_print(&asked->target, server);
	json_t *step = json_array_get(tracer->steps, json_array_size(tracer->steps) - 1);
	json_object_set_new(step, "upstream", json_string(server));
	json_object_set_new(step, "took_us", json_integer((json_int_t)(asked->took_ns / 1000)));
	if (asked->size > 0 && dns_message_read(message, asked->size, &read)) {
		dns_rcode_print(read.rcode, rcode);
		explain_step(tracer->steps, "upstream", NULL, "%s says %s, %u records, after %.1f ms",
			     server, rcode, (unsigned)read.counts[0], took_ms);
	} else {
		explain_step(tracer->steps, "upstream", NULL, "%s: %s, after %.1f ms", server,
			     asked->problem.text, took_ms);
	}
}

size_t explain_ask(struct tracer *tracer, const struct config_forward *forward, const uint8_t *name,
		   const struct dns_query *query, uint8_t *ret_message, const char **ret_problem)
{
	struct upstream_asked asked = { 0 };
	upstream_ask_once(forward, tracer->metrics, name, query, ret_message, &asked);
	tell(tracer, &asked, ret_message);
	snprintf(tracer->problem, sizeof(tracer->problem), "%s", asked.problem.text);
	*ret_problem = tracer->problem;
	return asked.size;
}
