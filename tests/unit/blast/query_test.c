/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "query.h"

#include <string.h>

static void a_query_has_header_question_and_opt(void **state)
{
	(void)state;
	static const uint8_t expected[] = { 0, 0, 1,   0, 0,   1,   0, 0, 0,  0, 0,
					    1, 1, 'a', 2, 'B', 'c', 0, 0, 33, 0, 1,
					    0, 0, 41,  4, 208, 0,   0, 0, 0,  0, 0 };
	uint8_t query[QUERY_MAX];
	assert_int_equal(query_build("a.Bc.", 5, TYPE_SRV, 1232, query), sizeof expected);
	assert_memory_equal(query, expected, sizeof expected);
}

static void without_edns_there_is_no_opt(void **state)
{
	(void)state;
	uint8_t query[QUERY_MAX];
	assert_int_equal(query_build("a", 1, TYPE_A, 0, query), 12 + 3 + 4);
	assert_int_equal(query[11], 0);
}

static void the_root_is_a_name(void **state)
{
	(void)state;
	uint8_t name[QUERY_NAME_MAX];
	assert_int_equal(query_name(".", 1, name), 1);
	assert_int_equal(name[0], 0);
}

static void names_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	uint8_t name[QUERY_NAME_MAX];
	char text[300];
	static const char *const wrong[] = { "a..b", ".a", ".." };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(query_name(wrong[i], strlen(wrong[i]), name), 0);
	memset(text, 'x', sizeof text);
	assert_int_equal(query_name(text, 63, name), 65);
	assert_int_equal(query_name(text, 64, name), 0);
	for (size_t i = 1; i < sizeof text; i += 2)
		text[i] = '.';
	assert_int_equal(query_name(text, 254, name), 255);
	assert_int_equal(query_name(text, 256, name), 0);
}

static void types_and_rcodes_have_words_and_numbers(void **state)
{
	(void)state;
	uint16_t type;
	uint8_t rcode;
	assert_true(query_type("aaaa", &type));
	assert_int_equal(type, TYPE_AAAA);
	assert_true(query_type("TYPE64", &type));
	assert_int_equal(type, 64);
	assert_false(query_type("TYPE65536", &type));
	assert_false(query_type("NOPE", &type));
	assert_true(query_rcode("nxdomain", &rcode));
	assert_int_equal(rcode, 3);
	assert_true(query_rcode("5", &rcode));
	assert_int_equal(rcode, 5);
	assert_false(query_rcode("16", &rcode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_has_header_question_and_opt),
		cmocka_unit_test(without_edns_there_is_no_opt),
		cmocka_unit_test(the_root_is_a_name),
		cmocka_unit_test(names_that_do_not_fit_are_refused),
		cmocka_unit_test(types_and_rcodes_have_words_and_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
