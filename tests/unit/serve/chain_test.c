/* SPDX-License-Identifier: Apache-2.0 */
/* Aliases within our own zones: names.md 6. */
#include "world.h"

#define SOA(zone) zone " 5 IN SOA ns." zone " host." zone " 7 2 3 4 5"

static void a_chain_is_followed_through_zones_and_blocks(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *first = world_block(world, "a.test."),
			    *second = world_block(world, "b.test.");
	world_file(world, first, "a.test.",
		   "x.a.test. 60 IN CNAME y.A.test.\ny.a.test. 60 IN CNAME Z.b.test.");
	world_file(world, second, "b.test.",
		   "z.b.test. 60 IN A 192.0.2.1\nz.b.test. 60 IN A 192.0.2.2");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "X.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "X.a.test. 60 IN CNAME y.A.test. | y.A.test. 60 IN CNAME Z.b.test. | "
			     "Z.b.test. 60 IN A 192.0.2.1 | Z.b.test. 60 IN A 192.0.2.2");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	world_free(world);
}

static void the_last_name_decides_the_rcode_and_gives_the_soa(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *first = world_block(world, "a.test."),
			    *second = world_block(world, "b.test.");
	world_file(world, first, "a.test.",
		   "x.a.test. 60 IN CNAME none.b.test.\ny.a.test. 60 IN CNAME z.b.test.");
	world_file(world, second, "b.test.", "z.b.test. 60 IN A 192.0.2.1");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "NXDOMAIN aa");
	assert_answer(reply, "x.a.test. 60 IN CNAME none.b.test.");
	assert_authority(reply, SOA("b.test."));
	ldns_pkt_free(reply);
	reply = world_ask(world, "y.a.test.", LDNS_RR_TYPE_AAAA);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "y.a.test. 60 IN CNAME z.b.test.");
	assert_authority(reply, SOA("b.test."));
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_target_outside_leaves_the_alias_alone(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "a.test.",
		   "x.a.test. 60 IN CNAME db.example.com.\ny.a.test. 60 IN CNAME x.a.test.");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "y.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "y.a.test. 60 IN CNAME x.a.test. | x.a.test. 60 IN CNAME db.example.com.");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	world_free(world);
}

static void cname_and_any_are_not_followed(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_file(world, world_block(world, "a.test."), "a.test.",
		   "x.a.test. 60 IN CNAME y.a.test.\ny.a.test. 60 IN A 192.0.2.1");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_CNAME);
	assert_answer(reply, "x.a.test. 60 IN CNAME y.a.test.");
	ldns_pkt_free(reply);
	reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_ANY);
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "x.a.test. 60 IN CNAME y.a.test.");
	ldns_pkt_free(reply);
	world_free(world);
}

/* c0 -> c1 -> ... -> c(links), which has an address. */
static struct world *chain_world(unsigned links)
{
	struct world *world = world_new();
	struct text lines = { 0 };
	for (unsigned i = 0; i < links; i++)
		text_printf(&lines, "c%u.a.test. 60 IN CNAME c%u.a.test.\n", i, i + 1);
	text_printf(&lines, "c%u.a.test. 60 IN A 192.0.2.1\n", links);
	world_file(world, world_block(world, "a.test."), "a.test.", lines.data);
	text_done(&lines);
	world_start(world);
	world->info.proto = PROTO_TCP;
	return world;
}

static void sixteen_links_are_followed_and_no_more(void **state)
{
	(void)state;
	struct world *world = chain_world(16);
	ldns_pkt *reply = world_ask(world, "c0.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa");
	assert_int_equal(ldns_pkt_ancount(reply), 17);
	ldns_pkt_free(reply);
	world_free(world);

	world = chain_world(17);
	reply = world_ask(world, "c0.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL aa");
	assert_int_equal(ldns_pkt_ancount(reply), 17);
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_loop_is_servfail_with_each_alias_once(void **state)
{
	(void)state;
	struct world *world = world_new();
	world_file(world, world_block(world, "a.test."), "a.test.",
		   "x.a.test. 60 IN CNAME Y.a.test.\ny.a.test. 60 IN CNAME x.A.test.\ns.a.test. 60 IN CNAME s.a.test.");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL aa");
	assert_answer(reply, "x.a.test. 60 IN CNAME Y.a.test. | Y.a.test. 60 IN CNAME x.A.test.");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	reply = world_ask(world, "s.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL aa");
	assert_answer(reply, "s.a.test. 60 IN CNAME s.a.test.");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_chain_that_does_not_fit_is_cut(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct text lines = { 0 };
	for (unsigned i = 0; i < 40; i++)
		text_printf(&lines, "n.a.test. 60 IN A 10.0.0.%u\n", i);
	text_add(&lines, "x.a.test. 60 IN CNAME n.a.test.");
	world_file(world, world_block(world, "a.test."), "a.test.", lines.data);
	text_done(&lines);
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "NOERROR aa tc");
	assert_true(world->reply_size <= 512);
	assert_true(ldns_pkt_ancount(reply) > 20);
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_chain_into_what_is_not_in_step_is_servfail(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "a.test.", "x.a.test. 60 IN CNAME a.b.svc.cluster.local.");
	catalog_set_synced(world_kubernetes(world, block, "cluster.local."), false);
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL aa");
	assert_answer(reply, "x.a.test. 60 IN CNAME a.b.svc.cluster.local.");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_chain_into_a_zone_that_could_not_be_read_is_servfail(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "a.test.",
		   "x.a.test. 60 IN CNAME y.b.test.\nz.a.test. 60 IN CNAME y.c.test.");
	world_file(world, block, "b.test.", NULL);
	world_auto(world, block, "c.test.");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "SERVFAIL aa");
	assert_answer(reply, "x.a.test. 60 IN CNAME y.b.test.");
	assert_authority(reply, "");
	ldns_pkt_free(reply);
	reply = world_ask(world, "z.a.test.", LDNS_RR_TYPE_A); /* nobody said that this zone is there */
	assert_status(reply, "NOERROR aa");
	assert_answer(reply, "z.a.test. 60 IN CNAME y.c.test.");
	ldns_pkt_free(reply);
	world_free(world);
}

static void a_chain_out_of_the_cluster_goes_on_in_files(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, ".");
	world_file(world, block, "a.test.", "x.a.test. 60 IN CNAME none.svc.cluster.local.");
	world_kubernetes(world, block, "cluster.local.");
	world_start(world);
	ldns_pkt *reply = world_ask(world, "x.a.test.", LDNS_RR_TYPE_A);
	assert_status(reply, "NXDOMAIN aa");
	assert_answer(reply, "x.a.test. 60 IN CNAME none.svc.cluster.local.");
	assert_int_equal(ldns_pkt_nscount(reply), 1);
	ldns_pkt_free(reply);
	world_free(world);
}

/* Owners behind the alias would be pointers to it, and pointers have 14 bits. */
static void a_chain_ends_where_pointers_end(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *block = world_block(world, "a.test.");
	struct text lines = { 0 };
	char signature[4001] = "";
	memset(signature, 'A', sizeof(signature) - 1);
	for (unsigned tag = 1; tag <= 6; tag++)
		text_printf(&lines,
			    "x.a.test. 60 IN RRSIG CNAME 8 3 60 20380101000000 20200101000000 %u a.test. %s\n",
			    tag, signature);
	text_add(&lines, "x.a.test. 60 IN CNAME y.a.test.\ny.a.test. 60 IN CNAME z.a.test.\n"
			 "z.a.test. 60 IN A 192.0.2.1");
	world_file(world, block, "a.test.", lines.data);
	text_done(&lines);
	world_start(world);
	world->info.proto = PROTO_TCP;
	world_question(world, "x.a.test.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 1232, 0, 0x8000, NULL, 0);
	ldns_pkt *reply = world_send(world);
	assert_status(reply, "NOERROR aa tc");
	assert_int_equal(ldns_pkt_ancount(reply), 1 + 6 + 1);
	const ldns_rr *last = ldns_rr_list_rr(ldns_pkt_answer(reply), 7);
	char *owner = ldns_rdf2str(ldns_rr_owner(last));
	assert_string_equal(owner, "y.a.test.");
	free(owner);
	ldns_pkt_free(reply);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_is_followed_through_zones_and_blocks),
		cmocka_unit_test(the_last_name_decides_the_rcode_and_gives_the_soa),
		cmocka_unit_test(a_target_outside_leaves_the_alias_alone),
		cmocka_unit_test(cname_and_any_are_not_followed),
		cmocka_unit_test(sixteen_links_are_followed_and_no_more),
		cmocka_unit_test(a_loop_is_servfail_with_each_alias_once),
		cmocka_unit_test(a_chain_that_does_not_fit_is_cut),
		cmocka_unit_test(a_chain_into_what_is_not_in_step_is_servfail),
		cmocka_unit_test(a_chain_into_a_zone_that_could_not_be_read_is_servfail),
		cmocka_unit_test(a_chain_out_of_the_cluster_goes_on_in_files),
		cmocka_unit_test(a_chain_ends_where_pointers_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
