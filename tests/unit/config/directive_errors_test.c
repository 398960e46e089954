/* SPDX-License-Identifier: Apache-2.0 */
/* errors. */
#include "reading.h"

static void errors_takes_stdout_and_stacktrace(void **state)
{
	(void)state;
	struct config *config = read_body("errors");
	assert_words(&config->notes, "");
	config_free(config);
	config = read_body("errors stdout {\nstacktrace\n}");
	assert_words(&config->notes,
		     "Corefile:2 - stdout: lines go to standard output in any case|"
		     "Corefile:3 - stacktrace has no effect: there are no panics to trace");
	config_free(config);
	config = read_body("log");
	assert_null(config->blocks[0].errors);
	config_free(config);
}

static void errors_of_a_kind_are_told_as_a_number(void **state)
{
	(void)state;
	struct config *config = read_body("errors {\nconsolidate 5m \".* i/o timeout$\"\n"
					  "consolidate 90s a debug show_first\n}");
	const struct config_errors *errors = config->blocks[0].errors;

	assert_int_equal(errors->consolidation_count, 2);
	assert_int_equal(errors->consolidations[0].period_ms, 300000);
	assert_string_equal(errors->consolidations[0].pattern, ".* i/o timeout$");
	assert_int_equal(errors->consolidations[0].level, ERRORS_ERROR);
	assert_false(errors->consolidations[0].shows_first);
	assert_int_equal(errors->consolidations[1].level, ERRORS_DEBUG);
	assert_true(errors->consolidations[1].shows_first);
	config_free(config);
}

static void bad_errors_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "errors stderr",
		  "plugin/errors: Corefile:2 - Error during parsing: invalid log file: stderr" },
		{ "errors stdout x", "plugin/errors: Corefile:2 - Error during parsing: Wrong "
				     "argument count or unexpected line "
				     "ending after 'x'" },
		{ "errors {\nfoo\n}", "plugin/errors: Corefile:3 - Syntax error: Unexpected token "
				      "'foo', expecting 'Unknown field foo'" },
		{ "errors {\nstacktrace x\n}",
		  "plugin/errors: Corefile:3 - Syntax error: Unexpected token 'x', expecting "
		  "'Unknown field x'" },
		{ "errors {\nconsolidate\n}",
		  "plugin/errors: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after 'consolidate'" },
		{ "errors {\nconsolidate 5m a warning show_first x\n}",
		  "plugin/errors: Corefile:3 - Error during parsing: Wrong argument count or "
		  "unexpected line ending after 'x'" },
		{ "errors {\nconsolidate soon a\n}",
		  "plugin/errors: Corefile:3 - Error during parsing: time: invalid duration \"soon\"" },
		{ "errors {\nconsolidate 5m [a\n}",
		  "plugin/errors: Corefile:3 - Error during parsing: error parsing regexp: missing "
		  "closing ]: `[a`" },
		{ "errors {\nconsolidate 5m a warning error\n}",
		  "plugin/errors: Corefile:3 - Error during parsing: multiple log levels specified "
		  "in consolidate" },
		{ "errors {\nconsolidate 5m a show_first warning\n}",
		  "plugin/errors: Corefile:3 - Error during parsing: log level must come before "
		  "show_first in consolidate" },
		{ "errors {\nconsolidate 5m a foo\n}",
		  "plugin/errors: Corefile:3 - Error during parsing: unknown option in consolidate: "
		  "foo" },
		{ "errors\nerrors", "plugin/errors: Corefile:3 - Error during parsing: this plugin "
				    "can only be used once per "
				    "Server Block" },
	};

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_takes_stdout_and_stacktrace),
		cmocka_unit_test(errors_of_a_kind_are_told_as_a_number),
		cmocka_unit_test(bad_errors_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
