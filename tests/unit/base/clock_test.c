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

static void timers_get_seconds_and_less_than_a_million_microseconds(void **state)
{
	(void)state;
	static const struct {
		uint64_t ns;
		struct timeval time;
	} cases[] = { { 0, { 0, 0 } },
		      { 999, { 0, 0 } },
		      { 999999999, { 0, 999999 } },
		      { 1000000000, { 1, 0 } },
		      { 2500001999, { 2, 500001 } } };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct timeval time = timeval_of_ns(cases[i].ns);
		assert_int_equal(time.tv_sec, cases[i].time.tv_sec);
		assert_int_equal(time.tv_usec, cases[i].time.tv_usec);
	}
	assert_int_equal(timeval_of_ms(2500).tv_sec, 2);
	assert_int_equal(timeval_of_ms(2500).tv_usec, 500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_clock_stands_still),
		cmocka_unit_test(a_released_clock_goes_with_the_world),
		cmocka_unit_test(timers_get_seconds_and_less_than_a_million_microseconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
