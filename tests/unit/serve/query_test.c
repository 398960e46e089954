/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of names.md 12 that do not depend on what a zone says. */
#include "world.h"

#define ZONE                                                                                                           \
	"example.org. 60 IN NS ns.example.org.\n"                                                                      \
	"ns.example.org. 60 IN A 192.0.2.53\n"                                                                         \
	"a.example.org. 60 IN A 192.0.2.1\n"                                                                           \
	"b.c.example.org. 60 IN TXT \"t\"\n"                                                                           \
	"sub.example.org. 60 IN NS ns.sub.example.org.\n"                                                              \
	"ns.sub.example.org. 60 IN A 192.0.2.54\n"
#define SOA(ttl) "example.org. " ttl " IN SOA ns.example.org. host.example.org. 7 2 3 4 5"

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

static void the_question_comes_back_byte_for_byte_and_the_id_too(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "A.eXample.oRg.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_memory_equal(world->reply + 12, world->packet + 12, world->packet_size - 12);
	assert_int_equal(world->reply_size, world->packet_size + 16); /* the owner is a pointer, an address has 4 */
	ldns_pkt_free(reply);
	world_free(world);
}

static void rd_and_cd_are_copied_and_nothing_else(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	world_question(world, "a.example.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	put_u16(world->packet + 2, FLAG_CD | FLAG_AD | FLAG_RA | FLAG_TC | FLAG_AA | 0x40 | 7);
	world_exchange(world);
	assert_int_equal(get_u16(world->reply + 2), FLAG_QR | FLAG_AA | FLAG_CD);
	put_u16(world->packet + 2, FLAG_RD);
	world_exchange(world);
	assert_int_equal(get_u16(world->reply + 2), FLAG_QR | FLAG_AA | FLAG_RD);
	world_free(world);
}

static void denials_carry_one_soa_and_are_authoritative(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "x.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "NXDOMAIN aa");
	assert_authority(reply, SOA("5"));
	ldns_pkt_free(reply);
	reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_AAAA);
	assert_status(reply, "NOERROR aa");
	assert_authority(reply, SOA("5"));
	ldns_pkt_free(reply);
	reply = world_ask(world, "c.example.org.", LDNS_RR_TYPE_AAAA);
	assert_status(reply, "NOERROR aa");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_delegation_is_not_authoritative(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "x.sub.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR");
	assert_answer(reply, "");
	assert_authority(reply, "sub.example.org. 60 IN NS ns.sub.example.org.");
	ldns_pkt_free(reply);
	world_free(world);
}

static void names_of_no_block_are_refused(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const char *const names[] = { "org.", ".", "xexample.org.", "a.example.com." };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		ldns_pkt *reply = world_ask(world, names[i], LDNS_RR_TYPE_A);
		assert_status(reply, "REFUSED");
		assert_int_equal(world->reply_size, world->packet_size);
		ldns_pkt_free(reply);
	}
	world_free(world);
}

static void an_empty_block_refuses(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_block(world, ".");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world_free(world);
}

static void transfers_are_refused(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const ldns_rr_type types[] = { LDNS_RR_TYPE_AXFR, LDNS_RR_TYPE_IXFR };
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		for (enum proto proto = PROTO_UDP; proto <= PROTO_TCP; proto++) {
			world->info.proto = proto;
			ldns_pkt *reply = world_ask(world, "example.org.", types[i]);
			assert_status(reply, "REFUSED");
			ldns_pkt_free(reply);
		}
	}
	world_free(world);
}

static void add_chaos(struct config_block *block)
{
	static struct config_chaos chaos;
	block->chaos = &chaos;
}

static void other_classes_are_refused_but_for_what_chaos_answers(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	static const ldns_rr_class classes[] = { LDNS_RR_CLASS_CH, LDNS_RR_CLASS_HS, LDNS_RR_CLASS_NONE, LDNS_RR_CLASS_ANY };
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		world_question(world, "a.example.org.", LDNS_RR_TYPE_A, classes[i]);
		ldns_pkt *reply = world_send(world);
		assert_status(reply, "REFUSED");
		ldns_pkt_free(reply);
	}
	world_free(world);

	world = world_new();
	add_chaos(world_block(world, "bind."));
	world_start(world);
	world_question(world, "version.bind.", LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_CH);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, "NOERROR");
	assert_answer(reply, "version.bind. 0 CH TXT \"knamed-test\"");
	ldns_pkt_free(reply);
	world_question(world, "other.bind.", LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_CH);
	reply = world_send(world);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world_free(world);
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
	static const struct { unsigned at; uint16_t count; } counts[] = {
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
		assert_header_only(world, (uint16_t)(FLAG_QR | opcode << 11 | FLAG_RD | FLAG_CD | RCODE_NOTIMP));
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
		world_add_opt(world, 4096, 0, flags[i], "\0\12\0\10cccccccc", 12); /* a cookie, which is not echoed */
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
	static const struct { const char *name; ldns_rr_type type; const char *status; } table[] = {
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
	static char nsid[600];
	memset(nsid, 'n', sizeof(nsid) - 1);
	block->nsid = nsid;
}

static void a_long_nsid_never_takes_the_questions_place(void **state)
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

/* ---- who answers ---- */

static void set_any(struct config_block *block)
{
	block->any = true;
}

static void any_hides_records_but_not_that_there_are_none(void **state)
{
	(void)state;
	struct world *world = simple_world(set_any);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_ANY);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "a.example.org. 8482 IN HINFO \"ANY obsoleted\" \"See RFC 8482\"");
	ldns_pkt_free(reply);
	reply = world_ask(world, "c.example.org.", LDNS_RR_TYPE_ANY);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "");
	assert_authority(reply, SOA("5"));
	ldns_pkt_free(reply);
	reply = world_ask(world, "x.example.org.", LDNS_RR_TYPE_ANY);
	assert_status(reply, "NXDOMAIN aa");
	ldns_pkt_free(reply);
	world_free(world);
}

static void without_any_one_rrset_is_shown(void **state)
{
	(void)state;
	struct world *world = simple_world(NULL);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_ANY);
	assert_answer(reply, "a.example.org. 60 IN A 192.0.2.1");
	ldns_pkt_free(reply);
	world_free(world);
}

static void whoami_answers_where_no_zone_does(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "example.org.", ZONE);
	block->whoami = true;
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "NXDOMAIN aa");
	ldns_pkt_free(reply);
	reply = world_ask(world, "x.example.com.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_additional(reply, "x.example.com. 0 IN A 192.0.2.7 | _udp.x.example.com. 0 IN SRV 0 0 4711 .");
	ldns_pkt_free(reply);
	world_free(world);
}

static void local_answers_before_the_data(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "example.org.", "localhost.example.org. 60 IN A 192.0.2.9");
	block->local = block->local_prefix = true;
	world_start(world);
	ldns_pkt *reply = world_ask(world, "localhost.example.org.", LDNS_RR_TYPE_A);
	assert_answer(reply, "localhost.example.org. 604800 IN A 127.0.0.1");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_zone_that_could_not_be_read_is_servfail(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "example.org.", NULL);
	block->whoami = true;
	world_start(world);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL");
	assert_additional(reply, "");
	ldns_pkt_free(reply);
	world_free(world);
}

static void auto_zones_come_and_go(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	struct catalog *catalog = world_auto(world, block, "org.");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world_load(catalog, "example.org.", ZONE);
	answers_publish(world->answers);
	reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_answer(reply, "a.example.org. 60 IN A 192.0.2.1");
	ldns_pkt_free(reply);
	catalog_remove_zone(catalog, "example.org.");
	answers_publish(world->answers);
	reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_status(reply, "REFUSED");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_zone_is_served_from_its_newest_text(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	struct catalog *catalog = world_file(world, block, "example.org.", "a.example.org. 60 IN A 192.0.2.1");
	world_start(world);
	world_load(catalog, "example.org.", "a.example.org. 60 IN A 192.0.2.2");
	answers_publish(world->answers);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_answer(reply, "a.example.org. 60 IN A 192.0.2.2");
	ldns_pkt_free(reply);
	world_free(world);
}

static void what_is_not_in_step_is_servfail_and_says_so(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	catalog_set_synced(world_kubernetes(world, block, "cluster.local."), false);
	world_start(world);
	ldns_pkt *reply = world_ask(world, "a.b.svc.cluster.local.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	world_question(world, "a.b.svc.cluster.local.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 1232, 0, 0, NULL, 0);
	reply = world_send(world);
	assert_status(reply, "SERVFAIL");
	assert_memory_equal(world->reply + world->reply_size - 8, "\0\6\0\17\0\2\0\16", 8); /* EDE 14 */
	ldns_pkt_free(reply);
	reply = world_ask(world, "svc.cluster.local.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	ldns_pkt_free(reply);
	world_free(world);
}

/* ---- blocks and listeners ---- */

static void blocks_of_one_port_share_it(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *parent = world_block(world, "example.org."), *child = world_block(world, "a.example.org.");
	world_file(world, parent, "example.org.", "a.example.org. 60 IN A 192.0.2.1\nb.example.org. 60 IN A 192.0.2.2");
	world_file(world, child, "a.example.org.", "a.example.org. 60 IN A 192.0.2.3");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_answer(reply, "a.example.org. 60 IN A 192.0.2.3");
	ldns_pkt_free(reply);
	reply = world_ask(world, "b.example.org.", LDNS_RR_TYPE_A);
	assert_answer(reply, "b.example.org. 60 IN A 192.0.2.2");
	ldns_pkt_free(reply);
	world_free(world);
}

static void ports_and_addresses_have_blocks_of_their_own(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *wide = world_block(world, "org."), *bound = world_block(world, "org.");
	struct config_block *other = world_block(world, "org.");
	world_add_word(&bound->bind, "192.0.2.1");
	other->addresses[0].port = 5353;
	world_file(world, wide, "org.", "a.org. 60 IN TXT \"wide\"");
	world_file(world, bound, "org.", "a.org. 60 IN TXT \"bound\"");
	world_file(world, other, "org.", "a.org. 60 IN TXT \"other\"");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "a.org.", LDNS_RR_TYPE_TXT);
	assert_answer(reply, "a.org. 60 IN TXT \"bound\"");
	ldns_pkt_free(reply);
	ip_parse("2001:db8::1", &world->info.local);
	reply = world_ask(world, "a.org.", LDNS_RR_TYPE_TXT);
	assert_answer(reply, "a.org. 60 IN TXT \"wide\"");
	ldns_pkt_free(reply);
	world->info.local_port = 5353;
	reply = world_ask(world, "a.org.", LDNS_RR_TYPE_TXT);
	assert_answer(reply, "a.org. 60 IN TXT \"other\"");
	ldns_pkt_free(reply);
	world->info.local_port = 54;
	assert_int_equal(world_exchange(world), 0);
	world_free(world);
}

static void a_zone_twice_on_one_address_is_an_error(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_add_word(&world_block(world, "org.")->bind, "127.0.0.1");
	world_add_word(&world_block(world, "org.")->bind, "127.0.0.1");
	struct serve_options options = world_options(world);
	struct error error;
	assert_null(router_new(&options, &error));
	assert_string_equal(error.text, "cannot serve dns://org.:53 on 127.0.0.1 - it is already defined");
	world_free(world);
}

/* ---- counting ---- */

static void answers_are_counted_by_block_type_and_rcode(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, "example.org.");
	world_file(world, block, "example.org.", ZONE);
	world_add_word(&block->directives, "file");
	world_start(world);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	ldns_pkt_free(world_ask(world, "x.example.org.", LDNS_RR_TYPE_AAAA));
	ldns_pkt_free(world_ask(world, "x.example.com.", LDNS_RR_TYPE_A));
	world->info.proto = PROTO_TCP;
	ip_parse("2001:db8::7", &world->info.client);
	ldns_pkt_free(world_ask(world, "a.example.org.", LDNS_RR_TYPE_A));
	struct text text = { 0 };
	metrics_print(world->metrics, &text);
	static const char *const lines[] = {
		"coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"dns://:53\",type=\"A\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"dns://:53\",type=\"AAAA\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_requests_total{family=\"2\",proto=\"tcp\",server=\"dns://:53\",type=\"A\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"dns://:53\",type=\"A\",view=\"\",zone=\"dropped\"} 1",
		"coredns_dns_responses_total{plugin=\"file\",rcode=\"NOERROR\",server=\"dns://:53\",view=\"\",zone=\"example.org.\"} 2",
		"coredns_dns_responses_total{plugin=\"file\",rcode=\"NXDOMAIN\",server=\"dns://:53\",view=\"\",zone=\"example.org.\"} 1",
		"coredns_dns_responses_total{plugin=\"\",rcode=\"REFUSED\",server=\"dns://:53\",view=\"\",zone=\"dropped\"} 1",
		"coredns_dns_request_duration_seconds_count{server=\"dns://:53\",view=\"\",zone=\"example.org.\"} 3",
		"coredns_plugin_enabled{name=\"file\",server=\"dns://:53\",view=\"\",zone=\"example.org.\"} 1",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (strstr(text.data, lines[i]) == NULL)
			fail_msg("no line %s in\n%s", lines[i], text.data);
	text_done(&text);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_comes_back_byte_for_byte_and_the_id_too),
		cmocka_unit_test(rd_and_cd_are_copied_and_nothing_else),
		cmocka_unit_test(denials_carry_one_soa_and_are_authoritative),
		cmocka_unit_test(a_delegation_is_not_authoritative),
		cmocka_unit_test(names_of_no_block_are_refused),
		cmocka_unit_test(an_empty_block_refuses),
		cmocka_unit_test(transfers_are_refused),
		cmocka_unit_test(other_classes_are_refused_but_for_what_chaos_answers),
		cmocka_unit_test(malformed_packets_get_a_bare_formerr),
		cmocka_unit_test(a_name_too_long_is_malformed),
		cmocka_unit_test(any_opcode_but_query_is_not_implemented),
		cmocka_unit_test(replies_and_fragments_get_no_reply),
		cmocka_unit_test(opt_comes_back_with_our_size_and_the_clients_do),
		cmocka_unit_test(every_reply_with_a_question_has_opt_if_the_query_had),
		cmocka_unit_test(an_unknown_version_is_badvers_without_an_answer),
		cmocka_unit_test(two_opts_are_malformed),
		cmocka_unit_test(nsid_is_told_to_who_asks),
		cmocka_unit_test(a_long_nsid_never_takes_the_questions_place),
		cmocka_unit_test(udp_replies_keep_to_the_clients_size_and_ours),
		cmocka_unit_test(tcp_replies_are_whole),
		cmocka_unit_test(bufsize_moves_the_cap_and_is_what_we_tell),
		cmocka_unit_test(any_hides_records_but_not_that_there_are_none),
		cmocka_unit_test(without_any_one_rrset_is_shown),
		cmocka_unit_test(whoami_answers_where_no_zone_does),
		cmocka_unit_test(local_answers_before_the_data),
		cmocka_unit_test(a_zone_that_could_not_be_read_is_servfail),
		cmocka_unit_test(auto_zones_come_and_go),
		cmocka_unit_test(a_zone_is_served_from_its_newest_text),
		cmocka_unit_test(what_is_not_in_step_is_servfail_and_says_so),
		cmocka_unit_test(blocks_of_one_port_share_it),
		cmocka_unit_test(ports_and_addresses_have_blocks_of_their_own),
		cmocka_unit_test(a_zone_twice_on_one_address_is_an_error),
		cmocka_unit_test(answers_are_counted_by_block_type_and_rcode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
