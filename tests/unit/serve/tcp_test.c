/* SPDX-License-Identifier: Apache-2.0 */
/* TCP over loopback: framing and pipelining. */
#include "tcp_client.h"

#include <sched.h>
#include <unistd.h>

static const struct serve_limits no_limits;

static void a_connection_takes_one_query_after_the_other(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fd = tcp_open(world);
	for (uint16_t id = 0; id < 50; id++)
		assert_true(tcp_asks(fd, id));
	close(fd);
	server_stop(server);
	world_free(world);
}

static void octets_may_come_one_by_one(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fd = tcp_open(world);
	uint8_t framed[600], reply[512];
	size_t size = tcp_question(framed, 1, "a.test.");
	size += tcp_question(framed + size, 2, "a.test.");
	for (size_t i = 0; i < size; i++) {
		tcp_send_all(fd, framed + i, 1);
		sched_yield();
	}
	for (uint16_t id = 1; id <= 2; id++) {
		assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), SMALL_REPLY);
		assert_int_equal(get_u16(reply), id);
	}
	close(fd);
	server_stop(server);
	world_free(world);
}

static void pipelined_queries_are_answered_in_order(void **state)
{
	(void)state;
	enum { COUNT = 2000 };
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fd = tcp_open(world);
	uint8_t *framed = mem_alloc(COUNT * 64), reply[512];
	size_t size = 0;
	for (unsigned id = 0; id < COUNT; id++)
		size += tcp_question(framed + size, (uint16_t)id,
				     id % 2 == 0 ? "a.test." : "none.test.");
	tcp_send_all(fd, framed, size);
	for (unsigned id = 0; id < COUNT; id++) {
		assert_true(client_receive_framed(fd, reply, sizeof(reply)) > DNS_HEADER_SIZE);
		assert_int_equal(get_u16(reply), id);
		assert_int_equal(get_u16(reply + 2) & 15, id % 2 == 0 ? RCODE_NOERROR : RCODE_NXDOMAIN);
	}
	mem_free(framed);
	close(fd);
	server_stop(server);
	world_free(world);
}

static void what_is_cut_over_udp_is_whole_over_tcp(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	uint8_t framed[600], reply[65535];
	int udp = client_open(world, "127.0.0.1", SOCK_DGRAM), tcp = tcp_open(world);
	size_t size = tcp_question(framed, 1, "big.test.");
	send(udp, framed + 2, size - 2, 0);
	assert_in_range(client_receive(udp, reply, sizeof(reply)), 400, 512);
	assert_true(get_u16(reply + 2) & FLAG_TC);
	tcp_send_all(tcp, framed, size);
	assert_int_equal(client_receive_framed(tcp, reply, sizeof(reply)), BIG_REPLY);
	assert_false(get_u16(reply + 2) & FLAG_TC);
	close(udp);
	close(tcp);
	server_stop(server);
	world_free(world);
}

static void a_half_closed_connection_gets_its_replies(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fd = tcp_open(world);
	uint8_t framed[6000], reply[65535];
	size_t size = 0;
	for (uint16_t id = 0; id < 100; id++)
		size += tcp_question(framed + size, id, "big.test.");
	tcp_send_all(fd, framed, size);
	shutdown(fd, SHUT_WR);
	for (uint16_t id = 0; id < 100; id++) {
		assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), BIG_REPLY);
		assert_int_equal(get_u16(reply), id);
	}
	assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), -1);
	close(fd);
	server_stop(server);
	world_free(world);
}

static void messages_of_no_possible_size_end_the_connection(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	static const uint16_t sizes[] = { 0, 11, 4097, 65535 };
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		uint8_t framed[600], reply[512];
		int fd = tcp_open(world);
		size_t size = tcp_question(framed, 5, "a.test.");
		put_u16(framed + size, sizes[i]);
		tcp_send_all(fd, framed, size + 2);
		assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), SMALL_REPLY);
		assert_true(client_sees_close(fd));
		close(fd);
	}
	server_stop(server);
	world_free(world);
}

static void malformed_queries_are_answered_as_over_udp(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fd = tcp_open(world);
	uint8_t framed[600], reply[512];
	size_t size = tcp_question(framed, 5, "a.test.");
	put_u16(framed + 2 + 4, 2); /* two questions */
	tcp_send_all(fd, framed, size);
	assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), DNS_HEADER_SIZE);
	assert_int_equal(get_u16(reply + 2), FLAG_QR | FLAG_RD | RCODE_FORMERR);
	size = tcp_question(framed, 6, "a.test.");
	put_u16(framed + 2 + 2, 4 << 11); /* NOTIFY */
	tcp_send_all(fd, framed, size);
	assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), DNS_HEADER_SIZE);
	assert_int_equal(get_u16(reply + 2), FLAG_QR | 4 << 11 | RCODE_NOTIMP);
	size = tcp_question(framed, 7, "a.test.");
	put_u16(framed + 2 + 2, FLAG_QR); /* a reply: no reply to that */
	tcp_send_all(fd, framed, size);
	assert_true(tcp_asks(fd, 8));
	close(fd);
	server_stop(server);
	world_free(world);
}

static void what_was_sent_before_the_stop_is_answered(void **state)
{
	(void)state;
	struct world *world = tcp_world();
	struct server *server = world_serve(world, no_limits);
	int fds[20];
	uint8_t framed[600], reply[512];
	for (unsigned i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = tcp_open(world);
		tcp_send_all(fds[i], framed, tcp_question(framed, (uint16_t)i, "a.test."));
	}
	server_stop(server);
	for (unsigned i = 0; i < COUNT_OF(fds); i++) {
		assert_int_equal(client_receive_framed(fds[i], reply, sizeof(reply)), SMALL_REPLY);
		assert_int_equal(client_receive_framed(fds[i], reply, sizeof(reply)), -1);
		close(fds[i]);
	}
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_takes_one_query_after_the_other),
		cmocka_unit_test(octets_may_come_one_by_one),
		cmocka_unit_test(pipelined_queries_are_answered_in_order),
		cmocka_unit_test(what_is_cut_over_udp_is_whole_over_tcp),
		cmocka_unit_test(a_half_closed_connection_gets_its_replies),
		cmocka_unit_test(messages_of_no_possible_size_end_the_connection),
		cmocka_unit_test(malformed_queries_are_answered_as_over_udp),
		cmocka_unit_test(what_was_sent_before_the_stop_is_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
