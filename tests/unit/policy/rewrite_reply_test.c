/* SPDX-License-Identifier: Apache-2.0 */
/* Replies on their way back through rules. Where nothing else is said CoreDNS 1.15 gives the same. */
#include "trip.h"

/* With and without OPT. */
static void assert_reply(const char *rules, const char *name, uint16_t type, const char *heard,
			 const char *expected)
{
	struct trip *trip = trip_new(rules);
	for (unsigned edns = 0; edns < 2; edns++) {
		struct text text = { 0 };
		trip_down(trip, name, type, edns);
		assert_int_equal(trip->verdict, REWRITE_DONE);
		trip_up(trip, heard, NULL, &text);
		assert_string_equal(text.data, expected);
		text_done(&text);
	}
	trip_free(trip);
}

/* ---- names on their way back ---- */

static void exact_names_go_back(void **state)
{
	static const char rule[] = "rewrite name RED.example blue.org";
	(void)state;
	assert_reply(rule, "red.example.", TYPE_A, "blue.org. 60 IN A 192.0.2.1;",
		     "red.example. 60 IN A 192.0.2.1;");
	assert_reply(rule, "Red.Example.", TYPE_A, "blue.org. 60 IN A 192.0.2.1;",
		     "Red.Example. 60 IN A 192.0.2.1;");
	assert_reply(rule, "red.example.", TYPE_A,
		     "blue.org. 60 IN CNAME a.blue.org.;a.blue.org. 60 IN CNAME BLUE.org.;",
		     "red.example. 60 IN CNAME a.red.example.;"
		     "a.red.example. 60 IN CNAME red.example.;");
	assert_reply(rule, "red.example.", TYPE_A, "/org. 60 IN SOA blue.org. h.blue.org. 1 2 3 4 5;",
		     "/org. 60 IN SOA red.example. h.blue.org. 1 2 3 4 5;");
	assert_reply(rule, "red.example.", TYPE_A, "noblue.org. 60 IN A 192.0.2.1;",
		     "noblue.org. 60 IN A 192.0.2.1;");
}

static void auto_takes_all_matches_back(void **state)
{
	static const struct {
		const char *rules, *name, *heard, *expected;
	} table[] = {
		{ "rewrite name suffix .a.b .c answer auto", "x.a.b.",
		  "x.c. 1 IN CNAME y.z.c.;y.z.c. 1 IN CNAME c.;c. 1 IN A 192.0.2.1;",
		  "x.a.b. 1 IN CNAME y.z.a.b.;y.z.a.b. 1 IN CNAME c.;c. 1 IN A 192.0.2.1;" },
		{ "rewrite name prefix a x answer auto", "a.b.",
		  "x.b. 1 IN CNAME q.x.b.;x.c. 1 IN A 192.0.2.1;",
		  "a.b. 1 IN CNAME q.a.b.;x.c. 1 IN A 192.0.2.1;" },
		{ "rewrite name substring .b. .z. answer auto", "a.b.c.",
		  "a.z.c. 1 IN A 192.0.2.1;", "a.b.c. 1 IN A 192.0.2.1;" },
		{ "rewrite name regex ^(.*)\\.b\\.$ all.{1} answer auto", "a.b.",
		  "all.a. 1 IN A 192.0.2.1;", "a.b. 1 IN A 192.0.2.1;" },
		{ "rewrite name suffix .a .b", "x.a.", "x.b. 1 IN A 192.0.2.1;",
		  "x.b. 1 IN A 192.0.2.1;" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_reply(table[i].rules, table[i].name, TYPE_A, table[i].heard, table[i].expected);
}

static void values_are_rewritten_in_all_types_that_have_names(void **state)
{
	static const struct {
		const char *heard, *expected;
	} table[] = {
		{ "q. 1 IN SRV 1 2 80 x.old.;", "q. 1 IN SRV 1 2 80 x.new.;" },
		{ "q. 1 IN MX 5 x.old.;", "q. 1 IN MX 5 x.new.;" },
		{ "q. 1 IN NS x.old.;", "q. 1 IN NS x.new.;" },
		{ "q. 1 IN PTR x.old.;", "q. 1 IN PTR x.new.;" },
		{ "q. 1 IN CNAME x.old.;", "q. 1 IN CNAME x.new.;" },
		{ "q. 1 IN DNAME x.old.;", "q. 1 IN DNAME x.new.;" },
		{ "q. 1 IN NAPTR 1 2 \"s\" \"SIP+D2U\" \"\" x.old.;",
		  "q. 1 IN NAPTR 1 2 \"s\" \"SIP+D2U\" \"\" x.new.;" },
		{ "/q. 1 IN SOA x.old. y.old. 1 2 3 4 5;", "/q. 1 IN SOA x.new. y.old. 1 2 3 4 5;" },
		{ "q. 1 IN TXT \"x.old.\";", "q. 1 IN TXT \"x.old.\";" },
		{ "x.old. 1 IN A 192.0.2.1;", "x.old. 1 IN A 192.0.2.1;" },
		{ "q. 1 IN RP x.old. y.old.;", "q. 1 IN RP x.old. y.old.;" },
		{ "//q. 1 IN SRV 1 2 80 x.old.;", "//q. 1 IN SRV 1 2 80 x.new.;" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_reply("rewrite name regex ^q q answer value (.*)\\.old\\.$ {1}.new.", "q.",
			     TYPE_SRV, table[i].heard, table[i].expected);
}

static void several_answer_rules_run_backwards(void **state)
{
	(void)state;
	assert_reply("rewrite name regex ^q s answer name ^c. d answer name ^s. c answer value ^z. y "
		     "answer value ^y. x",
		     "q.", TYPE_PTR, "s. 1 IN PTR z.;s. 1 IN PTR y.;",
		     "d. 1 IN PTR y.;d. 1 IN PTR x.;");
	assert_reply("rewrite continue name suffix .a .b answer auto\n"
		     "rewrite continue name regex ^(.*)\\.b\\.$ {1}.c answer name ^(.*)\\.c\\.$ {1}.b "
		     "answer value ^(.*)\\.d\\.$ {1}.b",
		     "x.a.", TYPE_CNAME, "x.c. 1 IN CNAME y.d.;", "x.a. 1 IN CNAME y.a.;");
}

static void a_name_that_grows_too_long_ends_the_reply(void **state)
{
	struct text name = { 0 };
	(void)state;
	struct trip *trip = trip_new("rewrite name a.much.longer.name.than.before b");
	for (unsigned i = 0; i < 80; i++)
		text_add(&name, "xx.");
	text_add(&name, "b. 1 IN A 192.0.2.1;");
	struct text text = { 0 };
	trip_down(trip, "a.much.longer.name.than.before.", TYPE_A, false);
	trip_up(trip, name.data, NULL, &text);
	assert_string_equal(text.data, "broken");
	trip_free(trip);
	text_done(&name);
	text_done(&text);
}

/* ---- what else is rewritten ---- */

static void ttls_are_kept_within_bounds(void **state)
{
	static const char heard[] =
		"a. 10 IN A 192.0.2.1;a. 50 IN A 192.0.2.2;/a. 90 IN NS b.;/b. 5 IN A 192.0.2.3;";
	(void)state;
	assert_reply("rewrite ttl a 20-60", "a.", TYPE_A, heard,
		     "a. 20 IN A 192.0.2.1;a. 50 IN A 192.0.2.2;/a. 60 IN NS b.;/b. 20 IN A 192.0.2.3;");
	assert_reply("rewrite ttl regex ^a 30", "a.", TYPE_A, heard,
		     "a. 30 IN A 192.0.2.1;a. 30 IN A 192.0.2.2;/a. 30 IN NS b.;/b. 30 IN A 192.0.2.3;");
	assert_reply("rewrite continue ttl a 15\nrewrite continue ttl a 7", "a.", TYPE_A,
		     "a. 10 IN A 192.0.2.1;", "a. 15 IN A 192.0.2.1;");
}

static void rcodes_are_replaced_by_name(void **state)
{
	static const char rules[] = "rewrite continue rcode suffix .a SERVFAIL NOERROR\n"
				    "rewrite continue rcode prefix x NXDOMAIN SERVFAIL\n"
				    "rewrite continue rcode exact only.b 3 23";
	static const struct {
		const char *name;
		uint16_t rcode, expected;
	} table[] = {
		{ "x.a.", RCODE_SERVFAIL, RCODE_NOERROR },
		{ "x.a.", RCODE_NXDOMAIN, RCODE_NOERROR },
		{ "x.b.", RCODE_NXDOMAIN, RCODE_SERVFAIL },
		{ "only.b.", RCODE_NXDOMAIN, 23 },
		{ "x.a.", RCODE_REFUSED, RCODE_REFUSED },
	};
	(void)state;
	struct trip *trip = trip_new(rules);
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		trip_down(trip, table[i].name, TYPE_A, false);
		assert_int_equal(trip->verdict, REWRITE_DONE);
		assert_int_equal(rewrite_rcode(&trip->way, table[i].rcode), table[i].expected);
	}
	trip_free(trip);
}

/* ---- targets of aliases ---- */

/* The target that is to be looked up, and the reply with what was found there. */
static void assert_alias(const char *rules, const char *heard, const char *expected_target,
			 const char *expected)
{
	char target_text[NAME_TEXT_SIZE] = "none";
	uint8_t target[DNS_NAME_MAX + 1];
	size_t size;
	struct dns_message message;
	struct text text = { 0 };
	struct trip *trip = trip_new(rules);
	trip_down(trip, "q.", TYPE_A, false);
	uint8_t *wire = message_new("q.", TYPE_A, heard, &size);
	assert_true(dns_message_read(wire, size, &message));
	bool has_target = rewrite_alias(&trip->way, &message, target);
	if (has_target)
		name_print(target, target_text);
	assert_string_equal(target_text, expected_target);
	trip_up(trip, heard, has_target ? "found. 9 IN A 192.0.2.9;/n. 9 IN NS n.;" : NULL, &text);
	assert_string_equal(text.data, expected);
	free(wire);
	text_done(&text);
	trip_free(trip);
}

static void targets_are_replaced_and_looked_up(void **state)
{
	static const char heard[] =
		"q. 1 IN CNAME a.cdn.;a.cdn. 1 IN CNAME b.cdn.;b.cdn. 1 IN A 192.0.2.1;";
	static const char *const rules[] = {
		"rewrite cname exact a.cdn new",
		"rewrite cname A.cdn. NEW",
		"rewrite cname prefix a.cdn new",
		"rewrite cname regex ^a\\.(CDN)\\. new.",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		assert_alias(rules[i], heard, "new.",
			     "q. 1 IN CNAME new.;found. 9 IN A 192.0.2.9;/n. 9 IN NS n.;");
	assert_alias("rewrite cname suffix .cdn. .x.", heard, "a.x.",
		     "q. 1 IN CNAME a.x.;found. 9 IN A 192.0.2.9;/n. 9 IN NS n.;");
	assert_alias("rewrite cname substring b.c z.c", heard, "z.cdn.",
		     "q. 1 IN CNAME a.cdn.;a.cdn. 1 IN CNAME z.cdn.;found. 9 IN A 192.0.2.9;/n. 9 IN NS n.;");
	assert_alias("rewrite cname exact no.cdn new", "q. 1 IN CNAME a.cdn.;", "none",
		     "q. 1 IN CNAME a.cdn.;");
	assert_alias("rewrite continue cname b c\nrewrite cname a b", "q. 1 IN CNAME a.;", "c.",
		     "q. 1 IN CNAME c.;found. 9 IN A 192.0.2.9;/n. 9 IN NS n.;");
	assert_alias("rewrite cname a b..c", "q. 1 IN CNAME a.;", "none", "broken");
}

/* Records in front of it stay, of whatever type. */
static void what_stands_before_an_alias_stays(void **state)
{
	(void)state;
	assert_alias("rewrite cname exact a.new. b.",
		     "old. 1 IN DNAME new.;q. 1 IN CNAME a.new.;a.new. 1 IN A 192.0.2.1;", "b.",
		     "old. 1 IN DNAME new.;q. 1 IN CNAME b.;found. 9 IN A 192.0.2.9;/n. 9 IN NS n.;");
}

static void who_asks_for_the_cname_gets_it(void **state)
{
	(void)state;
	uint8_t target[DNS_NAME_MAX + 1];
	size_t size;
	struct dns_message message;
	struct trip *trip = trip_new("rewrite cname a b");
	trip_down(trip, "q.", TYPE_CNAME, false);
	uint8_t *wire = message_new("q.", TYPE_CNAME, "q. 1 IN CNAME a.;", &size);
	assert_true(dns_message_read(wire, size, &message));
	assert_false(rewrite_alias(&trip->way, &message, target));
	free(wire);
	trip_free(trip);
	assert_reply("rewrite cname a b", "q.", TYPE_CNAME, "q. 1 IN CNAME a.;", "q. 1 IN CNAME b.;");
}

/* ---- the message ---- */

static void a_reply_is_not_longer_than_what_it_is_made_of(void **state)
{
	size_t size;
	struct dns_message message;
	struct text records = { 0 }, text = { 0 };
	(void)state;
	for (unsigned i = 0; i < 50; i++)
		text_printf(&records, "web.default.svc.cluster.local. 5 IN A 10.0.0.%u;", i);
	struct trip *trip =
		trip_new("rewrite name suffix .svc.example.org .svc.cluster.local answer auto");
	trip_down(trip, "web.default.svc.example.org.", TYPE_A, false);
	uint8_t *wire = message_new("web.default.svc.cluster.local.", TYPE_A, records.data, &size);
	trip_up(trip, records.data, NULL, &text);
	assert_true(dns_message_read(trip_reply, sizeof(trip_reply), &message));
	assert_int_equal(message.end, size - strlen("cluster.local") + strlen("example.org"));
	free(wire);
	trip_free(trip);
	text_done(&records);
	text_done(&text);
}

static void what_does_not_fit_is_cut_with_tc(void **state)
{
	size_t size;
	struct dns_message message;
	(void)state;
	struct trip *trip = trip_new("rewrite ttl q 5");
	trip_down(trip, "q.", TYPE_A, false);
	uint8_t *wire = message_new("q.", TYPE_A, "q. 1 IN A 192.0.2.1;q. 1 IN A 192.0.2.2;", &size);
	assert_true(dns_message_read(wire, size, &message));
	for (size_t room = 19; room <= size; room++) {
		struct dns_writer writer = { trip_reply, trip_reply, trip_reply + room };
		struct dns_message cut;
		assert_true(rewrite_reply(&trip->way, &message, NULL, &writer));
		assert_true(dns_message_read(trip_reply, (size_t)(writer.at - trip_reply), &cut));
		assert_int_equal(cut.counts[0], (room - 19) / 16);
		assert_int_equal((cut.flags & FLAG_TC) != 0, room < size);
	}
	free(wire);
	trip_free(trip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_names_go_back),
		cmocka_unit_test(auto_takes_all_matches_back),
		cmocka_unit_test(values_are_rewritten_in_all_types_that_have_names),
		cmocka_unit_test(several_answer_rules_run_backwards),
		cmocka_unit_test(a_name_that_grows_too_long_ends_the_reply),
		cmocka_unit_test(ttls_are_kept_within_bounds),
		cmocka_unit_test(rcodes_are_replaced_by_name),
		cmocka_unit_test(targets_are_replaced_and_looked_up),
		cmocka_unit_test(what_stands_before_an_alias_stays),
		cmocka_unit_test(who_asks_for_the_cname_gets_it),
		cmocka_unit_test(a_reply_is_not_longer_than_what_it_is_made_of),
		cmocka_unit_test(what_does_not_fit_is_cut_with_tc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
