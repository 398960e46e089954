/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses in front of blocks: schemes, ports, networks. */
#include "reading.h"

static void assert_read(const char *addresses, const char *expected)
{
	struct text text = { 0 };

	text_printf(&text, "%s {\n}\n", addresses);
	struct config *config = read_good(text.data);
	assert_addresses(&config->blocks[0], expected);
	config_free(config);
	text_done(&text);
}

static void an_address_is_a_zone_and_a_port(void **state)
{
	(void)state;
	assert_read(".", "dns://.:53");
	assert_read(".:1053", "dns://.:1053");
	assert_read("Example.ORG.:1053", "dns://example.org.:1053");
	assert_read("dns://a", "dns://a.:53");
	assert_read("a b:54, c", "dns://a.:53 dns://b.:54 dns://c.:53");
	assert_read("a:+54", "dns://a.:54");
	assert_read("a:0054", "dns://a.:54");
	assert_read("a:0", "dns://a.:0");
}

static void what_is_no_number_is_no_port(void **state)
{
	(void)state;
	assert_read("a:b", "dns://a:b.:53");
	assert_read("example.org:53{", "dns://example.org:53{.:53");
	assert_read("a:99999999999999999999", "dns://a:99999999999999999999.:53");
}

static void a_name_that_was_hardly_meant_is_noted(void **state)
{
	(void)state;
	struct config *config = read_good("example.org:53{\n}\nb, fd00::1 {\n}\n");

	assert_words(&config->notes,
		     "Corefile:1 - the zone is 'example.org:53{.': is a blank, a port or a mask "
		     "missing?|"
		     "Corefile:3 - the zone is 'fd00:.': is a blank, a port or a mask missing?");
	config_free(config);
}

static void the_port_of_the_command_line_is_for_addresses_without_one(void **state)
{
	(void)state;
	struct error error = { 0 };
	struct config *config = config_read("Corefile", "a b:54 {\n}\n", "1053", &error);

	assert_addresses(&config->blocks[0], "dns://a.:1053 dns://b.:54");
	assert_int_equal(config->blocks[0].addresses[0].port, 1053);
	assert_string_equal(config->blocks[0].addresses[0].zone, "a.");
	config_free(config);
	assert_null(config_read("Corefile", "a {\n}\n", "70000", &error));
	assert_string_equal(error.text, "Corefile:1 - address 70000: invalid port");
	assert_null(config_read("Corefile", "a {\n}\n", "domain", &error));
	assert_string_equal(error.text, "Corefile:1 - address domain: invalid port");
}

static void a_network_is_its_reverse_zones(void **state)
{
	(void)state;
	assert_read("10.0.0.0/8", "dns://10.in-addr.arpa.:53");
	assert_read("10.1.2.3/8", "dns://10.in-addr.arpa.:53");
	assert_read("10.96.0.0/16:54", "dns://96.10.in-addr.arpa.:54");
	assert_read("10.0.0.0/24", "dns://0.0.10.in-addr.arpa.:53");
	assert_read("10.0.0.1/32", "dns://1.0.0.10.in-addr.arpa.:53");
	assert_read("0.0.0.0/0", "dns://in-addr.arpa.:53");
	assert_read("2001:db8::/32", "dns://8.b.d.0.1.0.0.2.ip6.arpa.:53");
	assert_read("FD00::/8", "dns://d.f.ip6.arpa.:53");
	assert_read("1::/0", "dns://ip6.arpa.:53");
}

static void a_network_between_labels_is_several_zones(void **state)
{
	(void)state;
	assert_read("10.0.0.0/23", "dns://0.0.10.in-addr.arpa.:53 dns://1.0.10.in-addr.arpa.:53");
	assert_read("10.0.0.36/30",
		    "dns://36.0.0.10.in-addr.arpa.:53 dns://37.0.0.10.in-addr.arpa.:53 "
		    "dns://38.0.0.10.in-addr.arpa.:53 dns://39.0.0.10.in-addr.arpa.:53");
	assert_read("10.252.0.0/15:54 a",
		    "dns://252.10.in-addr.arpa.:54 dns://253.10.in-addr.arpa.:54 dns://a.:53");
	assert_read("2001:db8::/31",
		    "dns://8.b.d.0.1.0.0.2.ip6.arpa.:53 dns://9.b.d.0.1.0.0.2.ip6.arpa.:53");

	struct config *config = read_good("128.0.0.0/1 10.9.8.7/27 {\n}\n");
	assert_int_equal(config->blocks[0].address_count, 128 + 32);
	assert_string_equal(config->blocks[0].addresses[127].zone, "255.in-addr.arpa.");
	assert_string_equal(config->blocks[0].addresses[128].zone, "0.8.9.10.in-addr.arpa.");
	assert_string_equal(config->blocks[0].addresses[159].zone, "31.8.9.10.in-addr.arpa.");
	config_free(config);
}

static void what_only_looks_like_a_network_is_a_name(void **state)
{
	(void)state;
	assert_read("10.0.0.0", "dns://10.0.0.0.:53");
	assert_read("10.0.0.0/33", "dns://10.0.0.0/33.:53");
	assert_read("10.0.0/8", "dns://10.0.0/8.:53");
	assert_read("10.0.0.0/8x", "dns://10.0.0.0/8x.:53");
	assert_read("2001:db8::1", "dns://2001:db8:.:1");
}

static void bad_addresses_are_refused_with_their_line(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "a,\nb..c {\n}\n", "Corefile:2 - error inspecting server blocks: zone is not a "
				     "valid domain name: b..c" },
		{ "a: {\n}\n", "Corefile:1 - error inspecting server blocks: expecting data after "
			       "last colon: \"a:\"" },
		{ ":53 {\n}\n", "Corefile:1 - error inspecting server blocks: zone is not a valid "
				"domain name: " },
		{ ".:53{\n}\n", "Corefile:1 - error inspecting server blocks: zone is not a valid "
				"domain name: .:53{" },
		{ "a:-1 {\n}\n", "Corefile:1 - address -1: invalid port" },
		{ "a:65536 {\n}\n", "Corefile:1 - address 65536: invalid port" },
		{ "::/0 {\n}\n", "Corefile:1 - error inspecting server blocks: invalid CIDR ::/0" },
		{ "0::/3 {\n}\n", "Corefile:1 - error inspecting server blocks: invalid CIDR 0::/3" },
	};

	assert_all_bad(table);
}

static void a_zone_text_has_its_limit(void **state)
{
	(void)state;
	struct text text = { 0 };

	for (int i = 0; i < 256; i++)
		text_add(&text, i % 2 == 0 ? "a" : ".");
	assert_bad(text.data, "Corefile:1 - error inspecting server blocks: specified zone is too "
			      "long: 256 > 255");
	text_done(&text);
}

static void transports_for_clients_other_than_dns_are_not_built(void **state)
{
	(void)state;
	static const char *const schemes[] = { "tls", "quic", "grpc", "https", "https3", "unix" };

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		char text[64], sentence[128];
		snprintf(text, sizeof(text), "%s://a:54 {\n}\n", schemes[i]);
		snprintf(sentence, sizeof(sentence),
			 "Corefile:1 - cannot serve %s://a:54 - %s:// is not built into knamed",
			 schemes[i], schemes[i]);
		assert_bad(text, sentence);
	}
}

static void zones_are_counted(void **state)
{
	(void)state;
	struct text text = { 0 };

	for (int i = 0; i < 200; i++)
		text_printf(&text, "%d.0.0.0/1:%d ", i % 2 * 128, 1000 + i);
	assert_bad(text.data, "Corefile:1 - error inspecting server blocks: too many zones");
	text_done(&text);
}

static void a_block_knows_where_it_begins(void **state)
{
	(void)state;
	struct config *config = read_good("a {\n}\n\nb,\nc {\n}\n");

	assert_string_equal(config->blocks[1].file, "Corefile");
	assert_int_equal(config->blocks[0].line, 1);
	assert_int_equal(config->blocks[1].line, 4);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_a_zone_and_a_port),
		cmocka_unit_test(what_is_no_number_is_no_port),
		cmocka_unit_test(a_name_that_was_hardly_meant_is_noted),
		cmocka_unit_test(the_port_of_the_command_line_is_for_addresses_without_one),
		cmocka_unit_test(a_network_is_its_reverse_zones),
		cmocka_unit_test(a_network_between_labels_is_several_zones),
		cmocka_unit_test(what_only_looks_like_a_network_is_a_name),
		cmocka_unit_test(bad_addresses_are_refused_with_their_line),
		cmocka_unit_test(a_zone_text_has_its_limit),
		cmocka_unit_test(transports_for_clients_other_than_dns_are_not_built),
		cmocka_unit_test(zones_are_counted),
		cmocka_unit_test(a_block_knows_where_it_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
