/* SPDX-License-Identifier: Apache-2.0 */
/* What TCP clients may take: time, memory and connections. */
#include "tcp_client.h"

#include <unistd.h>

static const struct serve_limits no_limits;

/* ---- time ---- */

static void an_idle_connection_is_closed(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, (struct serve_limits){ .idle_ms = 500 });
	int silent = tcp_open(world), fd = tcp_open(world);
	uint64_t begin = now_ms();
	assert_true(tcp_asks(fd, 1));
	assert_true(client_sees_close(silent));
	assert_true(client_sees_close(fd));
	assert_true(now_ms() - begin >= 499);
	close(silent);
	close(fd);
	server_stop(server);
	world_free(world);
}

static void a_trickle_of_octets_buys_no_time(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, (struct serve_limits){ .idle_ms = 150 });
	int fd = tcp_open(world);
	uint8_t message[2 + 4000] = { 4000 >> 8, (uint8_t)4000 };
	struct timespec step = { .tv_nsec = 5000000 };
	uint64_t begin = now_ms();
	bool is_closed = false;
	for (size_t i = 0; i < sizeof(message) && !is_closed && now_ms() - begin < 5000; i++) {
		uint8_t byte;
		is_closed = send(fd, message + i, 1, MSG_NOSIGNAL) < 0 ||
			    recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
		nanosleep(&step, NULL); /* the pace is what is tested */
	}
	assert_true(is_closed);
	close(fd);
	server_stop(server);
	world_free(world);
}

static void a_busy_connection_stays(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, (struct serve_limits){ .idle_ms = 1000 });
	int fd = tcp_open(world);
	struct timespec step = { .tv_nsec = 20000000 };
	uint64_t begin = now_ms();
	for (uint16_t id = 0; now_ms() - begin < 2000; id++) {
		assert_true(tcp_asks(fd, id));
		nanosleep(&step, NULL);
	}
	close(fd);
	server_stop(server);
	world_free(world);
}

/* ---- clients that do not read ---- */

/* 300 queries for 48 kB each: 14 MB that no socket buffer holds. */
static size_t greedy_queries(uint8_t *framed)
{
	size_t size = 0;
	for (uint16_t id = 0; id < 300; id++)
		size += tcp_question(framed + size, id, "big.test.");
	return size;
}

static void a_slow_reader_gets_everything_in_the_end(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fd = tcp_open(world), other = tcp_open(world);
	uint8_t framed[300 * 64], reply[65535];
	tcp_send_all(fd, framed, greedy_queries(framed));
	for (uint16_t id = 0; id < 50; id++)
		assert_true(tcp_asks(other, id));
	for (uint16_t id = 0; id < 300; id++) {
		assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), BIG_REPLY);
		assert_int_equal(get_u16(reply), id);
	}
	assert_true(tcp_asks(fd, 7));
	close(fd);
	close(other);
	server_stop(server);
	world_free(world);
}

static void who_never_reads_is_cut_off(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, (struct serve_limits){ .idle_ms = 200 });
	int fd = tcp_open(world);
	uint8_t framed[300 * 64], bytes[65536];
	tcp_send_all(fd, framed, greedy_queries(framed));
	assert_true(client_is_readable(fd)); /* the server knows it */
	assert_true(world_comes_to_connections(world, 0));
	/* Only what was in socket buffers when the patience ended arrives. */
	size_t received = 0;
	for (ssize_t got; (got = recv(fd, bytes, sizeof(bytes), 0)) > 0;)
		received += (size_t)got;
	assert_true(received < 300 * BIG_REPLY);
	close(fd);
	server_stop(server);
	world_free(world);
}

/* A whole question, and the beginning of another one. */
static void send_one_and_a_part(int fd, uint16_t id, const uint8_t *part, size_t size)
{
	uint8_t framed[600 + 4000], reply[512];
	size_t first = tcp_question(framed, id, "a.test.");
	memcpy(framed + first, part, size);
	tcp_send_all(fd, framed, first + size);
	assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), SMALL_REPLY);
	assert_int_equal(get_u16(reply), id);
}

static void who_holds_for_longest_gives_way(void **state)
{
	(void)state;
	enum { GREEDY = 30, PART = 3900 };
	struct world *world = tcp_world();
	struct server *server = world_serve_alone(world, (struct serve_limits){ .buffered = 100000 });
	uint8_t part[PART] = { 4000 >> 8, (uint8_t)4000 }, framed[600], reply[512];
	int greedy[GREEDY], other = tcp_open(world);
	for (uint16_t id = 0; id < GREEDY; id++) {
		greedy[id] = tcp_open(world);
		send_one_and_a_part(greedy[id], id, part, sizeof(part));
	}
	assert_true(client_sees_close(greedy[0]));
	size_t size = tcp_question(framed, 99, "a.test."), half = size / 2;
	send_one_and_a_part(other, 98, framed, half);
	tcp_send_all(other, framed + half, size - half);
	assert_int_equal(client_receive_framed(other, reply, sizeof(reply)), SMALL_REPLY);
	assert_int_equal(get_u16(reply), 99);
	for (unsigned i = 0; i < GREEDY; i++)
		close(greedy[i]);
	close(other);
	server_stop(server);
	world_free(world);
}

/* ---- numbers ---- */

static void a_client_has_so_many_connections_and_no_more(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, (struct serve_limits){ .per_client = 4 });
	int fds[4];
	for (unsigned i = 0; i < 4; i++) {
		fds[i] = tcp_open(world);
		assert_true(tcp_asks(fds[i], (uint16_t)i));
	}
	int fifth = tcp_open(world);
	assert_true(client_sees_close(fifth));
	close(fifth);
	for (unsigned i = 0; i < 4; i++)
		assert_true(tcp_asks(fds[i], (uint16_t)i));
	close(fds[0]);
	bool is_admitted = false; /* as soon as the server has seen the close */
	for (uint64_t begin = now_ms(); !is_admitted && now_ms() - begin < 30000;) {
		fds[0] = tcp_open(world);
		is_admitted = tcp_asks(fds[0], 9);
		if (!is_admitted)
			close(fds[0]);
	}
	assert_true(is_admitted);
	for (unsigned i = 0; i < 4; i++)
		close(fds[i]);
	server_stop(server);
	world_free(world);
}

static void when_all_places_are_taken_the_longest_idle_goes(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve_alone(world, (struct serve_limits){ .connections = 3 });
	int fds[4];
	for (unsigned i = 0; i < 3; i++) {
		fds[i] = tcp_open(world);
		assert_true(tcp_asks(fds[i], 1));
	}
	assert_true(tcp_asks(fds[0], 2)); /* now fds[1] is the one that has waited longest */
	fds[3] = tcp_open(world);
	assert_true(tcp_asks(fds[3], 3));
	assert_true(client_sees_close(fds[1]));
	assert_true(tcp_asks(fds[0], 4));
	assert_true(tcp_asks(fds[2], 4));
	for (unsigned i = 0; i < 4; i++)
		close(fds[i]);
	server_stop(server);
	world_free(world);
}

static void many_connections_work_side_by_side(void **state)
{
	(void)state;
	enum { COUNT = 300 };
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fds[COUNT];
	for (unsigned i = 0; i < COUNT; i++)
		fds[i] = tcp_open(world);
	for (unsigned i = 0; i < COUNT; i++) {
		uint8_t framed[600];
		tcp_send_all(fds[i], framed, tcp_question(framed, (uint16_t)i, "a.test."));
	}
	for (unsigned i = 0; i < COUNT; i++) {
		uint8_t reply[512];
		assert_int_equal(client_receive_framed(fds[i], reply, sizeof(reply)), SMALL_REPLY);
		assert_int_equal(get_u16(reply), i);
		close(fds[i]);
	}
	server_stop(server);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(a_trickle_of_octets_buys_no_time),
		cmocka_unit_test(a_busy_connection_stays),
		cmocka_unit_test(a_slow_reader_gets_everything_in_the_end),
		cmocka_unit_test(who_never_reads_is_cut_off),
		cmocka_unit_test(who_holds_for_longest_gives_way),
		cmocka_unit_test(a_client_has_so_many_connections_and_no_more),
		cmocka_unit_test(when_all_places_are_taken_the_longest_idle_goes),
		cmocka_unit_test(many_connections_work_side_by_side),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
