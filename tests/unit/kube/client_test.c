/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a real server on loopback, on one event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "asking.h"

static void a_response_is_handed_on_as_it_comes(void **state)
{
	struct world *world = *state;
	world_serve(world, PLAIN);
	struct asked *asked = world_get(world, "/api/v1/services");
	world_wait(world, &world->exchange_count, 1);
	struct exchange *exchange = world->exchanges[0];
	assert_string_equal(exchange_path(exchange), "/api/v1/services");
	assert_string_equal(exchange_header(exchange, "accept"), "application/json");
	assert_string_equal(exchange_header(exchange, "user-agent"), "test/1");
	assert_null(exchange_header(exchange, "authorization"));
	assert_null(exchange_header(exchange, "accept-encoding"));
	exchange_head(exchange, 200, "content-type: application/json\n");
	world_wait(world, &asked->heads, 1);
	assert_int_equal(asked->status, 200);
	assert_string_equal(asked->content_type, "application/json");
	exchange_body(exchange, "{\"a\":", 5);
	world_wait_body(world, asked, 5);
	exchange_body(exchange, "1}", 2);
	exchange_end(exchange);
	world_wait(world, &asked->ends, 1);
	assert_string_equal(asked->body.data, "{\"a\":1}");
	assert_int_equal(asked->trouble, CLIENT_DONE);
	assert_int_equal(asked->end_status, 200);
	assert_int_equal(asked->heads, 1);
}

static void watches_share_one_connection_over_http2(void **state)
{
	struct world *world = *state;
	struct asked *asked[8];
	world_serve(world, TLS_HTTP2);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		asked[i] = world_get(world, "/watch");
	world_wait(world, &world->exchange_count, COUNT_OF(asked));
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		assert_true(exchange_is_http2(world->exchanges[i]));
		exchange_head(world->exchanges[i], 200, "content-type: application/json\n");
		exchange_body(world->exchanges[i], "event", 5);
	}
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		world_wait_body(world, asked[i], 5);
	assert_int_equal(web_server_connections(world->server), 1);
	assert_true(client_is_shared(world->client));
}

static void watches_have_a_connection_each_over_http1(void **state)
{
	static const enum server_kind kinds[] = { PLAIN, TLS_HTTP1 };
	struct world *world = *state;
	struct asked *asked[8];
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		world_serve(world, kinds[kind]);
		for (size_t i = 0; i < COUNT_OF(asked); i++)
			asked[i] = world_get(world, "/watch");
		world_wait(world, &world->exchange_count, COUNT_OF(asked));
		for (size_t i = 0; i < COUNT_OF(asked); i++) {
			exchange_head(world->exchanges[i], 200, "");
			exchange_body(world->exchanges[i], "event", 5);
		}
		for (size_t i = 0; i < COUNT_OF(asked); i++)
			world_wait_body(world, asked[i], 5);
		assert_int_equal(web_server_connections(world->server), COUNT_OF(asked));
		assert_false(client_is_shared(world->client));
		world_stop(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(a_response_is_handed_on_as_it_comes),
		with_world(watches_share_one_connection_over_http2),
		with_world(watches_have_a_connection_each_over_http1),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
