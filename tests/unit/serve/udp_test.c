/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams over loopback. */
#include "client.h"

#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#define ZONE "a.test. 60 IN A 192.0.2.1\nlong-name-that-fills.test. 60 IN A 192.0.2.2"
static const struct serve_limits no_limits;

static struct world *udp_world(const char *const *bind, size_t count)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "test.");
	for (size_t i = 0; i < count; i++)
		world_add_word(&block->bind, bind[i]);
	world_file(world, block, "test.", ZONE);
	return world;
}

static bool has_address(const char *address)
{
	struct ip ip;
	struct sockaddr_storage place;
	ip_parse(address, &ip);
	socklen_t size = ip_to_sockaddr(&ip, 0, &place);
	int fd = socket(place.ss_family, SOCK_DGRAM, 0);
	bool is_there = fd >= 0 && bind(fd, (struct sockaddr *)&place, size) == 0;
	if (fd >= 0)
		close(fd);
	return is_there;
}

/* Connected sockets take packets of their peer only, so a reply from another address would never arrive. */
static void assert_answers_from(const struct world *world, const char *address)
{
	if (!has_address(address))
		return;
	int fd = client_open(world, address, SOCK_DGRAM);
	for (uint16_t id = 1; id < 5; id++)
		if (!client_asks(fd, SOCK_DGRAM, id, "a.test.", TYPE_A))
			fail_msg("no reply from %s", address);
	close(fd);
}

static void a_wildcard_replies_from_the_address_that_was_asked(void **state)
{
	(void)state;
	struct world *world = udp_world(NULL, 0);
	struct server *server = world_serve(world, no_limits);
	assert_answers_from(world, "127.0.0.1");
	assert_answers_from(world, "127.0.0.2");
	assert_answers_from(world, "127.9.8.7");
	assert_answers_from(world, "::1");
	server_stop(server);
	world_free(world);
}

static void an_ipv4_wildcard_does_so_too(void **state)
{
	(void)state;
	const char *bind[] = { "0.0.0.0" };
	struct world *world = udp_world(bind, 1);
	struct server *server = world_serve(world, no_limits);
	assert_answers_from(world, "127.0.0.1");
	assert_answers_from(world, "127.0.0.3");
	server_stop(server);
	world_free(world);
}

static void both_wildcards_stand_side_by_side(void **state)
{
	(void)state;
	const char *bind[] = { "0.0.0.0", "::" };
	if (!has_address("::1"))
		skip();
	struct world *world = udp_world(bind, 2);
	struct server *server = world_serve(world, no_limits);
	for (unsigned i = 0; i < 10; i++) {
		assert_answers_from(world, "127.0.0.5");
		assert_answers_from(world, "::1");
	}
	server_stop(server);
	world_free(world);
}

static void bound_addresses_are_served(void **state)
{
	(void)state;
	const char *bind[] = { "127.0.0.1", "127.0.0.4", "::1" };
	struct world *world = udp_world(bind, has_address("::1") ? 3 : 2);
	struct server *server = world_serve(world, no_limits);
	assert_answers_from(world, "127.0.0.1");
	assert_answers_from(world, "127.0.0.4");
	assert_answers_from(world, "::1");
	server_stop(server);
	world_free(world);
}

static void a_burst_is_answered_as_a_whole(void **state)
{
	(void)state;
	enum { BURST = 150 };
	const char *bind[] = { "127.0.0.1" };
	struct world *world = udp_world(bind, 1);
	struct server *server = world_serve(world, no_limits);
	int fd = client_open(world, "127.0.0.1", SOCK_DGRAM);
	bool seen[BURST] = { false };
	for (uint16_t id = 0; id < BURST; id++) {
		uint8_t packet[512];
		const char *name = id % 3 == 0	 ? "long-name-that-fills.test."
				   : id % 3 == 1 ? "a.test."
						 : "none.test.";
		send(fd, packet, client_question(packet, id, name, TYPE_A), 0);
	}
	for (unsigned i = 0; i < BURST; i++) {
		uint8_t reply[512], packet[512];
		ssize_t size = client_receive(fd, reply, sizeof(reply));
		assert_true(size > DNS_HEADER_SIZE);
		uint16_t id = get_u16(reply);
		const char *name = id % 3 == 0	 ? "long-name-that-fills.test."
				   : id % 3 == 1 ? "a.test."
						 : "none.test.";
		size_t question = client_question(packet, id, name, TYPE_A);
		assert_memory_equal(reply + 12, packet + 12, question - 12);
		assert_int_equal(get_u16(reply + 2) & 15, id % 3 == 2 ? RCODE_NXDOMAIN : RCODE_NOERROR);
		assert_false(seen[id]);
		seen[id] = true;
	}
	close(fd);
	server_stop(server);
	world_free(world);
}

static void packets_without_a_reply_do_not_shift_the_others(void **state)
{
	(void)state;
	enum { BURST = 120 };
	const char *bind[] = { "127.0.0.1" };
	struct world *world = udp_world(bind, 1);
	struct server *server = world_serve(world, no_limits);
	int fds[2] = { client_open(world, "127.0.0.1", SOCK_DGRAM),
		       client_open(world, "127.0.0.1", SOCK_DGRAM) };
	for (uint16_t id = 0; id < BURST; id++) {
		uint8_t packet[512];
		size_t size = client_question(packet, id, "a.test.", TYPE_A);
		if (id % 4 == 1)
			put_u16(packet + 2, FLAG_QR);		      /* a reply */
		send(fds[id % 2], packet, id % 4 == 2 ? 5 : size, 0); /* or cut */
	}
	for (unsigned i = 0; i < BURST / 2; i++) {
		uint8_t reply[512];
		unsigned which = i % 2;
		assert_int_equal(client_receive(fds[which], reply, sizeof(reply)), 40);
		assert_int_equal(get_u16(reply) % 4, which == 0 ? 0 : 3);
	}
	close(fds[0]);
	close(fds[1]);
	server_stop(server);
	world_free(world);
}

static void buffers_keep_nothing_of_the_query_before(void **state)
{
	(void)state;
	const char *bind[] = { "127.0.0.1" };
	struct world *world = udp_world(bind, 1);
	world->blocks[0].multisocket = 1;
	struct server *server = world_serve(world, no_limits);
	int fd = client_open(world, "127.0.0.1", SOCK_DGRAM);
	for (unsigned i = 0; i < 20; i++) {
		uint8_t packet[5000], reply[5000];
		size_t size = client_question(packet, 7, "a.test.", TYPE_A),
		       padded = i % 2 == 0 ? sizeof(packet) : size;
		memset(packet + size, 0xff, sizeof(packet) - size);
		send(fd, packet, padded, 0);
		assert_int_equal(client_receive(fd, reply, sizeof(reply)), 40);
		assert_int_equal(get_u16(reply + 2), FLAG_QR | FLAG_AA | FLAG_RD);
		assert_memory_equal(reply + 4, "\0\1\0\1\0\0\0\0", 8);
	}
	close(fd);
	server_stop(server);
	world_free(world);
}

/* Needs a raw socket. */
static void nobody_asks_from_port_zero(void **state)
{
	(void)state;
	const char *bind[] = { "127.0.0.1" };
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	if (raw < 0)
		skip();
	struct world *world = udp_world(bind, 1);
	struct server *server = world_serve(world, no_limits);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint8_t packet[600], question[512], reply[512];
	size_t size = client_question(question, 9, "a.test.", TYPE_A);
	struct udphdr header = { .dest = htons(world->info.local_port),
				 .len = htons((uint16_t)(8 + size)) };
	memcpy(packet, &header, 8);
	memcpy(packet + 8, question, size);
	assert_int_equal(sendto(raw, packet, 8 + size, 0, (struct sockaddr *)&to, sizeof(to)),
			 8 + size);
	assert_answers_from(world, "127.0.0.1");
	/* A reply would have gone to port 0 of this host, where the raw socket sees it. */
	for (ssize_t got; (got = recv(raw, reply, sizeof(reply), MSG_DONTWAIT)) > 28;)
		assert_false(reply[22] == 0 && reply[23] == 0);
	close(raw);
	server_stop(server);
	world_free(world);
}

static void what_was_sent_before_the_stop_is_answered(void **state)
{
	(void)state;
	enum { BURST = 150 };
	const char *bind[] = { "127.0.0.1" };
	struct world *world = udp_world(bind, 1);
	struct server *server = world_serve(world, no_limits);
	int fd = client_open(world, "127.0.0.1", SOCK_DGRAM);
	uint8_t packet[512];
	for (uint16_t id = 0; id < BURST; id++)
		send(fd, packet, client_question(packet, id, "a.test.", TYPE_A), 0);
	server_stop(server);
	for (unsigned i = 0; i < BURST; i++)
		assert_int_equal(client_receive(fd, packet, sizeof(packet)), 40);
	close(fd);
	world_free(world);
}

struct load {
	const struct world *world;
	atomic_bool is_over;
};

/* Some queries are always on their way, but never so many that a socket could overflow. */
static void *keep_asking(void *context)
{
	enum { MOST = 32 };
	struct load *load = context;
	int fd = client_open(load->world, "127.0.0.1", SOCK_DGRAM);
	uint8_t packet[512], reply[512];
	size_t size = client_question(packet, 1, "a.test.", TYPE_A);
	unsigned asked = 0;
	while (!atomic_load(&load->is_over)) {
		for (; asked < MOST; asked++)
			send(fd, packet, size, 0);
		while (recv(fd, reply, sizeof(reply), MSG_DONTWAIT) > 0)
			asked -= asked > 0;
		sched_yield();
	}
	close(fd);
	return NULL;
}

static void it_stops_under_load_and_can_start_again(void **state)
{
	(void)state;
	const char *bind[] = { "127.0.0.1" };
	struct world *world = udp_world(bind, 1);
	for (unsigned round = 0; round < 5; round++) {
		struct server *server = world_serve(world, no_limits);
		struct load load = { .world = world };
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, keep_asking, &load), 0);
		assert_answers_from(world, "127.0.0.1");
		uint64_t begin = now_ms();
		server_stop(server);
		assert_true(now_ms() - begin < 3000);
		atomic_store(&load.is_over, true);
		pthread_join(thread, NULL);
	}
	world_free(world);
}

static void an_idle_server_stops(void **state)
{
	(void)state;
	struct world *world = udp_world(NULL, 0);
	for (unsigned round = 0; round < 20; round++)
		server_stop(world_serve(world, no_limits));
	world_free(world);
}

static void multisocket_spreads_clients(void **state)
{
	(void)state;
	const char *bind[] = { "127.0.0.1" };
	struct world *world = udp_world(bind, 1);
	world->blocks[0].multisocket = 5;
	struct server *server = world_serve(world, no_limits);
	for (unsigned i = 0; i < 40; i++)
		assert_answers_from(world, "127.0.0.1");
	server_stop(server);
	world_free(world);
}

/* Zones change while they are asked; each reply is of one state. */
static void answers_change_under_load(void **state)
{
	(void)state;
	const char *bind[] = { "127.0.0.1" };
	struct world *world = world_new();
	struct config_block *block = world_block(world, "test.");
	world_add_word(&block->bind, bind[0]);
	struct catalog *catalog = world_file(world, block, "test.",
					     "a.test. 60 IN A 10.0.0.1\na.test. 60 IN A 10.0.0.1");
	struct server *server = world_serve(world, no_limits);
	struct load load = { .world = world };
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, keep_asking, &load), 0);
	for (unsigned round = 2; round < 100; round++) {
		char lines[256];
		snprintf(lines, sizeof(lines),
			 "a.test. 60 IN A 10.0.0.%u\na.test. 60 IN A 10.0.1.%u\nb%u.test. 60 IN A 10.0.0.1",
			 round, round, round);
		world_load(catalog, "test.", lines);
		answers_publish(world->answers);
		int fd = client_open(world, "127.0.0.1", SOCK_DGRAM);
		uint8_t packet[512];
		send(fd, packet, client_question(packet, 1, "a.test.", TYPE_A), 0);
		assert_int_equal(client_receive(fd, packet, sizeof(packet)), 24 + 2 * 16);
		assert_int_equal(packet[24 + 15], round);
		assert_int_equal(packet[24 + 31], round);
		close(fd);
	}
	atomic_store(&load.is_over, true);
	pthread_join(thread, NULL);
	server_stop(server);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wildcard_replies_from_the_address_that_was_asked),
		cmocka_unit_test(an_ipv4_wildcard_does_so_too),
		cmocka_unit_test(both_wildcards_stand_side_by_side),
		cmocka_unit_test(bound_addresses_are_served),
		cmocka_unit_test(a_burst_is_answered_as_a_whole),
		cmocka_unit_test(packets_without_a_reply_do_not_shift_the_others),
		cmocka_unit_test(buffers_keep_nothing_of_the_query_before),
		cmocka_unit_test(nobody_asks_from_port_zero),
		cmocka_unit_test(what_was_sent_before_the_stop_is_answered),
		cmocka_unit_test(it_stops_under_load_and_can_start_again),
		cmocka_unit_test(an_idle_server_stops),
		cmocka_unit_test(multisocket_spreads_clients),
		cmocka_unit_test(answers_change_under_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
