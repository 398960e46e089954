/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks, listeners, and zones that come and go. */
#include "world.h"

#define ZONE "a.example.org. 60 IN A 192.0.2.1"

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
	struct catalog *catalog =
		world_file(world, block, "example.org.", "a.example.org. 60 IN A 192.0.2.1");
	world_start(world);
	world_load(catalog, "example.org.", "a.example.org. 60 IN A 192.0.2.2");
	answers_publish(world->answers);
	ldns_pkt *reply = world_ask(world, "a.example.org.", LDNS_RR_TYPE_A);
	assert_answer(reply, "a.example.org. 60 IN A 192.0.2.2");
	ldns_pkt_free(reply);
	world_free(world);
}

static void blocks_of_one_port_share_it(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct config_block *parent = world_block(world, "example.org."),
			    *child = world_block(world, "a.example.org.");
	world_file(world, parent, "example.org.",
		   "a.example.org. 60 IN A 192.0.2.1\nb.example.org. 60 IN A 192.0.2.2");
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
	assert_string_equal(error.text,
			    "cannot serve dns://org.:53 on 127.0.0.1 - it is already defined");
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_block_refuses),
		cmocka_unit_test(a_zone_that_could_not_be_read_is_servfail),
		cmocka_unit_test(auto_zones_come_and_go),
		cmocka_unit_test(a_zone_is_served_from_its_newest_text),
		cmocka_unit_test(blocks_of_one_port_share_it),
		cmocka_unit_test(ports_and_addresses_have_blocks_of_their_own),
		cmocka_unit_test(a_zone_twice_on_one_address_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
