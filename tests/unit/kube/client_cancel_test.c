/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that we end ourselves, also while we are called for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "asking.h"

static void what_is_cancelled_is_not_called_again(void **state)
{
	static const enum server_kind kinds[] = { PLAIN, TLS_HTTP2 };
	struct world *world = *state;
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		world_serve(world, kinds[kind]);
		struct asked *at_once = world_get(world, "/a"), *in_head = world_get(world, "/b"),
			     *in_body = world_get(world, "/c"), *by_other = world_get(world, "/d"),
			     *later = world_get(world, "/e");
		transfer_cancel(at_once->transfer);
		in_head->cancel_in_head = in_body->cancel_in_body = true;
		in_body->cancel_other = by_other;
		world_wait(world, &world->exchange_count, 4);
		for (unsigned i = 0; i < 4; i++)
			exchange_head(world->exchanges[i], 200, "");
		world_wait(world, &by_other->heads, 1);
		world_wait(world, &later->heads, 1);
		transfer_cancel(later->transfer);
		for (unsigned i = 0; i < 4; i++)
			if (exchange_is_there(world->server, world->exchanges[i]))
				exchange_body(world->exchanges[i], "event", 5);
		world_wait_body(world, in_body, 5);
		world_turn(world, 30);
		assert_int_equal(at_once->heads, 0);
		assert_int_equal(in_head->heads, 1);
		assert_int_equal(in_head->body.size, 0);
		assert_int_equal(at_once->ends + in_head->ends + in_body->ends + by_other->ends +
					 later->ends,
				 0);
		world_ask_and_answer(world);
		world_stop(world);
	}
}

static void a_call_that_says_no_stops_the_request(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	struct asked *head = world_get(world, "/a"), *body = world_get(world, "/b");
	head->refuse_head = body->refuse_body = true;
	world_wait(world, &world->exchange_count, 2);
	for (unsigned i = 0; i < 2; i++) {
		exchange_head(world->exchanges[i], 403, "");
		exchange_body(world->exchanges[i], "event", 5);
	}
	world_wait(world, &head->ends, 1);
	world_wait(world, &body->ends, 1);
	assert_int_equal(head->trouble, CLIENT_STOPPED);
	assert_int_equal(body->trouble, CLIENT_STOPPED);
	assert_int_equal(head->end_status, 403);
	assert_int_equal(body->body.size, 5);
}

static void the_client_may_be_freed_in_its_calls(void **state)
{
	struct world *world = *state;
	for (unsigned in_body = 0; in_body < 2; in_body++) {
		world_serve(world, TLS_HTTP2);
		struct asked *asked = world_get(world, "/a"), *other = world_get(world, "/b");
		asked->free_client_in_body = in_body;
		asked->free_client_in_end = !in_body;
		world_wait(world, &world->exchange_count, 2);
		for (unsigned i = 0; i < 2; i++)
			world_answer(world, i, "event");
		world_wait_body(world, asked, 5);
		for (unsigned i = 0; i < 5 && world->client != NULL; i++)
			world_turn(world, 20);
		assert_null(world->client);
		assert_int_equal(asked->ends, !in_body);
		(void)other; /* before or after: both are right */
		world_turn(world, 20);
		world_stop(world);
	}
}

static void reconnecting_gives_up_what_is_under_way(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	struct asked *first = world_get(world, "/watch"), *second = world_get(world, "/watch");
	world_wait(world, &world->exchange_count, 2);
	exchange_head(world->exchanges[0], 200, "");
	world_wait(world, &first->heads, 1);
	client_reconnect(world->client);
	assert_int_equal(first->ends, 0);
	world_wait(world, &first->ends, 1);
	world_wait(world, &second->ends, 1);
	assert_int_equal(first->trouble, CLIENT_BROKEN);
	assert_int_equal(second->trouble, CLIENT_BROKEN);
	world_ask_and_answer(world);
	assert_int_equal(web_server_connections(world->server), 2);
	assert_int_equal(web_server_open_connections(world->server), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(what_is_cancelled_is_not_called_again),
		with_world(a_call_that_says_no_stops_the_request),
		with_world(the_client_may_be_freed_in_its_calls),
		with_world(reconnecting_gives_up_what_is_under_way),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
