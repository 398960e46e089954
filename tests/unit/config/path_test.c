/* SPDX-License-Identifier: Apache-2.0 */
/* File names as text. */
#include <errno.h>

#include "path.h"
#include "reading.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void a_clean_path_is_the_shortest_one(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "", "." },	     { ".", "." },
		{ "/", "/" },	     { "//", "/" },
		{ "a/", "a" },	     { "./a", "a" },
		{ "a//b", "a/b" },   { "a/./b", "a/b" },
		{ "a/../b", "b" },   { "a/..", "." },
		{ "..", ".." },	     { "../..", "../.." },
		{ "../a", "../a" },  { "a/../../b", "../b" },
		{ "/..", "/" },	     { "/../a", "/a" },
		{ "/a/..", "/" },    { "/a/b/../c", "/a/c" },
		{ "...", "..." },    { "/a/b/..", "/a" },
		{ "../a/..", ".." }, { "a/b/../..", "." },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_string_equal(path_clean(arena, table[i].text), table[i].sentence);
}

static void a_relative_name_goes_behind_the_directory(void **state)
{
	(void)state;
	assert_string_equal(path_under(arena, "/etc", "db/x"), "/etc/db/x");
	assert_string_equal(path_under(arena, "/etc/", "../x"), "/x");
	assert_string_equal(path_under(arena, "/etc", "/x/"), "/x");
	assert_string_equal(path_under(arena, NULL, "./x"), "x");
	assert_string_equal(path_under(arena, "", "x"), "x");
}

static void an_absolute_path_begins_at_the_root(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	assert_string_equal(path_absolute(arena, "a/b"), "/a/b");
	assert_string_equal(path_absolute(arena, "/x/./y"), "/x/y");
}

static void the_directory_is_what_stands_before_the_last_slash(void **state)
{
	(void)state;
	assert_string_equal(path_directory(arena, "/a/b"), "/a");
	assert_string_equal(path_directory(arena, "/a"), "/");
}

static void words_of_errors_begin_small(void **state)
{
	(void)state;
	assert_string_equal(errno_words(arena, ENOTDIR), "not a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clean_path_is_the_shortest_one),
		cmocka_unit_test(a_relative_name_goes_behind_the_directory),
		cmocka_unit_test(an_absolute_path_begins_at_the_root),
		cmocka_unit_test(the_directory_is_what_stands_before_the_last_slash),
		cmocka_unit_test(words_of_errors_begin_small),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
