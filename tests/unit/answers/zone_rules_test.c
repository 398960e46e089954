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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_zone_may_not_say_is_refused_and_the_old_zone_stays),
		cmocka_unit_test(data_that_is_malformed_is_refused),
		cmocka_unit_test(a_name_with_more_than_an_entry_holds_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
