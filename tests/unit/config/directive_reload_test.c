/* SPDX-License-Identifier: Apache-2.0 */
/* reload, and what a configuration keeps of the one before: fingerprints, and what directives were read from. */
#include "reading.h"

static void assert_reload(const char *text, uint64_t interval_ms, uint64_t jitter_ms)
{
	struct config *config = read_good(text);
	assert_non_null(config->reload);
	assert_int_equal(config->reload->interval_ms, interval_ms);
	assert_int_equal(config->reload->jitter_ms, jitter_ms);
	config_free(config);
}

static void times_have_defaults_and_a_jitter_of_half_at_most(void **state)
{
	(void)state;
	assert_reload("a {\nreload\n}", 30000, 15000);
	assert_reload("a {\nreload 10s\n}", 10000, 5000);
	assert_reload("a {\nreload 2s 0s\n}", 2000, 0);
	assert_reload("a {\nreload 1h 1m\n}", 3600000, 60000);
	struct config *config = read_good("a {\nwhoami\n}");
	assert_null(config->reload);
	config_free(config);
}

static void the_last_block_decides(void **state)
{
	(void)state;
	assert_reload("a {\nreload 10s 1s\n}\nb {\nreload 20s 2s\n}\nc {\nwhoami\n}\n", 20000, 2000);
}

static void what_has_no_effect_is_remarked_on(void **state)
{
	(void)state;
	struct config *config = read_good("a {\nreload 5s {\nx\n}\n}");
	assert_int_equal(config->notes.count, 1);
	assert_int_equal(config->reload->interval_ms, 5000);
	config_free(config);
}

static void bad_times_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "reload 1s",
		  "plugin/reload: Corefile:2 - Error during parsing: interval value must be greater or equal to 2s" },
		{ "reload 3s 100ms",
		  "plugin/reload: Corefile:2 - Error during parsing: jitter value must be 0 or greater or equal to 1s" },
		{ "reload -3s",
		  "plugin/reload: Corefile:2 - Error during parsing: interval value must be greater or equal to 2s" },
		{ "reload 3s -1s",
		  "plugin/reload: Corefile:2 - Error during parsing: jitter value must be 0 or greater or equal to 1s" },
		{ "reload 1h30",
		  "plugin/reload: Corefile:2 - Error during parsing: time: missing unit in duration \"1h30\"" },
		{ "reload 1.5d",
		  "plugin/reload: Corefile:2 - Error during parsing: time: unknown unit \"d\" in duration \"1.5d\"" },
		{ "reload .",
		  "plugin/reload: Corefile:2 - Error during parsing: time: invalid duration \".\"" },
		{ "reload 99999999999999999999h",
		  "plugin/reload: Corefile:2 - Error during parsing: time: invalid duration "
		  "\"99999999999999999999h\"" },
		{ "reload x",
		  "plugin/reload: Corefile:2 - Error during parsing: time: invalid duration \"x\"" },
		{ "reload 3s 4s 5s",
		  "plugin/reload: Corefile:2 - Error during parsing: Wrong argument count or unexpected line "
		  "ending after '5s'" },
	};
	assert_all_bad_bodies(table);
}

static struct config_said *said_of(struct config *config)
{
	return &config->blocks[0].forwards[0].said;
}

static bool is_said_alike(const char *a, const char *b)
{
	struct config *first = read_good(a), *second = read_good(b);
	bool is_alike = strcmp(said_of(first)->text, said_of(second)->text) == 0;
	config_free(first);
	config_free(second);
	return is_alike;
}

static void a_directive_is_known_by_its_words(void **state)
{
	(void)state;
	static const char base[] = "a {\nforward . 127.0.0.1 {\nexpire 5s\n}\n}";
	assert_true(is_said_alike(
		base,
		"# moved\nb:54 {\nlog\n\nforward  .   \"127.0.0.1\"  {\n\n expire 5s\n}\nforward x 127.0.0.2\n}"));
	assert_false(is_said_alike(base, "a {\nforward . 127.0.0.1 {\nexpire 6s\n}\n}"));
	assert_false(is_said_alike(base, "a {\nforward . 127.0.0.1\n}"));
	assert_false(is_said_alike(base, "a {\nroot /tmp\nforward . 127.0.0.1 {\nexpire 5s\n}\n}"));
}

static void zones_of_the_block_are_part_of_what_uses_them(void **state)
{
	(void)state;
	struct config *one = read_good("a {\ncache 30\nforward . 127.0.0.1\n}"),
		      *other = read_good("b {\ncache 30\nforward . 127.0.0.1\n}");
	assert_string_not_equal(one->blocks[0].cache->said.text, other->blocks[0].cache->said.text);
	assert_string_equal(said_of(one)->text, said_of(other)->text);
	config_free(one);
	config_free(other);
}

static void who_holds_a_config_has_it(void **state)
{
	(void)state;
	struct config *config = read_good("a {\nwhoami\n}");
	assert_ptr_equal(config_hold(config), config);
	config_free(config);
	assert_addresses(&config->blocks[0], "dns://a.:53");
	config_free(config);
}

static char *fingerprint(const char *conf, struct error *error)
{
	return config_fingerprint_again(&(struct flags){ .conf = conf, .port = "53" }, error);
}

static void a_fingerprint_is_that_of_the_config(void **state)
{
	(void)state;
	struct error error = { 0 };
	const struct flags flags = { .conf = "file", .port = "53" };
	write_file("file", "a {\nimport more\n}\n");
	write_file("more", "whoami\n");
	struct config *config = config_load(&flags, &error);
	char *sha512 = fingerprint("file", &error);
	assert_string_equal(sha512, config->sha512);
	mem_free(sha512);
	write_file("more", "whoami\nerrors\n");
	sha512 = fingerprint("file", &error);
	assert_string_not_equal(sha512, config->sha512);
	mem_free(sha512);
	config_free(config);
}

static void what_is_gone_is_not_taken_for_empty(void **state)
{
	(void)state;
	struct error error = { 0 };
	unlink("Corefile");
	assert_null(fingerprint(NULL, &error));
	assert_string_equal(error.text, "open Corefile: no such file or directory");
	assert_null(config_load_again(&(struct flags){ .port = "53" }, &error));
	assert_null(fingerprint("nowhere", &error));
	assert_string_equal(error.text, "open nowhere: no such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_defaults_and_a_jitter_of_half_at_most),
		cmocka_unit_test(the_last_block_decides),
		cmocka_unit_test(what_has_no_effect_is_remarked_on),
		cmocka_unit_test(bad_times_are_refused),
		cmocka_unit_test(a_directive_is_known_by_its_words),
		cmocka_unit_test(zones_of_the_block_are_part_of_what_uses_them),
		cmocka_unit_test(who_holds_a_config_has_it),
		cmocka_unit_test(a_fingerprint_is_that_of_the_config),
		cmocka_unit_test(what_is_gone_is_not_taken_for_empty),
	};

	return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
