/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "knamed/base.h"

static void addresses_are_read_and_written_in_rfc_5952_form(void **state)
{
	(void)state;
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "10.0.222.115", "10.0.222.115" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "010.001.002.003", "10.1.2.3" },
		{ "0000000000010.1.2.3", "10.1.2.3" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "2001:db8:0:0:0:0:0:6", "2001:db8::6" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "0:0:1:0:0:0:0:0", "0:0:1::" },
		{ "00001:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "::ffff:10.1.2.3", "10.1.2.3" },
		{ "::FFFF:0a01:0203", "10.1.2.3" },
		{ "0:0:0:0:0:ffff:10.1.2.3", "10.1.2.3" },
		{ "::10.1.2.3", "::a01:203" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "fe80::a:b", "fe80::a:b" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip ip;
		char printed[IP_TEXT_SIZE];
		if (!ip_parse(cases[i].text, &ip))
			fail_msg("'%s' was not read", cases[i].text);
		ip_print(&ip, printed);
		assert_string_equal(printed, cases[i].printed);
		assert_int_equal(ip.family, strchr(cases[i].printed, ':') != NULL ? 6 : 4);
	}
}

static void anything_else_is_no_address(void **state)
{
	(void)state;
	static const char *const bad[] = { "",
					   ".",
					   "1",
					   "1.2.3",
					   "1.2.3.",
					   ".1.2.3.4",
					   "1.2.3.4.",
					   "1.2.3.4.5",
					   "1.2.3.256",
					   "1.2.3.a",
					   "1.2.3.-4",
					   "1..2.3",
					   " 1.2.3.4",
					   "1.2.3.4 ",
					   "0x1.2.3.4",
					   ":",
					   ":::",
					   "1:",
					   ":1",
					   "1:2:3:4:5:6:7",
					   "1:2:3:4:5:6:7:8:9",
					   "1::2::3",
					   "::1::",
					   "12345::",
					   "g::",
					   "1:2:3:4:5:6:7:8::",
					   "::1:2:3:4:5:6:7:8",
					   "1:2:3:4:5:6:7:1.2.3.4",
					   "1:2:3:4:5:1.2.3.4",
					   "::1.2.3",
					   "::1.2.3.4:5",
					   "fe80::1%eth0",
					   "::a.1.2.3",
					   "[::1]",
					   "99999999999.1.1.1",
					   "1:2:3:4:5:6:7:8:",
					   "::1.2.3.4.5",
					   "::1.2.3.256" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct ip ip = { .family = 9 };
		if (ip_parse(bad[i], &ip))
			fail_msg("'%s' was read", bad[i]);
		assert_int_equal(ip.family, 9);
	}
}

static void no_address_prints_as_nothing(void **state)
{
	(void)state;
	struct ip none = { 0 };
	char printed[IP_TEXT_SIZE] = "x";
	ip_print(&none, printed);
	assert_string_equal(printed, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written_in_rfc_5952_form),
		cmocka_unit_test(anything_else_is_no_address),
		cmocka_unit_test(no_address_prints_as_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
