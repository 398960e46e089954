/* SPDX-License-Identifier: Apache-2.0 */
#include "zones.h"

static void refuse(const char *text, const char *problem)
{
	struct shop shop = open_shop(SOA "old A 10.0.0.1\n");
	struct error error = { 0 };
	assert_false(load_zone(shop.catalog, "example.", text, &error));
	assert_string_equal(error.text, problem);
	assert_false(answers_publish(shop.answers));
	expect(&shop, "old.example.", "A", "FOUND\nold.example. 300 A 10.0.0.1\n");
	close_shop(&shop);
}

static void a_set_has_one_ttl_and_every_record_once(void **state)
{
	(void)state;
	struct shop shop = open_shop(
		SOA "a 30 A 10.0.0.2\nb 5 A 10.0.0.9\na 20 A 10.0.0.1\na 40 A 10.0.0.2\na 9 TXT t\n"
		    "c CNAME www\nc CNAME WWW\nd 2147483648 A 10.0.0.1\n");
	expect(&shop, "a.example.", "A", "FOUND\na.example. 20 A 10.0.0.1\na.example. 20 A 10.0.0.2\n");
	expect(&shop, "a.example.", "TXT", "FOUND\na.example. 9 TXT \"t\"\n");
	expect(&shop, "b.example.", "A", "FOUND\nb.example. 5 A 10.0.0.9\n");
	expect(&shop, "c.example.", "CNAME", "FOUND\nc.example. 300 CNAME www.example.\n");
	expect(&shop, "d.example.", "A", "FOUND\nd.example. 2147483647 A 10.0.0.1\n");
	close_shop(&shop);
}

static void what_a_zone_may_not_say_is_refused_and_the_old_zone_stays(void **state)
{
	(void)state;
	refuse("a A 10.0.0.1\n", "example.: no SOA");
	refuse("", "example.: no SOA");
	refuse(SOA "@ SOA ns host 8 7200 1800 86400 60\n", "example.: more than one SOA");
	refuse(SOA "a SOA ns host 8 7200 1800 86400 60\n",
	       "a.example.: a SOA that is not at the top of the zone");
	refuse(SOA "a CNAME b\na A 10.0.0.1\n", "a.example.: a CNAME and other records");
	refuse(SOA "a CNAME b\nb A 10.0.0.1\na CNAME c\n", "a.example.: more than one CNAME");
	refuse(SOA "@ CNAME b\n", "example.: a CNAME and other records");
	refuse(SOA "a DNAME b\na DNAME c\n", "a.example.: more than one DNAME");
	refuse(SOA "www.other. A 10.0.0.1\n", "www.other. is not in the zone example.");
	refuse(SOA
	       "0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM NSEC3 1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A\n",
	       "NSEC3 is not supported: sign the zone with NSEC");
}

static void data_that_is_malformed_is_refused(void **state)
{
	(void)state;
	static const struct {
		uint16_t type, size;
		const char *rdata;
	} cases[] = {
		{ TYPE_A, 3, "\1\2\3" },
		{ TYPE_AAAA, 4, "\1\2\3\4" },
		{ TYPE_NS, 2, "\1a" },
		{ TYPE_NS, 3, "\0a" },
		{ TYPE_CNAME, 0, "" },
		{ TYPE_MX, 1, "\0" },
		{ TYPE_SRV, 6, "\0\0\0\0\0\0" },
		{ TYPE_SOA, 2, "\0\0" },
		{ TYPE_CNAME, 3, "\xc0\x0c\0" },
		{ TYPE_RRSIG, 18, "aaaaaaaaaaaaaaaaaa" },
		{ TYPE_OPT, 0, "" },
		{ 0, 0, "" },
		{ TYPE_ANY, 0, "" },
	};
	struct shop shop = open_shop(SOA);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error error = { 0 };
		struct zone_load *load = zone_load_begin(shop.catalog, "example.");
		uint8_t *exact = mem_copy(cases[i].rdata, cases[i].size);
		assert_false(zone_load_add(load, (const uint8_t *)"\7example", cases[i].type, 5,
					   exact, cases[i].size, &error));
		assert_true(error.text[0] != '\0');
		mem_free(exact);
		zone_load_abandon(load);
	}
	close_shop(&shop);
}

static void a_name_with_more_than_an_entry_holds_is_refused(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA);
	struct zone_load *load = zone_load_begin(shop.catalog, "example.");
	struct error error = { 0 };
	for (uint32_t i = 0; i < 20000; i++) {
		uint8_t address[4];
		put_u32(address, 0x0a000000 + i);
		assert_true(zone_load_add(load, (const uint8_t *)"\1a\7example", TYPE_A, 5, address,
					  4, &error));
	}
	assert_false(zone_load_end(load, &error));
	assert_string_equal(error.text, "a.example.: too many records at one name");
	load = zone_load_begin(shop.catalog, "example.");
	for (uint16_t i = 1; i < 66; i++)
		assert_true(zone_load_add(load, (const uint8_t *)"\1a\7example", 1000 + i, 5,
					  (const uint8_t *)"", 0, &error));
	assert_false(zone_load_end(load, &error));
	assert_string_equal(error.text, "a.example.: too many types at one name");
	close_shop(&shop);
}

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

static void numbers_as_labels(struct shop *shop, uint32_t count, uint32_t step)
{
	struct zone_load *load = zone_load_begin(shop->catalog, "example.");
	assert_true(load_text(load, "example.", SOA, NULL));
	for (uint32_t i = 0, number = 0; i < count; i++, number = (number + step) % count) {
		char text[32];
		uint8_t owner[DNS_NAME_MAX], size, address[4];
		snprintf(text, sizeof text, "h%u.example.", (unsigned)number);
		assert_true(name_parse(text, owner, &size));
		put_u32(address, 0x0a000000 + number);
		assert_true(zone_load_add(load, owner, TYPE_A, 5, address, 4, NULL));
	}
	assert_true(zone_load_end(load, NULL));
}

static void the_order_in_the_file_does_not_matter(void **state)
{
	(void)state;
	enum { COUNT = 20000, STEP = 7919 };
	struct shop shop = open_shop(SOA);
	numbers_as_labels(&shop, COUNT, 1);
	assert_true(answers_publish(shop.answers));
	for (unsigned i = 0; i < COUNT; i += 997) {
		char name[32], text[64];
		snprintf(name, sizeof name, "h%u.example.", i);
		snprintf(text, sizeof text, "FOUND\nh%u.example. 5 A 10.0.%u.%u\n", i, i >> 8, i & 255);
		expect(&shop, name, "A", text);
	}
	numbers_as_labels(&shop, COUNT, STEP);
	assert_false(answers_publish(shop.answers));
	numbers_as_labels(&shop, COUNT / 2, STEP);
	assert_true(answers_publish(shop.answers));
	expect(&shop, "h9999.example.", "A", "FOUND\nh9999.example. 5 A 10.0.39.15\n");
	expect(&shop, "h10000.example.", "A", NO_NAME);
	close_shop(&shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_has_one_ttl_and_every_record_once),
		cmocka_unit_test(what_a_zone_may_not_say_is_refused_and_the_old_zone_stays),
		cmocka_unit_test(data_that_is_malformed_is_refused),
		cmocka_unit_test(a_name_with_more_than_an_entry_holds_is_refused),
		cmocka_unit_test(a_zone_is_replaced_as_one_step),
		cmocka_unit_test(the_same_zone_again_is_no_change),
		cmocka_unit_test(an_abandoned_load_changes_nothing),
		cmocka_unit_test(zones_come_and_go),
		cmocka_unit_test(a_zone_below_another_is_its_own_and_what_it_hid_comes_back),
		cmocka_unit_test(of_many_zones_the_longest_answers),
		cmocka_unit_test(the_order_in_the_file_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
