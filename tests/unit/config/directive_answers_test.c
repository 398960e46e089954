/* SPDX-License-Identifier: Apache-2.0 */
/* any, minimal, whoami, chaos, nsid, local, loadbalance, bufsize. */
#include "reading.h"

#define WRONG "Error during parsing: Wrong argument count or unexpected line ending after "

static void flags_are_off_until_they_are_named(void **state)
{
	(void)state;
	struct config *config = read_body("");
	const struct config_block *block = &config->blocks[0];

	assert_false(block->any || block->minimal || block->whoami || block->local ||
		     block->loadbalance || block->local_prefix);
	assert_null(block->chaos);
	assert_null(block->nsid);
	assert_int_equal(block->bufsize, 0);
	config_free(config);
	config = read_body("any\nminimal\nwhoami\nlocal\nloadbalance");
	block = &config->blocks[0];
	assert_true(block->any && block->minimal && block->whoami && block->local &&
		    block->loadbalance && block->local_prefix);
	assert_directives(block, "local|any|loadbalance|minimal|whoami");
	assert_words(&config->notes, "Corefile:3 - minimal: replies hold little else in any case, "
				     "this leaves glue out as well");
	config_free(config);
}

static void flags_take_nothing(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "any x", "plugin/any: Corefile:2 - " WRONG "'x'" },
		{ "any {\n}", "plugin/any: Corefile:2 - Error during parsing: Unexpected token "
			      "'{', expecting argument" },
		{ "any\n{\nfoo\n}",
		  "plugin/any: Corefile:3 - Error during parsing: unknown property '{'" },
		{ "minimal x", "plugin/minimal: Corefile:2 - " WRONG "'x'" },
		{ "whoami x", "plugin/whoami: Corefile:2 - " WRONG "'x'" },
	};

	assert_all_bad_bodies(table);
}

static void a_flag_may_be_named_twice(void **state)
{
	(void)state;
	struct config *config = read_body("any\nwhoami\nany");

	assert_true(config->blocks[0].any);
	assert_words(&config->notes, "Corefile:4 - any was named before, this line has no effect");
	config_free(config);
}

static void chaos_takes_a_version_and_authors(void **state)
{
	(void)state;
	struct config *config = read_body("chaos");

	assert_null(config->blocks[0].chaos->version);
	assert_int_equal(config->blocks[0].chaos->authors.count, 0);
	config_free(config);
	config = read_body("chaos \"V 1\"");
	assert_string_equal(config->blocks[0].chaos->version, "V 1");
	assert_int_equal(config->blocks[0].chaos->authors.count, 0);
	config_free(config);
	config = read_body("chaos V c a b a {\n}");
	assert_words(&config->blocks[0].chaos->authors, "a|b|c");
	config_free(config);
}

static void chaos_strings_fit_into_txt_records(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "chaos ");
	for (int i = 0; i < 300; i++)
		text_add(&text, "v");
	text_add(&text, " ");
	for (int i = 0; i < 300; i++)
		text_add(&text, "a");
	struct config *config = read_body(text.data);
	assert_int_equal(strlen(config->blocks[0].chaos->version), 255);
	assert_int_equal(strlen(config->blocks[0].chaos->authors.words[0]), 255);
	config_free(config);
	text_done(&text);
}

static void chaos_has_no_options(void **state)
{
	(void)state;
	assert_bad_body("chaos v {\nfoo\n}",
			"plugin/chaos: Corefile:3 - Error during parsing: unknown property 'foo'");
	struct config *config = read_body("chaos v\nchaos w");
	assert_string_equal(config->blocks[0].chaos->version, "v");
	assert_words(&config->notes, "Corefile:3 - chaos was named before, this line has no effect");
	config_free(config);
}

static void nsid_is_its_words_or_the_name_of_the_host(void **state)
{
	(void)state;
	char host[256];
	struct config *config = read_body("nsid use this");

	assert_string_equal(config->blocks[0].nsid, "use this");
	config_free(config);
	config = read_body("nsid");
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_string_equal(config->blocks[0].nsid, host);
	config_free(config);
	config = read_body("nsid \"\"");
	assert_string_equal(config->blocks[0].nsid, "");
	config_free(config);
}

static void nsid_stands_once_and_is_short(void **state)
{
	(void)state;
	struct text text = { 0 };

	assert_bad_body("nsid a\nnsid b", "plugin/nsid: Corefile:3 - Error during parsing: this "
					  "plugin can only be used once per Server Block");
	text_add(&text, "nsid ");
	for (int i = 0; i < 256; i++)
		text_add(&text, "n");
	assert_bad_body(text.data, "plugin/nsid: Corefile:2 - Error during parsing: nsid data is "
				   "longer than 255 bytes");
	text_done(&text);
}

static void local_has_a_prefix_unless_told(void **state)
{
	(void)state;
	struct config *config = read_body("local {\nlocalhost_prefix off\n}");

	assert_true(config->blocks[0].local);
	assert_false(config->blocks[0].local_prefix);
	config_free(config);
	config = read_body("local {\nlocalhost_prefix off\n}\nlocal {\nlocalhost_prefix on\n}");
	assert_true(config->blocks[0].local_prefix);
	config_free(config);

	static const struct bad table[] = {
		{ "local x", "plugin/local: Corefile:2 - " WRONG "'x'" },
		{ "local {\nfoo\n}",
		  "plugin/local: Corefile:3 - Error during parsing: unknown property 'foo'" },
		{ "local {\nlocalhost_prefix\n}",
		  "plugin/local: Corefile:3 - " WRONG "'localhost_prefix'" },
		{ "local {\nlocalhost_prefix x\n}",
		  "plugin/local: Corefile:3 - Error during parsing: localhost_prefix expects "
		  "'on' or 'off', got \"x\"" },
	};
	assert_all_bad_bodies(table);
}

static void bufsize_has_its_range(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		unsigned size;
	} good[] = { { "bufsize", 1232 },
		     { "bufsize 512", 512 },
		     { "bufsize 4096", 4096 },
		     { "bufsize 600\nbufsize 700", 600 } };

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct config *config = read_body(good[i].line);
		assert_int_equal(config->blocks[0].bufsize, good[i].size);
		config_free(config);
	}
	static const struct bad table[] = {
		{ "bufsize 511", "plugin/bufsize: Corefile:2 - Error during parsing: bufsize must "
				 "be in range [512, 4096]: 511" },
		{ "bufsize 4097", "plugin/bufsize: Corefile:2 - Error during parsing: bufsize must "
				  "be in range [512, 4096]: 4097" },
		{ "bufsize x", "plugin/bufsize: Corefile:2 - Error during parsing: bufsize must be "
			       "in range [512, 4096]: x" },
		{ "bufsize 512 512", "plugin/bufsize: Corefile:2 - " WRONG "'512'" },
		{ "bufsize {\n}", "plugin/bufsize: Corefile:2 - Error during parsing: Unexpected "
				  "token '{', expecting argument" },
	};
	assert_all_bad_bodies(table);
}

static void a_bufsize_above_our_own_is_noted(void **state)
{
	(void)state;
	struct config *config = read_body("bufsize 1233");

	assert_words(&config->notes,
		     "Corefile:2 - bufsize 1233: replies over UDP are 1232 bytes at most in any case");
	config_free(config);
	config = read_body("bufsize 1232");
	assert_int_equal(config->notes.count, 0);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_are_off_until_they_are_named),
		cmocka_unit_test(flags_take_nothing),
		cmocka_unit_test(a_flag_may_be_named_twice),
		cmocka_unit_test(chaos_takes_a_version_and_authors),
		cmocka_unit_test(chaos_strings_fit_into_txt_records),
		cmocka_unit_test(chaos_has_no_options),
		cmocka_unit_test(nsid_is_its_words_or_the_name_of_the_host),
		cmocka_unit_test(nsid_stands_once_and_is_short),
		cmocka_unit_test(local_has_a_prefix_unless_told),
		cmocka_unit_test(bufsize_has_its_range),
		cmocka_unit_test(a_bufsize_above_our_own_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
