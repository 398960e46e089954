/* SPDX-License-Identifier: Apache-2.0 */
/* secondary. */
#include "reading.h"

static void assert_primary(const struct config_secondary *secondary, size_t i, const char *address,
			   uint16_t port)
{
	char text[IP_TEXT_SIZE];
	assert_true(i < secondary->primaries.count);
	ip_print(&secondary->primaries.list[i].ip, text);
	assert_string_equal(text, address);
	assert_int_equal(secondary->primaries.list[i].port, port);
}

static void a_secondary_has_primaries_and_the_zones_of_its_block(void **state)
{
	(void)state;
	struct config *config = read_good("a b {\n secondary {\n transfer from 192.0.2.1\n }\n}\n");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->secondary_count, 1);
	assert_zones(&block->secondaries[0].zones, "a. b.");
	assert_int_equal(block->secondaries[0].primaries.count, 1);
	assert_primary(&block->secondaries[0], 0, "192.0.2.1", 53);
	assert_false(block->secondaries[0].falls_through);
	assert_directives(block, "secondary");
	config_free(config);
}

static void addresses_may_have_ports_and_stand_on_several_lines(void **state)
{
	(void)state;
	struct config *config = read_body("secondary x {\ntransfer from 192.0.2.1:5353 2001:db8::1\n"
					  "transfer from [fe80::2%lo]:54\nfallthrough x\n}\n"
					  "secondary y {\ntransfer from 192.0.2.2\n}\nwhoami");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->secondary_count, 2);
	assert_int_equal(block->secondaries[0].primaries.count, 3);
	assert_primary(&block->secondaries[0], 0, "192.0.2.1", 5353);
	assert_primary(&block->secondaries[0], 1, "2001:db8::1", 53);
	assert_primary(&block->secondaries[0], 2, "fe80::2", 54);
	assert_string_equal(block->secondaries[0].primaries.list[2].link, "lo");
	assert_true(block->secondaries[0].falls_through);
	assert_zones(&block->secondaries[0].fallthrough, "x.");
	assert_zones(&block->secondaries[1].zones, "y.");
	assert_true(block->secondaries[1].falls_through); /* for all of a block */
	assert_string_not_equal(block->secondaries[0].said.text, block->secondaries[1].said.text);
	config_free(config);
}

#define AT(line) "plugin/secondary: Corefile:" #line " - Error during parsing: "

static void wrong_options_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "secondary", AT(2) "secondary zones require a transfer from property" },
		{ "secondary {\nfallthrough\n}",
		  AT(4) "secondary zones require a transfer from property" },
		{ "secondary {\ntransfer\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'transfer'" },
		{ "secondary {\ntransfer from\n}",
		  AT(3) "Wrong argument count or unexpected line ending after 'from'" },
		{ "secondary {\ntransfer to 192.0.2.1\n}", AT(3) "unknown property to" },
		{ "secondary {\ntransfers from 192.0.2.1\n}", AT(3) "unknown property 'transfers'" },
		{ "secondary {\ntransfer from *\n}", AT(3) "can't use '*' in transfer from" },
		{ "secondary {\ntransfer from here\n}", AT(3) "must specify an IP address: `here'" },
		{ "secondary {\ntransfer from 192.0.2.1:0\n}", AT(3) "not a port: 0" },
		{ "secondary {\ntransfer from :53\n}", AT(3) "must specify an IP address: `'" },
		{ "secondary {\ntransfer from 192.0.2.1\ncatalog\n}",
		  AT(4) "catalog is not built into knamed" },
	};

	assert_all_bad_bodies(table);
}

static void the_number_of_primaries_is_bounded(void **state)
{
	(void)state;
	struct text text = { 0 };
	text_add(&text, "secondary {\ntransfer from");
	for (unsigned i = 0; i <= PRIMARIES_MOST; i++)
		text_printf(&text, " 192.0.2.%u", i);
	text_add(&text, "\n}");
	assert_bad_body(text.data, AT(3) "transfer from more than 64 addresses");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secondary_has_primaries_and_the_zones_of_its_block),
		cmocka_unit_test(addresses_may_have_ports_and_stand_on_several_lines),
		cmocka_unit_test(wrong_options_are_refused),
		cmocka_unit_test(the_number_of_primaries_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
