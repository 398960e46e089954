/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that lead back to who asks them. */
#include "upstream_parts.h"
#include "world.h"

static char zone[] = "Example.";

/* What a listener does with what comes in. */
static bool comes_in(const uint8_t *packet, size_t size)
{
	static const struct upstream_sighting sighting = { .at = { .port = 53 } };
	struct dns_query query;
	return dns_query_read(packet, size, &query) == QUERY_GOOD &&
	       upstream_is_own_question(&query, &sighting);
}

/* Whoever is asked so sends all of it to us. */
static void leads_back(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	if (comes_in(query->packet, query->size))
		stub_reply(query, 0x8183, 0);
}

/* And so does this one, who does not hand our denial back. */
static void leads_back_silently(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	comes_in(query->packet, query->size);
}

/* This one tells whoever comes by it that it failed, health checks that it is well. */
static void leads_back_and_fails(struct stub *stub, struct stub_query *query)
{
	if (comes_in(query->packet, query->size) || query->type == TYPE_NS)
		stub_reply(query, 0x8183, 0);
	else
		stub_says_servfail(stub, query);
}

static struct world *loop_world(void)
{
	struct world *world = world_new();
	world->config.loop_zone = zone;
	return world;
}

struct expectation {
	struct world *world;
	char line[128];
};

static bool has_line(void *context)
{
	struct expectation *expectation = context;
	return world_has_metric(expectation->world, expectation->line);
}

static void wait_for(struct world *world, const struct stub *stub, bool is_found)
{
	struct expectation expectation = { .world = world };
	snprintf(expectation.line, sizeof(expectation.line),
		 "knamed_forward_quarantined{to=\"127.0.0.1:%u\"} %d", (unsigned)stub->port, is_found);
	world_wait(world, has_line, &expectation);
}

static void assert_found(struct world *world, const struct stub *stub, unsigned times)
{
	char line[128];
	snprintf(line, sizeof(line), "knamed_forward_loops_total{to=\"127.0.0.1:%u\"} %u",
		 (unsigned)stub->port, times);
	assert_metric(world, line);
}

static void who_leads_back_is_not_asked(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, leads_back);
	struct asked asked;
	char problem[128];
	world_open(world);
	wait_for(world, stub, true);
	assert_found(world, stub, 1);
	unsigned before = stub->asked;
	world_ask_and_wait(world, &asked, "a.example.", PROTO_UDP);
	snprintf(problem, sizeof(problem), "forwarding loop: 127.0.0.1:%u leads back here",
		 (unsigned)stub->port);
	assert_int_equal(asked.end, UPSTREAM_LOOPS);
	assert_string_equal(asked.problem, problem);
	assert_int_equal(stub->asked, before);
	world_free(world);
}

static void others_answer_in_its_place(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, leads_back_silently);
	struct asked asked;
	world_stub(world, stub_answers);
	world_open(world);
	wait_for(world, stub, true);
	for (int i = 0; i < 20; i++) {
		char name[32];
		snprintf(name, sizeof(name), "n%d.example.", i);
		world_ask_and_wait(world, &asked, name, PROTO_UDP);
		assert_answered(&asked, RCODE_NOERROR, 1);
	}
	world_free(world);
}

static void it_is_asked_again_when_it_leads_back_no_more(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, leads_back);
	struct asked asked;
	world_open(world);
	wait_for(world, stub, true);
	stub->call = stub_answers;
	wait_for(world, stub, false);
	world_ask_and_wait(world, &asked, "a.example.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
	assert_found(world, stub, 1);
	world_free(world);
}

static void one_that_forms_later_is_found_when_questions_time_out(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	world->config.read_timeout_ms = 300;
	world_open(world);
	world_run(world, 5500); /* the questions of the start are over */
	unsigned before = stub->asked;
	stub->call = leads_back;
	world_ask(world, &asked, "a.example.", PROTO_UDP);
	wait_for(world, stub, true);
	world_wait_done(world, &asked);
	assert_in_range(stub->asked - before, 1, 50);
	world_ask_and_wait(world, &asked, "b.example.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_LOOPS);
	world_free(world);
}

enum { START_MS = 4500 }; /* that the questions take which are asked in any case */

static void who_can_answer_later_than_we_ask_is_asked_until_then(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, stub_says_servfail);
	world_open(world);
	world_run(world, START_MS);
	assert_found(world, stub, 0);
	stub->call = leads_back;
	wait_for(world, stub, true);
	world_free(world);
}

static void one_that_forms_later_is_found_when_questions_fail(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	world_open(world);
	world_run(world, START_MS);
	stub->call = leads_back_and_fails;
	world_ask_and_wait(world, &asked, "a.example.", PROTO_UDP);
	assert_answered(&asked, RCODE_SERVFAIL, 0);
	wait_for(world, stub, true);
	world_free(world);
}

static void who_comes_back_is_asked(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	world->config.read_timeout_ms = 200;
	world_open(world);
	world_run(world, START_MS);
	stub->call = stub_says_nothing;
	world_ask_and_wait(world, &asked, "a.example.", PROTO_UDP);
	world_run(world, START_MS); /* what it is asked since questions failed is over */
	stub->call = leads_back_and_fails;
	wait_for(world, stub, true);
	world_free(world);
}

static void who_is_silent_or_fails_is_no_loop(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *silent = world_stub(world, stub_says_nothing),
		    *failing = world_stub(world, stub_says_servfail);
	world_open(world);
	world_run(world, 3000);
	assert_true(silent->asked > 0);
	assert_found(world, silent, 0);
	assert_found(world, failing, 0);
	assert_int_equal(silent->probes, 0); /* and its silence is not held against it */
	world_free(world);
}

static void without_the_directive_nothing_is_asked(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, leads_back);
	world_open(world);
	world_run(world, 500);
	assert_int_equal(stub->asked, 0);
	world_free(world);
}

/* ---- who can make such a question ---- */

static uint8_t seen[512];
static size_t seen_size;

static void takes_down(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	memcpy(seen, query->packet, query->size);
	seen_size = query->size;
}

static bool has_seen(void *context)
{
	(void)context;
	return seen_size > 0;
}

static void names_that_we_did_not_make_are_not_ours(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, takes_down);
	world_open(world);
	world_wait(world, has_seen, NULL);
	enum { NUMBER = DNS_HEADER_SIZE + 1, HASH = NUMBER + 17, ZONE = HASH + 17 };
	static const unsigned places[] = { NUMBER, NUMBER + 15, HASH, HASH + 15, ZONE };
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		uint8_t forged[512];
		memcpy(forged, seen, seen_size);
		forged[places[i]] = forged[places[i]] == '1' ? '2' : '1';
		assert_false(comes_in(forged, seen_size));
	}
	for (unsigned i = 0; i < 100000; i++) {
		char text[48];
		uint8_t forged[512];
		memcpy(forged, seen, seen_size);
		snprintf(text, sizeof(text), "%016llx", (unsigned long long)i * 0x9e3779b97f4a7c15);
		memcpy(forged + HASH, text, 16);
		assert_false(memcmp(forged, seen, seen_size) != 0 && comes_in(forged, seen_size));
	}
	assert_found(world, stub, 0);
	world_free(world);
}

static void one_that_is_played_back_later_does_nothing(void **state)
{
	(void)state;
	struct world *world = loop_world();
	struct stub *stub = world_stub(world, takes_down);
	uint8_t first[512];
	world_open(world);
	world_wait(world, has_seen, NULL);
	size_t first_size = seen_size;
	memcpy(first, seen, seen_size);
	while (memcmp(first, seen, seen_size) == 0)
		world_run(world, 100);
	stub->call = stub_answers;
	assert_true(comes_in(first, first_size)); /* ours, but of the past */
	world_run(world, 2500);
	assert_found(world, stub, 0);
	world_free(world);
}

static void letters_may_come_back_in_another_case(void **state)
{
	(void)state;
	struct world *world = loop_world();
	world_stub(world, takes_down);
	seen_size = 0;
	world_open(world);
	world_wait(world, has_seen, NULL);
	for (size_t i = DNS_HEADER_SIZE; i + 5 < seen_size; i++)
		if (seen[i] >= 'a' && seen[i] <= 'z')
			seen[i] -= 32;
	assert_true(comes_in(seen, seen_size));
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_leads_back_is_not_asked),
		cmocka_unit_test(others_answer_in_its_place),
		cmocka_unit_test(it_is_asked_again_when_it_leads_back_no_more),
		cmocka_unit_test(one_that_forms_later_is_found_when_questions_time_out),
		cmocka_unit_test(who_can_answer_later_than_we_ask_is_asked_until_then),
		cmocka_unit_test(one_that_forms_later_is_found_when_questions_fail),
		cmocka_unit_test(who_comes_back_is_asked),
		cmocka_unit_test(who_is_silent_or_fails_is_no_loop),
		cmocka_unit_test(without_the_directive_nothing_is_asked),
		cmocka_unit_test(names_that_we_did_not_make_are_not_ours),
		cmocka_unit_test(one_that_is_played_back_later_does_nothing),
		cmocka_unit_test(letters_may_come_back_in_another_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
