/* SPDX-License-Identifier: Apache-2.0 */
#include "heavy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(struct heavy *heavy, const char *key, uint64_t weight)
{
	heavy_add(heavy, key, strlen(key), weight);
}

static void assert_item(const struct heavy_item *item, const char *key, uint64_t count)
{
	assert_int_equal(item->key_size, strlen(key));
	assert_memory_equal(item->key, key, item->key_size);
	assert_int_equal(item->count, count);
}

static void few_keys_are_counted_exactly(void **state)
{
	struct heavy *heavy = heavy_new(4, 16);
	struct heavy_item items[8];
	(void)state;
	add(heavy, "a", 3);
	add(heavy, "b", 5);
	add(heavy, "a", 4);
	add(heavy, "", 1);
	assert_int_equal(heavy_list(heavy, items, 8), 3);
	assert_item(&items[0], "a", 7);
	assert_item(&items[1], "b", 5);
	assert_item(&items[2], "", 1);
	assert_int_equal(items[0].error, 0);
	assert_int_equal(heavy_list(heavy, items, 1), 1);
	heavy_free(heavy);
}

static void the_least_makes_room_and_its_count_is_the_error(void **state)
{
	struct heavy *heavy = heavy_new(2, 16);
	struct heavy_item items[2];
	(void)state;
	add(heavy, "a", 10);
	add(heavy, "b", 2);
	add(heavy, "c", 1);
	assert_int_equal(heavy_list(heavy, items, 2), 2);
	assert_item(&items[1], "c", 3);
	assert_int_equal(items[1].error, 2);
	heavy_free(heavy);
}

static void halving_lets_go_of_what_is_past(void **state)
{
	struct heavy *heavy = heavy_new(4, 16);
	struct heavy_item items[4];
	(void)state;
	add(heavy, "old", 8);
	add(heavy, "once", 1);
	heavy_halve(heavy);
	add(heavy, "new", 5);
	assert_int_equal(heavy_list(heavy, items, 4), 2);
	assert_item(&items[0], "new", 5);
	assert_item(&items[1], "old", 4);
	heavy_free(heavy);
}

/* Names by Zipf's law, many more than there are places: the true first twenty are found. TRAFFIC_DISTINCT: among so many. */
static void the_heaviest_are_found_among_very_many(void **state)
{
	enum { USUALLY = 200000, DRAWN = 1000000, PLACES = 2048, WANTED = 20 };
	const char *wished = getenv("TRAFFIC_DISTINCT");
	const unsigned distinct = wished != NULL ? (unsigned)strtoul(wished, NULL, 10) : USUALLY;
	struct heavy *heavy = heavy_new(PLACES, 16);
	struct heavy_item items[WANTED];
	double *sums = malloc((distinct + 1) * sizeof(*sums)), sum = 0;
	uint64_t chance = 88172645463325252;
	unsigned found = 0;
	(void)state;
	assert_non_null(sums);
	for (unsigned i = 0; i < distinct; i++)
		sums[i] = sum += 1.0 / (i + 1);
	for (unsigned i = 0; i < DRAWN; i++) {
		chance ^= chance << 13;
		chance ^= chance >> 7;
		chance ^= chance << 17;
		double at = (double)(chance >> 11) / 9007199254740992.0 * sum;
		unsigned low = 0, high = distinct - 1;
		while (low < high) {
			unsigned middle = (low + high) / 2;
			if (sums[middle] < at)
				low = middle + 1;
			else
				high = middle;
		}
		char key[16];
		snprintf(key, sizeof(key), "%u", low);
		add(heavy, key, 1);
	}
	assert_int_equal(heavy_list(heavy, items, WANTED), WANTED);
	for (unsigned i = 0; i < WANTED; i++) {
		char key[17] = "";
		memcpy(key, items[i].key, items[i].key_size);
		found += strtoul(key, NULL, 10) < WANTED;
		assert_true(items[i].count > items[i].error);
	}
	assert_true(found >= WANTED * 95 / 100);
	heavy_free(heavy);
	free(sums);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_keys_are_counted_exactly),
		cmocka_unit_test(the_least_makes_room_and_its_count_is_the_error),
		cmocka_unit_test(halving_lets_go_of_what_is_past),
		cmocka_unit_test(the_heaviest_are_found_among_very_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
