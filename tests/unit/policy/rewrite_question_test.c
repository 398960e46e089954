/* SPDX-License-Identifier: Apache-2.0 */
/* Questions on their way through rules. CoreDNS 1.15 asks the same. */
#include <stdio.h>

#include "trip.h"

static void assert_asked(const char *rules, const char *name, uint16_t type, const char *expected)
{
	char asked[NAME_TEXT_SIZE + 16];
	struct trip *trip = trip_new(rules);
	trip_down(trip, name, type, false);
	trip_print_asked(trip, asked);
	assert_string_equal(asked, expected);
	trip_free(trip);
}

/* ---- questions ---- */

static void names_are_matched_and_replaced(void **state)
{
	static const struct {
		const char *rules, *name, *asked;
	} table[] = {
		{ "rewrite name exact a.b c.d", "A.b.", "c.d. A" },
		{ "rewrite name a.b c.d", "x.a.b.", "nothing" },
		{ "rewrite name prefix pre.a x.y", "pre.a.b.c.", "x.y.b.c. A" },
		{ "rewrite name prefix pre x", "prefix.b.", "nothing" },
		{ "rewrite name suffix .a.b .c", "X.a.b.", "x.c. A" },
		{ "rewrite name suffix .a.b .c", "a.b.", "nothing" },
		{ "rewrite name suffix a.b c", "xa.b.", "xc. A" },
		{ "rewrite name suffix .a .", "x.a.", "x. A" },
		{ "rewrite name suffix a .", "a.", ". A" },
		{ "rewrite name substring a.b c", "x.a.b.a.b.y.", "x.c.c.y. A" },
		{ "rewrite name regex (.*)-(us-west-1)\\.coredns\\.rocks {1}.service.{2}.consul",
		  "ftp-us-west-1.coredns.rocks.", "ftp.service.us-west-1.consul. A" },
		{ "rewrite name regex ^(a)|(b) x{1}y{2}z", "b.", "xybz. A" },
		{ "rewrite name regex (.*)\\.a\\.$ {0}{01}", "x.a.", "x.a.{01}. A" },
		{ "rewrite name regex (.*)\\.a\\.$ y.{9}", "x.a.", "y.{9}. A" },
		{ "rewrite name regex ^(.*)\\.$ {1}.b", "{1}.{2}.", "{1}.{2}.b. A" },
		{ "rewrite name regex ^a b", "c.", "nothing" },
		{ "rewrite name regex A b", "a.", "nothing" },
		{ "rewrite name a\\.b c\\.d", "a\\.b.", "c\\.d. A" },
		{ "rewrite name a\\.b c", "a.b.", "nothing" },
		{ "rewrite name regex ^(.*)\\.q\\.$ {1}.r", "\\000\\255.q.", "\\000\\255.r. A" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_asked(table[i].rules, table[i].name, TYPE_A, table[i].asked);
}

static void a_new_name_that_is_none_is_told(void **state)
{
	static const char long_label[] =
		"rewrite name regex ^(.)\\.$ {1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}"
		"{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}"
		"{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}{1}";
	static const char twice[] = "rewrite continue name regex ^([a-z.]*)\\.$ {1}.{1}.{1}\n"
				    "rewrite continue name regex ^([a-z.]*)\\.$ {1}.{1}.{1}\n"
				    "rewrite continue name regex ^([a-z.]*)\\.$ {1}.{1}.{1}\n"
				    "rewrite continue name regex ^([a-z.]*)\\.$ {1}.{1}.{1}\n"
				    "rewrite continue name regex ^([a-z.]*)\\.$ {1}.{1}.{1}";
	(void)state;
	assert_asked("rewrite name a b..c", "a.", TYPE_A, "broken");
	assert_asked("rewrite name suffix a. .", "x.a.", TYPE_A, "broken");
	assert_asked("rewrite name prefix a .b", "a.c.", TYPE_A, "broken");
	assert_asked("rewrite continue name a b..c\nrewrite name regex .* d", "a.", TYPE_A, "broken");
	assert_asked(long_label, "x.", TYPE_A, "broken");
	assert_asked(twice, "abc.", TYPE_A, "broken");
	assert_asked(twice, "0.", TYPE_A, "nothing");
}

static void types_and_classes_are_replaced(void **state)
{
	(void)state;
	assert_asked("rewrite type ANY HINFO", "a.", TYPE_ANY, "a. HINFO");
	assert_asked("rewrite type ANY HINFO", "a.", TYPE_A, "nothing");
	struct trip *trip = trip_new("rewrite class IN CH");
	trip_down(trip, "a.", TYPE_A, false);
	assert_int_equal(trip->verdict, REWRITE_DONE);
	assert_int_equal(trip->way.class_, CLASS_CH);
	trip_free(trip);
}

static void rules_stop_unless_they_continue(void **state)
{
	static const char stops[] = "rewrite name a b\nrewrite name b c";
	static const char continues[] =
		"rewrite continue name a b\nrewrite type A AAAA\nrewrite name b c";
	(void)state;
	assert_asked(stops, "a.", TYPE_A, "b. A");
	assert_asked(stops, "b.", TYPE_A, "c. A");
	assert_asked(continues, "a.", TYPE_A, "b. AAAA");
	assert_asked(continues, "a.", TYPE_MX, "c. MX");
	assert_asked("rewrite ttl suffix .a 5", "a.", TYPE_A, "nothing");
	assert_asked("rewrite ttl a 5\nrewrite name a b", "a.", TYPE_A, "a. A");
	assert_asked("rewrite continue cname x y\nrewrite name a b", "a.", TYPE_A, "b. A");
}

/* ---- metadata ---- */

static void what_is_known_of_a_question_goes_into_its_name(void **state)
{
	static const struct {
		const char *rule, *name, *asked;
	} table[] = {
		{ "rewrite name regex ^(web)\\. {1}.{view/name}.Svc metadata", "web.a.",
		  "web.te.am.svc. A" },
		{ "rewrite name regex ^(web)\\. {view/name} metadata answer auto", "web.a.",
		  "te.am. A" },
		{ "rewrite name regex ^(web)\\. {1}.{kubernetes/client-namespace} metadata",
		  "web.a.", "nothing" },
		{ "rewrite name regex ^web\\. {kubernetes/client-namespace} metadata\nrewrite name web.a b",
		  "web.a.", "b. A" },
		{ "rewrite name regex ^web\\. x.{view/name}", "web.a.", "x.{view/name}. A" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char asked[NAME_TEXT_SIZE + 16], rules[256];
		snprintf(rules, sizeof(rules), "metadata\n%s", table[i].rule);
		struct trip *trip = trip_new(rules);
		struct metadata metadata = { .block = &trip->config->blocks[0], .query = &trip->query };
		struct client client = { .metadata = &metadata };
		metadata.told[METADATA_VIEW] = "Te.Am";
		trip->client = &client;
		trip_down(trip, table[i].name, TYPE_A, false);
		trip_print_asked(trip, asked);
		assert_string_equal(asked, table[i].asked);
		trip_free(trip);
	}
}

static void metadata_that_no_question_has_is_refused(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct policy *policy;
	struct config *config =
		config_read("Corefile",
			    ".:53 {\nmetadata\nrewrite name regex a {1}{x/y} metadata\n}\n", "53",
			    &error);
	assert_null(config); /* no such group */
	config = config_read("Corefile",
			     ".:53 {\nmetadata\nrewrite name regex a {0}{x/y} metadata\n}\n", "53",
			     &error);
	assert_non_null(config);
	struct policy_options options = { .block = &config->blocks[0], .version = "v" };
	assert_false(policy_compile(&options, &policy, &error));
	assert_string_equal(error.text, "plugin/rewrite: Corefile:1 - there is no metadata \"x/y\"");
	config_free(config);
}

/* An attacker's name costs no more than a long one. */
static void a_name_that_never_ends_to_match_matches_nothing(void **state)
{
	(void)state;
	assert_asked("rewrite name regex ^(([a-z])+.)+[A-Z]([a-z])+$ b",
		     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
		     TYPE_A, "nothing");
}

/* ---- zones ---- */

static void assert_touches(const char *rule, const char *zone, bool expected)
{
	uint8_t name[DNS_NAME_MAX], size;
	struct trip *trip = trip_new(rule);
	assert_true(name_parse(zone, name, &size));
	assert_int_equal((policy_touches(trip->policy, name) & TOUCH_ABOVE) != 0, expected);
	trip_free(trip);
}

static void rules_touch_no_zone_that_they_cannot_match(void **state)
{
	(void)state;
	assert_touches("rewrite name a.example b", "cluster.local.", false);
	assert_touches("rewrite name a.example b", "example.", true);
	assert_touches("rewrite name a.example b", ".", true);
	assert_touches("rewrite name suffix .example.org .b", "cluster.local.", false);
	assert_touches("rewrite name suffix .example.org .b", "sub.example.org.", true);
	assert_touches("rewrite name suffix e.org .b", "example.org.", true);
	assert_touches("rewrite name suffix e.org .b", "example.net.", false);
	assert_touches("rewrite ttl suffix .org 5", "org.", true);
	assert_touches("rewrite rcode a.org 2 3", "net.", false);
	assert_touches("rewrite name regex ^a b", "cluster.local.", true);
	assert_touches("rewrite name prefix a b", "cluster.local.", true);
	assert_touches("rewrite type A AAAA", "cluster.local.", true);
	assert_touches("rewrite cname a b", "cluster.local.", true);
	assert_touches("whoami", ".", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_matched_and_replaced),
		cmocka_unit_test(a_new_name_that_is_none_is_told),
		cmocka_unit_test(types_and_classes_are_replaced),
		cmocka_unit_test(rules_stop_unless_they_continue),
		cmocka_unit_test(what_is_known_of_a_question_goes_into_its_name),
		cmocka_unit_test(metadata_that_no_question_has_is_refused),
		cmocka_unit_test(a_name_that_never_ends_to_match_matches_nothing),
		cmocka_unit_test(rules_touch_no_zone_that_they_cannot_match),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
