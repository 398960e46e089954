/* SPDX-License-Identifier: Apache-2.0 */
/* {$NAME} and {%NAME%}. */
#include "reading.h"
#include "token.h"

static int setup(void **state)
{
	(void)state;
	setenv("KN_A", "va", 1);
	setenv("KN_B", "<{$KN_A}>", 1);
	setenv("KN_P", "{%KN_A%}", 1);
	setenv("KN_LOOP", "x{$KN_LOOP}", 1);
	unsetenv("KN_NONE");
	return 0;
}

static void assert_filled(const char *text, const char *expected)
{
	struct arena *arena = arena_new();
	size_t budget = 1000;
	const char *filled;

	assert_true(environment_fill(arena, &budget, text, &filled));
	assert_string_equal(filled, expected);
	arena_free(arena);
}

static void both_spellings_are_filled(void **state)
{
	(void)state;
	assert_filled("a{$KN_A}b", "avab");
	assert_filled("{%KN_A%}:{$KN_A}", "va:va");
	assert_filled("{$KN_A}{$KN_A}", "vava");
	assert_filled("plain", "plain");
}

static void an_unset_variable_is_empty(void **state)
{
	(void)state;
	assert_filled("a{$KN_NONE}b", "ab");
	assert_filled("{%KN_NONE%}", "");
}

static void values_may_hold_references(void **state)
{
	(void)state;
	assert_filled("{$KN_B}", "<va>");
	/* {%...%} is done before {$...}. */
	assert_filled("{$KN_P}", "{%KN_A%}");
}

static void what_is_no_reference_stays(void **state)
{
	(void)state;
	assert_filled("{$}", "{$}");
	assert_filled("{%%}", "{%%}");
	assert_filled("{%}", "{%}");
	assert_filled("{$KN_A", "{$KN_A");
	assert_filled("{KN_A}", "{KN_A}");
	assert_filled("{$}{$KN_A}", "{$}{$KN_A}");
}

static void the_inner_braces_of_a_template_make_it_no_reference(void **state)
{
	(void)state;
	assert_filled("{{ $x }}", "{{ $x }}");
	assert_filled("{{$KN_NONE}}", "{}");
}

static void a_value_that_holds_itself_is_refused(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	size_t budget = 1000000;
	const char *filled = "untouched";

	assert_false(environment_fill(arena, &budget, "{$KN_LOOP}", &filled));
	assert_string_equal(filled, "untouched");
	arena_free(arena);
	assert_bad("{$KN_LOOP} {\n}\n",
		   "Corefile:1 - Error during parsing: the environment in '{$KN_LOOP}' has no end");
	assert_bad(". {\n {$KN_LOOP}\n}\n",
		   "Corefile:2 - Error during parsing: the environment in '{$KN_LOOP}' has no end");
	assert_bad(". {\n nsid {$KN_LOOP}\n}\n",
		   "Corefile:2 - Error during parsing: the environment in '{$KN_LOOP}' has no end");
	assert_bad("import {$KN_LOOP}\n",
		   "Corefile:1 - Error during parsing: the environment in '{$KN_LOOP}' has no end");
	assert_bad("(s) {\n import {$KN_LOOP}\n}\n",
		   "Corefile:3 - Error during parsing: the environment in '{$KN_LOOP}' has no end");
}

static void values_are_counted(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	size_t budget = 3;
	const char *filled;

	assert_true(environment_fill(arena, &budget, "{$KN_A}", &filled));
	assert_int_equal(budget, 1);
	assert_false(environment_fill(arena, &budget, "{$KN_A}", &filled));
	assert_false(environment_fill(arena, &budget, "{%KN_A%}", &filled));
	arena_free(arena);
}

static void addresses_names_and_arguments_are_filled(void **state)
{
	(void)state;
	setenv("KN_ZONE", "Example.ORG", 1);
	setenv("KN_DIRECTIVE", "nsid", 1);
	setenv("KN_BLANK", "a b", 1);
	struct config *config =
		read_good("{$KN_ZONE}:{$KN_PORT}1053 {\n {$KN_DIRECTIVE} {$KN_BLANK}\n}\n");

	assert_string_equal(config->blocks[0].addresses[0].text, "dns://example.org.:1053");
	assert_string_equal(config->blocks[0].nsid, "a b");
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_spellings_are_filled),
		cmocka_unit_test(an_unset_variable_is_empty),
		cmocka_unit_test(values_may_hold_references),
		cmocka_unit_test(what_is_no_reference_stays),
		cmocka_unit_test(the_inner_braces_of_a_template_make_it_no_reference),
		cmocka_unit_test(a_value_that_holds_itself_is_refused),
		cmocka_unit_test(values_are_counted),
		cmocka_unit_test(addresses_names_and_arguments_are_filled),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
