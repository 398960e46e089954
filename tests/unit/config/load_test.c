/* SPDX-License-Identifier: Apache-2.0 */
/* Which Corefile is read. */
#include <fcntl.h>
#include <sys/stat.h>

#include "parser.h"
#include "reading.h"

static struct config *load(const char *conf, struct error *error)
{
	return config_load(&(struct flags){ .conf = conf, .port = "1053" }, error);
}

static void assert_load_fails(const char *conf, const char *sentence)
{
	struct error error = { 0 };

	assert_null(load(conf, &error));
	assert_string_equal(error.text, sentence);
}

/* Loads with a file as standard input. */
static struct config *load_stdin(const char *file, struct error *error)
{
	int before = dup(STDIN_FILENO), fd = open(file, O_RDONLY);

	assert_true(fd >= 0);
	dup2(fd, STDIN_FILENO);
	close(fd);
	struct config *config = load("stdin", error);
	if (before >= 0) {
		dup2(before, STDIN_FILENO);
		close(before);
	}
	return config;
}

static void assert_zone(struct config *config, const char *address)
{
	assert_non_null(config);
	assert_addresses(&config->blocks[0], address);
	config_free(config);
}

static void conf_names_the_file(void **state)
{
	(void)state;
	struct error error;

	write_file("named", "a {\n}\n");
	assert_zone(load("named", &error), "dns://a.:1053");
	assert_zone(load("./named", &error), "dns://a.:1053");
}

static void without_conf_it_is_corefile(void **state)
{
	(void)state;
	struct error error;

	write_file("Corefile", "b {\n}\n");
	assert_zone(load(NULL, &error), "dns://b.:1053");
	assert_zone(load("", &error), "dns://b.:1053");
}

static void without_any_file_it_is_the_built_in_one(void **state)
{
	(void)state;
	struct error error;
	struct config *config = load(NULL, &error);

	assert_non_null(config);
	assert_int_equal(config->block_count, 1);
	assert_addresses(&config->blocks[0], "dns://.:1053");
	assert_directives(&config->blocks[0], "log|whoami");
	assert_true(config->blocks[0].whoami);
	assert_words(&config->notes,
		     "Corefile holds no server block: whoami and log on port 1053 take its place");
	config_free(config);
}

static void a_file_without_a_block_stands_for_the_built_in_one(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "# nothing\n", "(s) {\n log\n}\n",
					     "import *.server\n" };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct config *config = read_named("empty", texts[i]);
		assert_addresses(&config->blocks[0], "dns://.:53");
		assert_true(config->blocks[0].whoami);
		assert_int_equal(config->blocks[0].log_count, 1);
		config_free(config);
	}
	struct error error;
	assert_null(config_read("empty", "", "x", &error));
	assert_string_equal(error.text, "Corefile:1 - error inspecting server blocks: zone is not "
					"a valid domain name: .:x");
	assert_null(config_read("empty", "", "70000", &error));
	assert_string_equal(error.text, "Corefile:1 - address 70000: invalid port");
}

static void stdin_is_standard_input(void **state)
{
	(void)state;
	struct error error = { 0 };

	write_file("input", "c {\n}\n");
	assert_zone(load_stdin("input", &error), "dns://c.:1053");
	write_file("input", "c {\n bogus\n}\n");
	assert_null(load_stdin("input", &error));
	assert_string_equal(error.text,
			    "/dev/stdin:2 - Error during parsing: Unknown directive 'bogus'");
}

static void a_terminal_is_no_corefile(void **state)
{
	(void)state;
	struct error error;

	/* A character device, as a terminal is. */
	write_file("Corefile", "d {\n}\n");
	assert_zone(load_stdin("/dev/null", &error), "dns://d.:1053");
}

static void closed_standard_input_is_no_corefile(void **state)
{
	(void)state;
	struct error error;
	int before = dup(STDIN_FILENO);

	write_file("Corefile", "d {\n}\n");
	close(STDIN_FILENO);
	struct config *config = load("stdin", &error);
	if (before >= 0) {
		dup2(before, STDIN_FILENO);
		close(before);
	}
	assert_zone(config, "dns://d.:1053");
}

static void a_file_that_cannot_be_read_is_refused(void **state)
{
	(void)state;
	struct error error = { 0 };

	assert_load_fails("/nonexistent/Corefile",
			  "loading Caddyfile via flag: open /nonexistent/Corefile: no such file or "
			  "directory");
	mkdir("folder", 0700);
	assert_load_fails("folder", "loading Caddyfile via flag: read folder: is a directory");
	assert_null(load_stdin("folder", &error));
	assert_string_equal(error.text, "loading Caddyfile via flag: read /dev/stdin: is a directory");
	mkdir("Corefile", 0700);
	assert_load_fails(NULL, "read Corefile: is a directory");
}

static void a_zero_byte_is_refused(void **state)
{
	(void)state;
	FILE *file = fopen("zero", "w");

	fwrite("a {\n\n\0}\n", 1, 8, file);
	fclose(file);
	assert_load_fails("zero", "zero:3 - Error during parsing: a zero byte is not text");
}

static void a_corefile_has_its_limit(void **state)
{
	(void)state;
	struct error error = { 0 };
	FILE *file = fopen("large", "w");

	for (size_t i = 0; i <= COREFILE_SIZE_MAX; i += 64)
		fputs("# 3456789012345678901234567890123456789012345678901234567890123\n", file);
	fclose(file);
	assert_load_fails("large", "loading Caddyfile via flag: read large: larger than 4194304 bytes");
	assert_null(load_stdin("large", &error));
	assert_string_equal(error.text,
			    "loading Caddyfile via flag: read /dev/stdin: larger than 4194304 bytes");
}

int main(void)
{
#define IN_DIRECTORY(test)                                                                         \
	cmocka_unit_test_setup_teardown(test, directory_setup, directory_teardown)
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(conf_names_the_file),
		IN_DIRECTORY(without_conf_it_is_corefile),
		IN_DIRECTORY(without_any_file_it_is_the_built_in_one),
		IN_DIRECTORY(a_file_without_a_block_stands_for_the_built_in_one),
		IN_DIRECTORY(stdin_is_standard_input),
		IN_DIRECTORY(a_terminal_is_no_corefile),
		IN_DIRECTORY(closed_standard_input_is_no_corefile),
		IN_DIRECTORY(a_file_that_cannot_be_read_is_refused),
		IN_DIRECTORY(a_zero_byte_is_refused),
		IN_DIRECTORY(a_corefile_has_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
