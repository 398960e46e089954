/* SPDX-License-Identifier: Apache-2.0 */
#include "zones.h"

static void glue_goes_by_whole_sets_and_without_a_word(void **state)
{
	(void)state;
	struct shop shop = open_shop(
		SOA "_s._tcp SRV 0 0 80 Web\n_s._tcp SRV 0 0 81 web\n_s._tcp SRV 0 0 82 out.\n"
		    "web A 10.0.0.1\nweb A 10.0.0.2\nweb AAAA fd00::1\n");
	const char *answer =
		"FOUND\n_s._tcp.example. 300 SRV 0 0 80 Web.example.\n"
		"_s._tcp.example. 300 SRV 0 0 81 web.example.\n_s._tcp.example. 300 SRV 0 0 82 out.\n";
	char text[1024];
	uint32_t question = DNS_HEADER_SIZE + 17 + 4, records = 2 * (12 + 6 + 13) + 12 + 6 + 5;
	snprintf(text, sizeof text,
		 "%s++\nWeb.example. 300 A 10.0.0.1\nWeb.example. 300 A 10.0.0.2\n"
		 "Web.example. 300 AAAA fd00::1\n",
		 answer);
	expect(&shop, "_s._tcp.example.", "SRV", text);
	snprintf(text, sizeof text, "%s++\nWeb.example. 300 AAAA fd00::1\n", answer);
	expect_within(&shop, "_s._tcp.example.", "SRV", question + records + 28, text);
	expect_within(&shop, "_s._tcp.example.", "SRV", question + records, answer);
	close_shop(&shop);
}

static void a_target_has_its_addresses_once_whatever_its_case(void **state)
{
	(void)state;
	struct shop shop = open_shop(SOA "m MX 1 Web\nm MX 2 web\nm MX 3 alias\nm MX 4 *.w\n"
					 "web A 10.0.0.1\nalias CNAME web\n*.w AAAA fd00::1\n");
	expect(&shop, "m.example.", "MX",
	       "FOUND\nm.example. 300 MX 1 Web.example.\nm.example. 300 MX 2 web.example.\n"
	       "m.example. 300 MX 3 alias.example.\nm.example. 300 MX 4 *.w.example.\n"
	       "++\n*.w.example. 300 AAAA fd00::1\nWeb.example. 300 A 10.0.0.1\n");
	close_shop(&shop);
}

/* A set of many targets: those too far behind for a pointer go without. */
static void glue_ends_where_pointers_do(void **state)
{
	(void)state;
	enum { COUNT = 1000 };
	struct text text = { 0 };
	text_add(&text, SOA);
	for (unsigned i = 0; i < COUNT; i++)
		text_printf(&text, "_s._tcp SRV 0 0 %u h%u\nh%u A 10.0.%u.%u\n", i, i, i, i >> 8,
			    i & 255);
	struct shop shop = open_shop(text.data);
	struct asked asked = ask(shop.answers, shop.catalog, "_s._tcp.example.", "SRV", 0);
	assert_int_equal(ldns_pkt_ancount(asked.packet), COUNT);
	assert_in_range(ldns_pkt_arcount(asked.packet), 400, 600);
	ldns_pkt_free(asked.packet);
	text_done(&text);
	close_shop(&shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glue_goes_by_whole_sets_and_without_a_word),
		cmocka_unit_test(a_target_has_its_addresses_once_whatever_its_case),
		cmocka_unit_test(glue_ends_where_pointers_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
