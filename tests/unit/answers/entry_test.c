/* SPDX-License-Identifier: Apache-2.0 */
/* Entries as they are laid out in the pool. */
#include "house.h"
#include "store.h"

static const uint8_t key[] = "\3web\7default\3svc\7cluster\5local";

static struct entry *take(struct draft *draft)
{
	struct entry *entry = draft_entry(draft);
	assert_non_null(entry);
	assert_int_equal(entry->key_size, sizeof key);
	assert_memory_equal(entry_key(entry), key, sizeof key);
	return entry;
}

static void a_record_is_the_owner_s_pointer_and_the_rdata(void **state)
{
	(void)state;
	static const uint8_t expected[] = {
		0xc0, 12,  0,	 TYPE_TXT, 0, CLASS_IN, 0,  0,	      1,	4, 0,	     3,	  2,
		'h',  'i', 0xc1, 0x23,	   0, TYPE_A,	0,  CLASS_IN, 0,	0, 0,	     5,	  0,
		4,    10,  1,	 2,	   3, 0xc0,	12, 0,	      TYPE_SRV, 0, CLASS_IN, 0,	  0,
		0,    7,   0,	 9,	   0, 0,	0,  33,	      1,	2, 1,	     'x', 0
	};
	struct text text = { 0 };
	record_add(&text, TYPE_TXT, 260, "\2hi", 3);
	record_add_address(&text, 0x123, &(struct ip){ .family = 4, .bytes = { 10, 1, 2, 3 } }, 5);
	record_add_srv(&text, 7, 33, 258, (const uint8_t *)"\1x", 3);
	assert_int_equal(text.size, sizeof expected);
	assert_memory_equal(text.data, expected, sizeof expected);
	text_done(&text);
}

static void a_name_without_sets_is_an_entry_too(void **state)
{
	(void)state;
	struct pool *pool = pool_new();
	struct draft draft = { 0 };
	draft_start(&draft, pool, key, sizeof key, ENTRY_SOON | ENTRY_ABSENT);
	struct entry *entry = take(&draft);
	assert_int_equal(entry->flags, ENTRY_SOON | ENTRY_ABSENT);
	assert_int_equal(entry->set_count, 0);
	assert_int_equal(entry_size(entry), sizeof *entry + sizeof key);
	assert_null(entry_set(entry, TYPE_A));
	draft_done(&draft);
	pool_free(pool);
}

static void sets_are_found_by_type_and_hold_what_was_given(void **state)
{
	(void)state;
	struct pool *pool = pool_new();
	struct draft draft = { 0 };
	struct text a = { 0 }, srv = { 0 }, glue = { 0 };
	for (uint8_t i = 1; i <= 3; i++)
		record_add_address(&a, 12, &(struct ip){ .family = 4, .bytes = { 10, 0, 0, i } }, 30);
	record_add_srv(&srv, 30, 100, 80, key, sizeof key);
	record_add_address(&glue, 100, &(struct ip){ .family = 4, .bytes = { 10, 0, 0, 1 } }, 30);
	struct glue_group group = { 1, 16 };
	void *pointers[2] = { pool, &draft };
	draft_start(&draft, pool, key, sizeof key, 0);
	draft_fixed(&draft, TYPE_A, 3, 16, a.data);
	draft_extent(&draft, TYPE_SRV, 1, &srv, &group, 1, 1, &glue);
	draft_raw(&draft, TYPE_PTR, 0, 2, pointers, sizeof pointers);
	struct entry *entry = take(&draft);

	const struct set *set = entry_set(entry, TYPE_A);
	assert_int_equal(set->count, 3);
	assert_int_equal(set->record_size, 16);
	assert_memory_equal(entry_data(entry, set), a.data, a.size);
	set = entry_set(entry, TYPE_SRV);
	const struct extent *extent = (const void *)entry_data(entry, set);
	assert_int_equal(set->count, 1);
	assert_int_equal(extent->records_size, srv.size);
	assert_int_equal(extent->glue_count, 1);
	assert_memory_equal(extent + 1, &group, sizeof group);
	assert_memory_equal((const uint8_t *)(extent + 1) + sizeof group, srv.data, srv.size);
	assert_memory_equal((const uint8_t *)(extent + 1) + sizeof group + srv.size, glue.data,
			    glue.size);
	set = entry_set(entry, TYPE_PTR);
	assert_int_equal(set->record_size, sizeof(void *));
	assert_int_equal((uintptr_t)entry_data(entry, set) % 8,
			 0); /* pointers are read where they stand */
	assert_memory_equal(entry_data(entry, set), pointers, sizeof pointers);
	assert_int_equal(entry_size(entry),
			 entry_data(entry, set) + sizeof pointers - (const uint8_t *)entry);
	assert_null(entry_set(entry, TYPE_AAAA));
	text_done(&a);
	text_done(&srv);
	text_done(&glue);
	draft_done(&draft);
	pool_free(pool);
}

/* Nothing of a draft is left in the next one. */
static void a_draft_may_be_started_again(void **state)
{
	(void)state;
	struct pool *pool = pool_new();
	struct draft draft = { 0 };
	uint8_t records[64] = { 1 };
	draft_start(&draft, pool, key, sizeof key, ENTRY_CUT);
	draft_fixed(&draft, TYPE_A, 4, 16, records);
	draft_start(&draft, pool, key, sizeof key, 0);
	draft_fixed(&draft, TYPE_AAAA, 2, 28, records);
	struct entry *entry = take(&draft);
	assert_int_equal(entry->flags, 0);
	assert_int_equal(entry->set_count, 1);
	assert_null(entry_set(entry, TYPE_A));
	draft_done(&draft);
	pool_free(pool);
}

/* Data are found by 16 bits that count in fours: beyond there is no entry. */
static void an_entry_has_a_greatest_size(void **state)
{
	(void)state;
	struct pool *pool = pool_new();
	struct draft draft = { 0 };
	uint8_t *records = mem_zalloc(28 * 10000);
	for (unsigned count = 9000; count < 10000; count += 100) {
		draft_start(&draft, pool, key, sizeof key, 0);
		draft_fixed(&draft, TYPE_AAAA, (uint16_t)count, 28, records);
		struct entry *entry = draft_entry(&draft);
		bool fits = sizeof *entry + sizeof(struct set) + sizeof key + count * 28 <= 4 * 65535;
		assert_int_equal(entry != NULL, fits);
		if (entry != NULL)
			assert_true(entry_size(entry) <= 4 * 65535);
	}
	mem_free(records);
	draft_done(&draft);
	pool_free(pool);
}

/* A service that has more ports than a name can hold is left out and told of. */
static void what_no_entry_can_hold_is_left_out(void **state)
{
	(void)state;
	struct cluster_options options = house_options();
	struct house *house = house_open(&options);
	struct text line = { 0 };
	text_add(&line, "Service default/web ClusterIP 10.96.0.1");
	for (unsigned i = 0; i < 6000; i++)
		text_printf(&line, " =%u/TCP", i + 1);
	house_put(house, line.data);
	answers_publish(house->answers);
	house_expect_complaint(house, "Service default/web: more records than a name can hold");
	house_expect(house, "web.default.svc A", "NXDOMAIN");
	house_show(house, "Service default/web ClusterIP 10.96.0.1 =1/TCP");
	house_expect(house, "web.default.svc A", "10.96.0.1");
	house_put(house, line.data);
	answers_publish(house->answers);
	house_expect(house, "web.default.svc A", "NXDOMAIN");
	text_done(&line);
	house_close(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_the_owner_s_pointer_and_the_rdata),
		cmocka_unit_test(a_name_without_sets_is_an_entry_too),
		cmocka_unit_test(sets_are_found_by_type_and_hold_what_was_given),
		cmocka_unit_test(a_draft_may_be_started_again),
		cmocka_unit_test(an_entry_has_a_greatest_size),
		cmocka_unit_test(what_no_entry_can_hold_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
