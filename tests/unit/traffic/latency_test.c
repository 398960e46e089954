/* SPDX-License-Identifier: Apache-2.0 */
#include "latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool is_near(double value, double wanted)
{
	return value > wanted * 0.9 && value < wanted * 1.1;
}

static void quantiles_are_right_within_a_tenth(void **state)
{
	static struct latency latency;
	(void)state;
	memset(&latency, 0, sizeof(latency));
	for (uint64_t us = 1; us <= 10000; us++)
		latency_add(&latency, us * 1000, 3);
	struct traffic_latency told = latency_of(&latency);
	assert_int_equal(told.count, 30000);
	assert_true(is_near(told.p50, 0.005) && is_near(told.p90, 0.009));
	assert_true(is_near(told.p99, 0.0099) && told.p999 <= told.most);
	assert_true(told.most == 0.01);
}

static void times_beyond_all_bounds_are_counted(void **state)
{
	static struct latency latency;
	(void)state;
	memset(&latency, 0, sizeof(latency));
	latency_add(&latency, 0, 1);
	latency_add(&latency, UINT64_MAX, 1);
	assert_int_equal(latency_of(&latency).count, 2);
}

static void what_is_older_than_ten_seconds_is_forgotten(void **state)
{
	static struct latency latency;
	(void)state;
	memset(&latency, 0, sizeof(latency));
	latency_add(&latency, 1000000, 1);
	for (int i = 0; i < LATENCY_SECONDS - 1; i++)
		latency_turn(&latency);
	assert_int_equal(latency_of(&latency).count, 1);
	latency_turn(&latency);
	assert_int_equal(latency_of(&latency).count, 0);
	assert_true(latency_of(&latency).p99 == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_right_within_a_tenth),
		cmocka_unit_test(times_beyond_all_bounds_are_counted),
		cmocka_unit_test(what_is_older_than_ten_seconds_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
