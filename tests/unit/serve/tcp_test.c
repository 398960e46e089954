/* SPDX-License-Identifier: Apache-2.0 */
/* TCP over loopback: framing and pipelining. */
#include "client.h"

#include <sched.h>
#include <unistd.h>

static const struct serve_limits no_limits;

/* big.test. has 3,000 addresses: 48 kB. */
static struct world *tcp_world(void)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "test.");
	struct text lines = { 0 };
	world_add_word(&block->bind, "127.0.0.1");
	for (unsigned i = 0; i < 3000; i++)
		text_printf(&lines, "big.test. 60 IN A 10.0.%u.%u\n", i / 256, i % 256);
	text_add(&lines, "a.test. 60 IN A 192.0.2.1");
	world_file(world, block, "test.", lines.data);
	text_done(&lines);
	return world;
}
enum {
	BIG_REPLY = DNS_HEADER_SIZE + 10 + 4 + 3000 * 16,
	SMALL_REPLY = DNS_HEADER_SIZE + 8 + 4 + 16
};

static int tcp_open(const struct world *world)
{
	return client_open(world, "127.0.0.1", SOCK_STREAM);
}

static bool tcp_asks(int fd, uint16_t id)
{
	return client_asks(fd, SOCK_STREAM, id, "a.test.", TYPE_A);
}

static void send_all(int fd, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	while (size > 0) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
		assert_true(sent > 0);
		at += sent;
		size -= (size_t)sent;
	}
}

static size_t framed_question(uint8_t *ret_framed, uint16_t id, const char *name)
{
	uint8_t packet[512];
	return client_frame(ret_framed, packet, client_question(packet, id, name, TYPE_A));
}

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
	size_t size = framed_question(framed, 1, "a.test.");
	size += framed_question(framed + size, 2, "a.test.");
	for (size_t i = 0; i < size; i++) {
		send_all(fd, framed + i, 1);
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
		size += framed_question(framed + size, (uint16_t)id,
					id % 2 == 0 ? "a.test." : "none.test.");
	send_all(fd, framed, size);
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
	size_t size = framed_question(framed, 1, "big.test.");
	send(udp, framed + 2, size - 2, 0);
	assert_in_range(client_receive(udp, reply, sizeof(reply)), 400, 512);
	assert_true(get_u16(reply + 2) & FLAG_TC);
	send_all(tcp, framed, size);
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
		size += framed_question(framed + size, id, "big.test.");
	send_all(fd, framed, size);
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
		size_t size = framed_question(framed, 5, "a.test.");
		put_u16(framed + size, sizes[i]);
		send_all(fd, framed, size + 2);
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
	size_t size = framed_question(framed, 5, "a.test.");
	put_u16(framed + 2 + 4, 2); /* two questions */
	send_all(fd, framed, size);
	assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), DNS_HEADER_SIZE);
	assert_int_equal(get_u16(reply + 2), FLAG_QR | FLAG_RD | RCODE_FORMERR);
	size = framed_question(framed, 6, "a.test.");
	put_u16(framed + 2 + 2, 4 << 11); /* NOTIFY */
	send_all(fd, framed, size);
	assert_int_equal(client_receive_framed(fd, reply, sizeof(reply)), DNS_HEADER_SIZE);
	assert_int_equal(get_u16(reply + 2), FLAG_QR | 4 << 11 | RCODE_NOTIMP);
	size = framed_question(framed, 7, "a.test.");
	put_u16(framed + 2 + 2, FLAG_QR); /* a reply: no reply to that */
	send_all(fd, framed, size);
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
		send_all(fds[i], framed, framed_question(framed, (uint16_t)i, "a.test."));
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
