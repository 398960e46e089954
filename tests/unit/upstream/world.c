/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <signal.h>

enum { LIMIT_MS = 25000 };

struct world *world_new(void)
{
	static char root[] = ".";
	struct world *world = mem_zalloc(sizeof(*world));
	signal(SIGPIPE, SIG_IGN);
	world->events = event_base_new();
	/* Stubs, lines, timers: a test that is held up in between sees no late replies. */
	event_base_priority_init(world->events, 3);
	world->metrics = metrics_new();
	world->config = (struct config_forward){
		.from.text = root,
		.targets = world->targets,
		.policy = FORWARD_SEQUENTIAL,
		.max_fails = 2,
		.expire_ms = 10000,
		.read_timeout_ms = 2000,
		.health_check_ms = 500,
		.health_recursion = true,
		.health_domain = root,
	};
	return world;
}

static void add_target(struct world *world, uint16_t port)
{
	struct config_target *target = &world->targets[world->config.target_count++];
	target->port = port;
	assert_true(ip_parse("127.0.0.1", &target->ip));
}

struct stub *world_stub(struct world *world, stub_call call)
{
	struct stub *stub = stub_new(world->events, call);
	world->stubs[world->stub_count++] = stub;
	add_target(world, stub->port);
	return stub;
}

void world_nobody(struct world *world)
{
	struct stub *stub = stub_new(world->events, stub_says_nothing);
	add_target(world, stub->port);
	stub_free(stub);
}

void world_open(struct world *world)
{
	const struct upstream_options options = { world->events, &world->config, world->metrics };
	struct error error = { 0 };
	world->upstream = upstream_open(&options, &error);
	if (world->upstream == NULL)
		fail_msg("%s", error.text);
}

static void on_done(void *context, const struct upstream_reply *reply)
{
	struct asked *asked = context;
	asked->is_done = true;
	asked->calls++;
	asked->end = reply->end;
	if (reply->message != NULL) {
		asked->rcode = reply->message->rcode;
		asked->flags = reply->message->flags;
		asked->answers = reply->message->counts[0];
	}
	if (reply->problem != NULL)
		snprintf(asked->problem, sizeof(asked->problem), "%s", reply->problem);
}

void world_question(const char *name, enum proto proto, struct upstream_question *ret_question)
{
	*ret_question = (struct upstream_question){
		.type = TYPE_A, .class_ = CLASS_IN, .recursion = true, .proto = proto
	};
	assert_true(name_parse(name, ret_question->name, &ret_question->name_size));
}

void world_ask_question(struct world *world, struct asked *asked)
{
	struct upstream_question question = asked->question;
	*asked = (struct asked){ .question = question };
	upstream_ask(world->upstream, &asked->question, on_done, asked);
}

void world_ask(struct world *world, struct asked *asked, const char *name, enum proto proto)
{
	world_question(name, proto, &asked->question);
	world_ask_question(world, asked);
}

static void on_limit(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	*(bool *)context = true;
}

/* False: the time is over. */
static bool run_until(struct world *world, unsigned ms, world_claim claim, void *context)
{
	bool is_over = false;
	struct event *limit = evtimer_new(world->events, on_limit, &is_over);
	struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	event_add(limit, &wait);
	while (!is_over && (claim == NULL || !claim(context)))
		event_base_loop(world->events, EVLOOP_ONCE);
	event_free(limit);
	return claim == NULL || claim(context);
}

void world_wait(struct world *world, world_claim claim, void *context)
{
	assert_true(run_until(world, LIMIT_MS, claim, context));
}

void world_run(struct world *world, unsigned ms)
{
	run_until(world, ms, NULL, NULL);
}

static bool is_done(void *context)
{
	return ((struct asked *)context)->is_done;
}

void world_wait_done(struct world *world, struct asked *asked)
{
	world_wait(world, is_done, asked);
}

void world_ask_and_wait(struct world *world, struct asked *asked, const char *name, enum proto proto)
{
	world_ask(world, asked, name, proto);
	world_wait_done(world, asked);
}

/* Connections know their stub. */
static bool are_connections_closed(void *context)
{
	const struct world *world = context;
	for (size_t i = 0; i < world->stub_count; i++)
		if (world->stubs[i]->open > 0)
			return false;
	return true;
}

void world_free(struct world *world)
{
	upstream_close(world->upstream);
	world->upstream = NULL;
	world_wait(world, are_connections_closed, world);
	for (size_t i = 0; i < world->stub_count; i++)
		stub_free(world->stubs[i]);
	metrics_free(world->metrics);
	event_base_loop(world->events, EVLOOP_NONBLOCK);
	event_base_free(world->events);
	mem_free(world);
}

void assert_answered(const struct asked *asked, uint16_t rcode, unsigned answers)
{
	if (asked->end != UPSTREAM_ANSWERED)
		fail_msg("%d: %s", asked->end, asked->problem);
	assert_int_equal(asked->calls, 1);
	assert_int_equal(asked->rcode, rcode);
	assert_int_equal(asked->answers, answers);
}

bool world_has_metric(struct world *world, const char *line)
{
	struct text text = { 0 };
	metrics_print(world->metrics, &text);
	const char *at = strstr(text.data, line);
	bool has = at != NULL && (at == text.data || at[-1] == '\n') && at[strlen(line)] == '\n';
	text_done(&text);
	return has;
}

void assert_metric(struct world *world, const char *line)
{
	if (!world_has_metric(world, line))
		fail_msg("not there: %s", line);
}
