/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream_ask.h"

#include <event2/event.h>
#include <string.h>

enum { WAIT_S = 8 };

struct asking {
	struct event_base *events;
	uint8_t *message;
	struct upstream_asked *asked;
	bool is_done;
};

static void on_done(void *context, const struct upstream_reply *reply)
{
	struct asking *asking = context;
	struct upstream_asked *asked = asking->asked;
	if (asking->is_done) /* it is being closed */
		return;
	asking->is_done = true;
	asked->target = (struct server_address){ reply->target.ip, reply->target.port };
	if (reply->end == UPSTREAM_ANSWERED) {
		asked->size = reply->message->size;
		memcpy(asking->message, reply->message->packet, asked->size);
	} else {
		error_set(&asked->problem, "%s", reply->problem != NULL ? reply->problem : "no answer");
	}
	event_base_loopbreak(asking->events);
}

static struct upstream_question question_of(const uint8_t *name, const struct dns_query *query)
{
	struct upstream_question question = {
		.name_size = (uint8_t)name_size(name),
		.type = query->type,
		.class_ = query->class_,
		.dnssec_ok = query->dnssec_ok,
		.recursion = true,
		.proto = PROTO_UDP,
	};
	memcpy(question.name, name, question.name_size);
	ip_parse("127.0.0.1", &question.client);
	return question;
}

void upstream_ask_once(const struct config_forward *forward, struct metrics *metrics,
		       const uint8_t *name, const struct dns_query *query, uint8_t *ret_message,
		       struct upstream_asked *ret_asked)
{
	const struct upstream_question question = question_of(name, query);
	const struct timeval most = { WAIT_S, 0 };
	struct asking asking = { event_base_new(), ret_message, ret_asked, false };
	const struct upstream_options options = { asking.events, forward, metrics };
	uint64_t begin = clock_now_ns();
	*ret_asked = (struct upstream_asked){ .problem.text = "nothing was heard in time" };
	struct upstream *upstream = upstream_open(&options, &ret_asked->problem);
	if (upstream != NULL) {
		upstream_ask(upstream, &question, on_done, &asking);
		event_base_loopexit(asking.events, &most);
		if (!asking.is_done)
			event_base_dispatch(asking.events);
		asking.is_done = true;
		upstream_close(upstream);
	}
	ret_asked->took_ns = clock_now_ns() - begin;
	event_base_free(asking.events);
}
