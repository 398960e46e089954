/* SPDX-License-Identifier: Apache-2.0 */
/* Who is asked, and who next. */
#include "world.h"

static void ask_many(struct world *world, unsigned count, unsigned answers)
{
	for (unsigned i = 0; i < count; i++) {
		struct asked asked;
		char name[32];
		snprintf(name, sizeof(name), "n%u.example.", i);
		world_ask_and_wait(world, &asked, name, PROTO_UDP);
		assert_answered(&asked, RCODE_NOERROR, answers);
	}
}

/* ---- policies ---- */

static void sequential_asks_the_first(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *first = world_stub(world, stub_answers),
		    *second = world_stub(world, stub_answers);
	world_open(world);
	ask_many(world, 20, 1);
	assert_int_equal(first->asked, 20);
	assert_int_equal(second->asked, 0);
	world_free(world);
}

static void round_robin_asks_all_alike(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stubs[3];
	world->config.policy = FORWARD_ROUND_ROBIN;
	for (size_t i = 0; i < COUNT_OF(stubs); i++)
		stubs[i] = world_stub(world, stub_answers);
	world_open(world);
	ask_many(world, 30, 1);
	for (size_t i = 0; i < COUNT_OF(stubs); i++)
		assert_int_equal(stubs[i]->asked, 10);
	world_free(world);
}

static bool are_asked(struct stub *stubs[], size_t count, unsigned least)
{
	for (size_t i = 0; i < count; i++)
		if (stubs[i]->asked < least)
			return false;
	return true;
}

static void random_asks_everyone(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stubs[3];
	world->config.policy = FORWARD_RANDOM;
	for (size_t i = 0; i < COUNT_OF(stubs); i++)
		stubs[i] = world_stub(world, stub_answers);
	world_open(world);
	/* One that seems to be slow is asked seldom, until it was measured some more times. */
	for (unsigned i = 0; i < 200 && !are_asked(stubs, COUNT_OF(stubs), 20); i++)
		ask_many(world, 100, 1);
	assert_true(are_asked(stubs, COUNT_OF(stubs), 20));
	world_free(world);
}

/* ---- dead ones ---- */

static void one_dead_of_three_is_soon_left_alone(void **state)
{
	(void)state;
	static const enum forward_policy policies[] = { FORWARD_RANDOM, FORWARD_ROUND_ROBIN,
							FORWARD_SEQUENTIAL };
	for (size_t i = 0; i < COUNT_OF(policies); i++) {
		struct world *world = world_new();
		struct stub *dead = world_stub(world, stub_says_nothing);
		world_stub(world, stub_answers);
		world_stub(world, stub_answers);
		world->config.policy = policies[i];
		world_open(world);
		ask_many(world, 120, 1);
		assert_true(dead->asked <= 10);
		world_free(world);
	}
}

static void nobody_at_the_port_is_noticed_at_once(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_nobody(world);
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	world->config.read_timeout_ms = 60000; /* nothing here waits for it */
	world_open(world);
	for (unsigned i = 0; i < 2; i++) {
		world_ask_and_wait(world, &asked, "a.", i == 0 ? PROTO_UDP : PROTO_TCP);
		assert_answered(&asked, RCODE_NOERROR, 1);
	}
	assert_int_equal(stub->asked, 2);
	world_free(world);
}

static bool was_probed(void *context)
{
	return ((struct stub *)context)->probes > 0;
}

static bool is_down(void *context)
{
	return world_has_metric(context, "coredns_forward_healthcheck_broken_total 1");
}

static void silence_starts_health_checks(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_says_nothing);
	struct asked asked;
	world->config.read_timeout_ms = 50;
	world->config.max_connect_attempts = 1;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_TIMED_OUT);
	char expected[64];
	snprintf(expected, sizeof(expected), "->127.0.0.1:%u: i/o timeout", stub->port);
	assert_memory_equal(asked.problem, "read udp 127.0.0.1:", 19);
	assert_non_null(strstr(asked.problem, expected));
	world_wait(world, was_probed, stub);
	world_free(world);
}

static void all_dead_are_asked_by_chance_until_one_is_back(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_says_nothing);
	struct asked asked;
	char line[160];
	world->config.read_timeout_ms = 30;
	world->config.max_fails = 1;
	world->config.health_check_ms = 20;
	world_open(world);
	do
		world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	while (!is_down(world) && asked.end == UPSTREAM_TIMED_OUT);
	assert_int_equal(asked.end, UPSTREAM_TIMED_OUT);
	snprintf(line, sizeof(line),
		 "coredns_proxy_healthcheck_failures_total{proxy_name=\"forward\",to=\"127.0.0.1:%u\"} 2",
		 stub->port);
	assert_metric(world, line);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_TIMED_OUT);
	assert_false(world_has_metric(world, "coredns_forward_healthcheck_broken_total 0"));
	stub->call = stub_answers;
	stub->probes = 0;
	world_wait(world, was_probed, stub);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	world_free(world);
}

static void failfast_asks_nobody_when_all_are_down(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_says_nothing);
	struct asked asked;
	world->config.read_timeout_ms = 30;
	world->config.max_fails = 1;
	world->config.health_check_ms = 20;
	world->config.fails_fast = true;
	world_open(world);
	do {
		stub->asked = 0;
		world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	} while (asked.end == UPSTREAM_TIMED_OUT);
	assert_int_equal(asked.end, UPSTREAM_UNREACHABLE);
	assert_string_equal(asked.problem, "no healthy proxies");
	world_free(world);
}

static void a_refused_port_of_all_is_said_in_the_words_of_coredns(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct asked asked;
	char expected[64];
	world_nobody(world);
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_UNREACHABLE);
	snprintf(expected, sizeof(expected), "->127.0.0.1:%u: read: connection refused",
		 world->targets[0].port);
	assert_memory_equal(asked.problem, "read udp 127.0.0.1:", 19);
	assert_non_null(strstr(asked.problem, expected));
	world_ask_and_wait(world, &asked, "a.", PROTO_TCP);
	assert_int_equal(asked.end, UPSTREAM_UNREACHABLE);
	snprintf(expected, sizeof(expected), "dial tcp 127.0.0.1:%u: connect: connection refused",
		 world->targets[0].port);
	assert_string_equal(asked.problem, expected);
	world_free(world);
}

/* ---- bad replies ---- */

static void servfail_and_refused_go_to_the_next(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *first = world_stub(world, stub_says_servfail),
		    *second = world_stub(world, stub_says_refused),
		    *third = world_stub(world, stub_answers);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_int_equal(first->asked, 1);
	assert_int_equal(second->asked, 1);
	assert_int_equal(third->asked, 1);
	world_free(world);
}

static void what_all_say_is_handed_on(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *first = world_stub(world, stub_says_servfail);
	struct stub *second = world_stub(world, stub_says_refused);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_REFUSED, 0);
	assert_int_equal(first->asked + second->asked, 2);
	world_free(world);
}

static void a_bad_reply_is_better_than_none(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_stub(world, stub_says_servfail);
	world_stub(world, stub_says_nothing);
	struct asked asked;
	world->config.read_timeout_ms = 50;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_SERVFAIL, 0);
	world_free(world);
}

static void say_nxdomain(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	stub_reply(query, RCODE_NXDOMAIN, 0);
}

static void nxdomain_is_an_answer_unless_failover_names_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct world *world = world_new();
		world_stub(world, say_nxdomain);
		struct stub *second = world_stub(world, stub_answers);
		struct asked asked;
		world->config.failover[0] = RCODE_NXDOMAIN;
		world->config.failover_count = i;
		world_open(world);
		world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
		assert_answered(&asked, i == 0 ? RCODE_NXDOMAIN : RCODE_NOERROR, i);
		assert_int_equal(second->asked, i);
		world_free(world);
	}
}

/* ---- slow ones ---- */

struct delayed {
	struct stub_query query;
	struct event *timer;
};
static unsigned late_replies;

static void on_delay_over(evutil_socket_t fd, short what, void *context)
{
	struct delayed *delayed = context;
	(void)fd;
	(void)what;
	stub_reply(&delayed->query, 0, 2);
	late_replies++;
	event_free(delayed->timer);
	mem_free(delayed);
}

static void answer_late(struct stub *stub, struct stub_query *query)
{
	struct delayed *delayed = mem_alloc(sizeof(*delayed));
	delayed->query = *query;
	delayed->timer = evtimer_new(stub->events, on_delay_over, delayed);
	event_add(delayed->timer, &(struct timeval){ .tv_usec = 300000 });
}

static bool has_replied(void *context)
{
	return late_replies >= *(unsigned *)context;
}

static void a_slow_one_gets_a_second_one_beside_it(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *slow = world_stub(world, answer_late), *fast = world_stub(world, stub_answers);
	struct asked asked;
	unsigned expected = 1;
	late_replies = 0;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_int_equal(slow->asked, 1);
	assert_int_equal(fast->asked, 1);
	world_wait(world, has_replied, &expected); /* too late: changes nothing */
	world_run(world, 20);
	assert_int_equal(asked.calls, 1);
	world_free(world);
}

static void a_slow_one_alone_is_waited_for(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *slow = world_stub(world, answer_late);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 2);
	assert_int_equal(slow->asked, 1);
	world_free(world);
}

static void lose_the_first(struct stub *stub, struct stub_query *query)
{
	if (stub->asked > 1)
		stub_reply(query, 0, 1);
}

static void a_lost_datagram_is_sent_again(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, lose_the_first);
	struct asked asked;
	world->config.read_timeout_ms = 60000;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_int_equal(stub->asked, 2);
	world_free(world);
}

static void a_question_ends_after_five_seconds(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_stub(world, stub_says_nothing);
	struct asked asked;
	world->config.read_timeout_ms = 60000;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_TIMED_OUT);
	world_free(world);
}

/* ---- bounds ---- */

static void more_than_max_concurrent_are_refused(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_stub(world, stub_says_nothing);
	struct asked asked[4];
	world->config.max_concurrent = 2;
	world_open(world);
	world_ask(world, &asked[0], "a.", PROTO_UDP);
	world_ask(world, &asked[1], "A.", PROTO_UDP); /* is asked already */
	world_ask(world, &asked[2], "b.", PROTO_UDP);
	assert_false(asked[0].is_done || asked[1].is_done || asked[2].is_done);
	world_ask(world, &asked[3], "c.", PROTO_UDP);
	assert_int_equal(asked[3].end, UPSTREAM_TOO_MANY);
	assert_string_equal(asked[3].problem, "concurrent queries exceeded maximum 2");
	assert_metric(world, "coredns_forward_max_concurrent_rejects_total 1");
	upstream_close(world->upstream);
	world->upstream = NULL;
	assert_int_equal(asked[0].end, UPSTREAM_CLOSED);
	assert_int_equal(asked[1].calls, 1);
	world_free(world);
}

static void the_table_has_an_end(void **state)
{
	(void)state;
	enum { QUESTIONS = 16384 };
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_says_nothing);
	struct asked *asked = mem_zalloc((QUESTIONS + 1) * sizeof(*asked));
	world_open(world);
	for (unsigned i = 0; i <= QUESTIONS; i++) {
		char name[32];
		snprintf(name, sizeof(name), "n%u.", i);
		world_ask(world, &asked[i], name, PROTO_UDP);
		assert_int_equal(asked[i].is_done, i == QUESTIONS);
	}
	assert_int_equal(asked[QUESTIONS].end, UPSTREAM_TOO_MANY);
	stub->call = stub_answers;
	for (unsigned i = 0; i < QUESTIONS; i++)
		world_wait_done(world, &asked[i]);
	world_ask_and_wait(world, &asked[0], "x.", PROTO_UDP);
	assert_answered(&asked[0], RCODE_NOERROR, 1);
	mem_free(asked);
	world_free(world);
}

static void next_is_for_rcodes_and_for_no_data(void **state)
{
	(void)state;
	struct config_forward config = { .next = { RCODE_NXDOMAIN, RCODE_REFUSED }, .next_count = 2 };
	struct dns_message message = { .rcode = RCODE_NXDOMAIN };
	assert_true(upstream_is_next(&config, &message));
	message.rcode = RCODE_SERVFAIL;
	assert_false(upstream_is_next(&config, &message));
	message.rcode = RCODE_NOERROR;
	assert_false(upstream_is_next(&config, &message));
	config.next_on_no_data = true;
	assert_true(upstream_is_next(&config, &message));
	message.counts[0] = 1;
	assert_false(upstream_is_next(&config, &message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequential_asks_the_first),
		cmocka_unit_test(round_robin_asks_all_alike),
		cmocka_unit_test(random_asks_everyone),
		cmocka_unit_test(one_dead_of_three_is_soon_left_alone),
		cmocka_unit_test(nobody_at_the_port_is_noticed_at_once),
		cmocka_unit_test(silence_starts_health_checks),
		cmocka_unit_test(all_dead_are_asked_by_chance_until_one_is_back),
		cmocka_unit_test(failfast_asks_nobody_when_all_are_down),
		cmocka_unit_test(a_refused_port_of_all_is_said_in_the_words_of_coredns),
		cmocka_unit_test(servfail_and_refused_go_to_the_next),
		cmocka_unit_test(what_all_say_is_handed_on),
		cmocka_unit_test(a_bad_reply_is_better_than_none),
		cmocka_unit_test(nxdomain_is_an_answer_unless_failover_names_it),
		cmocka_unit_test(a_slow_one_gets_a_second_one_beside_it),
		cmocka_unit_test(a_slow_one_alone_is_waited_for),
		cmocka_unit_test(a_lost_datagram_is_sent_again),
		cmocka_unit_test(a_question_ends_after_five_seconds),
		cmocka_unit_test(more_than_max_concurrent_are_refused),
		cmocka_unit_test(the_table_has_an_end),
		cmocka_unit_test(next_is_for_rcodes_and_for_no_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
