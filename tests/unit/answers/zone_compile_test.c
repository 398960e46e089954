/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"
#include "zones.h"

static void names_between_are_empty(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a.b.c A 10.0.0.1\nz.b.c A 10.0.0.2\n");
	expect(&shop, "a.b.c.example.", "A", "FOUND\na.b.c.example. 300 A 10.0.0.1\n");
	expect(&shop, "b.c.example.", "A", NO_DATA);
	expect(&shop, "c.example.", "A", NO_DATA);
	expect(&shop, "d.c.example.", "A", NO_NAME);
	close_shop(&shop);
}

static void the_same_zone_again_is_no_change(void **state)
{
	(void)state;
	static const char zone[] = SOA
		"sub NS ns.sub\nns.sub A 10.0.0.1\nsub DS 1 8 2 00\nw MX 1 ns2\nns2 A 10.0.0.2\n";
	struct shop shop = open_shop(zone);
	expect_load(&shop, "example.",
		    "w MX 1 ns2\nns2 A 10.0.0.2\nsub DS 1 8 2 00\nns.sub A 10.0.0.1\nsub NS ns.sub\n" SOA);
	assert_false(answers_publish(shop.answers));
	close_shop(&shop);
}

static void what_is_below_a_delegation_or_dname_is_left_out(void **state)
{
	(void)state;
	struct shop shop =
		open_shop(SOA "a NS ns.out.\nx.y.a TXT lost\n*.a TXT lost\nsub.a NS ns.lost.\n"
			      "d DNAME other.\nx.y.d TXT lost\naa TXT kept\nda TXT kept\n");
	expect(&shop, "x.y.a.example.", "TXT", "REFERRAL\n--\na.example. 300 NS ns.out.\n");
	expect(&shop, "sub.a.example.", "NS", "REFERRAL\n--\na.example. 300 NS ns.out.\n");
	expect(&shop, "x.y.d.example.", "TXT",
	       "ALIAS\nd.example. 300 DNAME other.\nx.y.d.example. 300 CNAME x.y.other.\n");
	expect(&shop, "aa.example.", "TXT", "FOUND\naa.example. 300 TXT \"kept\"\n");
	expect(&shop, "da.example.", "TXT", "FOUND\nda.example. 300 TXT \"kept\"\n");
	assert_int_equal(table_count(shop.catalog->zones[0]->table), 5);
	close_shop(&shop);
}

static void servers_of_a_wildcard_are_no_delegation(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "*.w NS ns.out.\n");
	expect(&shop, "q.w.example.", "NS", "FOUND\nq.w.example. 300 NS ns.out.\n");
	expect(&shop, "q.w.example.", "A", NO_DATA);
	close_shop(&shop);
}

static void a_dname_at_the_top_moves_all_but_the_top(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "@ NS ns.out.\n@ DNAME new.\nwww A 10.0.0.1\n");
	expect(&shop, "example.", "NS", "FOUND\nexample. 300 NS ns.out.\n");
	expect(&shop, "www.example.", "A",
	       "ALIAS\nexample. 300 DNAME new.\nwww.example. 300 CNAME www.new.\n");
	close_shop(&shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_between_are_empty),
		cmocka_unit_test(the_same_zone_again_is_no_change),
		cmocka_unit_test(what_is_below_a_delegation_or_dname_is_left_out),
		cmocka_unit_test(servers_of_a_wildcard_are_no_delegation),
		cmocka_unit_test(a_dname_at_the_top_moves_all_but_the_top),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
