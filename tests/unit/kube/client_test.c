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

static void only_the_final_head_is_handed_on(void **state)
{
	static const enum server_kind kinds[] = { PLAIN, TLS_HTTP2 };
	struct world *world = *state;
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		world_serve(world, kinds[kind]);
		struct asked *asked = world_get(world, "/list");
		world_wait(world, &world->exchange_count, 1);
		exchange_head(world->exchanges[0], 103, "link: <a>\n");
		exchange_head(world->exchanges[0], 429, "retry-after: 7\n");
		exchange_end(world->exchanges[0]);
		world_wait(world, &asked->ends, 1);
		assert_int_equal(asked->heads, 1);
		assert_int_equal(asked->status, 429);
		assert_int_equal(asked->retry_after_s, 7);
		assert_string_equal(asked->content_type, "");
		assert_int_equal(asked->trouble, CLIENT_DONE);
		world_stop(world);
	}
}

static void a_redirect_is_handed_on_and_not_followed(void **state)
{
	struct world *world = *state;
	world_serve(world, PLAIN);
	struct asked *asked = world_get(world, "/list");
	world_wait(world, &world->exchange_count, 1);
	exchange_head(world->exchanges[0], 302, "location: /elsewhere\n");
	exchange_end(world->exchanges[0]);
	world_wait(world, &asked->ends, 1);
	assert_int_equal(asked->status, 302);
	world_turn(world, 30);
	assert_int_equal(world->exchange_count, 1);
}

static void a_hundred_bodies_come_whole_at_once(void **state)
{
	enum { COUNT = 100, SIZE = 200 * 1000 };
	struct world *world = *state;
	struct asked *asked[COUNT];
	char *bytes = mem_alloc(SIZE);
	world_serve(world, TLS_HTTP2);
	for (unsigned i = 0; i < COUNT; i++)
		asked[i] = world_get(world, "/list");
	world_wait(world, &world->exchange_count, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		memset(bytes, 'a' + (int)(i % 26), SIZE);
		exchange_head(world->exchanges[i], 200, "");
		exchange_body(world->exchanges[i], bytes, SIZE);
		exchange_end(world->exchanges[i]);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		world_wait(world, &asked[i]->ends, 1);
		assert_int_equal(asked[i]->trouble, CLIENT_DONE);
		assert_int_equal(asked[i]->body.size, SIZE);
		memset(bytes, asked[i]->body.data[0], SIZE);
		assert_memory_equal(asked[i]->body.data, bytes, SIZE);
	}
	assert_int_equal(web_server_connections(world->server), 1);
	mem_free(bytes);
}

static void more_requests_than_streams_are_all_served(void **state)
{
	struct world *world = *state;
	struct asked *asked[12];
	world->streams_most = 3;
	world_serve(world, TLS_HTTP2);
	world_ask_and_answer(world);
	for (unsigned i = 0; i < COUNT_OF(asked); i++)
		asked[i] = world_get(world, "/list");
	for (unsigned i = 1; i <= COUNT_OF(asked); i++) {
		world_wait_asked(world, asked[i - 1], i);
		world_answer(world, i, "{}");
	}
	for (unsigned i = 0; i < COUNT_OF(asked); i++) {
		world_wait(world, &asked[i]->ends, 1);
		assert_int_equal(asked[i]->trouble, CLIENT_DONE);
	}
}

static void a_body_that_is_cut_is_broken(void **state)
{
	static const enum server_kind kinds[] = { PLAIN, TLS_HTTP1, TLS_HTTP2 };
	struct world *world = *state;
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		world_serve(world, kinds[kind]);
		struct asked *asked = world_get(world, "/watch");
		world_wait(world, &world->exchange_count, 1);
		exchange_head(world->exchanges[0], 200, "");
		exchange_body(world->exchanges[0], "half", 4);
		world_wait_body(world, asked, 4);
		web_server_cut(world->server);
		world_wait(world, &asked->ends, 1);
		assert_int_equal(asked->trouble, CLIENT_BROKEN);
		assert_int_equal(asked->end_status, 200);
		assert_int_equal(strncmp(asked->text, web_server_url(world->server),
					 strlen(web_server_url(world->server))),
				 0);
		world_ask_and_answer(world);
		world_stop(world);
	}
}

static void a_stream_that_is_reset_leaves_the_others_alone(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	struct asked *first = world_get(world, "/watch"), *second = world_get(world, "/watch");
	world_wait(world, &world->exchange_count, 2);
	exchange_head(world->exchanges[0], 200, "");
	exchange_head(world->exchanges[1], 200, "");
	world_wait(world, &first->heads, 1);
	world_wait(world, &second->heads, 1);
	exchange_cut(world->exchanges[0]);
	world_wait(world, &first->ends, 1);
	assert_int_equal(first->trouble, CLIENT_BROKEN);
	exchange_body(world->exchanges[1], "event", 5);
	world_wait_body(world, second, 5);
	world_ask_and_answer(world);
	assert_int_equal(web_server_connections(world->server), 1);
}

static void nonsense_is_broken(void **state)
{
	static const char nonsense[] = "this is no response at all\r\n\r\n";
	static const enum server_kind kinds[] = { PLAIN, TLS_HTTP2 };
	struct world *world = *state;
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		world_serve(world, kinds[kind]);
		struct asked *asked = world_get(world, "/list");
		world_wait(world, &world->exchange_count, 1);
		exchange_raw(world->exchanges[0], nonsense, strlen(nonsense));
		world_wait(world, &asked->ends, 1);
		assert_int_equal(asked->trouble, CLIENT_BROKEN);
		assert_int_equal(asked->heads, 0);
		assert_int_equal(asked->end_status, 0);
		world_ask_and_answer(world);
		world_stop(world);
	}
}

static void a_head_without_end_is_refused(void **state)
{
	enum { LINE = 1000, LINES = 100 };
	struct world *world = *state;
	char line[LINE + 1];
	memset(line, 'x', LINE);
	line[1] = ':';
	line[LINE - 1] = '\n';
	world_serve(world, PLAIN);
	struct asked *asked = world_get(world, "/list");
	world_wait(world, &world->exchange_count, 1);
	exchange_raw(world->exchanges[0], "HTTP/1.1 200 OK\r\n", 17);
	for (unsigned i = 0; i < LINES; i++)
		exchange_raw(world->exchanges[0], line, LINE);
	world_wait(world, &asked->ends, 1);
	assert_int_equal(asked->trouble, CLIENT_BROKEN);
	assert_int_equal(asked->heads, 0);
	assert_non_null(strstr(asked->text, "larger than 65536 bytes"));
}

static void silence_ends_a_request(void **state)
{
	static const enum server_kind kinds[] = { PLAIN, TLS_HTTP2 };
	struct world *world = *state;
	for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
		world_serve(world, kinds[kind]);
		struct asked *no_head = world_get_limited(world, "/a", 40, 0);
		world_wait(world, &no_head->ends, 1);
		assert_int_equal(no_head->trouble, CLIENT_TIMEOUT);
		assert_int_equal(no_head->end_status, 0);
		assert_non_null(strstr(no_head->text, "no answer within"));

		struct asked *no_body = world_get_limited(world, "/b", 0, 300);
		for (unsigned i = 0; i < 500 && strcmp(world->path, "/b") != 0; i++)
			world_turn(world, 20); /* "/a" may have come, or not */
		assert_string_equal(world->path, "/b");
		unsigned index = world->exchange_count - 1;
		exchange_head(world->exchanges[index], 200, "");
		exchange_body(world->exchanges[index], "x", 1);
		world_wait_body(world, no_body, 1);
		world_wait(world, &no_body->ends, 1);
		assert_int_equal(no_body->trouble, CLIENT_TIMEOUT);
		assert_int_equal(no_body->end_status, 200);
		assert_non_null(strstr(no_body->text, "no byte for"));
		world_stop(world);
	}
}

static void a_silent_body_may_be_silent_for_ever(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	struct asked *asked = world_get_limited(world, "/watch", 500, 0);
	world_wait(world, &world->exchange_count, 1);
	exchange_head(world->exchanges[0], 200, "");
	world_wait(world, &asked->heads, 1);
	world_turn(world, 600); /* longer than the head may take */
	assert_int_equal(asked->ends, 0);
	exchange_body(world->exchanges[0], "x", 1);
	world_wait_body(world, asked, 1);
}

static void goaway_moves_new_requests_to_a_new_connection(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	struct asked *watch = world_get(world, "/watch");
	world_wait(world, &world->exchange_count, 1);
	exchange_head(world->exchanges[0], 200, "");
	world_wait(world, &watch->heads, 1);
	web_server_say_goaway(world->server);
	world_turn(world, 30);
	unsigned index = world->exchange_count;
	struct asked *asked = world_get(world, "/list");
	for (unsigned i = 0; i < 100 && world->exchange_count == index && asked->ends == 0; i++)
		world_turn(world, 20);
	if (asked->ends > 0) /* one may be lost on the old connection, but no second one */
		asked = world_get(world, "/list");
	world_wait_asked(world, asked, index);
	world_answer(world, index, "{}");
	world_wait(world, &asked->ends, 1);
	assert_int_equal(asked->trouble, CLIENT_DONE);
	assert_int_equal(web_server_connections(world->server), 2);
	exchange_body(world->exchanges[0], "event", 5);
	world_wait_body(world, watch, 5);
	assert_int_equal(watch->ends, 0);
}

static void what_keeps_us_from_the_server_is_told_apart(void **state)
{
	struct world *world = *state;
	struct pki *stranger = pki_authority("a stranger");
	char *ca = pki_certificate(stranger);
	world_serve(world, TLS_HTTP2);
	world_write(world, "ca.crt", ca);
	struct asked *asked = world_get(world, "/list");
	world_wait(world, &asked->ends, 1);
	assert_int_equal(asked->trouble, CLIENT_TLS);
	assert_non_null(strstr(asked->text, "certificate"));
	pki_free(stranger);
	mem_free(ca);

	web_server_stop_listening(world->server);
	asked = world_get(world, "/list");
	world_wait(world, &asked->ends, 1);
	assert_int_equal(asked->trouble, CLIENT_NO_CONNECT);
	assert_non_null(strstr(asked->text, "refused"));
	world_stop(world);

	/* No question can be made of a label that long: this needs no network. */
	world_open(world,
		   "{current-context: c, contexts: [{name: c, context: {cluster: c}}], "
		   "clusters: [{name: c, cluster: {server: 'https://a2345678901234567890123456789012"
		   "34567890123456789012345678901234.invalid:6443'}}]}");
	asked = world_get(world, "/list");
	world_wait(world, &asked->ends, 1);
	assert_int_equal(asked->trouble, CLIENT_NO_HOST);
	assert_non_null(strstr(asked->text, ".invalid:6443: "));
}

static void assert_metric(struct world *world, const char *name, const char *labels, unsigned value)
{
	struct text text = { 0 }, line = { 0 };
	metrics_print(world->metrics, &text);
	text_printf(&line, "\ncoredns_kubernetes_rest_client_%s{", name);
	text_printf(&line, labels, web_server_url(world->server) + strlen("https://"));
	text_printf(&line, "} %u\n", value);
	if (strstr(text.data, line.data) == NULL)
		fail_msg("no%sin%s", line.data, text.data);
	text_done(&text);
	text_done(&line);
}

static void requests_are_counted(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	struct asked *watch = world_get(world, "/watch"), *list = world_get(world, "/list");
	world_wait(world, &world->exchange_count, 2);
	for (unsigned i = 0; i < 2; i++)
		exchange_head(world->exchanges[i], i == 0 ? 200 : 403, "");
	world_wait(world, &watch->heads, 1);
	world_wait(world, &list->heads, 1);
	assert_metric(world, "requests_total", "code=\"200\",host=\"%s\",method=\"GET\"", 1);
	assert_metric(world, "requests_total", "code=\"403\",host=\"%s\",method=\"GET\"", 1);
	assert_metric(world, "request_duration_seconds_count", "host=\"%s\",verb=\"GET\"", 1);
	exchange_end(world->exchanges[1]);
	world_wait(world, &list->ends, 1);
	assert_metric(world, "request_duration_seconds_count", "host=\"%s\",verb=\"GET\"", 2);
	client_reconnect(world->client);
	world_wait(world, &watch->ends, 1);
	assert_metric(world, "request_duration_seconds_count", "host=\"%s\",verb=\"GET\"", 2);
	web_server_stop_listening(world->server);
	struct asked *asked = world_get(world, "/list");
	world_wait(world, &asked->ends, 1);
	assert_metric(world, "requests_total", "code=\"<error>\",host=\"%s\",method=\"GET\"", 1);
	assert_metric(world, "rate_limiter_duration_seconds_count", "host=\"%s\",verb=\"GET\"", 0);
}

static void codes_that_are_made_up_make_no_further_series(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	for (unsigned i = 0; i < 100; i++) {
		struct asked *asked = world_get(world, "/list");
		world_wait_asked(world, asked, i);
		exchange_head(world->exchanges[i], 400 + (int)i, "");
		exchange_end(world->exchanges[i]);
		world_wait(world, &asked->ends, 1);
	}
	assert_metric(world, "requests_total", "code=\"400\",host=\"%s\",method=\"GET\"", 1);
	assert_metric(world, "requests_total", "code=\"other\",host=\"%s\",method=\"GET\"", 76);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(a_response_is_handed_on_as_it_comes),
		with_world(watches_share_one_connection_over_http2),
		with_world(watches_have_a_connection_each_over_http1),
		with_world(only_the_final_head_is_handed_on),
		with_world(a_redirect_is_handed_on_and_not_followed),
		with_world(a_hundred_bodies_come_whole_at_once),
		with_world(more_requests_than_streams_are_all_served),
		with_world(a_body_that_is_cut_is_broken),
		with_world(a_stream_that_is_reset_leaves_the_others_alone),
		with_world(nonsense_is_broken),
		with_world(a_head_without_end_is_refused),
		with_world(silence_ends_a_request),
		with_world(a_silent_body_may_be_silent_for_ever),
		with_world(goaway_moves_new_requests_to_a_new_connection),
		with_world(what_keeps_us_from_the_server_is_told_apart),
		with_world(requests_are_counted),
		with_world(codes_that_are_made_up_make_no_further_series),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
