/* SPDX-License-Identifier: Apache-2.0 */
/* One `forward` directive: what it is made of, and the way in. */
#include <stdio.h>

#include "upstream_parts.h"

static void on_wake(void *context, struct wheel_entry *entry, uint64_t now_ns)
{
	(void)context;
	question_wake((struct question *)(void *)entry, now_ns); /* it stands first there */
}

static void on_second(evutil_socket_t fd, short what, void *context)
{
	struct upstream *upstream = context;
	uint64_t now_ns = clock_now_ns();
	bool is_needed = false;
	(void)fd;
	(void)what;
	for (size_t i = 0; i < upstream->target_count; i++) {
		lines_expire(upstream->targets[i], now_ns);
		is_needed |= upstream->targets[i]->lines != NULL;
	}
	if (is_needed)
		event_add(upstream->each_second, &(struct timeval){ .tv_sec = 1 });
}

static void on_burial(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	lines_bury(context);
}

static tally_cell *all_down_cell(struct metrics *metrics)
{
	return metrics_counter(metrics, "coredns_forward_healthcheck_broken_total",
			       "Counter of the number of complete failures of the healthchecks.", "");
}

static tally_cell *too_many_cell(struct metrics *metrics)
{
	return metrics_counter(
		metrics, "coredns_forward_max_concurrent_rejects_total",
		"Counter of the number of queries rejected because the concurrent queries were at maximum.",
		"");
}

void upstream_declare(struct metrics *metrics)
{
	all_down_cell(metrics);
	too_many_cell(metrics);
	names_declare(metrics);
}

struct upstream *upstream_open(const struct upstream_options *options, struct error *error)
{
	struct upstream *upstream = mem_zalloc(sizeof(*upstream));
	upstream->events = options->events;
	upstream->config = options->config;
	upstream->metrics = options->metrics;
	upstream->hedges = HEDGES_MOST;
	upstream->lines = draw_u32(&upstream->draw);
	upstream->wheel = wheel_new(options->events, on_wake, upstream);
	upstream->each_second = evtimer_new(options->events, on_second, upstream);
	upstream->burial = evtimer_new(options->events, on_burial, upstream);
	upstream->questions = questions_new(upstream);
	upstream->all_down = all_down_cell(options->metrics);
	upstream->too_many = too_many_cell(options->metrics);
	if (targets_open(upstream, error))
		return upstream;
	upstream_close(upstream);
	return NULL;
}

void upstream_close(struct upstream *upstream)
{
	struct question *question;
	if (upstream == NULL)
		return;
	upstream->is_closing = true;
	while ((question = questions_any(upstream->questions)) != NULL)
		question_end(question, UPSTREAM_CLOSED, NULL);
	targets_close(upstream);
	lines_bury(upstream);
	questions_free(upstream->questions);
	wheel_free(upstream->wheel);
	event_free(upstream->each_second);
	event_free(upstream->burial);
	mem_free(upstream);
}

static void refuse(upstream_done done, void *context, enum upstream_end end, const char *problem)
{
	done(context, &(struct upstream_reply){ .end = end, .problem = problem });
}

static void refuse_too_many(struct upstream *upstream, upstream_done done, void *context)
{
	uint32_t most = upstream->config->max_concurrent;
	tally_add(upstream->too_many, 1);
	snprintf(upstream->problem, sizeof(upstream->problem),
		 "concurrent queries exceeded maximum %u", most > 0 ? most : (unsigned)QUESTIONS_MAX);
	refuse(done, context, UPSTREAM_TOO_MANY, upstream->problem);
}

/* 0x20: letters that a forger has to guess too. */
static void spell_by_chance(struct upstream *upstream, struct upstream_question *question)
{
	for (size_t at = 0; question->name[at] != 0;) {
		size_t end = at + 1 + question->name[at];
		uint32_t bits = 0;
		for (size_t i = at + 1; i < end; i++) {
			uint8_t letter = question->name[i] | 0x20;
			if ((i - at - 1) % 32 == 0)
				bits = draw_u32(&upstream->draw);
			if (letter >= 'a' && letter <= 'z')
				question->name[i] = letter ^ (uint8_t)((bits & 1) << 5);
			bits >>= 1;
		}
		at = end;
	}
}

void upstream_ask(struct upstream *upstream, const struct upstream_question *wanted,
		  upstream_done done, void *context)
{
	const struct config_forward *config = upstream->config;
	struct questions *questions = upstream->questions;
	bool is_tcp = config->force_tcp || (wanted->proto == PROTO_TCP && !config->prefer_udp);
	uint64_t hash;
	if (upstream->is_closing) {
		refuse(done, context, UPSTREAM_CLOSED, "no healthy proxies");
		return;
	}
	struct waiter waiter = { .done = done, .context = context };
	if (!questions_admit(questions, &wanted->client, &waiter.share)) {
		refuse_too_many(upstream, done, context);
		return;
	}
	struct question *question = questions_find(questions, wanted, is_tcp, &hash);
	bool is_new = question == NULL;
	if (is_new)
		question = questions_take(questions, wanted, is_tcp, hash);
	if (question == NULL) {
		questions_leave(questions, &waiter.share);
		refuse_too_many(upstream, done, context);
		return;
	}
	questions_add_waiter(questions, question, &waiter);
	if (!is_new)
		return;
	if (config->random_case)
		spell_by_chance(upstream, &question->wanted);
	question_begin(question, clock_now_ns());
}

static bool is_among(uint16_t rcode, const uint16_t *rcodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rcodes[i] == rcode)
			return true;
	return false;
}

bool upstream_is_next(const struct config_forward *config, const struct dns_message *message)
{
	bool is_no_data = message->rcode == RCODE_NOERROR && message->counts[0] == 0;
	return is_among(message->rcode, config->next, config->next_count) ||
	       (config->next_on_no_data && is_no_data);
}
