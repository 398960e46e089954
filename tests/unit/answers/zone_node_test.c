/* SPDX-License-Identifier: Apache-2.0 */
#include "zones.h"

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
		cmocka_unit_test(the_order_in_the_file_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
