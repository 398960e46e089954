/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "target.h"

static bool is_loopback(const char *text)
{
	struct target target;
	assert_true(target_parse(text, &target));
	return target_is_loopback(&target);
}

static void addresses_are_numbers_with_a_port(void **state)
{
	(void)state;
	static const char *const wrong[] = { "",
					     "127.0.0.1",
					     "127.0.0.1:",
					     "127.0.0.1:0",
					     "127.0.0.1:65536",
					     "localhost:53",
					     "::1:53",
					     "[::1]",
					     "[::1:53",
					     "[127.0.0.1]:53",
					     "127.0.0.1:53x",
					     ":53",
					     "]:53",
					     "[:53" };
	struct target target;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(target_parse(wrong[i], &target));
	assert_true(target_parse("127.0.0.1:5353", &target));
	assert_true(target_parse("[::1]:5353", &target));
}

static void only_loopback_is_loopback(void **state)
{
	(void)state;
	assert_true(is_loopback("127.0.0.1:53"));
	assert_true(is_loopback("127.255.0.9:53"));
	assert_true(is_loopback("[::1]:53"));
	assert_false(is_loopback("128.0.0.1:53"));
	assert_false(is_loopback("10.0.0.1:53"));
	assert_false(is_loopback("0.0.0.0:53"));
	assert_false(is_loopback("[::]:53"));
	assert_false(is_loopback("[::ffff:127.0.0.1]:53"));
	assert_false(is_loopback("[fe80::1]:53"));
}

static void documentation_addresses_are_never_in_the_namespace(void **state)
{
	(void)state;
	struct target target;
	assert_true(target_parse("192.0.2.1:53", &target));
	assert_false(target_is_in_namespace(&target));
	assert_true(target_parse("[2001:db8::1]:53", &target));
	assert_false(target_is_in_namespace(&target));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_numbers_with_a_port),
		cmocka_unit_test(only_loopback_is_loopback),
		cmocka_unit_test(documentation_addresses_are_never_in_the_namespace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
