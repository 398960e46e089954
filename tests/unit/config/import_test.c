/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a Corefile imports. */
#include <sys/stat.h>

#include "reading.h"

static void a_file_stands_where_it_is_imported(void **state)
{
	(void)state;
	write_file("part", "nsid x\nerrors\n");
	struct config *config = read_good("a {\n import part\n whoami\n}\n");

	assert_directives(&config->blocks[0], "nsid|errors|whoami");
	config_free(config);
}

static void a_file_may_hold_whole_blocks(void **state)
{
	(void)state;
	write_file("blocks", "b {\n whoami\n}\n");
	struct config *config = read_good("a {\n}\nimport blocks\n");

	assert_int_equal(config->block_count, 2);
	assert_addresses(&config->blocks[1], "dns://b.:53");
	config_free(config);
}

static void a_name_is_relative_to_the_file_that_imports(void **state)
{
	(void)state;
	mkdir("in", 0700);
	mkdir("in/deep", 0700);
	write_file("in/one", "import deep/two\n");
	write_file("in/deep/two", "import ../../three\n");
	write_file("three", "whoami\n");
	struct config *config = read_good("a {\n import in/one\n}\n");

	assert_true(config->blocks[0].whoami);
	config_free(config);

	struct error error = { 0 };
	assert_null(config_read("in/Corefile", "a {\n import in/one\n}\n", "53", &error));
	assert_string_equal(error.text,
			    "in/Corefile:2 - Error during parsing: File to import not found: in/one");
}

static void the_error_in_an_imported_file_names_that_file(void **state)
{
	const char *directory = *state;
	char sentence[256];

	write_file("broken", "whoami\n\nbogus\n");
	snprintf(sentence, sizeof(sentence),
		 "%s/broken:3 - Error during parsing: Unknown directive 'bogus'", directory);
	assert_bad("a {\n import ./broken\n}\n", sentence);
	write_file("wrong", "any x\n");
	snprintf(sentence, sizeof(sentence),
		 "plugin/any: %s/wrong:1 - Error during parsing: Wrong argument count or "
		 "unexpected line ending after "
		 "'x'",
		 directory);
	assert_bad("a {\n import wrong\n}\n", sentence);
	write_file("address", "a..b {\n}\n");
	snprintf(sentence, sizeof(sentence),
		 "%s/address:1 - error inspecting server blocks: zone is not a valid domain name: a..b",
		 directory);
	assert_bad("import address\n", sentence);
}

static void a_pattern_takes_all_files_in_the_order_of_their_names(void **state)
{
	(void)state;
	mkdir("many", 0700);
	write_file("many/2.server", "two {\n}\n");
	write_file("many/1.server", "one {\n}\n");
	write_file("many/.0.server", "hidden {\n}\n");
	write_file("many/other", "bogus\n");
	struct config *config = read_good("import many/*.server\n");

	assert_int_equal(config->block_count, 3);
	assert_addresses(&config->blocks[0], "dns://hidden.:53");
	assert_addresses(&config->blocks[1], "dns://one.:53");
	assert_addresses(&config->blocks[2], "dns://two.:53");
	assert_int_equal(config->notes.count, 0);
	config_free(config);
}

static void a_wildcard_never_means_the_directory_itself(void **state)
{
	(void)state;
	mkdir("dots", 0700);
	write_file("dots/x", "a {\n}\n");
	config_free(read_good("import dots/*\n"));
	config_free(read_good("import ./dots/../dots/*\n"));
	config_free(read_good("import dots/?\n"));
}

static void a_pattern_without_files_is_a_note(void **state)
{
	(void)state;
	struct config *config =
		read_good("a {\n import custom/*.override\n}\nimport custom/*.server\n");

	assert_words(&config->notes,
		     "No files matching import glob pattern: custom/*.override|No files matching import "
		     "glob pattern: custom/*.server");
	config_free(config);
}

static void patterns_are_simple(void **state)
{
	const char *directory = *state;
	static const struct bad table[] = {
		{ "**", "Glob pattern may only contain one wildcard (*), but has others" },
		{ "a?b?", "Glob pattern may only contain one wildcard (*), but has others" },
		{ "x[ab]", "Glob pattern may only contain one wildcard (*), but has others" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char text[64], sentence[256];
		snprintf(text, sizeof(text), "\nimport %s\n", table[i].text);
		snprintf(sentence, sizeof(sentence), "Corefile:2 - Error during parsing: %s: %s/%s",
			 table[i].sentence, directory, table[i].text);
		assert_bad(text, sentence);
	}
	assert_bad("import /x\\\n", "Corefile:1 - Error during parsing: Failed to use import "
				    "pattern /x\\: syntax error in pattern");
}

static void a_file_that_cannot_be_read_is_refused(void **state)
{
	const char *directory = *state;
	char sentence[256];

	mkdir("folder", 0700);
	snprintf(sentence, sizeof(sentence),
		 "Corefile:1 - Error during parsing: Could not import %s/folder: read %s/folder: is a directory",
		 directory, directory);
	assert_bad("import folder\n", sentence);
	assert_bad("import nothing\n",
		   "Corefile:1 - Error during parsing: File to import not found: nothing");
	assert_int_equal(symlink("/nonexistent/x", "dangling"), 0);
	snprintf(sentence, sizeof(sentence),
		 "Corefile:1 - Error during parsing: Could not import %s/dangling: open "
		 "%s/dangling: no such file or "
		 "directory",
		 directory, directory);
	assert_bad("import dangling\n", sentence);
}

static void a_file_with_a_zero_byte_is_refused(void **state)
{
	const char *directory = *state;
	char sentence[256];
	FILE *file = fopen("zero", "w");

	fwrite("a {\n\0}\n", 1, 7, file);
	fclose(file);
	snprintf(sentence, sizeof(sentence),
		 "%s/zero:2 - Error during parsing: a zero byte is not text", directory);
	assert_bad("import zero\n", sentence);
}

static void an_endless_name_is_not_found(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct error error = { 0 };

	text_add(&text, "import /");
	for (int i = 0; i < 1000; i++)
		text_add(&text, "0123456789");
	assert_null(config_read("Corefile", text.data, "53", &error));
	assert_memory_equal(error.text,
			    "Corefile:1 - Error during parsing: File to import not found: /0123", 66);
	text_done(&text);
}

static void a_file_that_imports_itself_comes_to_an_end(void **state)
{
	const char *directory = *state;
	char sentence[256];

	write_file("circle", "import circle\n");
	snprintf(sentence, sizeof(sentence),
		 "%s/circle:1 - Error during parsing: maximum file import depth (100000) exceeded",
		 directory);
	assert_bad("import circle\n", sentence);
}

static void imported_files_share_one_budget(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct error error = { 0 };

	for (int i = 0; i < 300000; i++)
		text_add(&text, "w ");
	write_file("words", text.data);
	assert_null(config_read("Corefile", "x {\n}\nimport words\nimport words\n", "53", &error));
	assert_non_null(strstr(error.text, "/words:1 - Error during parsing: more than "));
	text_clear(&text);
	for (int i = 0; i < 3000000; i++)
		text_add(&text, "#");
	write_file("comments", text.data);
	text_clear(&text);
	for (int i = 0; i < 30; i++)
		text_add(&text, "import comments\n");
	assert_null(config_read("Corefile", text.data, "53", &error));
	assert_string_equal(
		error.text,
		"Corefile:23 - Error during parsing: imports add up to more than 67108864 bytes");
	text_done(&text);
}

static void a_lost_working_directory_is_told(void **state)
{
	const char *directory = *state;

	mkdir("lost", 0700);
	assert_int_equal(chdir("lost"), 0);
	assert_int_equal(rmdir("../lost"), 0);
	assert_bad("import x\n",
		   "Corefile:1 - Error during parsing: Failed to get absolute path of file: Corefile");
	assert_int_equal(chdir(directory), 0);
}

int main(void)
{
#define IN_DIRECTORY(test)                                                                         \
	cmocka_unit_test_setup_teardown(test, directory_setup, directory_teardown)
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(a_file_stands_where_it_is_imported),
		IN_DIRECTORY(a_file_may_hold_whole_blocks),
		IN_DIRECTORY(a_name_is_relative_to_the_file_that_imports),
		IN_DIRECTORY(the_error_in_an_imported_file_names_that_file),
		IN_DIRECTORY(a_pattern_takes_all_files_in_the_order_of_their_names),
		IN_DIRECTORY(a_wildcard_never_means_the_directory_itself),
		IN_DIRECTORY(a_pattern_without_files_is_a_note),
		IN_DIRECTORY(patterns_are_simple),
		IN_DIRECTORY(a_file_that_cannot_be_read_is_refused),
		IN_DIRECTORY(a_file_with_a_zero_byte_is_refused),
		IN_DIRECTORY(an_endless_name_is_not_found),
		IN_DIRECTORY(a_file_that_imports_itself_comes_to_an_end),
		IN_DIRECTORY(imported_files_share_one_budget),
		IN_DIRECTORY(a_lost_working_directory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
