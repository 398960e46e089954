/* SPDX-License-Identifier: Apache-2.0 */
#include "zones.h"

static void names_answer_with_their_records(void **state)
{
	(void)state;
	struct shop shop = open_shop(
		SOA "@ NS ns\n@ NS ns.other.\nns A 10.0.0.1\nns AAAA fd00::1\n"
		    "www A 10.0.0.2\nWWW A 10.0.0.3\nwww TXT \"a b\" c\nwww TYPE65534 \\# 2 abcd\n");
	expect(&shop, "www.example.", "A",
	       "FOUND\nwww.example. 300 A 10.0.0.2\nwww.example. 300 A 10.0.0.3\n");
	expect(&shop, "www.example.", "TXT", "FOUND\nwww.example. 300 TXT \"a b\" \"c\"\n");
	expect(&shop, "www.example.", "TYPE65534", "FOUND\nwww.example. 300 TYPE65534 \\# 2 abcd\n");
	expect(&shop, "www.example.", "AAAA", NO_DATA);
	expect(&shop, "nowhere.example.", "A", NO_NAME);
	expect(&shop, "a.www.example.", "A", NO_NAME);
	expect(&shop, "example.", "SOA",
	       "FOUND\nexample. 600 SOA ns.example. host.example. 7 7200 1800 86400 60\n");
	expect(&shop, "example.", "MX", NO_DATA);
	expect(&shop, "example.", "NS",
	       "FOUND\nexample. 300 NS ns.example.\nexample. 300 NS ns.other.\n"
	       "++\nns.example. 300 A 10.0.0.1\nns.example. 300 AAAA fd00::1\n");
	asking_minimal = true;
	expect(&shop, "example.", "NS",
	       "FOUND\nexample. 300 NS ns.example.\nexample. 300 NS ns.other.\n");
	asking_minimal = false;
	close_shop(&shop);
}

static void any_is_one_set(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "www TXT t\nwww A 10.0.0.2\na.b A 10.0.0.1\nc CNAME www\n");
	expect(&shop, "www.example.", "ANY", "FOUND\nwww.example. 300 A 10.0.0.2\n");
	expect(&shop, "c.example.", "ANY", "FOUND\nc.example. 300 CNAME www.example.\n");
	expect(&shop, "b.example.", "ANY", NO_DATA);
	expect(&shop, "x.example.", "ANY", NO_NAME);
	close_shop(&shop);
}

static void denials_live_as_long_as_soa_and_minimum_allow(void **state)
{
	(void)state;
	struct shop shop = open_shop("@ 5 SOA ns host 7 7200 1800 86400 60\n");
	expect(&shop, "x.example.", "A",
	       "NO_NAME\n--\nexample. 5 SOA ns.example. host.example. 7 7200 1800 86400 60\n");
	close_shop(&shop);
}

static void an_alias_stands_for_every_type_but_its_own(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a CNAME Target.Other.\n");
	expect(&shop, "a.example.", "A", "ALIAS\na.example. 300 CNAME Target.Other.\n");
	expect(&shop, "a.example.", "CNAME", "FOUND\na.example. 300 CNAME Target.Other.\n");
	expect(&shop, "a.example.", "NSEC", "ALIAS\na.example. 300 CNAME Target.Other.\n");
	expect(&shop, "b.a.example.", "A", NO_NAME);
	close_shop(&shop);
}

/* The zone of RFC 4592 2.2.1. */
static void wildcards_are_those_of_the_standard(void **state)
{
	(void)state;
	struct shop shop = open_shop(
		SOA "@ NS ns.example.com.\n* TXT \"this is a wildcard\"\n* MX 10 host1\n"
		    "sub.* TXT \"this is not a wildcard\"\nhost1 A 192.0.2.1\n_ssh._tcp.host1 SRV 0 0 22 host1\n"
		    "_ssh._tcp.host2 SRV 0 0 22 host2\nsubdel NS ns.example.com.\n");
	expect(&shop, "host3.example.", "MX",
	       "FOUND\nhost3.example. 300 MX 10 host1.example.\n"
	       "++\nhost1.example. 300 A 192.0.2.1\n");
	expect(&shop, "host3.example.", "A", NO_DATA);
	expect(&shop, "foo.bar.example.", "TXT",
	       "FOUND\nfoo.bar.example. 300 TXT \"this is a wildcard\"\n");
	expect(&shop, "host1.example.", "MX", NO_DATA);
	expect(&shop, "sub.*.example.", "MX", NO_DATA);
	expect(&shop, "_telnet._tcp.host1.example.", "SRV", NO_NAME);
	expect(&shop, "host.subdel.example.", "A",
	       "REFERRAL\n--\nsubdel.example. 300 NS ns.example.com.\n");
	expect(&shop, "ghost.*.example.", "MX", NO_NAME);
	expect(&shop, "*.example.", "MX",
	       "FOUND\n*.example. 300 MX 10 host1.example.\n++\nhost1.example. 300 A 192.0.2.1\n");
	expect(&shop, "host2.example.", "MX", NO_DATA); /* an empty name blocks */
	expect(&shop, "x.host2.example.", "MX", NO_NAME);
	close_shop(&shop);
}

static void a_wildcard_alias_and_an_empty_wildcard(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "*.a CNAME www.other.\nx.*.b TXT t\n");
	expect(&shop, "Q.a.example.", "A", "ALIAS\nQ.a.example. 300 CNAME www.other.\n");
	expect(&shop, "q.b.example.", "A", NO_DATA);
	expect(&shop, "q.c.example.", "A", NO_NAME);
	close_shop(&shop);
}

static void a_very_deep_question_is_denied(void **state)
{
	(void)state;
	char name[256] = "";
	for (int i = 0; i < 120; i++)
		append(name, sizeof name, "a.");
	append(name, sizeof name, "example.");
	struct shop shop = open_shop(SOA "*.b A 10.0.0.1\n");
	expect(&shop, name, "A", NO_NAME);
	close_shop(&shop);
}

#define DELEGATED                                                                                                 \
	SOA "sub NS ns.sub\nsub NS ns.out.\nsub NS ns2\nns.sub A 10.0.0.1\nns.sub AAAA fd00::1\nns2 A 10.0.0.2\n" \
	    "sub DS 1 8 2 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\nsub TXT lost\nw.sub TXT lost\n"
#define REFERRED                                                                                   \
	"REFERRAL\n--\nsub.example. 300 NS ns.out.\nsub.example. 300 NS ns.sub.example.\nsub.example. 300 NS ns2.example.\n"
#define GLUE                                                                                       \
	"++\nns.sub.example. 300 A 10.0.0.1\nns.sub.example. 300 AAAA fd00::1\nns2.example. 300 A 10.0.0.2\n"

static void what_is_delegated_is_referred_to_its_servers(void **state)
{
	(void)state;
	struct shop shop = open_shop(DELEGATED);
	expect(&shop, "sub.example.", "A", REFERRED GLUE);
	expect(&shop, "sub.example.", "NS", REFERRED GLUE);
	expect(&shop, "sub.example.", "ANY", REFERRED GLUE);
	expect(&shop, "w.sub.example.", "TXT", REFERRED GLUE);
	expect(&shop, "a.long.way.below.sub.example.", "TXT", REFERRED GLUE);
	expect(&shop, "ns.sub.example.", "A", REFERRED GLUE);
	expect(&shop, "ns2.example.", "A", "FOUND\nns2.example. 300 A 10.0.0.2\n");
	expect(&shop, "sub.example.", "DS",
	       "FOUND\nsub.example. 300 DS 1 8 2 "
	       "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
	expect(&shop, "other.example.", "A", NO_NAME);
	asking_minimal = true;
	expect(&shop, "sub.example.", "A", REFERRED GLUE);
	asking_minimal = false;
	close_shop(&shop);
}

static void a_referral_that_is_cut_says_so(void **state)
{
	(void)state;
	struct shop shop = open_shop(DELEGATED);
	uint32_t question = DNS_HEADER_SIZE + 13 + 4, servers = 12 + 16 + 12 + 8 + 12 + 13;
	expect_within(&shop, "sub.example.", "A", question + servers + 16 + 28 + 16, REFERRED GLUE);
	expect_within(&shop, "sub.example.", "A", question + servers + 16,
		      "REFERRAL TC\n--\nsub.example. 300 NS ns.out.\nsub.example. 300 NS ns.sub.example.\n"
		      "sub.example. 300 NS ns2.example.\n++\nns.sub.example. 300 A 10.0.0.1\n");
	close_shop(&shop);
}

static void a_ds_that_is_missing_is_denied_by_the_parent(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "sub NS ns.out.\n");
	expect(&shop, "sub.example.", "DS", NO_DATA);
	expect(&shop, "x.sub.example.", "DS", "REFERRAL\n--\nsub.example. 300 NS ns.out.\n");
	close_shop(&shop);
}

static void a_dname_moves_what_is_below_it(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "d DNAME new.other.\nd A 10.0.0.1\nx.d A 10.0.0.2\n");
	expect(&shop, "d.example.", "A", "FOUND\nd.example. 300 A 10.0.0.1\n");
	expect(&shop, "d.example.", "DNAME", "FOUND\nd.example. 300 DNAME new.other.\n");
	expect(&shop, "x.d.example.", "A",
	       "ALIAS\nd.example. 300 DNAME new.other.\nx.d.example. 300 CNAME x.new.other.\n");
	expect(&shop, "y.x.d.example.", "CNAME",
	       "FOUND\nd.example. 300 DNAME new.other.\ny.x.d.example. 300 CNAME y.x.new.other.\n");
	close_shop(&shop);
}

static void a_dname_that_makes_too_long_a_name_is_told(void **state)
{
	(void)state;
	char name[256] = "", text[512];
	for (int i = 0; i < 100; i++)
		append(name, sizeof name, "a.");
	snprintf(text, sizeof text, SOA "d DNAME %s\n", name);
	append(name, sizeof name, "d.example.");
	struct shop shop = open_shop(text);
	struct asked asked = ask(shop.answers, shop.catalog, name, "A", 0);
	assert_int_equal(asked.kind, ANSWER_BROKEN);
	assert_int_equal(asked.rcode, RCODE_YXDOMAIN);
	assert_int_equal(ldns_pkt_ancount(asked.packet), 1); /* the DNAME (RFC 6672 3.2) */
	ldns_pkt_free(asked.packet);
	close_shop(&shop);
}

static void the_question_may_be_spelled_in_any_case(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "WwW A 10.0.0.1\nMail MX 1 Host.EXAMPLE.\n");
	expect(&shop, "wWw.eXample.", "A", "FOUND\nwWw.eXample. 300 A 10.0.0.1\n");
	expect(&shop, "mail.example.", "MX", "FOUND\nmail.example. 300 MX 1 Host.EXAMPLE.\n");
	close_shop(&shop);
}

static void the_root_can_be_a_zone(void **state)
{
	(void)state;
	struct shop shop = { .answers = answers_new() };
	shop.catalog = answers_add_static(shop.answers);
	expect_load(&shop, ".",
		    "@ 60 SOA a.root. h. 1 2 3 4 5\n*.wild TXT w\ncom NS a.gtld.net.\na.gtld.net A 10.0.0.1\n");
	answers_publish(shop.answers);
	expect(&shop, ".", "SOA", "FOUND\n. 60 SOA a.root. h. 1 2 3 4 5\n");
	expect(&shop, "x.y.wild.", "TXT", "FOUND\nx.y.wild. 300 TXT \"w\"\n");
	expect(&shop, "www.example.com.", "A",
	       "REFERRAL\n--\ncom. 300 NS a.gtld.net.\n++\na.gtld.net. 300 A 10.0.0.1\n");
	expect(&shop, "nowhere.", "A", "NO_NAME\n--\n. 5 SOA a.root. h. 1 2 3 4 5\n");
	close_shop(&shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_answer_with_their_records),
		cmocka_unit_test(any_is_one_set),
		cmocka_unit_test(denials_live_as_long_as_soa_and_minimum_allow),
		cmocka_unit_test(an_alias_stands_for_every_type_but_its_own),
		cmocka_unit_test(wildcards_are_those_of_the_standard),
		cmocka_unit_test(a_wildcard_alias_and_an_empty_wildcard),
		cmocka_unit_test(a_very_deep_question_is_denied),
		cmocka_unit_test(what_is_delegated_is_referred_to_its_servers),
		cmocka_unit_test(a_referral_that_is_cut_says_so),
		cmocka_unit_test(a_ds_that_is_missing_is_denied_by_the_parent),
		cmocka_unit_test(a_dname_moves_what_is_below_it),
		cmocka_unit_test(a_dname_that_makes_too_long_a_name_is_told),
		cmocka_unit_test(the_question_may_be_spelled_in_any_case),
		cmocka_unit_test(the_root_can_be_a_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
