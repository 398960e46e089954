/* SPDX-License-Identifier: Apache-2.0 */
/* `secondary` as queries see it: zones that are not there yet, and NOTIFY. */
#include "world.h"

/* A `secondary` for two zones, whose primary is 192.0.2.7: who asks in this world. */
struct place {
	struct world *world;
	struct config_zone zones[2];
	struct config_secondary config;
	struct serve_secondary secondary;
	unsigned notified;
	char zone[NAME_TEXT_SIZE], from[IP_TEXT_SIZE];
};

static bool notify(void *context, const uint8_t *zone, const struct ip *from)
{
	struct place *place = context;
	place->notified++;
	name_print(zone, place->zone);
	ip_print(from, place->from);
	return strcmp(place->from, "192.0.2.7") == 0;
}

static int setup(void **state)
{
	struct place *place = mem_zalloc(sizeof(*place));
	place->world = world_new();
	place->zones[0].text = (char *)"a.org.";
	place->zones[1].text = (char *)"b.org.";
	place->config.zones = (struct config_zones){ place->zones, 2 };
	struct config_block *block = world_block(place->world, "org.");
	block->secondaries = &place->config;
	block->secondary_count = 1;
	place->secondary = (struct serve_secondary){
		.catalog = answers_add_static(place->world->answers),
		.notify = notify,
		.context = place,
	};
	place->world->sources[0].secondaries = &place->secondary;
	place->world->sources[0].secondary_count = 1;
	world_load(place->secondary.catalog, "a.org.", "www.a.org. 60 IN A 192.0.2.1\n");
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	world_free(place->world);
	mem_free(place);
	return 0;
}

static void assert_reply(struct world *world, const char *name, const char *status, const char *answer)
{
	ldns_pkt *reply = world_ask(world, name, LDNS_RR_TYPE_A);
	assert_status(reply, status);
	assert_answer(reply, answer);
	ldns_pkt_free(reply);
}

static void a_zone_that_was_transferred_is_answered_from(void **state)
{
	struct world *world = ((struct place *)*state)->world;
	world_start(world);
	assert_reply(world, "www.a.org.", "NOERROR aa", "www.a.org. 60 IN A 192.0.2.1");
	assert_reply(world, "no.a.org.", "NXDOMAIN aa", "");
}

static void one_that_was_not_is_a_failure_that_says_so(void **state)
{
	struct world *world = ((struct place *)*state)->world;
	static const char not_ready[] = "\0\17\0\24\0\16zone is not loaded"; /* RFC 8914 4.15 */
	world_start(world);
	assert_reply(world, "www.b.org.", "SERVFAIL", "");
	world_question(world, "www.b.org.", LDNS_RR_TYPE_A, LDNS_RR_CLASS_IN);
	world_add_opt(world, 1232, 0, 0, NULL, 0);
	size_t size = world_exchange(world);
	const size_t said = sizeof(not_ready) - 1;
	assert_true(size > said);
	assert_memory_equal(world->reply + size - said, not_ready, said);
}

static void what_it_denies_falls_to_directives_behind_it(void **state)
{
	struct place *place = *state;
	place->config.falls_through = true;
	place->world->blocks[0].whoami = true;
	world_start(place->world);
	assert_reply(place->world, "no.a.org.", "NOERROR aa", ""); /* whoami */
	assert_reply(place->world, "www.b.org.", "SERVFAIL", "");
}

/* ---- NOTIFY ---- */

static size_t send_notify(struct world *world, const char *zone, uint16_t type, uint16_t flags)
{
	world_question(world, zone, (ldns_rr_type)type, LDNS_RR_CLASS_IN);
	put_u16(world->packet + 2, (uint16_t)(OPCODE_NOTIFY | flags));
	return world_exchange(world);
}

static void a_notify_of_a_primary_is_taken_and_answered(void **state)
{
	struct place *place = *state;
	struct world *world = place->world;
	world_start(world);
	for (enum proto proto = PROTO_UDP; proto < PROTO_COUNT; proto++) {
		world->info.proto = proto;
		size_t size = send_notify(world, "B.org.", TYPE_SOA, FLAG_AA);
		assert_int_equal(size, world->packet_size);
		assert_int_equal(get_u16(world->reply), 0x1234);
		assert_int_equal(get_u16(world->reply + 2), FLAG_QR | OPCODE_NOTIFY | FLAG_AA);
		assert_memory_equal(world->reply + 4, world->packet + 4, world->packet_size - 4);
		assert_int_equal(place->notified, proto + 1u);
		assert_string_equal(place->zone, "b.org.");
		assert_string_equal(place->from, "192.0.2.7");
	}
}

static void a_stranger_gets_no_reply(void **state)
{
	struct place *place = *state;
	world_start(place->world);
	assert_true(ip_parse("192.0.2.8", &place->world->info.client));
	assert_int_equal(send_notify(place->world, "a.org.", TYPE_SOA, 0), 0);
	assert_int_equal(place->notified, 1);
}

static void what_is_about_no_zone_of_a_secondary_is_not_implemented(void **state)
{
	struct place *place = *state;
	static const struct {
		const char *zone;
		uint16_t type;
	} cases[] = {
		{ "org.", TYPE_SOA },	{ "www.a.org.", TYPE_SOA }, { "c.org.", TYPE_SOA },
		{ "a.net.", TYPE_SOA }, { "a.org.", TYPE_A },
	};
	world_start(place->world);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t size = send_notify(place->world, cases[i].zone, cases[i].type, 0);
		assert_int_equal(size, DNS_HEADER_SIZE);
		assert_int_equal(get_u16(place->world->reply + 2),
				 FLAG_QR | OPCODE_NOTIFY | RCODE_NOTIMP);
	}
	assert_int_equal(place->notified, 0);
}

static void a_notify_that_cannot_be_read_is_not_implemented(void **state)
{
	struct place *place = *state;
	struct world *world = place->world;
	world_start(world);
	world_question(world, "a.org.", LDNS_RR_TYPE_SOA, LDNS_RR_CLASS_IN);
	put_u16(world->packet + 2, OPCODE_NOTIFY);
	for (world->packet_size--; world->packet_size >= DNS_HEADER_SIZE; world->packet_size--) {
		assert_int_equal(world_exchange(world), DNS_HEADER_SIZE);
		assert_int_equal(get_u16(world->reply + 2), FLAG_QR | OPCODE_NOTIFY | RCODE_NOTIMP);
	}
	assert_int_equal(place->notified, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_zone_that_was_transferred_is_answered_from),
		TEST(one_that_was_not_is_a_failure_that_says_so),
		TEST(what_it_denies_falls_to_directives_behind_it),
		TEST(a_notify_of_a_primary_is_taken_and_answered),
		TEST(a_stranger_gets_no_reply),
		TEST(what_is_about_no_zone_of_a_secondary_is_not_implemented),
		TEST(a_notify_that_cannot_be_read_is_not_implemented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
