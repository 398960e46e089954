/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `knamectl explain`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain.h"
#include "knamed/dns.h"

/* Reads "NAME TYPE ..." as a shell would hand it over. */
static enum explain_verdict read_words(const char *line, struct explain_options *options,
				       struct error *error)
{
	static char words[512], program[] = "explain";
	static char *argv[32];
	int argc = 1;
	char *rest = words;
	memset(argv, 0, sizeof(argv));
	argv[0] = program;
	snprintf(words, sizeof(words), "%s", line);
	while (*line != '\0' && rest != NULL && argc < 31)
		argv[argc++] = strsep(&rest, " ");
	return explain_options_read(argc, argv, options, error);
}

static void assert_refused(const char *line, const char *sentence)
{
	struct explain_options options;
	struct error error = { .text = "" };
	assert_int_equal(read_words(line, &options, &error), EXPLAIN_WRONG);
	assert_string_equal(error.text, sentence);
}

static void a_name_alone_is_asked_for_addresses(void **state)
{
	(void)state;
	struct explain_options options;
	assert_int_equal(read_words("web.shop", &options, NULL), EXPLAIN_GO);
	assert_string_equal(options.name, "web.shop");
	assert_int_equal(options.type, TYPE_A);
	assert_int_equal(options.class_, CLASS_IN);
	assert_int_equal(options.wait_s, 10);
	assert_int_equal(options.server.ip.family, 0);
	assert_null(options.from);
	assert_false(options.is_json || options.is_offline);
}

static void type_and_class_follow_in_any_order(void **state)
{
	(void)state;
	struct explain_options options;
	assert_int_equal(read_words("version.bind TXT CH", &options, NULL), EXPLAIN_GO);
	assert_int_equal(options.type, TYPE_TXT);
	assert_int_equal(options.class_, CLASS_CH);
	assert_int_equal(read_words("version.bind ch txt", &options, NULL), EXPLAIN_GO);
	assert_int_equal(options.type, TYPE_TXT);
	assert_int_equal(options.class_, CLASS_CH);
	assert_int_equal(read_words("web ANY", &options, NULL), EXPLAIN_GO);
	assert_int_equal(options.type, TYPE_ANY);
	assert_int_equal(options.class_, CLASS_IN);
}

static void options_have_one_dash_or_two(void **state)
{
	(void)state;
	struct explain_options options;
	assert_int_equal(read_words("web -from shop/client --server 192.0.2.1:54 -json --offline --wait 3s "
				    "-conf other -dns.port 1053",
				    &options, NULL),
			 EXPLAIN_GO);
	assert_string_equal(options.from, "shop/client");
	assert_int_equal(options.server.ip.family, 4);
	assert_int_equal(options.server.port, 54);
	assert_int_equal(options.wait_s, 3);
	assert_string_equal(options.flags.conf, "other");
	assert_string_equal(options.flags.port, "1053");
	assert_true(options.is_json && options.is_offline);
	assert_int_equal(read_words("--help", &options, NULL), EXPLAIN_HELP);
}

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	assert_refused("", "expected a name");
	assert_refused("a FOO", "no type 'FOO'");
	assert_refused("a --frob x", "no option '-frob'");
	assert_refused("a --from", "no option '--from', or its value is missing");
	assert_refused("a --wait soon", "expected a time like 10s, not 'soon'");
	assert_refused("a --wait 1ms", "expected a time like 10s, not '1ms'");
	assert_refused("a..b", "'a..b' is no domain name");
	assert_refused("a AXFR", "answers are explained, not transfers: `knamectl query` asks for one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_alone_is_asked_for_addresses),
		cmocka_unit_test(type_and_class_follow_in_any_order),
		cmocka_unit_test(options_have_one_dash_or_two),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
