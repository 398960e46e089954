/* SPDX-License-Identifier: Apache-2.0 */
/* Connections. */
#include <event2/buffer.h>

#include "world.h"

static void ask_and_expect(struct world *world, const char *name, enum proto proto, unsigned answers)
{
	struct asked asked;
	world_ask_and_wait(world, &asked, name, proto);
	assert_answered(&asked, RCODE_NOERROR, answers);
}

static void the_protocol_of_the_client_is_kept(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	world_open(world);
	ask_and_expect(world, "a.", PROTO_UDP, 1);
	assert_int_equal(stub->asked_tcp, 0);
	ask_and_expect(world, "a.", PROTO_TCP, 1);
	assert_int_equal(stub->asked_tcp, 1);
	world_free(world);
}

static void force_tcp_and_prefer_udp_decide_otherwise(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	world->config.prefer_udp = true;
	world_open(world);
	ask_and_expect(world, "a.", PROTO_TCP, 1);
	assert_int_equal(stub->asked_tcp, 0);
	world->config.force_tcp = true; /* goes first */
	ask_and_expect(world, "a.", PROTO_UDP, 1);
	assert_int_equal(stub->asked_tcp, 1);
	world_free(world);
}

static void cut_udp(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	stub_reply(query, query->is_tcp ? 0 : FLAG_TC, query->is_tcp ? 20 : 1);
}

static void a_truncated_reply_is_handed_on_but_with_prefer_udp(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, cut_udp);
	struct asked asked;
	world_open(world);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_true((asked.flags & FLAG_TC) != 0);
	world->config.prefer_udp = true;
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 20);
	assert_true((asked.flags & FLAG_TC) == 0);
	assert_int_equal(stub->asked, 3);
	world_free(world);
}

/* ---- one connection for many ---- */

static struct stub_query held[16];
static unsigned held_count;

static void hold(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	held[held_count++] = *query;
	if (held_count < COUNT_OF(held))
		return;
	for (unsigned i = held_count; i > 0; i--)
		stub_reply(&held[i - 1], 0, i);
	held_count = 0;
}

static void questions_share_a_connection_in_any_order(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, hold);
	struct asked asked[COUNT_OF(held)];
	world_open(world);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < COUNT_OF(asked); i++) {
			char name[32];
			snprintf(name, sizeof(name), "n%u.", i);
			world_ask(world, &asked[i], name, PROTO_TCP);
		}
		for (unsigned i = 0; i < COUNT_OF(asked); i++) {
			world_wait_done(world, &asked[i]);
			assert_answered(&asked[i], RCODE_NOERROR, i + 1);
		}
	}
	assert_int_equal(stub->connections, 1);
	char line[160];
	snprintf(line, sizeof(line),
		 "coredns_proxy_conn_cache_misses_total{proto=\"tcp\",proxy_name=\"forward\",to=\"127.0.0.1:%u\"} 1",
		 stub->port);
	assert_metric(world, line);
	snprintf(line, sizeof(line),
		 "coredns_proxy_conn_cache_hits_total{proto=\"tcp\",proxy_name=\"forward\",to=\"127.0.0.1:%u\"} 47",
		 stub->port);
	assert_metric(world, line);
	world_free(world);
}

static void answer_in_pieces(struct stub *stub, struct stub_query *query)
{
	static uint8_t bytes[2 + DNS_MESSAGE_MAX];
	(void)stub;
	size_t size = stub_message(query, 0, 4000, bytes + 2);
	put_u16(bytes, (uint16_t)size);
	for (size_t at = 0; at < size + 2; at += 1000)
		bufferevent_write(query->connection, bytes + at,
				  size + 2 - at < 1000 ? size + 2 - at : 1000);
}

static void a_reply_may_be_as_long_as_it_can_be(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_stub(world, answer_in_pieces);
	world_open(world);
	ask_and_expect(world, "a.", PROTO_TCP, 4000);
	ask_and_expect(world, "b.", PROTO_TCP, 4000);
	world_free(world);
}

/* ---- connections that end ---- */

/* What is there is sent, then the connection is closed. */
static void on_drained(struct bufferevent *connection, void *context)
{
	((struct stub *)context)->open--;
	bufferevent_free(connection);
}

static void close_behind(struct stub_query *query)
{
	bufferevent_setcb(query->connection, NULL, on_drained, NULL, query->stub);
	query->connection = NULL;
}

static void answer_and_close(struct stub *stub, struct stub_query *query)
{
	stub_answers(stub, query);
	if (query->is_tcp)
		close_behind(query);
}

static void a_connection_that_was_closed_is_made_anew(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, answer_and_close);
	world_open(world);
	for (unsigned i = 0; i < 5; i++)
		ask_and_expect(world, "a.", PROTO_TCP, 1);
	assert_int_equal(stub->connections, 5);
	world_free(world);
}

static void close_the_second(struct stub *stub, struct stub_query *query)
{
	if (stub->asked != 2) {
		stub_answers(stub, query);
		return;
	}
	stub_close(query);
}

static void a_question_on_a_connection_that_ends_is_asked_again_there(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, close_the_second);
	struct stub *other = world_stub(world, stub_answers);
	world->config.read_timeout_ms = 60000;
	world_open(world);
	ask_and_expect(world, "a.", PROTO_TCP, 1);
	ask_and_expect(world, "b.", PROTO_TCP, 1);
	assert_int_equal(stub->asked, 3);
	assert_int_equal(other->asked, 0);
	world_free(world);
}

static void cut_in_the_middle(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	if (!query->is_tcp) /* it is asked whether it lives */
		return;
	const uint8_t start[] = { 1, 0, query->packet[0], query->packet[1], 0x80 };
	bufferevent_write(query->connection, start, sizeof(start));
	close_behind(query);
}

static void send_garbage(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	uint8_t bytes[100];
	memset(bytes, 0xff, sizeof(bytes));
	put_u16(bytes, query->id);
	stub_send(query, bytes, sizeof(bytes));
}

static void answer_another_name(struct stub *stub, struct stub_query *query)
{
	query->packet[13] ^= 1;
	stub_answers(stub, query);
}

static void a_broken_stream_sends_its_questions_elsewhere(void **state)
{
	(void)state;
	const stub_call calls[] = { cut_in_the_middle, send_garbage, answer_another_name };
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		struct world *world = world_new();
		struct stub *broken = world_stub(world, calls[i]);
		struct stub *stub = world_stub(world, stub_answers);
		struct asked asked[3];
		world->config.read_timeout_ms = 60000;
		world_open(world);
		world_ask(world, &asked[0], "a.", PROTO_TCP);
		world_ask(world, &asked[1], "b.", PROTO_TCP);
		world_ask(world, &asked[2], "c.", PROTO_TCP);
		for (size_t j = 0; j < COUNT_OF(asked); j++) {
			world_wait_done(world, &asked[j]);
			assert_answered(&asked[j], RCODE_NOERROR, 1);
		}
		/* One that ends may have been too old for the question: a new one is tried once. */
		assert_in_range(broken->connections, 1, 2);
		assert_int_equal(stub->asked, 3);
		world_free(world);
	}
}

static void a_half_open_connection_is_given_up(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	char expected[64];
	world->config.read_timeout_ms = 100;
	world->config.max_connect_attempts = 1;
	world->config.max_fails = 0;
	world_open(world);
	ask_and_expect(world, "a.", PROTO_TCP, 1);
	stub->call = stub_says_nothing;
	world_ask_and_wait(world, &asked, "b.", PROTO_TCP);
	assert_int_equal(asked.end, UPSTREAM_TIMED_OUT);
	snprintf(expected, sizeof(expected), "->127.0.0.1:%u: i/o timeout", stub->port);
	assert_memory_equal(asked.problem, "read tcp 127.0.0.1:", 19);
	assert_non_null(strstr(asked.problem, expected));
	assert_int_equal(stub->connections, 1);
	stub->call = stub_answers;
	ask_and_expect(world, "c.", PROTO_TCP, 1);
	assert_int_equal(stub->connections, 2);
	world_free(world);
}

static void a_silent_connection_is_passed_by(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *silent = world_stub(world, stub_says_nothing);
	world_stub(world, stub_answers);
	world->config.read_timeout_ms = 60000;
	world_open(world);
	ask_and_expect(world, "a.", PROTO_TCP, 1);
	assert_int_equal(silent->asked, 1);
	world_free(world);
}

/* ---- how long and how many ---- */

static void nothing_is_kept_where_expire_is_zero(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	world->config.expire_ms = 0;
	world_open(world);
	for (unsigned i = 0; i < 4; i++)
		ask_and_expect(world, "a.", PROTO_TCP, 1);
	assert_int_equal(stub->connections, 4);
	world_free(world);
}

static void max_age_ends_a_connection_that_is_in_use(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	world->config.max_age_ms = 200;
	world_open(world);
	ask_and_expect(world, "a.", PROTO_TCP, 1);
	assert_int_equal(stub->connections, 1);
	uint64_t end_ns = clock_now_ns() + 250 * 1000000ull;
	while (clock_now_ns() < end_ns)
		ask_and_expect(world, "a.", PROTO_TCP, 1);
	assert_true(stub->connections > 1);
	world_free(world);
}

static bool has_one_open(void *context)
{
	return ((struct stub *)context)->open == 1;
}

static void no_more_idle_connections_than_told(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_says_nothing);
	static struct asked asked[64];
	world->config.max_idle_connections = 1;
	world_open(world);
	/* Enough at once for several connections. */
	stub->call = stub_answers;
	for (unsigned i = 0; i < COUNT_OF(asked); i++) {
		char name[32];
		snprintf(name, sizeof(name), "n%u.", i);
		world_ask(world, &asked[i], name, PROTO_TCP);
	}
	for (unsigned i = 0; i < COUNT_OF(asked); i++)
		world_wait_done(world, &asked[i]);
	assert_int_equal(stub->connections, 4);
	world_wait(world, has_one_open, stub);
	ask_and_expect(world, "x.", PROTO_TCP, 1);
	assert_int_equal(stub->connections, 4);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_protocol_of_the_client_is_kept),
		cmocka_unit_test(force_tcp_and_prefer_udp_decide_otherwise),
		cmocka_unit_test(a_truncated_reply_is_handed_on_but_with_prefer_udp),
		cmocka_unit_test(questions_share_a_connection_in_any_order),
		cmocka_unit_test(a_reply_may_be_as_long_as_it_can_be),
		cmocka_unit_test(a_connection_that_was_closed_is_made_anew),
		cmocka_unit_test(a_question_on_a_connection_that_ends_is_asked_again_there),
		cmocka_unit_test(a_broken_stream_sends_its_questions_elsewhere),
		cmocka_unit_test(a_half_open_connection_is_given_up),
		cmocka_unit_test(a_silent_connection_is_passed_by),
		cmocka_unit_test(nothing_is_kept_where_expire_is_zero),
		cmocka_unit_test(max_age_ends_a_connection_that_is_in_use),
		cmocka_unit_test(no_more_idle_connections_than_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
