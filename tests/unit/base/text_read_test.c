/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdint.h>

#include "knamed/base.h"

static void whole_numbers_within_bounds_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t least, most, number;
	} good[] = {
		{ "0", 0, 0, 0 },
		{ "53", 1, 65535, 53 },
		{ "00053", 0, 65535, 53 },
		{ "65535", 0, 65535, 65535 },
		{ "18446744073709551615", 0, UINT64_MAX, UINT64_MAX },
	};
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		uint64_t number = 7;
		assert_true(text_to_number(good[i].text, good[i].least, good[i].most, &number));
		assert_int_equal(number, good[i].number);
	}
}

static void anything_else_is_no_number(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1e3", "a", "70000", "4", "18446744073709551616", "99999999999999999999999"
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		uint64_t number = 7;
		assert_false(text_to_number(bad[i], 5, 65535, &number));
		assert_int_equal(number, 7);
	}
}

static void an_integer_may_have_a_sign(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t number;
	} good[] = { { "0", 0 },
		     { "-0", 0 },
		     { "+53", 53 },
		     { "-1", -1 },
		     { "9223372036854775807", INT64_MAX },
		     { "-9223372036854775807", -INT64_MAX } };
	static const char *const bad[] = { "", "-", "+", "--1", "- 1", "1-", "9223372036854775808" };
	int64_t number;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(text_to_integer(good[i].text, &number));
		assert_int_equal(number, good[i].number);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(text_to_integer(bad[i], &number));
}

static void durations_are_read_as_go_reads_them(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {
		{ "0", 0 },
		{ "+0", 0 },
		{ "0s", 0 },
		{ "5s", 5000 },
		{ "+5s", 5000 },
		{ "250ms", 250 },
		{ "1h30m", 5400000 },
		{ "1m1s1ms", 61001 },
		{ "1.5h", 5400000 },
		{ ".5s", 500 },
		{ "5.s", 5000 },
		{ "0.1234567890123456789s", 123 },
		{ "1500us", 1 },
		{ "2000\xc2\xb5s", 2 },
		{ "2000\xce\xbcs", 2 },
		{ "999999ns", 0 },
		{ "2562047h", 9223369200000 },
		{ "9223372036854775807ns", 9223372036854 },
	};
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		uint64_t ms = 7;
		assert_true(text_to_duration_ms(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
}

static void anything_else_is_no_duration(void **state)
{
	(void)state;
	static const char *const bad[] = { "",
					   "+",
					   "-5s",
					   "5",
					   "s",
					   ".",
					   ".s",
					   "5 s",
					   "5s ",
					   "1d",
					   "5S",
					   "1s1",
					   "1..5s",
					   "1.5.5s",
					   "+-5s",
					   "3000000h",
					   "99999999999999999999h",
					   "9223372036854775808ns",
					   "9223372036854775807ns1ns",
					   "5\xc2s" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		uint64_t ms = 7;
		if (text_to_duration_ms(bad[i], &ms))
			fail_msg("'%s' was read as %llu ms", bad[i], (unsigned long long)ms);
		assert_int_equal(ms, 7);
	}
}

static void only_ascii_letters_fold(void **state)
{
	(void)state;
	assert_true(text_equal_fold("", ""));
	assert_true(text_equal_fold("Cluster.LOCAL", "cluster.local"));
	assert_false(text_equal_fold("cluster", "cluster."));
	assert_false(text_equal_fold("cluster.", "cluster"));
	assert_false(text_equal_fold("a", "b"));
	assert_false(text_equal_fold("[", "{"));
	assert_false(text_equal_fold("\xc4", "\xe4"));
}

static void no_text_equals_no_text_alone(void **state)
{
	(void)state;
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("", NULL));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
}

static void texts_are_sorted_by_their_octets(void **state)
{
	(void)state;
	const char *texts[] = { "b", "a.b", "a", "\xc4", "B", "" };
	static const char *const sorted[] = { "", "B", "a", "a.b", "b", "\xc4" };
	qsort(texts, COUNT_OF(texts), sizeof(texts[0]), text_compare);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_string_equal(texts[i], sorted[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_within_bounds_are_read),
		cmocka_unit_test(anything_else_is_no_number),
		cmocka_unit_test(an_integer_may_have_a_sign),
		cmocka_unit_test(durations_are_read_as_go_reads_them),
		cmocka_unit_test(anything_else_is_no_duration),
		cmocka_unit_test(only_ascii_letters_fold),
		cmocka_unit_test(no_text_equals_no_text_alone),
		cmocka_unit_test(texts_are_sorted_by_their_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
