/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#include "reading.h"

enum { WORDS_MAX = 12 };

/* Reads "a b c", words without blanks. */
static enum flags_verdict read_line(const char *line, struct flags *flags, int *status,
				    struct error *error)
{
	static char copy[256], program[] = "knamed";
	char *argv[WORDS_MAX + 1] = { program };
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *at = copy; *at != 0 && argc < WORDS_MAX;) {
		argv[argc++] = at;
		at += strcspn(at, " ");
		if (*at == ' ')
			*at++ = 0;
	}
	return flags_read(argc, argv, flags, status, error);
}

static struct flags read_flags(const char *line)
{
	struct flags flags = { 0 };
	struct error error = { 0 };
	int status = -1;

	if (read_line(line, &flags, &status, &error) != FLAGS_GOOD)
		fail_msg("%s: %s", line, error.text);
	assert_int_equal(status, 0);
	return flags;
}

static void without_words_all_is_default(void **state)
{
	(void)state;
	struct flags flags = read_flags("");

	assert_null(flags.conf);
	assert_null(flags.pidfile);
	assert_string_equal(flags.port, "53");
	assert_false(flags.quiet || flags.version || flags.plugins || flags.log_json);
}

static void values_stand_behind_or_in_the_next_word(void **state)
{
	(void)state;
	static const char *const lines[] = { "-conf x", "--conf x", "-conf=x", "--conf=x",
					     "-conf y -conf x" };

	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_string_equal(read_flags(lines[i]).conf, "x");
	assert_string_equal(read_flags("-conf=").conf, "");
	assert_string_equal(read_flags("-conf=a=b").conf, "a=b");
	assert_string_equal(read_flags("-conf -quiet").conf, "-quiet");
	assert_string_equal(read_flags("-pidfile /run/x").pidfile, "/run/x");
}

static void both_names_of_the_port_mean_the_same(void **state)
{
	(void)state;
	assert_string_equal(read_flags("-p 1053").port, "1053");
	assert_string_equal(read_flags("-dns.port=1053").port, "1053");
	assert_string_equal(read_flags("-p 1 -dns.port 2").port, "2");
	assert_string_equal(read_flags("-dns.port 2 -p 1").port, "1");
}

static void switches_take_a_value_behind_only(void **state)
{
	(void)state;
	static const char *const on[] = { "-quiet",	 "--quiet",	"-quiet=true",
					  "-quiet=1",	 "-quiet=T",	"-quiet=t",
					  "-quiet=TRUE", "-quiet=True", "-quiet=false -quiet" };
	static const char *const off[] = { "-quiet=false",   "-quiet=0",     "-quiet=f",
					   "-quiet=F",	     "-quiet=FALSE", "-quiet=False",
					   "-quiet -quiet=0" };

	for (size_t i = 0; i < COUNT_OF(on); i++)
		assert_true(read_flags(on[i]).quiet);
	for (size_t i = 0; i < COUNT_OF(off); i++)
		assert_false(read_flags(off[i]).quiet);
	assert_true(read_flags("-version").version);
	assert_true(read_flags("-plugins").plugins);
	assert_true(read_flags("-quiet -conf x").quiet);
}

static void log_lines_are_text_or_json(void **state)
{
	(void)state;
	assert_false(read_flags("-log-format text").log_json);
	assert_true(read_flags("-log-format=json").log_json);
}

static void two_dashes_end_the_flags(void **state)
{
	(void)state;
	assert_true(read_flags("-quiet --").quiet);
}

static void bad_words_are_refused_as_go_does_it(void **state)
{
	(void)state;
	static const struct {
		const char *line, *sentence;
		int status;
	} table[] = {
		{ "-foo", "flag provided but not defined: -foo", 2 },
		{ "--foo=bar", "flag provided but not defined: -foo", 2 },
		{ "-conf", "flag needs an argument: -conf", 2 },
		{ "-p", "flag needs an argument: -p", 2 },
		{ "-quiet=x", "invalid boolean value \"x\" for -quiet: parse error", 2 },
		{ "-quiet=", "invalid boolean value \"\" for -quiet: parse error", 2 },
		{ "---x", "bad flag syntax: ---x", 2 },
		{ "-=x", "bad flag syntax: -=x", 2 },
		{ "--=x", "bad flag syntax: --=x", 2 },
		{ "a b", "extra command line arguments: [a b]", 1 },
		{ "-quiet true", "extra command line arguments: [true]", 1 },
		{ "-- -quiet", "extra command line arguments: [-quiet]", 1 },
		{ "-", "extra command line arguments: [-]", 1 },
		{ "-version x", "extra command line arguments: [x]", 1 },
		{ "-log-format xml x", "unknown log format \"xml\": expected text or json", 1 },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct flags flags = { .port = "untouched" };
		struct error error = { 0 };
		int status = -1;
		assert_int_equal(read_line(table[i].line, &flags, &status, &error), FLAGS_BAD);
		assert_string_equal(error.text, table[i].sentence);
		assert_int_equal(status, table[i].status);
		assert_string_equal(flags.port, "untouched");
	}
}

static void help_is_asked_for_by_h_or_help(void **state)
{
	(void)state;
	static const char *const lines[] = { "-h", "-help", "--help", "-quiet -h" };

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct flags flags;
		struct error error;
		int status = -1;
		assert_int_equal(read_line(lines[i], &flags, &status, &error), FLAGS_HELP);
		assert_int_equal(status, 0);
	}
}

static void the_usage_names_every_flag(void **state)
{
	(void)state;
	static const char *const names[] = { "-conf",	 "-dns.port", "-p ",	"-log-format",
					     "-pidfile", "-plugins",  "-quiet", "-version" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_non_null(strstr(flags_usage(), names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_words_all_is_default),
		cmocka_unit_test(values_stand_behind_or_in_the_next_word),
		cmocka_unit_test(both_names_of_the_port_mean_the_same),
		cmocka_unit_test(switches_take_a_value_behind_only),
		cmocka_unit_test(log_lines_are_text_or_json),
		cmocka_unit_test(two_dashes_end_the_flags),
		cmocka_unit_test(bad_words_are_refused_as_go_does_it),
		cmocka_unit_test(help_is_asked_for_by_h_or_help),
		cmocka_unit_test(the_usage_names_every_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
