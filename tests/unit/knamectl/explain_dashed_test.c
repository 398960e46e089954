/* SPDX-License-Identifier: Apache-2.0 */
/* Labels that are addresses, as `knamectl explain` reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain_objects.h"

static void assert_address(const char *label, const char *expected)
{
	struct ip ip;
	char text[IP_TEXT_SIZE];
	assert_true(explain_dashed(label, &ip));
	ip_print(&ip, text);
	assert_string_equal(text, expected);
}

static void labels_with_dashes_are_addresses(void **state)
{
	(void)state;
	assert_address("10-0-0-1", "10.0.0.1");
	assert_address("255-255-255-255", "255.255.255.255");
	assert_address("2001-db8--1", "2001:db8::1");
	assert_address("--1", "::1");
	assert_address("0-0-0-0-0-0-0-1", "::1");
}

static void others_are_none(void **state)
{
	(void)state;
	static const char *const labels[] = { "",	    "web",     "db-0",	"10-0-0",
					      "10-0-0-256", "1-2-3-x", "-----", "2001-db8" };
	struct ip ip;
	for (size_t i = 0; i < COUNT_OF(labels); i++)
		assert_false(explain_dashed(labels[i], &ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_with_dashes_are_addresses),
		cmocka_unit_test(others_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
