/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that have a name: when it is looked up again, and look-ups that fail. */
#include "naming.h"

struct count {
	const unsigned *asked;
	unsigned least;
};

static bool is_asked(void *context)
{
	const struct count *count = context;
	return *count->asked >= count->least;
}

/* Look-ups come to their end some more times. */
static void wait_lookups(struct house *house, unsigned more)
{
	struct count count = { &house->resolver->asked, house->resolver->asked + 2 * more + 1 };
	world_wait(house->world, is_asked, &count);
}

/* ---- time ---- */

static void it_is_looked_up_again_when_its_ttl_ends(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1 127.0.0.2");
	house->book.ttl = 0;
	world_open(house->world);
	wait_targets(house, "127.0.0.1 127.0.0.2");
	const struct target *kept = house->world->upstream->targets[1];
	house->book.addresses = "127.0.0.3 127.0.0.2 ::1";
	wait_targets(house, "127.0.0.2 127.0.0.3 ::1");
	assert_ptr_equal(house->world->upstream->targets[0], kept);
	house->book.addresses = "::1";
	wait_targets(house, "::1");
	house->book.addresses = "127.0.0.1";
	wait_targets(house, "127.0.0.1");
	ask_good(house);
	house_free(house);
}

static void it_is_not_looked_up_before(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1");
	world_open(house->world);
	ask_good(house);
	world_run(house->world, 300);
	assert_int_equal(house->resolver->asked, 2);
	house->book.ttl = 0;
	upstream_close(house->world->upstream);
	house->world->config.lookup_least_ms = 60000;
	world_open(house->world);
	ask_good(house);
	world_run(house->world, 300);
	assert_int_equal(house->resolver->asked, 4);
	house_free(house);
}

static void what_turns_its_order_changes_nothing(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1 127.0.0.2 127.0.0.3");
	house->book.ttl = 0;
	world_open(house->world);
	wait_targets(house, "127.0.0.1 127.0.0.2 127.0.0.3");
	house->book.addresses = "127.0.0.3 127.0.0.1 127.0.0.2";
	wait_lookups(house, 2);
	assert_targets(house, "127.0.0.1 127.0.0.2 127.0.0.3");
	house_free(house);
}

static void series_of_ever_other_addresses_have_an_end(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1");
	char addresses[160];
	house->book.ttl = 0;
	house->book.addresses = addresses;
	house->world->config.lookup_least_ms = 1;
	for (unsigned i = 0; i < NAME_LABELS / 8 + 2; i++) {
		char *at = addresses;
		for (unsigned j = 0; j < 8; j++)
			at += snprintf(at, 20, j > 0 ? " 127.0.%u.%u" : "127.0.%u.%u", i, j + 1);
		if (i == 0)
			world_open(house->world);
		wait_targets(house, addresses);
	}
	const char *metric =
		"coredns_proxy_healthcheck_failures_total{proxy_name=\"forward\",to=\"%s\"} 0";
	char line[160], last[40];
	snprintf(last, sizeof(last), "127.0.7.8:%u", house->stub->port);
	snprintf(line, sizeof(line), metric, last);
	assert_metric(house->world, line);
	snprintf(last, sizeof(last), "127.0.8.1:%u", house->stub->port);
	snprintf(line, sizeof(line), metric, last);
	assert_false(world_has_metric(house->world, line));
	snprintf(line, sizeof(line), metric, "others");
	assert_metric(house->world, line);
	house_free(house);
}

/* ---- failures ---- */

static void look_ups_that_find_nothing_take_nothing_away(void **state)
{
	(void)state;
	static const struct book books[] = {
		{ .addresses = "", .flags = RCODE_SERVFAIL },
		{ .addresses = "", .flags = RCODE_NXDOMAIN },
		{ .addresses = "" },
		{ .addresses = "0.0.0.0 ff02::1" },
	};
	for (size_t i = 0; i < COUNT_OF(books); i++) {
		struct house *house = house_new("127.0.0.1 ::1");
		house->book.ttl = 0;
		world_open(house->world);
		wait_targets(house, "127.0.0.1 ::1");
		house->book = books[i];
		wait_lookups(house, 1);
		assert_targets(house, "127.0.0.1 ::1");
		ask_good(house);
		house->book = (struct book){ .addresses = "127.0.0.1" };
		wait_targets(house, "127.0.0.1");
		house_free(house);
	}
}

static void a_kind_that_fails_keeps_its_addresses(void **state)
{
	(void)state;
	struct house *house = house_new("127.0.0.1 ::1");
	house->book.ttl = 0;
	world_open(house->world);
	wait_targets(house, "127.0.0.1 ::1");
	house->book.silent_type = TYPE_A;
	house->book.addresses = "127.0.0.2 ::1 fd00::1";
	wait_targets(house, "127.0.0.1 ::1 fd00::1");
	house_free(house);
}

static void a_name_that_is_not_found_is_looked_up_again(void **state)
{
	(void)state;
	struct asked asked;
	struct house *house = house_new("");
	house->book.flags = RCODE_NXDOMAIN;
	world_open(house->world);
	for (unsigned i = 0; i < 2; i++) { /* one waits, the other one does not */
		world_ask_and_wait(house->world, &asked, "a.", PROTO_UDP);
		assert_int_equal(asked.end, UPSTREAM_UNREACHABLE);
		assert_string_equal(asked.problem, "failed to resolve \"dns.example\"");
	}
	assert_int_equal(house->resolver->asked, 2);
	assert_metric(house->world, "knamed_forward_lookups_total{result=\"failed\"} 1");
	house->book = (struct book){ .addresses = "127.0.0.1", .ttl = 60 };
	wait_targets(house, "127.0.0.1");
	ask_good(house);
	assert_metric(house->world, "knamed_forward_lookups_total{result=\"found\"} 1");
	house_free(house);
}

static void others_are_asked_meanwhile(void **state)
{
	(void)state;
	struct house *house = house_new(NULL); /* its resolver is silent */
	struct world *world = house->world;
	struct stub *other = world_stub(world, stub_answers);
	world_open(world);
	ask_good(house);
	assert_int_equal(other->asked, 1);
	house_free(house);
}

static void closing_ends_who_waits(void **state)
{
	(void)state;
	struct asked asked;
	struct house *house = house_new(NULL);
	world_open(house->world);
	world_ask(house->world, &asked, "a.", PROTO_UDP);
	world_run(house->world, 50);
	assert_false(asked.is_done);
	upstream_close(house->world->upstream);
	house->world->upstream = NULL;
	assert_int_equal(asked.end, UPSTREAM_CLOSED);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_looked_up_again_when_its_ttl_ends),
		cmocka_unit_test(it_is_not_looked_up_before),
		cmocka_unit_test(what_turns_its_order_changes_nothing),
		cmocka_unit_test(series_of_ever_other_addresses_have_an_end),
		cmocka_unit_test(look_ups_that_find_nothing_take_nothing_away),
		cmocka_unit_test(a_kind_that_fails_keeps_its_addresses),
		cmocka_unit_test(a_name_that_is_not_found_is_looked_up_again),
		cmocka_unit_test(others_are_asked_meanwhile),
		cmocka_unit_test(closing_ends_who_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
