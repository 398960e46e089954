/* SPDX-License-Identifier: Apache-2.0 */
/* Two listeners for the same queries. */
#include "reading.h"

static void equal_zone_and_port_are_served_once(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ ".:1053 {\n}\n\n.:1053 {\n}\n",
		  "Corefile:4 - cannot serve dns://.:1053 - it is already defined" },
		{ "a a {\n}\n", "Corefile:1 - cannot serve dns://a.:53 - it is already defined" },
		{ "a {\n}\nA.:53 {\n}\n",
		  "Corefile:3 - cannot serve dns://a.:53 - it is already defined" },
		{ "10.0.0.0/24 {\n}\n0.0.10.in-addr.arpa {\n}\n",
		  "Corefile:3 - cannot serve dns://0.0.10.in-addr.arpa.:53 - it is already "
		  "defined" },
	};

	assert_all_bad(table);
	config_free(read_good("a:53 a:54 {\n}\nb {\n}\n"));
}

static void equal_addresses_of_bind_are_served_once(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "a {\n bind 127.0.0.1\n}\na {\n bind 127.0.0.2 127.0.0.1\n}\n",
		  "Corefile:4 - cannot serve dns://a.:53 on 127.0.0.1 - it is already defined" },
		{ "a {\n bind 127.0.0.1 127.0.0.1\n}\n",
		  "Corefile:1 - cannot serve dns://a.:53 on 127.0.0.1 - it is already defined" },
		{ "a {\n bind ::1\n}\na {\n bind 0:0::1\n}\n",
		  "Corefile:4 - cannot serve dns://a.:53 on ::1 - it is already defined" },
		{ "a {\n bind lo\n}\na {\n bind 127.0.0.1\n}\n",
		  "Corefile:4 - cannot serve dns://a.:53 on 127.0.0.1 - it is already defined" },
	};

	assert_all_bad(table);
	config_free(read_good("a {\n bind 127.0.0.1\n}\na {\n bind 127.0.0.2\n}\n"));
	config_free(read_good("a {\n bind lo\n}\nb {\n bind 127.0.0.1\n}\n"));
	config_free(read_good("a {\n bind lo lo 127.0.0.1\n}\n"));
}

static void a_block_on_all_addresses_overlaps_one_on_a_single_address(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "a {\n bind 127.0.0.1\n}\na {\n}\n",
		  "Corefile:4 - cannot serve dns://a.:53 - zone overlap listener "
		  "capacity with dns://a.:53 on 127.0.0.1" },
		{ "a {\n}\na {\n bind 127.0.0.1\n}\n",
		  "Corefile:3 - cannot serve dns://a.:53 on 127.0.0.1 - zone overlap "
		  "listener capacity with dns://a.:53" },
	};

	assert_all_bad(table);
	config_free(read_good("a {\n bind 127.0.0.1\n}\nb {\n}\na:54 {\n}\n"));
}

static void addresses_that_are_excluded_do_not_count(void **state)
{
	(void)state;
	config_free(read_good("a {\n bind lo {\n except 127.0.0.1\n }\n bind 127.0.0.2\n}\na {\n "
			      "bind 127.0.0.1\n}\n"));
	assert_bad("a {\n bind lo {\n except lo\n }\n}\n",
		   "plugin/bind: Corefile:4 - Error during parsing: bind leaves no address to "
		   "listen on");
	assert_bad("a {\n bind lo {\n except 127.0.0.1 ::1\n }\n}\n",
		   "Corefile:1 - bind leaves no address to listen on");
}

static void listeners_are_counted(void **state)
{
	(void)state;
	struct text text = { 0 };

	for (int i = 0; i < 130; i++)
		text_printf(&text, "0.0.0.0/1:%d ", 1000 + i);
	text_add(&text, "{\n bind");
	for (int i = 0; i < 250; i++)
		text_printf(&text, " 127.0.0.%d", i);
	text_add(&text, "\n}\n");
	assert_bad(text.data, "Corefile:1 - more than 200000 addresses to listen on");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_zone_and_port_are_served_once),
		cmocka_unit_test(equal_addresses_of_bind_are_served_once),
		cmocka_unit_test(a_block_on_all_addresses_overlaps_one_on_a_single_address),
		cmocka_unit_test(addresses_that_are_excluded_do_not_count),
		cmocka_unit_test(listeners_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
