/* SPDX-License-Identifier: Apache-2.0 */
#include "zones.h"

static void a_zone_is_replaced_as_one_step(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a A 10.0.0.1\nb A 10.0.0.2\nx.c A 10.0.0.3\n");
	expect_load(&shop, "example.",
		    "@ 600 SOA ns host 8 7200 1800 86400 30\nb A 10.0.0.2\na A 10.0.0.9\n*.c TXT t\n");
	expect(&shop, "a.example.", "A", "FOUND\na.example. 300 A 10.0.0.1\n");
	expect(&shop, "x.c.example.", "A", "FOUND\nx.c.example. 300 A 10.0.0.3\n");
	expect(&shop, "y.c.example.", "TXT", NO_NAME);
	assert_true(answers_publish(shop.answers));
	expect(&shop, "a.example.", "A", "FOUND\na.example. 300 A 10.0.0.9\n");
	expect(&shop, "b.example.", "A", "FOUND\nb.example. 300 A 10.0.0.2\n");
	expect(&shop, "x.c.example.", "TXT", "FOUND\nx.c.example. 300 TXT \"t\"\n");
	expect(&shop, "z.example.", "A",
	       "NO_NAME\n--\nexample. 30 SOA ns.example. host.example. 8 7200 1800 86400 30\n");
	close_shop(&shop);
}

static void an_abandoned_load_changes_nothing(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a A 10.0.0.1\n");
	struct zone_load *load = zone_load_begin(shop.catalog, "example.");
	assert_true(load_text(load, "example.", SOA "b A 10.0.0.1\n", NULL));
	zone_load_abandon(load);
	assert_false(answers_publish(shop.answers));
	expect(&shop, "a.example.", "A", "FOUND\na.example. 300 A 10.0.0.1\n");
	close_shop(&shop);
}

static bool is_known(struct shop *shop, const char *name)
{
	struct dns_query query = { 0 };
	assert_true(name_parse(name, query.lower, &query.name_size));
	for (unsigned at = 0; query.lower[at] != 0; at += 1u + query.lower[at])
		query.labels[query.label_count++] = (uint8_t)at;
	return catalog_find_zone(shop->catalog, answers_edition(shop->answers), &query) != NULL;
}

static void zones_come_and_go(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "a A 10.0.0.1\n");
	assert_false(is_known(&shop, "www.second."));
	for (int round = 0; round < 3; round++) {
		expect_load(&shop, "second.", "@ SOA ns host 7 7200 1800 86400 60\nwww A 10.0.0.1\n");
		assert_false(is_known(&shop, "www.second."));
		answers_publish(shop.answers);
		expect(&shop, "www.second.", "A", "FOUND\nwww.second. 300 A 10.0.0.1\n");
		catalog_remove_zone(shop.catalog, "second.");
		expect(&shop, "www.second.", "A", "FOUND\nwww.second. 300 A 10.0.0.1\n");
		answers_publish(shop.answers);
		assert_false(is_known(&shop, "www.second."));
	}
	catalog_remove_zone(shop.catalog, "second.");
	assert_false(answers_publish(shop.answers));
	expect(&shop, "a.example.", "A", "FOUND\na.example. 300 A 10.0.0.1\n");
	close_shop(&shop);
}

static void a_zone_below_another_is_its_own_and_what_it_hid_comes_back(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "sub NS ns.sub\nns.sub A 10.0.0.1\n");
	expect_load(&shop, "sub.example.", "@ SOA ns host 1 2 3 4 5\nwww A 10.0.0.2\n");
	answers_publish(shop.answers);
	expect(&shop, "www.sub.example.", "A", "FOUND\nwww.sub.example. 300 A 10.0.0.2\n");
	expect(&shop, "ns.sub.example.", "A",
	       "NO_NAME\n--\nsub.example. 5 SOA ns.sub.example. host.sub.example. 1 2 3 4 5\n");
	catalog_remove_zone(shop.catalog, "sub.example.");
	answers_publish(shop.answers);
	expect(&shop, "www.sub.example.", "A",
	       "REFERRAL\n--\nsub.example. 300 NS ns.sub.example.\n++\nns.sub.example. 300 A 10.0.0.1\n");
	close_shop(&shop);
}

static void of_many_zones_the_longest_answers(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "*.z7 A 10.9.9.9\n");
	char name[64], text[128];
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "z%u.%s", i,
			 i % 2 != 0   ? "example."
			 : i % 3 != 0 ? "a.b.example."
				      : "");
		snprintf(text, sizeof text, "@ SOA a b 1 2 3 4 5\nw A 10.0.%u.%u\n", i >> 8, i & 255);
		if (i != 7)
			expect_load(&shop, name, text);
	}
	answers_publish(shop.answers);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "w.z%u.%s", i,
			 i % 2 != 0   ? "example."
			 : i % 3 != 0 ? "a.b.example."
				      : "");
		snprintf(text, sizeof text, "FOUND\n%s %u A 10.%u.%u.%u\n", name, 300,
			 i == 7 ? 9 : 0, i == 7 ? 9 : i >> 8, i == 7 ? 9 : i & 255);
		expect(&shop, name, "A", text);
	}
	assert_false(is_known(&shop, "w.z1000."));
	assert_false(is_known(&shop, "."));
	expect_load(&shop, ".", "@ SOA a b 1 2 3 4 5\n");
	answers_publish(shop.answers);
	assert_true(is_known(&shop, "w.z1000."));
	assert_true(is_known(&shop, "."));
	close_shop(&shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_is_replaced_as_one_step),
		cmocka_unit_test(an_abandoned_load_changes_nothing),
		cmocka_unit_test(zones_come_and_go),
		cmocka_unit_test(a_zone_below_another_is_its_own_and_what_it_hid_comes_back),
		cmocka_unit_test(of_many_zones_the_longest_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
