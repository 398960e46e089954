/* SPDX-License-Identifier: Apache-2.0 */
#include "web_house.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- clients that are slow or many ---- */

static void a_trickle_does_not_buy_time_and_hinders_nobody(void **state)
{
	(void)state;
	struct house *house = house_new();
	house->http->patience_ns = 200 * 1000000ull;
	int fd = client_open(house);
	uint64_t end = now_ms() + DEADLINE_MS;
	client_send(fd, "GET /health HTTP/1.1\r\nX: ");
	struct text text = { 0 };
	while (client_take(fd, &text)) {
		send(fd, "x", 1, MSG_NOSIGNAL);
		assert_answers(house);
		assert_true(now_ms() < end);
	}
	assert_int_equal(text.size, 0);
	text_done(&text);
	close(fd);
	house_free(house);
}

static void an_idle_connection_is_closed(void **state)
{
	(void)state;
	struct house *house = house_new();
	house->http->patience_ns = 50 * 1000000ull;
	int fd = client_open(house);
	struct text text = read_to_end(house, fd);
	assert_int_equal(text.size, 0);
	text_done(&text);
	close(fd);
	assert_int_equal(house->http->connection_count, 0);
	house_free(house);
}

static void who_does_not_take_the_reply_is_cut_off(void **state)
{
	(void)state;
	struct house *house = house_new();
	house->http->patience_ns = 200 * 1000000ull;
	int fd = client_open(house);
	client_send(fd, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
	uint64_t end = now_ms() + DEADLINE_MS;
	do {
		turn(house);
		assert_true(now_ms() < end);
	} while (house->http->oldest == NULL || house->http->oldest->state != HTTP_WRITES);
	while (house->http->connection_count > 0) {
		turn(house);
		assert_true(now_ms() < end);
	}
	assert_answers(house);
	close(fd);
	house_free(house);
}

static void a_big_reply_arrives_whole(void **state)
{
	(void)state;
	struct house *house = house_new();
	struct text text = ask(house, "GET /much HTTP/1.0\r\n\r\n");
	const char *body = strstr(text.data, "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(text.size - (size_t)(body + 4 - text.data), BIG);
	text_done(&text);
	house_free(house);
}

static void replies_that_nobody_takes_are_bounded_together(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fds[8];
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = client_open(house);
		client_send(fds[i], "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
		for (int j = 0; j < 10; j++)
			turn(house);
	}
	size_t held = 0;
	for (const struct http_connection *one = house->http->oldest; one != NULL; one = one->newer)
		held += one->output.size;
	assert_in_range(held, 1, HTTP_UNREAD_MOST + BIG + 1000);
	assert_answers(house);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
	house_free(house);
}

static void a_newcomer_gets_the_place_of_an_idle_one(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fds[3 * HTTP_CONNECTIONS];
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = client_open(house);
		client_send(fds[i], "GET /health HTTP/1.1\r\n");
		turn(house);
	}
	assert_answers(house);
	assert_in_range(house->http->connection_count, 1, HTTP_CONNECTIONS);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
	house_free(house);
}

/* The server is 127.0.0.1, and so are all other clients. */
static int open_from(const struct house *house, const char *address)
{
	struct ip own, server;
	struct sockaddr_storage from, to;
	assert_true(ip_parse(address, &own) && ip_parse("127.0.0.1", &server));
	socklen_t size = ip_to_sockaddr(&own, 0, &from);
	ip_to_sockaddr(&server, house->port, &to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, size), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, size), 0);
	return fd;
}

static void a_storm_of_one_address_leaves_places_for_others(void **state)
{
	(void)state;
	enum { STORM = 800, PER_TURN = 20, TURNS = 400 };
	static int storm[STORM];
	struct house *house = house_new();
	struct text text = { 0 };
	int probe = -1;
	size_t count = 0;
	for (unsigned turns = 0; turns < TURNS && text.size == 0; turns++) {
		if (probe < 0 && count == STORM / 4) {
			probe = open_from(house, "127.0.0.2");
			client_send(probe, "GET /health HTTP/1.1\r\n\r\n");
		}
		for (unsigned i = 0; i < PER_TURN && count < STORM; i++) {
			storm[count] = client_open(house);
			client_send(storm[count++], "GET /health HTTP/1.1\r\n\r\n");
		}
		turn(house);
		assert_true(probe < 0 || client_take(probe, &text));
	}
	assert_true(text.size > 0);
	assert_starts(&text, "HTTP/1.1 200 OK\r\n");
	for (size_t i = 0; i < count; i++)
		close(storm[i]);
	close(probe);
	text_done(&text);
	house_free(house);
}

/* Each of them has its share, and there is no place left. */
static void when_many_have_all_places_a_newcomer_gets_one(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fds[4 * HTTP_CONNECTIONS];
	for (unsigned i = 0; i < COUNT_OF(fds); i++) {
		char address[IP_TEXT_SIZE];
		snprintf(address, sizeof(address), "127.0.1.%u", 1 + i % HTTP_CONNECTIONS);
		fds[i] = open_from(house, address);
		client_send(fds[i], "GET /health HTTP/1.1\r\n");
		turn(house);
	}
	assert_int_equal(house->http->connection_count, HTTP_CONNECTIONS);
	int probe = open_from(house, "127.0.0.2");
	client_send(probe, "GET /health HTTP/1.1\r\n\r\n");
	struct text text = read_until(house, probe, "\r\n\r\nOK", 1);
	text_done(&text);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
	close(probe);
	house_free(house);
}

static void one_call_is_made_in_a_turn_of_the_loop(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fds[10];
	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = client_open(house);
		client_send(fds[i], "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
				    "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	uint64_t end = now_ms() + DEADLINE_MS;
	for (unsigned before = 0; before < 2 * COUNT_OF(fds); before = house->calls) {
		turn(house);
		assert_in_range(house->calls, before, before + 1);
		assert_true(now_ms() < end);
	}
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		close(fds[i]);
	house_free(house);
}

static void a_call_knows_since_when_the_request_waits(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fd = client_open(house);
	client_send(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	usleep(200000); /* the loop is busy with other things */
	struct text text = read_until(house, fd, "\r\n\r\nOK", 1);
	text_done(&text);
	assert_true(house->waited_ns > 100000000);
	close(fd);
	house_free(house);
}

/* Whoever the loop kept waiting for longer than its patience is answered all the same. */
static void our_own_delay_is_not_the_clients(void **state)
{
	(void)state;
	struct house *house = house_new();
	house->http->patience_ns = 10 * 1000000ull;
	int fd = client_open(house);
	uint64_t end = now_ms() + DEADLINE_MS;
	while (house->http->connection_count == 0 && now_ms() < end)
		turn(house);
	client_send(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	usleep(50000);
	struct text text = read_until(house, fd, "\r\n\r\nOK", 1);
	text_done(&text);
	close(fd);
	house_free(house);
}

/* ---- listeners ---- */

static void a_listener_ends_with_its_last_path(void **state)
{
	(void)state;
	struct house *house = house_new();
	int idle = client_open(house), fd;
	turn(house);
	http_end(house->http, "127.0.0.1", 0, "/nowhere");
	http_end(house->http, "127.0.0.1", 1, "/health");
	http_end(house->http, "127.0.0.1", 0, "/health");
	struct text text = ask(house, "GET /health HTTP/1.0\r\n\r\n");
	assert_starts(&text, "HTTP/1.1 404 ");
	text_done(&text);
	http_end(house->http, "127.0.0.1", 0, "/ready");
	http_end(house->http, "127.0.0.1", 0, "/much");
	assert_false(try_open(house, "127.0.0.1", &fd));
	text = read_to_end(house, idle);
	text_done(&text);
	close(idle);
	house_free(house);
}

static void a_reply_under_way_goes_out_though_its_listener_ends(void **state)
{
	(void)state;
	struct house *house = house_new();
	int fd = client_open(house);
	client_send(fd, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
	struct text text = read_until(house, fd, "HTTP/1.1 200 ", 1);
	http_end(house->http, "127.0.0.1", 0, "/health");
	http_end(house->http, "127.0.0.1", 0, "/ready");
	http_end(house->http, "127.0.0.1", 0, "/much");
	struct text rest = read_to_end(house, fd);
	assert_true(text.size + rest.size > BIG);
	text_done(&text);
	text_done(&rest);
	close(fd);
	house_free(house);
}

static void the_first_of_a_path_stays(void **state)
{
	(void)state;
	struct house *house = house_new();
	assert_true(http_serve(house->http, "127.0.0.1", 0, "/health", say_starting, house, NULL));
	assert_answers(house);
	house_free(house);
}

static void all_addresses_are_those_of_both_families(void **state)
{
	(void)state;
	static const char *const all[] = { "", "::", "0.0.0.0" };
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct house *house = house_at(all[i]);
		int fd;
		assert_answers(house);
		if (try_open(house, "::1", &fd)) { /* where the machine has IPv6 */
			client_send(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
			struct text text = read_until(house, fd, "\r\n\r\nOK", 1);
			text_done(&text);
			close(fd);
		}
		house_free(house);
	}
}

static void an_address_that_cannot_be_had_is_named(void **state)
{
	(void)state;
	struct error error;
	char expected[200];
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(taken, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(taken, 1), 0);
	getsockname(taken, (struct sockaddr *)&address, &size);
	uint16_t port = ntohs(address.sin_port);
	struct event_base *events = event_base_new();
	struct http *http = http_new(events);
	assert_false(http_serve(http, "127.0.0.1", port, "/", say_ok, NULL, &error));
	snprintf(expected, sizeof(expected),
		 "listen tcp 127.0.0.1:%u: bind: address already in use", port);
	assert_string_equal(error.text, expected);
	assert_false(http_serve(http, "", port, "/", say_ok, NULL, &error));
	snprintf(expected, sizeof(expected), "listen tcp :%u: bind: address already in use", port);
	assert_string_equal(error.text, expected);
	assert_false(http_serve(http, "2001:db8::1", 1, "/", say_ok, NULL, &error));
	assert_memory_equal(error.text, "listen tcp [2001:db8::1]:1: ", 28);
	assert_false(http_serve(http, "localhost", 1, "/", say_ok, NULL, &error));
	assert_string_equal(error.text, "listen tcp localhost:1: not an IP address");
	http_free(http);
	http_free(NULL);
	event_base_free(events);
	close(taken);
}

static void two_may_listen_on_one_port(void **state)
{
	(void)state;
	struct house *house = house_new();
	struct http *other = http_new(house->events);
	assert_true(http_serve(other, "127.0.0.1", house->port, "/health", say_ok, house, NULL));
	assert_answers(house);
	http_free(other);
	assert_answers(house);
	house_free(house);
}

static void it_may_move_to_another_loop_with_all_that_is_connected(void **state)
{
	(void)state;
	struct house *house = house_new();
	int kept = client_open(house), busy = client_open(house);
	client_send(kept, "GET /health HTTP/1.1\r\n");
	client_send(busy, "GET /much HTTP/1.1\r\nConnection: close\r\n\r\n");
	struct text much = read_until(house, busy, "HTTP/1.1 200 ", 1);
	struct event_base *before = house->events;
	house->events = event_base_new();
	http_move(house->http, house->events);
	event_base_free(before);
	struct text text = read_to_end(house, busy);
	assert_true(much.size + text.size > BIG);
	text_done(&text);
	client_send(kept, "\r\n");
	text = read_until(house, kept, "\r\n\r\nOK", 1);
	text_done(&text);
	text_done(&much);
	assert_answers(house);
	close(kept);
	close(busy);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trickle_does_not_buy_time_and_hinders_nobody),
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(who_does_not_take_the_reply_is_cut_off),
		cmocka_unit_test(a_big_reply_arrives_whole),
		cmocka_unit_test(replies_that_nobody_takes_are_bounded_together),
		cmocka_unit_test(a_newcomer_gets_the_place_of_an_idle_one),
		cmocka_unit_test(a_storm_of_one_address_leaves_places_for_others),
		cmocka_unit_test(when_many_have_all_places_a_newcomer_gets_one),
		cmocka_unit_test(one_call_is_made_in_a_turn_of_the_loop),
		cmocka_unit_test(a_call_knows_since_when_the_request_waits),
		cmocka_unit_test(our_own_delay_is_not_the_clients),
		cmocka_unit_test(a_listener_ends_with_its_last_path),
		cmocka_unit_test(a_reply_under_way_goes_out_though_its_listener_ends),
		cmocka_unit_test(the_first_of_a_path_stays),
		cmocka_unit_test(all_addresses_are_those_of_both_families),
		cmocka_unit_test(an_address_that_cannot_be_had_is_named),
		cmocka_unit_test(two_may_listen_on_one_port),
		cmocka_unit_test(it_may_move_to_another_loop_with_all_that_is_connected),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
