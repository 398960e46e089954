/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "store.h"

static bool is_filled(const uint8_t *memory, size_t size, uint8_t with)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i] != with)
			return false;
	return true;
}

static void memory_of_any_size_is_zero_aligned_and_nobody_elses(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0,    1,    15,	  16,	17,   64,     1000,
					1024, 1025, 1151, 1153, 4096, 100000, POOL_LARGEST };
	enum { ROUNDS = 20 };
	struct pool *pool = pool_new();
	uint8_t *taken[ROUNDS][COUNT_OF(sizes)], class_;
	for (size_t r = 0; r < ROUNDS; r++) {
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			uint8_t *memory = taken[r][i] = pool_take(pool, sizes[i], &class_);
			assert_int_equal((uintptr_t)memory % 16, 0);
			assert_int_equal(class_, pool_class(sizes[i]));
			assert_true(is_filled(memory, sizes[i], 0));
			memset(memory, (int)(r * COUNT_OF(sizes) + i) | 1, sizes[i]);
		}
	}
	for (size_t r = 0; r < ROUNDS; r++)
		for (size_t i = 0; i < COUNT_OF(sizes); i++)
			assert_true(is_filled(taken[r][i], sizes[i],
					      (uint8_t)((r * COUNT_OF(sizes) + i) | 1)));
	pool_free(pool);
}

static void a_class_holds_what_falls_into_it_and_little_more(void **state)
{
	(void)state;
	for (size_t size = 1; size < POOL_LARGEST; size += 1 + size / 100) {
		size_t next = size;
		while (next < POOL_LARGEST && pool_class(next + 1) == pool_class(size))
			next += 1 + next / 1024;
		assert_true(pool_class(size) <= pool_class(size + 1));
		assert_true(next - size <= 16 + size / 7);
	}
}

static void what_was_given_is_taken_again_and_zero(void **state)
{
	(void)state;
	static const size_t sizes[] = { 40, 700, 3000, 70000 };
	struct pool *pool = pool_new();
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		uint8_t class_, again;
		uint8_t *memory = pool_take(pool, sizes[i], &class_);
		memset(memory, 0xff, sizes[i]);
		pool_give(pool, memory, class_);
		uint8_t *other =
			pool_take(pool, 16 * 1024 - sizes[i] % 100, &again); /* another class */
		assert_ptr_not_equal(other, memory);
		assert_ptr_equal(pool_take(pool, sizes[i], &again), memory);
		assert_int_equal(again, class_);
		assert_true(is_filled(memory, sizes[i], 0));
	}
	pool_free(pool);
}

static void small_pieces_come_from_what_a_large_one_left_over(void **state)
{
	(void)state;
	struct pool *pool = pool_new();
	uint8_t class_;
	uint8_t *first = pool_take(pool, 16, &class_);
	pool_take(pool, POOL_LARGEST, &class_); /* does not fit behind the first */
	bool is_near = false;
	for (int i = 0; i < 64 && !is_near; i++) {
		uint8_t *piece = pool_take(pool, 1024, &class_);
		is_near = piece > first && piece < first + (64 << 10);
	}
	assert_true(is_near);
	pool_free(pool);
}

static void big_maps_begin_where_a_huge_page_can(void **state)
{
	(void)state;
	uint8_t *memory = pool_map(4 << 20);
	assert_int_equal((uintptr_t)memory % (2 << 20), 0);
	assert_true(is_filled(memory, 4096, 0));
	memory[(4 << 20) - 1] = 1;
	struct buckets *buckets = buckets_map(100);
	assert_int_equal(buckets->count, 100);
	assert_int_equal((uintptr_t)buckets->buckets % 64, 0);
	buckets_unmap(buckets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_any_size_is_zero_aligned_and_nobody_elses),
		cmocka_unit_test(a_class_holds_what_falls_into_it_and_little_more),
		cmocka_unit_test(what_was_given_is_taken_again_and_zero),
		cmocka_unit_test(small_pieces_come_from_what_a_large_one_left_over),
		cmocka_unit_test(big_maps_begin_where_a_huge_page_can),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
