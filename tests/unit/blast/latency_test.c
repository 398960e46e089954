/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "latency.h"

#include <stdlib.h>

static struct latency *latency_of(const uint64_t *times, size_t count)
{
	struct latency *latency = test_calloc(1, sizeof *latency);
	for (size_t i = 0; i < count; i++)
		latency_add(latency, times[i]);
	return latency;
}

static void without_answers_every_quantile_is_zero(void **state)
{
	(void)state;
	struct latency *latency = latency_of(NULL, 0);
	assert_int_equal(latency_quantile(latency, 0.5), 0);
	assert_int_equal(latency_quantile(latency, 1), 0);
	test_free(latency);
}

static void small_times_are_exact(void **state)
{
	(void)state;
	struct latency *latency = latency_of((uint64_t[]){ 1, 2, 3, 4, 100 }, 5);
	assert_int_equal(latency_quantile(latency, 0.2), 1);
	assert_int_equal(latency_quantile(latency, 0.5), 3);
	assert_int_equal(latency_quantile(latency, 0.8), 4);
	assert_int_equal(latency_quantile(latency, 0.81), 100);
	test_free(latency);
}

static void quantiles_of_a_ramp_are_right_to_one_percent(void **state)
{
	(void)state;
	struct latency *latency = latency_of(NULL, 0);
	for (uint64_t us = 1; us <= 100000; us++)
		latency_add(latency, us * 1000);
	static const double shares[] = { 0.01, 0.5, 0.9, 0.99, 0.999 };
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		uint64_t exact = (uint64_t)(shares[i] * 1e8),
			 found = latency_quantile(latency, shares[i]);
		assert_in_range(found, exact - exact / 100, exact + exact / 100);
	}
	test_free(latency);
}

static void the_longest_time_is_exact_and_bounds_every_quantile(void **state)
{
	(void)state;
	struct latency *latency = latency_of((uint64_t[]){ 10, 123456789 }, 2);
	assert_int_equal(latency->max_ns, 123456789);
	assert_int_equal(latency_quantile(latency, 1), 123456789);
	test_free(latency);
}

static void any_64_bit_time_finds_a_bucket(void **state)
{
	(void)state;
	struct latency *latency = latency_of((uint64_t[]){ 0, UINT64_MAX }, 2);
	assert_int_equal(latency_quantile(latency, 0.5), 0);
	assert_true(latency_quantile(latency, 1) == UINT64_MAX);
	test_free(latency);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_answers_every_quantile_is_zero),
		cmocka_unit_test(small_times_are_exact),
		cmocka_unit_test(quantiles_of_a_ramp_are_right_to_one_percent),
		cmocka_unit_test(the_longest_time_is_exact_and_bounds_every_quantile),
		cmocka_unit_test(any_64_bit_time_finds_a_bucket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
