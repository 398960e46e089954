/* SPDX-License-Identifier: Apache-2.0 */
/* What `knamectl doctor` finds worth telling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "doctor_judge.h"

enum { NOW_S = 1000000, MIB = 1 << 20 };

static void clocks_may_differ_by_seconds(void **state)
{
	(void)state;
	assert_int_equal(judge_clocks(NOW_S, NOW_S), JUDGED_GOOD);
	assert_int_equal(judge_clocks(NOW_S, NOW_S - 5), JUDGED_GOOD);
	assert_int_equal(judge_clocks(NOW_S, NOW_S + 6), JUDGED_WARNING);
	assert_int_equal(judge_clocks(NOW_S, NOW_S - 60), JUDGED_WARNING);
	assert_int_equal(judge_clocks(NOW_S, NOW_S + 61), JUDGED_PROBLEM);
	assert_int_equal(judge_clocks(NOW_S, 0), JUDGED_GOOD);
}

static void what_ends_is_told_before(void **state)
{
	(void)state;
	assert_int_equal(judge_end(0, NOW_S, 100), JUDGED_GOOD);
	assert_int_equal(judge_end(NOW_S + 100, NOW_S, 100), JUDGED_GOOD);
	assert_int_equal(judge_end(NOW_S + 99, NOW_S, 100), JUDGED_WARNING);
	assert_int_equal(judge_end(NOW_S, NOW_S, 100), JUDGED_WARNING);
	assert_int_equal(judge_end(NOW_S - 1, NOW_S, 100), JUDGED_PROBLEM);
}

static void memory_is_told_near_its_limit(void **state)
{
	(void)state;
	assert_false(judge_memory(170 * (uint64_t)MIB * 85 / 100, 170 * (uint64_t)MIB));
	assert_true(judge_memory(145 * (uint64_t)MIB, 170 * (uint64_t)MIB));
	assert_true(judge_memory(200 * (uint64_t)MIB, 170 * (uint64_t)MIB));
	assert_false(judge_memory(145 * (uint64_t)MIB, 0));
	assert_false(judge_memory(UINT64_MAX / 100, 0x7ffffffffffff000)); /* cgroup v1: no limit */
}

static void most_of_many_questions_are_waste(void **state)
{
	(void)state;
	assert_false(judge_waste(199, 199));
	assert_false(judge_waste(200, 100));
	assert_true(judge_waste(200, 101));
	assert_false(judge_waste(0, 0));
}

static void who_heard_much_less_is_behind(void **state)
{
	(void)state;
	const char *newest = "2026-11-21T18:01:00Z";
	assert_false(judge_heard("2026-11-21T18:01:00Z", newest));
	assert_false(judge_heard("2026-11-21T17:59:30Z", newest)); /* bookmarks of a quiet cluster */
	assert_false(judge_heard("2026-11-21T17:58:00Z", newest));
	assert_true(judge_heard("2026-11-21T17:57:59Z", newest));
	assert_false(judge_heard("2026-11-21T18:30:00Z", newest));
	assert_false(judge_heard("", newest));
	assert_false(judge_heard("2026-11-21T18:01:00Z", ""));
}

static void numbers_are_found_by_their_key(void **state)
{
	(void)state;
	uint64_t number;
	assert_true(read_number("134217728\n", "", 10, &number));
	assert_int_equal(number, 134217728);
	assert_false(read_number("max\n", "", 10, &number));
	assert_false(read_number("", "", 10, &number));
	assert_true(read_number("CapEff:\t0\nCapBnd:\t00000000a80425fb\n", "CapBnd", 16, &number));
	assert_int_equal(number, 0xa80425fb);
	assert_false(read_number("CapEff:\t0\n", "CapBnd", 16, &number));
}

static const char table[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
	"  111: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 12             \n"
	"  112: 0100007F:1435 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 500\n"
	"  113: 00000000:0035 0100007F:1435 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 30";

static void drops_of_a_port_are_added_up(void **state)
{
	(void)state;
	assert_int_equal(read_drops(table, 53), 42);
	assert_int_equal(read_drops(table, 0x1435), 500);
	assert_int_equal(read_drops(table, 54), 0);
}

static void tables_that_are_none_have_no_drops(void **state)
{
	(void)state;
	assert_int_equal(read_drops("", 53), 0);
	assert_int_equal(read_drops("\n\n", 53), 0);
	assert_int_equal(read_drops("1:", 0), 0);
	assert_int_equal(read_drops("1: 0100007F:0035", 53), 0);
	assert_int_equal(read_drops("::::: 7\n: :36 7\n", 53), 0);
	assert_int_equal(read_drops("1: 0100007F:0035 x", 53), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_may_differ_by_seconds),
		cmocka_unit_test(what_ends_is_told_before),
		cmocka_unit_test(memory_is_told_near_its_limit),
		cmocka_unit_test(most_of_many_questions_are_waste),
		cmocka_unit_test(who_heard_much_less_is_behind),
		cmocka_unit_test(numbers_are_found_by_their_key),
		cmocka_unit_test(drops_of_a_port_are_added_up),
		cmocka_unit_test(tables_that_are_none_have_no_drops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
