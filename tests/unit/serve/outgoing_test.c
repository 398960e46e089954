/* SPDX-License-Identifier: Apache-2.0 */
/* Zones that go to other servers: who may have them, and that others do not wait for it. */
#include "client.h"

#include <unistd.h>

static const struct serve_limits no_limits;
enum { NAMES = 20000, ABOUT = 40 /* octets of a record */, AT_ONCE = 4 };

/* ---- worlds ---- */

static void add_transfer(struct config_block *block, const char *zone, const char *to)
{
	size_t count = block->transfer_count++;
	block->transfers =
		mem_realloc(block->transfers, block->transfer_count * sizeof(*block->transfers));
	struct config_transfer *transfer = &block->transfers[count];
	*transfer = (struct config_transfer){ .to_all = strcmp(to, "*") == 0 };
	world_add_zone(&transfer->zones, zone);
	if (!transfer->to_all) {
		transfer->to.list = mem_zalloc(sizeof(*transfer->to.list));
		transfer->to.count = 1;
		assert_true(ip_parse(to, &transfer->to.list[0].ip));
	}
}

static void world_end(struct world *world)
{
	for (size_t i = 0; i < world->block_count; i++) {
		struct config_block *block = &world->blocks[i];
		for (size_t k = 0; k < block->transfer_count; k++) {
			world_zones_done(&block->transfers[k].zones);
			mem_free(block->transfers[k].to.list);
		}
		mem_free(block->transfers);
		block->transfers = NULL;
	}
	world_free(world);
}

/* zone.test. for 192.0.2.7, zone.test.'s parent for all. */
static struct world *small_world(void)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "zone.test.", "a.zone.test. 60 IN A 192.0.2.1");
	world_file(world, block, "other.test.", "a.other.test. 60 IN A 192.0.2.2");
	world_file(world, block, "lost.test.", NULL);
	world_file(world, block, "mine.", "a.mine. 60 IN A 192.0.2.3");
	add_transfer(block, "zone.test.", "192.0.2.7");
	add_transfer(block, "test.", "*");
	world_start(world);
	world->info.proto = PROTO_TCP;
	return world;
}

static void add_soa(struct world *world, uint32_t serial)
{
	uint8_t *at = world->packet + world->packet_size;
	memcpy(at, "\300\14\0\6\0\1\0\0\0\0\0\26\0\0", 14);
	memset(at + 14, 0, 20);
	put_u32(at + 14, serial);
	world->packet_size += 34;
	put_u16(world->packet + 8, 1);
}

static ldns_pkt *ask_changes(struct world *world, const char *name, uint32_t serial)
{
	world_question(world, name, LDNS_RR_TYPE_IXFR, LDNS_RR_CLASS_IN);
	add_soa(world, serial);
	return world_send(world);
}

#define SOA(zone) zone " 300 IN SOA ns." zone " host." zone " 7 2 3 4 5"

static void assert_refused(struct world *world, const char *name, const char *status)
{
	ldns_pkt *reply = world_ask(world, name, LDNS_RR_TYPE_AXFR);
	assert_status(reply, status);
	assert_answer(reply, "");
	ldns_pkt_free(reply);
}

static void assert_whole(struct world *world, const char *name)
{
	ldns_pkt *reply = world_ask(world, name, LDNS_RR_TYPE_AXFR);
	assert_status(reply, "NOERROR aa");
	assert_int_equal(ldns_pkt_ancount(reply), 3);
	assert_int_equal(ldns_pkt_nscount(reply), 0);
	ldns_pkt_free(reply);
}

/* ---- who, what, how ---- */

static void who_is_named_gets_the_zone(void **state)
{
	(void)state;
	struct world *world = small_world();
	ldns_pkt *reply = world_ask(world, "zone.test.", LDNS_RR_TYPE_AXFR);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply,
		      SOA("zone.test.") " | a.zone.test. 60 IN A 192.0.2.1 | " SOA("zone.test."));
	ldns_pkt_free(reply);
	assert_whole(world, "ZONE.Test.");
	world_end(world);
}

static void of_two_directives_that_of_the_longer_zone_decides(void **state)
{
	(void)state;
	struct world *world = small_world();
	assert_true(ip_parse("192.0.2.8", &world->info.client));
	assert_refused(world, "zone.test.", "REFUSED");
	assert_whole(world, "other.test.");
	world_end(world);
}

static void zones_without_the_directive_and_names_in_zones_are_refused(void **state)
{
	(void)state;
	struct world *world = small_world();
	static const char *const names[] = { "mine.", "a.zone.test.", "test.", ".", "none.test." };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_refused(world, names[i], "REFUSED");
	assert_refused(world, "lost.test.", "SERVFAIL");
	world_end(world);
}

static void over_udp_and_in_other_classes_it_is_refused(void **state)
{
	(void)state;
	struct world *world = small_world();
	world_question(world, "other.test.", LDNS_RR_TYPE_AXFR, LDNS_RR_CLASS_CH);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world->info.proto = PROTO_UDP;
	assert_refused(world, "other.test.", "REFUSED");
	reply = ask_changes(world, "other.test.", 7);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world_end(world);
}

/* Serials wrap (RFC 1982). */
static void who_has_this_serial_or_a_newer_one_gets_the_soa_alone(void **state)
{
	(void)state;
	static const struct {
		uint32_t serial;
		const char *answer;
	} table[] = {
		{ 7, SOA("other.test.") },
		{ 8, SOA("other.test.") },
		{ 0x80000006, SOA("other.test.") },
		{ 6, NULL },
		{ 0, NULL },
		{ 0xfffffff0, NULL },
	};
	struct world *world = small_world();
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		ldns_pkt *reply = ask_changes(world, "other.test.", table[i].serial);
		assert_status(reply, "NOERROR aa");
		if (table[i].answer != NULL)
			assert_answer(reply, table[i].answer);
		else
			assert_int_equal(ldns_pkt_ancount(reply), 3);
		ldns_pkt_free(reply);
	}
	ldns_pkt *reply = world_ask(world, "other.test.", LDNS_RR_TYPE_IXFR);
	assert_status(reply, "SERVFAIL"); /* no serial at all */
	ldns_pkt_free(reply);
	assert_true(ip_parse("192.0.2.8", &world->info.client));
	reply = ask_changes(world, "zone.test.", 7);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world_end(world);
}

static void zones_of_clusters_go_when_they_are_known(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	struct catalog *catalog = world_kubernetes(world, block, "cluster.local.");
	add_transfer(block, "cluster.local.", "*");
	catalog_set_synced(catalog, false);
	world_start(world);
	world->info.proto = PROTO_TCP;
	world_question(world, "cluster.local.", LDNS_RR_TYPE_AXFR, LDNS_RR_CLASS_IN);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, "SERVFAIL");
	ldns_pkt_free(reply);
	catalog_set_synced(catalog, true);
	answers_publish(world->answers);
	reply = world_ask(world, "cluster.local.", LDNS_RR_TYPE_AXFR);
	assert_status(reply, "NOERROR aa");
	assert_true(ldns_pkt_ancount(reply) >= 3);
	ldns_pkt_free(reply);
	assert_refused(world, "svc.cluster.local.", "REFUSED");
	world_end(world);
}

/* ---- many messages ---- */

/* big.test. has 20,000 names, each with a text: some 3 MB. */
static struct world *big_world(void)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "test.");
	struct text lines = { 0 };
	world_add_word(&block->bind, "127.0.0.1");
	for (unsigned i = 0; i < NAMES; i++)
		text_printf(&lines, "n%u.test. 60 IN TXT \"%0130u\"\n", i, i);
	text_add(&lines, "a.test. 60 IN A 192.0.2.1");
	world_file(world, block, "test.", lines.data);
	text_done(&lines);
	add_transfer(block, "test.", "127.0.0.1");
	return world;
}

/* The kernel holds little for it. */
static int slow_open(const struct world *world)
{
	struct ip ip;
	struct sockaddr_storage server;
	int room = 4096;
	assert_true(ip_parse("127.0.0.1", &ip));
	socklen_t size = ip_to_sockaddr(&ip, world->info.local_port, &server);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&server, size), 0);
	return fd;
}

static void send_question(int fd, uint16_t id, const char *name, uint16_t type)
{
	uint8_t packet[512], framed[514];
	size_t size = client_frame(framed, packet, client_question(packet, id, name, type));
	assert_int_equal(send(fd, framed, size, MSG_NOSIGNAL), size);
}

/* Reads messages until the second SOA; the number of records, or 0: it ended before. */
static size_t receive_zone(int fd, uint16_t id, size_t *ret_messages)
{
	static uint8_t packet[DNS_MESSAGE_MAX];
	size_t records = 0;
	ssize_t size;
	*ret_messages = 0;
	for (unsigned soas = 0; soas < 2;) {
		ldns_pkt *message = NULL;
		if ((size = client_receive_framed(fd, packet, sizeof(packet))) <= 0)
			return 0;
		assert_int_equal(get_u16(packet), id);
		assert_int_equal(ldns_wire2pkt(&message, packet, (size_t)size), LDNS_STATUS_OK);
		assert_status(message, "NOERROR aa");
		const ldns_rr_list *answer = ldns_pkt_answer(message);
		for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++)
			soas += ldns_rr_get_type(ldns_rr_list_rr(answer, i)) == LDNS_RR_TYPE_SOA;
		records += ldns_rr_list_rr_count(answer);
		++*ret_messages;
		ldns_pkt_free(message);
	}
	return records;
}

static void a_large_zone_comes_in_many_messages(void **state)
{
	(void)state;
	struct world *world = big_world();
	struct server *server = world_serve(world, no_limits);
	int fd = client_open(world, "127.0.0.1", SOCK_STREAM);
	size_t messages;
	send_question(fd, 1, "test.", TYPE_AXFR);
	send_question(fd, 2, "a.test.", TYPE_A); /* is answered behind it */
	send_question(fd, 3, "test.", TYPE_AXFR);
	assert_int_equal(receive_zone(fd, 1, &messages), NAMES + 3);
	assert_true(messages > NAMES * ABOUT / 65536);
	uint8_t reply[512];
	assert_true(client_receive_framed(fd, reply, sizeof(reply)) > 0);
	assert_int_equal(get_u16(reply), 2);
	assert_int_equal(receive_zone(fd, 3, &messages), NAMES + 3);
	assert_true(client_asks(fd, SOCK_STREAM, 4, "a.test.", TYPE_A));
	close(fd);
	server_stop(server);
	world_end(world);
}

static void who_will_ask_no_more_gets_it_all_the_same(void **state)
{
	(void)state;
	struct world *world = big_world();
	struct server *server = world_serve(world, no_limits);
	int fd = client_open(world, "127.0.0.1", SOCK_STREAM);
	size_t messages;
	send_question(fd, 1, "test.", TYPE_AXFR);
	shutdown(fd, SHUT_WR);
	assert_int_equal(receive_zone(fd, 1, &messages), NAMES + 3);
	assert_true(client_sees_close(fd));
	close(fd);
	server_stop(server);
	world_end(world);
}

/* ---- slow clients ---- */

struct alone {
	struct world *world;
	struct server *server;
};

static struct alone alone_begin(unsigned idle_ms)
{
	struct alone alone = { .world = big_world() };
	alone.server = world_serve_alone(alone.world, (struct serve_limits){ .idle_ms = idle_ms });
	return alone;
}

static void alone_end(struct alone *alone)
{
	server_stop(alone->server);
	world_end(alone->world);
}

static int begin_and_stall(const struct world *world, uint16_t id)
{
	uint8_t first[2];
	int fd = slow_open(world);
	send_question(fd, id, "test.", TYPE_AXFR);
	assert_int_equal(recv(fd, first, sizeof(first), MSG_PEEK | MSG_WAITALL), 2);
	return fd;
}

static void questions_of_others_go_on(void **state)
{
	(void)state;
	struct alone alone = alone_begin(60000);
	int slow = begin_and_stall(alone.world, 1);
	int other = client_open(alone.world, "127.0.0.1", SOCK_STREAM);
	size_t messages;
	for (uint16_t id = 0; id < 50; id++)
		assert_true(client_asks(other, SOCK_STREAM, id, "a.test.", TYPE_A));
	assert_int_equal(receive_zone(slow, 1, &messages), NAMES + 3);
	assert_true(client_asks(slow, SOCK_STREAM, 2, "a.test.", TYPE_A));
	close(slow);
	close(other);
	alone_end(&alone);
}

static void only_so_many_zones_are_on_their_way_at_once(void **state)
{
	(void)state;
	struct alone alone = alone_begin(60000);
	int slow[AT_ONCE], other = client_open(alone.world, "127.0.0.1", SOCK_STREAM);
	uint8_t reply[512];
	size_t messages;
	for (uint16_t i = 0; i < AT_ONCE; i++)
		slow[i] = begin_and_stall(alone.world, i);
	send_question(other, 9, "test.", TYPE_AXFR);
	assert_true(client_receive_framed(other, reply, sizeof(reply)) > 0);
	assert_int_equal(get_u16(reply + 2) & 15, RCODE_SERVFAIL);
	assert_true(client_asks(other, SOCK_STREAM, 10, "a.test.", TYPE_A));
	assert_int_equal(receive_zone(slow[0], 0, &messages), NAMES + 3);
	send_question(other, 11, "test.", TYPE_AXFR);
	assert_int_equal(receive_zone(other, 11, &messages), NAMES + 3);
	for (uint16_t i = 0; i < AT_ONCE; i++)
		close(slow[i]);
	close(other);
	alone_end(&alone);
}

/* Its place is free then. */
static void who_stops_reading_is_cut_off(void **state)
{
	(void)state;
	struct alone alone = alone_begin(300);
	int slow[AT_ONCE];
	size_t messages, records = 0;
	for (uint16_t i = 0; i < AT_ONCE; i++)
		slow[i] = begin_and_stall(alone.world, i);
	for (uint64_t begin = now_ms(); records == 0 && now_ms() - begin < 30000;) {
		uint8_t reply[DNS_MESSAGE_MAX];
		int fd = client_open(alone.world, "127.0.0.1", SOCK_STREAM);
		send_question(fd, 9, "test.", TYPE_IXFR); /* no serial: no zone, but an answer */
		assert_true(client_receive_framed(fd, reply, sizeof(reply)) > 0);
		send_question(fd, 9, "test.", TYPE_AXFR);
		if (recv(fd, reply, 6, MSG_PEEK | MSG_WAITALL) == 6 &&
		    (get_u16(reply + 4) & 15) == RCODE_NOERROR)
			records = receive_zone(fd, 9, &messages);
		close(fd);
	}
	assert_int_equal(records, NAMES + 3);
	assert_true(world_comes_to_connections(alone.world, 0));
	for (uint16_t i = 0; i < AT_ONCE; i++) {
		assert_int_equal(receive_zone(slow[i], i, &messages), 0);
		close(slow[i]);
	}
	alone_end(&alone);
}

/* However willingly it reads then. */
static void nobody_has_longer_than_two_minutes(void **state)
{
	(void)state;
	struct alone alone = alone_begin(600000);
	int slow = begin_and_stall(alone.world, 1);
	size_t messages;
	clock_set(clock_now_ns() + 121 * UINT64_C(1000000000), 1700000000);
	assert_int_equal(receive_zone(slow, 1, &messages), 0);
	clock_release();
	close(slow);
	alone_end(&alone);
}

/* What it began with is what it gets, whatever becomes of the zone. */
static void a_zone_that_changes_on_the_way_arrives_as_it_was(void **state)
{
	(void)state;
	struct alone alone = alone_begin(60000);
	int slow = begin_and_stall(alone.world, 1), next;
	size_t messages;
	world_load(alone.world->files[0][0], "test.", "only.test. 60 IN A 192.0.2.9");
	answers_publish(alone.world->answers);
	next = client_open(alone.world, "127.0.0.1", SOCK_STREAM);
	send_question(next, 2, "test.", TYPE_AXFR);
	assert_int_equal(receive_zone(next, 2, &messages), 3);
	assert_int_equal(receive_zone(slow, 1, &messages), NAMES + 3);
	close(slow);
	close(next);
	alone_end(&alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_named_gets_the_zone),
		cmocka_unit_test(of_two_directives_that_of_the_longer_zone_decides),
		cmocka_unit_test(zones_without_the_directive_and_names_in_zones_are_refused),
		cmocka_unit_test(over_udp_and_in_other_classes_it_is_refused),
		cmocka_unit_test(who_has_this_serial_or_a_newer_one_gets_the_soa_alone),
		cmocka_unit_test(zones_of_clusters_go_when_they_are_known),
		cmocka_unit_test(a_large_zone_comes_in_many_messages),
		cmocka_unit_test(who_will_ask_no_more_gets_it_all_the_same),
		cmocka_unit_test(questions_of_others_go_on),
		cmocka_unit_test(only_so_many_zones_are_on_their_way_at_once),
		cmocka_unit_test(who_stops_reading_is_cut_off),
		cmocka_unit_test(nobody_has_longer_than_two_minutes),
		cmocka_unit_test(a_zone_that_changes_on_the_way_arrives_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
