/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "order.h"

enum { QUESTIONS = 100, DRAWS = 1 << 20 };

static void draw(enum order_kind kind, uint32_t *counts)
{
	struct order order;
	order_init(&order, kind, QUESTIONS, 7);
	for (uint32_t i = 0; i < DRAWS; i++) {
		uint32_t pick = order_next(&order);
		assert_in_range(pick, 0, QUESTIONS - 1);
		counts[pick]++;
	}
}

static void sequential_goes_through_the_file_again_and_again(void **state)
{
	(void)state;
	struct order order;
	order_init(&order, ORDER_SEQUENTIAL, 3, 7);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(order_next(&order), i % 3);
}

static void uniform_asks_all_about_equally(void **state)
{
	(void)state;
	uint32_t counts[QUESTIONS] = { 0 };
	draw(ORDER_UNIFORM, counts);
	for (int i = 0; i < QUESTIONS; i++)
		assert_in_range(counts[i], DRAWS / QUESTIONS * 9 / 10, DRAWS / QUESTIONS * 11 / 10);
}

/* With 100 questions the first has 1/5.187 of the draws, the second half as many. */
static void zipf_prefers_a_few(void **state)
{
	(void)state;
	uint32_t counts[QUESTIONS] = { 0 }, first = 0, second = 0;
	draw(ORDER_ZIPF, counts);
	for (int i = 0; i < QUESTIONS; i++) {
		assert_true(counts[i] > 0);
		if (counts[i] > first) {
			second = first;
			first = counts[i];
		} else if (counts[i] > second) {
			second = counts[i];
		}
	}
	assert_in_range(first, DRAWS * 18 / 100, DRAWS * 21 / 100);
	assert_in_range(second, first * 45 / 100, first * 55 / 100);
}

static void one_question_is_asked_always(void **state)
{
	(void)state;
	struct order order;
	order_init(&order, ORDER_UNIFORM, 1, 7);
	for (int i = 0; i < 5; i++)
		assert_int_equal(order_next(&order), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequential_goes_through_the_file_again_and_again),
		cmocka_unit_test(uniform_asks_all_about_equally),
		cmocka_unit_test(zipf_prefers_a_few),
		cmocka_unit_test(one_question_is_asked_always),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
