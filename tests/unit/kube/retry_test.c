/* SPDX-License-Identifier: Apache-2.0 */
/* How long is waited between tries. */
#include "retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct retry_times times = {
	.first_ms = 50, .most_ms = 1000, .long_ms = 60000, .most_long_ms = 5000
};

static void waits_double_up_to_the_most_and_are_jittered_by_half(void **state)
{
	(void)state;
	static const unsigned most[] = { 50, 100, 200, 400, 800, 1000, 1000, 1000 };

	clock_set(1, 1);
	for (unsigned round = 0; round < 200; round++) {
		struct retry retry = { 0 };
		for (size_t i = 0; i < COUNT_OF(most); i++)
			assert_in_range(retry_fail_ms(&retry, &times), most[i] / 2, most[i]);
	}
	clock_release();
}

static void a_long_outage_is_asked_after_less_often(void **state)
{
	(void)state;
	struct retry retry = { 0 };
	unsigned longest = 0;

	clock_set(1, 1);
	for (unsigned i = 0; i < 20; i++)
		retry_fail_ms(&retry, &times);
	clock_set(UINT64_C(61000000000), 61);
	for (unsigned i = 0; i < 200; i++) {
		unsigned wait = retry_fail_ms(&retry, &times);
		assert_in_range(wait, 2500, 5000);
		longest = wait > longest ? wait : longest;
	}
	assert_true(longest > 4000);
	retry_renew(&retry);
	assert_in_range(retry_fail_ms(&retry, &times), 500, 1000);
	clock_release();
}

static void after_success_it_begins_anew(void **state)
{
	(void)state;
	struct retry retry = { 0 };

	for (unsigned i = 0; i < 20; i++)
		retry_fail_ms(&retry, &times);
	retry_reset(&retry);
	assert_in_range(retry_fail_ms(&retry, &times), 25, 50);
}

static void failures_without_number_do_not_overflow(void **state)
{
	(void)state;
	struct retry retry = { .failures = UINT32_MAX - 1, .since_ns = clock_now_ns() };

	assert_in_range(retry_fail_ms(&retry, &times), 500, 1000);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_the_most_and_are_jittered_by_half),
		cmocka_unit_test(a_long_outage_is_asked_after_less_often),
		cmocka_unit_test(after_success_it_begins_anew),
		cmocka_unit_test(failures_without_number_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
