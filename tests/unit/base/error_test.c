/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "knamed/base.h"

static void a_sentence_is_set_and_the_result_is_false(void **state)
{
	(void)state;
	struct error error = { "" };
	assert_false(error_set(&error, "%s:%d: no type '%s'", "a.zone", 12, "FOO"));
	assert_string_equal(error.text, "a.zone:12: no type 'FOO'");
}

static void nobody_asking_is_fine(void **state)
{
	(void)state;
	assert_false(error_set(NULL, "lost"));
	assert_false(error_prefix(NULL, "lost"));
}

static void a_prefix_goes_in_front(void **state)
{
	(void)state;
	struct error error = { "no such file" };
	assert_false(error_prefix(&error, "plugin/%s: ", "file"));
	assert_string_equal(error.text, "plugin/file: no such file");
}

static void a_sentence_may_quote_the_one_before(void **state)
{
	(void)state;
	struct error error = { "inner" };
	error_set(&error, "outer (%s)", error.text);
	assert_string_equal(error.text, "outer (inner)");
}

static void a_sentence_stays_on_one_line(void **state)
{
	(void)state;
	struct error error;
	error_set(&error, "bad name '%s'", "a\nb\rc");
	assert_string_equal(error.text, "bad name 'a b c'");
}

static void too_long_a_sentence_is_cut_not_overrun(void **state)
{
	(void)state;
	char words[3000];
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	struct error error;
	error_set(&error, "%s", words);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
	error_prefix(&error, "front: ");
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
	assert_int_equal(strncmp(error.text, "front: xxx", 10), 0);
	error_prefix(&error, "%s", words);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_is_set_and_the_result_is_false),
		cmocka_unit_test(nobody_asking_is_fine),
		cmocka_unit_test(a_prefix_goes_in_front),
		cmocka_unit_test(a_sentence_may_quote_the_one_before),
		cmocka_unit_test(a_sentence_stays_on_one_line),
		cmocka_unit_test(too_long_a_sentence_is_cut_not_overrun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
