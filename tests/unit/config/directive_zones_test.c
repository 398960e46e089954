/* SPDX-License-Identifier: Apache-2.0 */
/* file and auto. */
#include "reading.h"

static void file_takes_the_zones_of_the_block_or_its_own(void **state)
{
	(void)state;
	struct config *config =
		read_good("a b {\n file db.x\n file /db.y C 10.0.0.0/8\n root /zones\n}\n");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->file_count, 2);
	assert_string_equal(block->files[0].path, "/zones/db.x");
	assert_zones(&block->files[0].zones, "a. b.");
	assert_int_equal(block->files[0].reload_ms, 60000);
	assert_false(block->files[0].reload_by_mtime);
	assert_string_equal(block->files[1].path, "/db.y");
	assert_zones(&block->files[1].zones, "c. 10.in-addr.arpa.");
	assert_directives(block, "root|file");
	config_free(config);
}

static void file_options_are_read(void **state)
{
	(void)state;
	struct config *config =
		read_body("file x {\n reload 1m30s\n reload_by_mtime\n upstream 8.8.8.8\n}\n"
			  "file y {\n reload 0\n}");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->files[0].reload_ms, 90000);
	assert_true(block->files[0].reload_by_mtime);
	assert_int_equal(block->files[1].reload_ms, 0);
	assert_words(&config->notes,
		     "Corefile:5 - upstream is an option of the past and has no effect");
	config_free(config);
}

static void fallthrough_is_for_all_files_of_the_block(void **state)
{
	(void)state;
	struct config *config =
		read_body("file x x\nfile y y {\n fallthrough a\n reload 5s\n}\nfile z z\nwhoami");
	const struct config_block *block = &config->blocks[0];

	for (size_t i = 0; i < 3; i++) {
		assert_true(block->files[i].falls_through);
		assert_zones(&block->files[i].fallthrough, "a.");
	}
	assert_int_equal(block->files[0].reload_ms, 60000);
	assert_int_equal(block->files[2].reload_ms, 5000);
	config_free(config);
}

static void bad_file_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "file", "plugin/file: Corefile:2 - Error during parsing: Wrong argument count or "
			  "unexpected line ending after "
			  "'file'" },
		{ "file x a..b", "plugin/file: Corefile:2 - Error during parsing: zone is not a "
				 "valid domain name: a..b" },
		{ "file x {\nfoo\n}",
		  "plugin/file: Corefile:3 - Error during parsing: unknown property 'foo'" },
		{ "file x {\nreload\n}", "plugin/file: Corefile:3 - Error during parsing: reload "
					 "duration value is expected" },
		{ "file x {\nreload x\n}",
		  "plugin/file: Corefile:3 - Error during parsing: time: invalid duration \"x\"" },
		{ "file x {\nreload -1s\n}", "plugin/file: Corefile:3 - Error during parsing: "
					     "time: invalid duration \"-1s\"" },
		{ "file x {\nreload 1s 2s\n}",
		  "plugin/file: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after '2s'" },
		{ "file x {\nreload_by_mtime x\n}",
		  "plugin/file: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after 'x'" },
	};

	assert_all_bad_bodies(table);
}

static void auto_has_a_pattern_and_a_template(void **state)
{
	(void)state;
	struct config *config = read_body(
		"auto {\n directory /tmp\n}\n"
		"auto a b {\n directory / (.*)\\.zone$ {1}.org\n reload 10s\n upstream\n}\nroot /");
	const struct config_block *block = &config->blocks[0];

	assert_int_equal(block->auto_count, 2);
	assert_string_equal(block->autos[0].directory, "/tmp");
	assert_string_equal(block->autos[0].pattern, "db\\.(.*)");
	assert_string_equal(block->autos[0].template_, "{1}");
	assert_zones(&block->autos[0].zones, "example.org.");
	assert_int_equal(block->autos[0].reload_ms, 60000);
	assert_string_equal(block->autos[1].pattern, "(.*)\\.zone$");
	assert_string_equal(block->autos[1].template_, "{1}.org");
	assert_zones(&block->autos[1].zones, "a. b.");
	assert_int_equal(block->autos[1].reload_ms, 10000);
	config_free(config);
}

static void a_missing_directory_is_noted(void **state)
{
	(void)state;
	struct config *config = read_body("root /nonexistent\nauto {\n directory zones\n}");

	assert_string_equal(config->blocks[0].autos[0].directory, "/nonexistent/zones");
	assert_words(&config->notes, "Corefile:2 - Root path does not exist: /nonexistent|"
				     "Corefile:4 - Directory does not exist: /nonexistent/zones");
	config_free(config);
}

static void bad_auto_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "auto", "plugin/auto: Corefile:2 - Error during parsing: auto needs `directory DIR`" },
		{ "auto {\nreload 1s\n}",
		  "plugin/auto: Corefile:4 - Error during parsing: auto needs `directory DIR`" },
		{ "auto a..b", "plugin/auto: Corefile:2 - Error during parsing: zone is not a "
			       "valid domain name: a..b" },
		{ "auto {\nfoo\n}",
		  "plugin/auto: Corefile:3 - Error during parsing: unknown property 'foo'" },
		{ "auto {\nreload\n}", "plugin/auto: Corefile:3 - Error during parsing: reload "
				       "duration value is expected" },
		{ "auto {\ndirectory\n}", "plugin/auto: Corefile:3 - Error during parsing: Wrong "
					  "argument count or unexpected "
					  "line ending after 'directory'" },
		{ "auto {\ndirectory / (x)\n}",
		  "plugin/auto: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after '(x)'" },
		{ "auto {\ndirectory / (x) y z\n}",
		  "plugin/auto: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after 'z'" },
		{ "auto {\ndirectory / x y\n}", "plugin/auto: Corefile:3 - Error during parsing: "
						"Need at least one sub expression" },
		{ "auto {\ndirectory / (x y\n}", "plugin/auto: Corefile:3 - Error during parsing: "
						 "error parsing regexp: missing closing ): `(x`" },
		{ "auto {\ndirectory / x) y\n}", "plugin/auto: Corefile:3 - Error during parsing: "
						 "error parsing regexp: unexpected ): `x)`" },
		{ "auto {\ndirectory /etc/passwd/x\n}",
		  "plugin/auto: Corefile:3 - Error during parsing: Unable to access root "
		  "path '/etc/passwd/x': stat /etc/passwd/x: not a directory" },
	};

	assert_all_bad_bodies(table);
}

static void groups_are_counted_where_they_are_groups(void **state)
{
	(void)state;
	static const char *const good[] = { "(?P<n>a)", "(?<n>a)", "(?:a)(b)", "[(](b)", "[^])](b)",
					    "[]](b)",	"\\((b)",  "(\\))",    "((a))",	 "(b)\\" };
	static const char *const bad[] = { "(?:a)", "[(a)]", "\\(a\\)", "[]()]" };

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		char body[64];
		snprintf(body, sizeof(body), "auto {\ndirectory / %s y\n}", good[i]);
		config_free(read_body(body));
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char body[64];
		snprintf(body, sizeof(body), "auto {\ndirectory / %s y\n}", bad[i]);
		assert_bad_body(body, "plugin/auto: Corefile:3 - Error during parsing: Need at "
				      "least one sub expression");
	}
}

static void a_pattern_has_its_limit(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "auto {\ndirectory / (");
	for (int i = 0; i < 1000; i++)
		text_add(&text, "0123456789");
	text_add(&text, ") y\n}");
	assert_bad_body(text.data, "plugin/auto: Corefile:3 - Error during parsing: regexp too large");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_takes_the_zones_of_the_block_or_its_own),
		cmocka_unit_test(file_options_are_read),
		cmocka_unit_test(fallthrough_is_for_all_files_of_the_block),
		cmocka_unit_test(bad_file_lines_are_refused),
		cmocka_unit_test(auto_has_a_pattern_and_a_template),
		cmocka_unit_test(a_missing_directory_is_noted),
		cmocka_unit_test(bad_auto_lines_are_refused),
		cmocka_unit_test(groups_are_counted_where_they_are_groups),
		cmocka_unit_test(a_pattern_has_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
