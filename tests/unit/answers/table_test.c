/* SPDX-License-Identifier: Apache-2.0 */
/* Keys are numbers in text, values are one address; looked up as the editions show them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store.h"

struct shelf {
	struct answers *answers;
	struct catalog *catalog;
	const struct zone *zone;
	struct table *table;
	struct draft draft;
	bool changed;
};

static struct shelf shelf_open(void)
{
	struct shelf shelf = { .answers = answers_new() };
	shelf.catalog = answers_add_static(shelf.answers);
	struct zone *zone = zone_new(shelf.answers, ZONE_STATIC, "test.");
	catalog_add_zone(shelf.catalog, zone);
	shelf.zone = zone;
	shelf.table = zone->table;
	return shelf;
}

static void shelf_close(struct shelf *shelf)
{
	draft_done(&shelf->draft);
	answers_free(shelf->answers);
}

static const struct edition *publish(struct shelf *shelf)
{
	answers_publish(shelf->answers);
	return answers_edition(shelf->answers);
}

static uint8_t key_of(uint32_t number, uint8_t ret_key[16])
{
	return (uint8_t)snprintf((char *)ret_key, 16, "%u", (unsigned)number);
}

static struct entry *put(struct shelf *shelf, uint32_t number, uint32_t value)
{
	uint8_t key[16], key_size = key_of(number, key), record[16] = { 0 };
	put_u32(record + 12, value);
	draft_start(&shelf->draft, shelf->catalog->pool, key, key_size, 0);
	draft_fixed(&shelf->draft, TYPE_A, 1, sizeof record, record);
	shelf->changed = false;
	return table_put(shelf->table, draft_entry(&shelf->draft), &shelf->changed);
}

static bool take(struct shelf *shelf, uint32_t number)
{
	uint8_t key[16], key_size = key_of(number, key);
	return table_remove(shelf->table, key, key_size);
}

enum { NONE = 0xffffffff };

static uint32_t value_of(const struct entry *entry)
{
	return entry == NULL ? NONE : get_u32(entry_data(entry, &entry->sets[0]) + 12);
}

/* As the control thread sees it, pending changes and all. */
static uint32_t newest(const struct shelf *shelf, uint32_t number)
{
	uint8_t key[16], key_size = key_of(number, key);
	return value_of(table_get(shelf->table, key, key_size));
}

static uint32_t shown(const struct shelf *shelf, const struct edition *edition, uint32_t number)
{
	uint8_t key[16], key_size = key_of(number, key);
	struct lookup lookup = { .catalog = shelf->catalog, .zone = shelf->zone, .edition = edition };
	return value_of(find_key(&lookup, key, key_size));
}

static void what_is_put_is_got_and_what_is_removed_is_gone(void **state)
{
	(void)state;
	struct shelf shelf = shelf_open();
	put(&shelf, 1, 10);
	assert_true(shelf.changed);
	put(&shelf, 2, 20);
	assert_int_equal(newest(&shelf, 1), 10);
	assert_int_equal(newest(&shelf, 2), 20);
	assert_int_equal(newest(&shelf, 3), NONE);
	assert_int_equal(table_count(shelf.table), 2);
	assert_true(take(&shelf, 1));
	assert_false(take(&shelf, 1));
	assert_false(take(&shelf, 3));
	assert_int_equal(newest(&shelf, 1), NONE);
	assert_int_equal(table_count(shelf.table), 1);
	put(&shelf, 1, 11);
	assert_true(shelf.changed);
	assert_int_equal(newest(&shelf, 1), 11);
	assert_int_equal(table_count(shelf.table), 2);
	shelf_close(&shelf);
}

static void the_same_again_is_no_change(void **state)
{
	(void)state;
	struct shelf shelf = shelf_open();
	struct entry *entry = put(&shelf, 1, 10);
	publish(&shelf);
	assert_ptr_equal(put(&shelf, 1, 10), entry);
	assert_false(shelf.changed);
	assert_false(answers_publish(shelf.answers));
	assert_ptr_not_equal(put(&shelf, 1, 11), entry);
	assert_true(shelf.changed);
	shelf_close(&shelf);
}

static void each_edition_shows_its_own_version(void **state)
{
	(void)state;
	struct shelf shelf = shelf_open();
	const struct edition *editions[6];
	editions[0] = publish(&shelf);
	for (uint32_t i = 1; i < 6; i++) {
		if (i == 3)
			assert_true(take(&shelf, 7));
		else
			put(&shelf, 7, i);
		for (uint32_t k = 0; k < i; k++) /* pending: seen by none */
			assert_int_equal(shown(&shelf, editions[k], 7), k == 0 || k == 3 ? NONE : k);
		editions[i] = publish(&shelf);
	}
	for (uint32_t k = 0; k < 6; k++)
		assert_int_equal(shown(&shelf, editions[k], 7), k == 0 || k == 3 ? NONE : k);
	shelf_close(&shelf);
}

static void versions_within_one_step_are_seen_by_none_but_the_last(void **state)
{
	(void)state;
	struct shelf shelf = shelf_open();
	put(&shelf, 1, 10);
	const struct edition *before = publish(&shelf);
	put(&shelf, 1, 11);
	take(&shelf, 1);
	put(&shelf, 1, 12);
	put(&shelf, 2, 20);
	take(&shelf, 2);
	assert_int_equal(shown(&shelf, before, 1), 10);
	assert_int_equal(shown(&shelf, before, 2), NONE);
	const struct edition *after = publish(&shelf);
	assert_int_equal(shown(&shelf, before, 1), 10);
	assert_int_equal(shown(&shelf, after, 1), 12);
	assert_int_equal(shown(&shelf, after, 2), NONE);
	shelf_close(&shelf);
}

/* Readers of the edition before walk the array that was outgrown. The thread itself is quiet, so
 * the old edition is held back by hand: nothing is published in between. */
static void growing_loses_nothing_for_old_and_new_readers(void **state)
{
	(void)state;
	enum { FEW = 300, MANY = 50000 };
	struct shelf shelf = shelf_open();
	for (uint32_t i = 0; i < FEW; i++)
		put(&shelf, i, i);
	const struct edition *before = publish(&shelf);
	for (uint32_t i = FEW / 2; i < MANY; i++)
		put(&shelf, i, i + 1);
	for (uint32_t i = 0; i < 2 * FEW; i++)
		assert_int_equal(shown(&shelf, before, i), i < FEW ? i : NONE);
	const struct edition *after = publish(&shelf);
	for (uint32_t i = 0; i < MANY + FEW; i++)
		assert_int_equal(shown(&shelf, after, i), i < FEW / 2 ? i
							  : i < MANY  ? i + 1
								      : NONE);
	assert_int_equal(table_count(shelf.table), MANY);
	shelf_close(&shelf);
}

static void a_walk_meets_every_key_once(void **state)
{
	(void)state;
	enum { COUNT = 3000 };
	struct shelf shelf = shelf_open();
	static uint8_t met[COUNT];
	for (uint32_t i = 0; i < COUNT; i++)
		put(&shelf, i, i);
	for (uint32_t i = 0; i < COUNT; i += 3)
		take(&shelf, i);
	size_t position = 0, count = 0;
	const struct entry *entry;
	while ((entry = table_next(shelf.table, &position)) != NULL) {
		met[value_of(entry)]++;
		count++;
	}
	assert_int_equal(count, table_count(shelf.table));
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(met[i], i % 3 != 0);
	shelf_close(&shelf);
}

static void keys_that_come_and_go_leave_no_trace(void **state)
{
	(void)state;
	enum { LIVE = 100, ROUNDS = 100000 };
	struct shelf shelf = shelf_open();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		put(&shelf, i, i);
		if (i >= LIVE)
			take(&shelf, i - LIVE);
		if (i % 10 == 0)
			publish(&shelf);
	}
	const struct edition *edition = publish(&shelf);
	assert_int_equal(table_count(shelf.table), LIVE);
	assert_true(table_show(shelf.table)->count < 1000);
	for (uint32_t i = ROUNDS - 2 * LIVE; i < ROUNDS; i++)
		assert_int_equal(shown(&shelf, edition, i), i < ROUNDS - LIVE ? NONE : i);
	shelf_close(&shelf);
}

static void a_key_that_comes_back_after_it_was_buried_is_found(void **state)
{
	(void)state;
	enum { COUNT = 2000 };
	struct shelf shelf = shelf_open();
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < COUNT; i++)
			put(&shelf, i, i + round);
		const struct edition *there = publish(&shelf);
		for (uint32_t i = 0; i < COUNT; i++)
			assert_int_equal(shown(&shelf, there, i), i + round);
		for (uint32_t i = 0; i < COUNT; i++)
			assert_true(take(&shelf, i));
		const struct edition *gone =
			publish(&shelf); /* so many retired that the slots are settled at once */
		for (uint32_t i = 0; i < COUNT; i++)
			assert_int_equal(shown(&shelf, gone, i), NONE);
	}
	assert_int_equal(table_count(shelf.table), 0);
	shelf_close(&shelf);
}

static void a_sweep_removes_what_was_not_put_also_when_the_table_grows(void **state)
{
	(void)state;
	enum { OLD = 300, NEW = 3000 };
	struct shelf shelf = shelf_open();
	for (uint32_t i = 0; i < OLD; i++)
		put(&shelf, i, i);
	const struct edition *before = publish(&shelf);
	table_sweep_begin(shelf.table);
	for (uint32_t i = 0; i < OLD; i += 2)
		put(&shelf, i, i);
	for (uint32_t i = OLD; i < NEW; i++)
		put(&shelf, i, i);
	assert_true(table_sweep_end(shelf.table));
	for (uint32_t i = 0; i < OLD; i++)
		assert_int_equal(shown(&shelf, before, i), i);
	const struct edition *after = publish(&shelf);
	for (uint32_t i = 0; i < NEW; i++)
		assert_int_equal(shown(&shelf, after, i), i >= OLD || i % 2 == 0 ? i : NONE);
	table_sweep_begin(shelf.table);
	for (uint32_t i = 0; i < NEW; i++)
		if (i >= OLD || i % 2 == 0)
			put(&shelf, i, i);
	assert_false(table_sweep_end(shelf.table));
	assert_false(answers_publish(shelf.answers));
	shelf_close(&shelf);
}

static void room_that_was_reserved_is_enough(void **state)
{
	(void)state;
	enum { COUNT = 10000 };
	struct shelf shelf = shelf_open();
	table_reserve(shelf.table, COUNT);
	const struct buckets *buckets = table_show(shelf.table);
	for (uint32_t i = 0; i < COUNT; i++)
		put(&shelf, i, i);
	table_reserve(shelf.table, COUNT);
	assert_ptr_equal(table_show(shelf.table), buckets);
	shelf_close(&shelf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_got_and_what_is_removed_is_gone),
		cmocka_unit_test(the_same_again_is_no_change),
		cmocka_unit_test(each_edition_shows_its_own_version),
		cmocka_unit_test(versions_within_one_step_are_seen_by_none_but_the_last),
		cmocka_unit_test(growing_loses_nothing_for_old_and_new_readers),
		cmocka_unit_test(a_walk_meets_every_key_once),
		cmocka_unit_test(keys_that_come_and_go_leave_no_trace),
		cmocka_unit_test(a_key_that_comes_back_after_it_was_buried_is_found),
		cmocka_unit_test(a_sweep_removes_what_was_not_put_also_when_the_table_grows),
		cmocka_unit_test(room_that_was_reserved_is_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
