/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that are no good, EDNS and sizes: names.md 12. */
#include "world.h"

#define ZONE "a.example.org. 60 IN A 192.0.2.1"

/* One block with one zone. */
static struct world *simple_world(void (*change)(struct config_block *block))
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "example.org.");
	world_file(world, block, "example.org.", ZONE);
	if (change != NULL)
		change(block);
	world_start(world);
	return world;
}

/* ---- packets that are no good ---- */

static void assert_header_only(struct world *world, uint16_t flags)
{
	assert_int_equal(world_exchange(world), DNS_HEADER_SIZE);
	assert_int_equal(get_u16(world->reply), get_u16(world->packet));
	assert_int_equal(get_u16(world->reply + 2), flags);
	for (unsigned at = 4; at < DNS_HEADER_SIZE; at++)
		assert_int_equal(world->reply[at], 0);
}

static void malformed_packets_get_a_bare_formerr(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	uint16_t formerr = FLAG_QR | FLAG_RD | RCODE_FORMERR;
	static const struct {
		unsigned at;
		uint16_t count;
	} counts[] = {
		{ 4, 0 }, { 4, 2 }, { 6, 2 }, { 8, 2 }, { 10, 3 }, { 10, 1 }, { 6, 1 },
	};
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
		put_u16(world->packet + counts[i].at, counts[i].count);
		assert_header_only(world, formerr);
	}
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	for (size_t size = world->packet_size - 1; size >= DNS_HEADER_SIZE; size--) {
		world->packet_size = size;
		assert_header_only(world, formerr);
	}
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world->packet[12] = 0xc0; /* a pointer */
	assert_header_only(world, formerr);
	world->packet[12] = 64; /* a label too long */
	assert_header_only(world, formerr);
	world_free(world);
}

static void a_name_too_long_is_malformed(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	world_question(world, ".", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	uint8_t *at = world->packet + DNS_HEADER_SIZE;
	for (unsigned i = 0; i < 128; i++, at += 2)
		memcpy(at, "\1a", 2);
	memcpy(at, "\0\0\1\0\1", 5);
	world->packet_size = (size_t)(at + 5 - world->packet);
	assert_header_only(world, FLAG_QR | FLAG_RD | RCODE_FORMERR);
	world_free(world);
}

static void any_opcode_but_query_is_not_implemented(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	for (unsigned opcode = 1; opcode < 16; opcode++) {
		world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
		put_u16(world->packet + 2, (uint16_t)(opcode << 11 | FLAG_RD | FLAG_CD));
		assert_header_only(world, (uint16_t)(FLAG_QR | opcode << 11 | FLAG_RD | FLAG_CD |
						     RCODE_NOTIMP));
	}
	world_free(world);
}

static void replies_and_fragments_get_no_reply(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	put_u16(world->packet + 2, FLAG_QR);
	assert_int_equal(world_exchange(world), 0);
	put_u16(world->packet + 2, 0);
	for (world->packet_size = 0; world->packet_size < DNS_HEADER_SIZE; world->packet_size++)
		assert_int_equal(world_exchange(world), 0);
	world_free(world);
}

/* ---- EDNS ---- */

static void opt_comes_back_with_our_size_and_the_clients_do(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const uint16_t flags[] = { 0, 0x8000, 0x4000, 0xffff };
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
		world_add_opt(world, 4096, 0, flags[i], "\0\12\0\10cccccccc",
			      12); /* a cookie, which is not echoed */
		ldns_pkt *reply = world_send(world);
		assert_status(reply, "NOERROR aa");
		assert_true(ldns_pkt_edns(reply));
		assert_int_equal(ldns_pkt_edns_udp_size(reply), 1232);
		assert_int_equal(ldns_pkt_edns_version(reply), 0);
		assert_int_equal(ldns_pkt_edns_do(reply), flags[i] >> 15);
		assert_int_equal(get_u16(world->reply + world->reply_size - 4), flags[i] & 0x8000);
		assert_int_equal(get_u16(world->reply + world->reply_size - 2), 0);
		ldns_pkt_free(reply);
	}
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_false(ldns_pkt_edns(reply));
	ldns_pkt_free(reply);
	world_free(world);
}

static void every_reply_with_a_question_has_opt_if_the_query_had(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const struct {
		const char *name;
		ldns_rr_type type;
		const char *status;
	} table[] = {
		{ "x.example.org.", LDNS_RR_TYPE_A, "NXDOMAIN aa" },
		{ "example.com.", LDNS_RR_TYPE_A, "REFUSED" },
		{ "example.org.", LDNS_RR_TYPE_AXFR, "REFUSED" },
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		world_question(world, table[i].name, table[i].type, LDNS_RR_CLASS_IN);
		world_add_opt(world, 1232, 0, 0x8000, NULL, 0);
		ldns_pkt *reply = world_send(world);
		assert_status(reply, table[i].status);
		assert_true(ldns_pkt_edns(reply));
		ldns_pkt_free(reply);
	}
	world_free(world);
}

static void an_unknown_version_is_badvers_without_an_answer(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 4096, 1, 0x8000, NULL, 0);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, "BADVERS");
	assert_answer(reply, "");
	assert_int_equal(ldns_pkt_edns_version(reply), 0);
	assert_true(ldns_pkt_edns_do(reply));
	ldns_pkt_free(reply);
	world_free(world);
}

static void two_opts_are_malformed(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 4096, 0, 0, NULL, 0);
	world_add_opt(world, 4096, 0, 0, NULL, 0);
	assert_header_only(world, FLAG_QR | FLAG_RD | RCODE_FORMERR);
	world_free(world);
}

static void set_nsid(struct config_block *block)
{
	static char nsid[] = "ns-7";
	block->nsid = nsid;
}

static void nsid_is_told_to_who_asks(void **state)
{
	(void)state;
	struct world *world = simple_world(set_nsid);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 1232, 0, 0, "\0\3\0\0", 4);
	ldns_pkt *reply = world_send(world);
	assert_memory_equal(world->reply + world->reply_size - 10, "\0\10\0\3\0\4ns-7", 10);
	ldns_pkt_free(reply);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 1232, 0, 0, NULL, 0);
	reply = world_send(world);
	assert_int_equal(get_u16(world->reply + world->reply_size - 2), 0);
	ldns_pkt_free(reply);
	world_free(world);
}

static void set_long_nsid(struct config_block *block)
{
	static char nsid[256];
	memset(nsid, 'n', sizeof(nsid) - 1);
	block->nsid = nsid;
}

static void a_long_nsid_never_takes_the_place_of_the_question(void **state)
{
	(void)state;
	struct world *world = simple_world(set_long_nsid);
	char name[300] = "";
	while (strlen(name) < 230)
		strcat(name, "aaaaaaaaa.");
	strcat(name, "example.org.");
	world_question(world, name, LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 512, 0, 0, "\0\3\0\0", 4);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, "NXDOMAIN aa");
	assert_true(world->reply_size <= 512);
	ldns_pkt_free(reply);
	world_free(world);
}

/* ---- size ---- */

/* n.example.org has 100 addresses: 1,600 octets. */
static struct world *big_world(uint16_t bufsize)
{
	struct world *world = world_new();
	struct config_block *block = world_block(world, "example.org.");
	struct text lines = { 0 };
	for (unsigned i = 0; i < 100; i++)
		text_printf(&lines, "n.example.org. 60 IN A 10.0.0.%u\n", i);
	world_file(world, block, "example.org.", lines.data);
	text_done(&lines);
	block->bufsize = bufsize;
	world_start(world);
	return world;
}

static size_t size_for(struct world *world, bool edns, uint16_t udp_size, const char *status)
{
	world_question(world, "n.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	if (edns)
		world_add_opt(world, udp_size, 0, 0, NULL, 0);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, status);
	assert_int_equal(ldns_pkt_edns(reply), edns);
	size_t size = world->reply_size;
	ldns_pkt_free(reply);
	return size;
}

static void udp_replies_keep_to_the_clients_size_and_ours(void **state)
{
	(void)state;
	struct world *world = big_world(0);
	/* header, question, OPT, and as many records of 16 as fit */
	assert_int_equal(size_for(world, false, 0, "NOERROR aa tc"), 31 + 16 * ((512 - 31) / 16));
	assert_int_equal(size_for(world, true, 0, "NOERROR aa tc"), 42 + 16 * ((512 - 42) / 16));
	assert_int_equal(size_for(world, true, 100, "NOERROR aa tc"), 42 + 16 * ((512 - 42) / 16));
	assert_int_equal(size_for(world, true, 1000, "NOERROR aa tc"), 42 + 16 * ((1000 - 42) / 16));
	assert_int_equal(size_for(world, true, 65535, "NOERROR aa tc"), 42 + 16 * ((1232 - 42) / 16));
	world_free(world);
}

static void tcp_replies_are_whole(void **state)
{
	(void)state;
	struct world *world = big_world(0);
	world->info.proto = PROTO_TCP;
	assert_int_equal(size_for(world, false, 0, "NOERROR aa"), 31 + 1600);
	assert_int_equal(size_for(world, true, 512, "NOERROR aa"), 42 + 1600);
	world_free(world);
}

static void bufsize_moves_the_cap_and_is_what_we_tell(void **state)
{
	(void)state;
	struct world *world = big_world(4096);
	assert_int_equal(size_for(world, true, 4096, "NOERROR aa"), 42 + 1600);
	assert_int_equal(get_u16(world->reply + world->reply_size - 8), 4096);
	assert_int_equal(size_for(world, true, 600, "NOERROR aa tc"), 42 + 16 * ((600 - 42) / 16));
	assert_int_equal(size_for(world, false, 0, "NOERROR aa tc"), 31 + 16 * ((512 - 31) / 16));
	world_free(world);
	world = big_world(512);
	assert_int_equal(size_for(world, true, 4096, "NOERROR aa tc"), 42 + 16 * ((512 - 42) / 16));
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_packets_get_a_bare_formerr),
		cmocka_unit_test(a_name_too_long_is_malformed),
		cmocka_unit_test(any_opcode_but_query_is_not_implemented),
		cmocka_unit_test(replies_and_fragments_get_no_reply),
		cmocka_unit_test(opt_comes_back_with_our_size_and_the_clients_do),
		cmocka_unit_test(every_reply_with_a_question_has_opt_if_the_query_had),
		cmocka_unit_test(an_unknown_version_is_badvers_without_an_answer),
		cmocka_unit_test(two_opts_are_malformed),
		cmocka_unit_test(nsid_is_told_to_who_asks),
		cmocka_unit_test(a_long_nsid_never_takes_the_place_of_the_question),
		cmocka_unit_test(udp_replies_keep_to_the_clients_size_and_ours),
		cmocka_unit_test(tcp_replies_are_whole),
		cmocka_unit_test(bufsize_moves_the_cap_and_is_what_we_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
