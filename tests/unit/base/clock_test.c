/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <time.h>

#include "knamed/base.h"

static void a_set_clock_stands_still(void **state)
{
	(void)state;
	clock_set(5000000000, 1700000000);
	assert_int_equal(clock_now_ns(), 5000000000);
	assert_int_equal(clock_now_ns(), 5000000000);
	assert_int_equal(clock_unix_s(), 1700000000);
	clock_set(5000000001, 1700000001);
	assert_int_equal(clock_now_ns(), 5000000001);
	assert_int_equal(clock_unix_s(), 1700000001);
	clock_release();
}

static void a_released_clock_goes_with_the_world(void **state)
{
	(void)state;
	uint64_t before = clock_now_ns();
	assert_true(clock_now_ns() >= before);
	uint64_t now = (uint64_t)time(NULL);
	assert_in_range(clock_unix_s(), now, now + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_clock_stands_still),
		cmocka_unit_test(a_released_clock_goes_with_the_world),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
