/* SPDX-License-Identifier: Apache-2.0 */
/* loop. */
#include "reading.h"

static void assert_loop_zone(const char *text, const char *expected)
{
	struct config *config = read_good(text);
	const struct config_forward *forward = &config->blocks[0].forwards[0];
	assert_true(config->blocks[0].loop);
	if (expected == NULL)
		assert_null(forward->loop_zone);
	else
		assert_string_equal(forward->loop_zone, expected);
	config_free(config);
}

static void questions_have_names_that_block_and_forward_share(void **state)
{
	(void)state;
	assert_loop_zone(". {\nforward . 192.0.2.1\nloop\n}\n", ".");
	assert_loop_zone(". {\nloop\nforward Example.org 192.0.2.1\n}\n", "example.org.");
	assert_loop_zone("a.org b.example.org {\nloop\nforward example.org 192.0.2.1\n}\n",
			 "b.example.org.");
	assert_loop_zone("a.org {\nloop\nforward . 192.0.2.1\n}\n", "a.org.");
	assert_loop_zone("xexample.org {\nloop\nforward example.org 192.0.2.1\n}\n", NULL);
}

static void a_forward_knows_where_its_block_listens(void **state)
{
	(void)state;
	struct config *config =
		read_good(". a:5353 b {\nbind 127.0.0.1\nloop\nforward . 192.0.2.1\n}\n");
	const struct config_forward *forward = &config->blocks[0].forwards[0];
	assert_words(&forward->own_hosts, "127.0.0.1");
	assert_words(&forward->own_ports, "53|5353");
	config_free(config);
}

static void without_loop_nothing_is_looked_for(void **state)
{
	(void)state;
	struct config *config = read_good(". {\nforward . 192.0.2.1\n}\n");
	assert_false(config->blocks[0].loop);
	assert_null(config->blocks[0].forwards[0].loop_zone);
	config_free(config);
}

static void a_forward_with_loop_says_something_else(void **state)
{
	(void)state;
	struct config *with = read_good(". {\nloop\nforward . 192.0.2.1\n}\n"),
		      *without = read_good(". {\nforward . 192.0.2.1\n}\n");
	assert_string_not_equal(with->blocks[0].forwards[0].said.text,
				without->blocks[0].forwards[0].said.text);
	config_free(with);
	config_free(without);
}

static void bad_loop_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "loop x", "plugin/loop: Corefile:2 - Error during parsing: Wrong argument count "
			    "or unexpected line ending after 'x'" },
		{ "loop {\nx\n}", "plugin/loop: Corefile:2 - Error during parsing: Unexpected token "
				  "'{', expecting argument" },
		{ "loop\nloop", "plugin/loop: Corefile:3 - Error during parsing: this plugin can "
				"only be used once per Server Block" },
	};

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_have_names_that_block_and_forward_share),
		cmocka_unit_test(a_forward_knows_where_its_block_listens),
		cmocka_unit_test(without_loop_nothing_is_looked_for),
		cmocka_unit_test(a_forward_with_loop_says_something_else),
		cmocka_unit_test(bad_loop_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
