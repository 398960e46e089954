/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#define AT(line) "plugin/dns64: Corefile:" #line " - Error during parsing: "

static void assert_prefix(const struct config *config, const char *expected)
{
	const struct config_network *prefix = &config->blocks[0].dns64->prefix;
	char address[IP_TEXT_SIZE], text[IP_TEXT_SIZE + 8];

	ip_print(&prefix->ip, address);
	snprintf(text, sizeof(text), "%s/%u", address, prefix->bits);
	assert_string_equal(text, expected);
}

static void without_a_prefix_it_is_the_well_known_one(void **state)
{
	(void)state;
	struct config *config = read_body("dns64");

	assert_prefix(config, "64:ff9b::/96");
	assert_false(config->blocks[0].dns64->translates_all);
	assert_false(config->blocks[0].dns64->allows_ipv4);
	assert_directives(&config->blocks[0], "dns64");
	config_free(config);
}

static void lines_and_options_add_up(void **state)
{
	(void)state;
	struct config *config =
		read_body("dns64 64:1337::1/64\ndns64 {\ntranslate_all\nallow_ipv4\n}");

	assert_prefix(config, "64:1337::/64");
	assert_true(config->blocks[0].dns64->translates_all);
	assert_true(config->blocks[0].dns64->allows_ipv4);
	config_free(config);
	config = read_body("dns64 64:1337::/64\ndns64 {\nprefix 2001:db8:ffff::/32\n}");
	assert_prefix(config, "2001:db8::/32");
	config_free(config);
}

static void what_it_cannot_read_is_named(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "dns64 64:ff9b::/96 x",
		  AT(2) "Wrong argument count or unexpected line ending after 'x'" },
		{ "dns64 64:ff9b::", AT(2) "invalid CIDR address: 64:ff9b::" },
		{ "dns64 {\nprefix\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'prefix'" },
		{ "dns64 {\nprefix 10.0.0.0/8\n}",
		  AT(3) "invalid netmask 32 IPv6 address: \"10.0.0.0/8\"" },
		{ "dns64 64:ff9b::/97", AT(2) "invalid prefix length \"64:ff9b::/97\"" },
		{ "dns64 {\nprefix 64:ff9b::/0\n}", AT(3) "invalid prefix length \"::/0\"" },
		{ "dns64 {\ntranslate\n}", AT(3) "unknown property 'translate'" },
	};

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_prefix_it_is_the_well_known_one),
		cmocka_unit_test(lines_and_options_add_up),
		cmocka_unit_test(what_it_cannot_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
