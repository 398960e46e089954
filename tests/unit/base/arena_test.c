/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "knamed/base.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
	(void)state;
	static const size_t sizes[] = { 1, 0, 15, 16, 17, 1000, 5000, 300000, 3, 64 };
	uint8_t *pieces[COUNT_OF(sizes)];
	struct arena *arena = arena_new();
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		pieces[i] = arena_alloc(arena, sizes[i]);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(pieces[i][at], 0);
		memset(pieces[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(pieces[i][at], i + 1);
	arena_free(arena);
}

static void text_ends_in_a_nul(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	char *text = arena_text(arena, "default.svc", 7), *nothing = arena_text(arena, NULL, 0);
	assert_string_equal(text, "default");
	assert_string_equal(nothing, "");
	arena_free(arena);
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	arena_free(NULL);
	arena_free(arena_new());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
		cmocka_unit_test(text_ends_in_a_nul),
		cmocka_unit_test(freeing_nothing_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
