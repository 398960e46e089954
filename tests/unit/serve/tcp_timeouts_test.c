/* SPDX-License-Identifier: Apache-2.0 */
/* `timeouts`: what the Corefile says of how long connections may take, and how much they may ask. */
#include "tcp_client.h"

#include <unistd.h>

enum { PATIENCE_MS = 60000 };

static struct world *timeouts_world(struct config_timeouts timeouts)
{
	struct world *world = tcp_world();
	world->blocks[0].timeouts = timeouts;
	return world;
}

static struct server *serve(struct world *world)
{
	return world_serve(world, (struct serve_limits){ .idle_ms = PATIENCE_MS });
}

static void send_questions(int fd, const char *name, uint16_t count)
{
	uint8_t framed[64 * 512];
	size_t size = 0;
	assert_in_range(count, 1, 300);
	for (uint16_t id = 0; id < count; id++)
		size += tcp_question(framed + size, id, name);
	tcp_send_all(fd, framed, size);
}

static void who_never_asks_has_the_time_of_read(void **state)
{
	(void)state;
	struct world *world = timeouts_world((struct config_timeouts){ .read_ms = 500 });
	struct server *server = serve(world);
	uint64_t begin = now_ms();
	int silent = tcp_open(world), asking = tcp_open(world);
	assert_true(tcp_asks(asking, 1));
	assert_true(client_sees_close(silent));
	assert_true(now_ms() - begin >= 499);
	assert_true(tcp_asks(asking, 2)); /* it has asked in time: from then on it is idle */
	close(silent);
	close(asking);
	server_stop(server);
	world_free(world);
}

static void who_has_asked_has_the_time_of_idle(void **state)
{
	(void)state;
	struct world *world = timeouts_world((struct config_timeouts){ .idle_ms = 100 });
	struct server *server = serve(world);
	int silent = tcp_open(world), asking = tcp_open(world);
	uint64_t begin = now_ms();
	assert_true(tcp_asks(asking, 1));
	assert_true(client_sees_close(asking));
	assert_true(now_ms() - begin >= 99);
	assert_true(tcp_asks(silent, 2)); /* for its first query it has longer */
	close(silent);
	close(asking);
	server_stop(server);
	world_free(world);
}

/* Replies for 14 MB, which no socket buffer holds. */
static void who_does_not_read_has_the_time_of_write(void **state)
{
	(void)state;
	struct world *world = timeouts_world((struct config_timeouts){ .write_ms = 200 });
	struct server *server = serve(world);
	int greedy = tcp_open(world), other = tcp_open(world);
	uint8_t bytes[65536];
	size_t received = 0;
	send_questions(greedy, "big.test.", 300);
	assert_true(client_is_readable(greedy)); /* the server knows both */
	assert_true(tcp_asks(other, 2));
	assert_true(world_comes_to_connections(world, 1));
	for (ssize_t got; (got = recv(greedy, bytes, sizeof(bytes), 0)) > 0;)
		received += (size_t)got;
	assert_true(received < (size_t)300 * BIG_REPLY);
	assert_true(tcp_asks(other, 3));
	close(greedy);
	close(other);
	server_stop(server);
	world_free(world);
}

static void a_connection_ends_with_its_last_query(void **state)
{
	(void)state;
	struct world *world = timeouts_world((struct config_timeouts){ .queries_most = 2 });
	struct server *server = serve(world);
	int one_by_one = tcp_open(world), at_once = tcp_open(world);
	uint8_t reply[512];
	assert_true(tcp_asks(one_by_one, 1));
	assert_true(tcp_asks(one_by_one, 2));
	assert_true(client_sees_close(one_by_one));
	send_questions(at_once, "a.test.", 5);
	for (uint16_t id = 0; id < 2; id++) {
		assert_true(client_receive_framed(at_once, reply, sizeof(reply)) > 0);
		assert_int_equal(get_u16(reply), id);
	}
	assert_int_equal(client_receive_framed(at_once, reply, sizeof(reply)), -1);
	close(one_by_one);
	close(at_once);
	server_stop(server);
	world_free(world);
}

static void of_blocks_on_one_listener_the_last_to_name_a_time_counts(void **state)
{
	(void)state;
	struct world *world =
		timeouts_world((struct config_timeouts){ .read_ms = 50000, .queries_most = 1 });
	struct config_block *second = world_block(world, "org."), *third = world_block(world, "net.");
	world_add_word(&second->bind, "127.0.0.1");
	world_add_word(&third->bind, "127.0.0.1");
	second->timeouts.read_ms = 100;
	struct server *server = serve(world);
	int silent = tcp_open(world), asking = tcp_open(world);
	assert_true(client_sees_close(silent));
	close(asking);
	asking = tcp_open(world);
	assert_true(tcp_asks(asking, 1));
	assert_true(client_sees_close(asking));
	close(silent);
	close(asking);
	server_stop(server);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_never_asks_has_the_time_of_read),
		cmocka_unit_test(who_has_asked_has_the_time_of_idle),
		cmocka_unit_test(who_does_not_read_has_the_time_of_write),
		cmocka_unit_test(a_connection_ends_with_its_last_query),
		cmocka_unit_test(of_blocks_on_one_listener_the_last_to_name_a_time_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
