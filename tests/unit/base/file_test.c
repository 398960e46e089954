/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>

#include "knamed/base.h"

#include "directory.h"

static void a_file_is_read_whole(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct error error = { "" };
	text_add(&text, "what was there before");
	write_file("Corefile", ". {\n}\n");
	assert_true(file_read(in_directory("Corefile"), 100, &text, &error));
	assert_string_equal(text.data, ". {\n}\n");
	assert_int_equal(text.size, 6);
	text_done(&text);
}

static void an_empty_file_is_an_empty_string(void **state)
{
	(void)state;
	struct text text = { 0 };
	write_file("empty", "");
	assert_true(file_read(in_directory("empty"), 0, &text, NULL));
	assert_int_equal(text.size, 0);
	assert_string_equal(text.data, "");
	text_done(&text);
}

static void a_pipe_is_read_to_its_end(void **state)
{
	(void)state;
	int pipes[2];
	char path[64];
	struct text text = { 0 };
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], "from a pipe", 11), 11);
	close(pipes[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", pipes[0]);
	assert_true(file_read(path, 100, &text, NULL));
	assert_string_equal(text.data, "from a pipe");
	close(pipes[0]);
	text_done(&text);
}

static void a_file_of_the_most_size_is_read_and_one_byte_more_is_not(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct error error;
	char expected[300];
	write_file("five", "12345");
	assert_true(file_read(in_directory("five"), 5, &text, &error));
	assert_false(file_read(in_directory("five"), 4, &text, &error));
	snprintf(expected, sizeof(expected), "read %s: larger than 4 bytes", in_directory("five"));
	assert_string_equal(error.text, expected);
	assert_string_equal(text.data, "12345"); /* untouched by the failure */
	text_done(&text);
}

static void what_cannot_be_read_is_said_in_known_words(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct error error;
	char expected[300];
	assert_false(file_read(in_directory("missing"), 5, &text, &error));
	snprintf(expected, sizeof(expected), "open %s: no such file or directory",
		 in_directory("missing"));
	assert_string_equal(error.text, expected);
	assert_false(file_read(directory, 5, &text, &error));
	snprintf(expected, sizeof(expected), "read %s: is a directory", directory);
	assert_string_equal(error.text, expected);
	assert_null(text.data);
}

static void relative_names_go_behind_the_directory(void **state)
{
	(void)state;
	static const struct {
		const char *base, *name, *path;
	} cases[] = {
		{ "/etc/coredns", "db.example", "/etc/coredns/db.example" },
		{ "/etc/coredns/", "db.example", "/etc/coredns/db.example" },
		{ "/", "db.example", "/db.example" },
		{ "/etc/coredns", "/zones/db", "/zones/db" },
		{ NULL, "db.example", "db.example" },
		{ "", "db.example", "db.example" },
		{ ".", "custom/*.server", "./custom/*.server" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *path = file_path(cases[i].base, cases[i].name);
		assert_string_equal(path, cases[i].path);
		mem_free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole),
		cmocka_unit_test(an_empty_file_is_an_empty_string),
		cmocka_unit_test(a_pipe_is_read_to_its_end),
		cmocka_unit_test(a_file_of_the_most_size_is_read_and_one_byte_more_is_not),
		cmocka_unit_test(what_cannot_be_read_is_said_in_known_words),
		cmocka_unit_test(relative_names_go_behind_the_directory),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
