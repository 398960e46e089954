/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "knamed/base.h"

static uint32_t values[5000];

static void what_was_put_is_got(void **state)
{
	(void)state;
	struct map *map = map_new();
	assert_null(map_get(map, "a", 1));
	assert_null(map_remove(map, "a", 1));
	map_put(map, "a", 1, &values[1]);
	map_put(map, "ab", 2, &values[2]);
	map_put(map, "", 0, &values[3]);
	map_put(map, "a\0c", 3, &values[4]);
	assert_int_equal(map_count(map), 4);
	assert_ptr_equal(map_get(map, "a", 1), &values[1]);
	assert_ptr_equal(map_get(map, "ab", 2), &values[2]);
	assert_ptr_equal(map_get(map, NULL, 0), &values[3]);
	assert_ptr_equal(map_get(map, "a\0c", 3), &values[4]);
	assert_null(map_get(map, "A", 1));
	map_free(map);
}

static void putting_again_replaces(void **state)
{
	(void)state;
	struct map *map = map_new();
	map_put(map, "key", 3, &values[1]);
	map_put(map, "key", 3, &values[2]);
	assert_int_equal(map_count(map), 1);
	assert_ptr_equal(map_get(map, "key", 3), &values[2]);
	assert_ptr_equal(map_remove(map, "key", 3), &values[2]);
	assert_null(map_get(map, "key", 3));
	assert_int_equal(map_count(map), 0);
	map_free(map);
}

static void keys_are_copies(void **state)
{
	(void)state;
	char key[] = "key";
	struct map *map = map_new();
	map_put(map, key, 3, &values[1]);
	memset(key, 'x', 3);
	assert_ptr_equal(map_get(map, "key", 3), &values[1]);
	map_free(map);
}

static void thousands_come_and_go(void **state)
{
	(void)state;
	struct map *map = map_new();
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < COUNT_OF(values); i++)
			map_put(map, &i, sizeof(i), &values[i]);
		assert_int_equal(map_count(map), COUNT_OF(values));
		for (uint32_t i = 0; i < COUNT_OF(values); i++)
			assert_ptr_equal(map_get(map, &i, sizeof(i)), &values[i]);
		for (uint32_t i = 0; i < COUNT_OF(values); i += 2)
			assert_ptr_equal(map_remove(map, &i, sizeof(i)), &values[i]);
		for (uint32_t i = 0; i < COUNT_OF(values); i++)
			assert_ptr_equal(map_get(map, &i, sizeof(i)), i % 2 == 1 ? &values[i] : NULL);
	}
	map_free(map);
}

static void a_walk_meets_each_pair_once_and_may_remove_it(void **state)
{
	(void)state;
	struct map *map = map_new();
	uint8_t seen[1000] = { 0 };
	for (uint32_t i = 0; i < COUNT_OF(seen); i++)
		map_put(map, &i, sizeof(i), &values[i]);
	size_t position = 0, key_size;
	const void *key;
	void *value;
	while (map_next(map, &position, &key, &key_size, &value)) {
		uint32_t i;
		assert_int_equal(key_size, sizeof(i));
		memcpy(&i, key, sizeof(i));
		assert_ptr_equal(value, &values[i]);
		seen[i]++;
		if (i % 3 == 0)
			map_remove(map, &i, sizeof(i));
	}
	for (uint32_t i = 0; i < COUNT_OF(seen); i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(map_count(map), COUNT_OF(seen) - (COUNT_OF(seen) + 2) / 3);
	position = 0;
	size_t count = 0;
	while (map_next(map, &position, NULL, NULL, NULL))
		count++;
	assert_int_equal(count, map_count(map));
	map_free(map);
}

static void an_empty_map_has_no_pairs(void **state)
{
	(void)state;
	struct map *map = map_new();
	size_t position = 0;
	assert_false(map_next(map, &position, NULL, NULL, NULL));
	assert_int_equal(map_count(map), 0);
	map_free(map);
	map_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_got),
		cmocka_unit_test(putting_again_replaces),
		cmocka_unit_test(keys_are_copies),
		cmocka_unit_test(thousands_come_and_go),
		cmocka_unit_test(a_walk_meets_each_pair_once_and_may_remove_it),
		cmocka_unit_test(an_empty_map_has_no_pairs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
