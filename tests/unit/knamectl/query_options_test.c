/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `knamectl query`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "query.h"

/* Reads "@1.2.3.4 name ..." as a shell would hand it over. */
static enum query_verdict read_words(const char *line, struct query_options *options,
				     struct error *error)
{
	static char words[256];
	static char *argv[32];
	int argc = 0;
	char *rest = words;
	snprintf(words, sizeof(words), "query %s", line);
	while (rest != NULL && argc < 31)
		argv[argc++] = strsep(&rest, " ");
	return query_options_read(argc, argv, options, error);
}

static struct query_options good(const char *line)
{
	struct query_options options = { 0 };
	struct error error = { 0 };
	if (read_words(line, &options, &error) != QUERY_ASK)
		fail_msg("%s: %s", line, error.text);
	return options;
}

static void options_take_one_dash_or_two(void **state)
{
	(void)state;
	struct query_options options = good("@192.0.2.1 a.example -tcp --cd -edns 512 --tries 2");
	assert_true(options.tcp && options.checking_disabled);
	assert_int_equal(options.edns_size, 512);
	assert_int_equal(options.tries, 2);
}

static void a_question_alone_has_usual_settings(void **state)
{
	(void)state;
	struct query_options options = good("@192.0.2.1 a.example");
	assert_string_equal(options.name, "a.example");
	assert_int_equal(options.type, LDNS_RR_TYPE_A);
	assert_int_equal(options.class_, LDNS_RR_CLASS_IN);
	assert_int_equal(options.port, 53);
	assert_int_equal(options.edns_size, 1232);
	assert_true(options.edns && !options.dnssec && !options.tcp && !options.brief);
}

static void a_server_may_have_a_port_in_either_family(void **state)
{
	(void)state;
	static const struct {
		const char *line, *address;
		uint16_t port;
	} cases[] = {
		{ "@192.0.2.1 a", "192.0.2.1", 53 },
		{ "@192.0.2.1:5353 a", "192.0.2.1", 5353 },
		{ "@2001:db8::1 a", "2001:db8::1", 53 },
		{ "@[2001:db8::1] a", "2001:db8::1", 53 },
		{ "@[2001:db8::1]:54 a", "2001:db8::1", 54 },
		{ "@192.0.2.1 a -p 55", "192.0.2.1", 55 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct query_options options = good(cases[i].line);
		char text[IP_TEXT_SIZE];
		ip_print(&options.server, text);
		assert_string_equal(text, cases[i].address);
		assert_int_equal(options.port, cases[i].port);
	}
}

static void types_are_words_in_any_case_or_numbers(void **state)
{
	(void)state;
	assert_int_equal(good("@::1 a SRV").type, LDNS_RR_TYPE_SRV);
	assert_int_equal(good("@::1 a aaaa").type, LDNS_RR_TYPE_AAAA);
	assert_int_equal(good("@::1 a HTTPS").type, 65);
	assert_int_equal(good("@::1 a TYPE65534").type, 65534);
	assert_int_equal(good("@::1 a ANY").type, LDNS_RR_TYPE_ANY);
}

static void an_address_is_asked_for_by_its_reverse_name(void **state)
{
	(void)state;
	struct query_options options = good("@::1 -x 10.0.0.1");
	assert_true(options.reverse);
	assert_int_equal(options.type, LDNS_RR_TYPE_PTR);
}

static void switches_may_stand_anywhere(void **state)
{
	(void)state;
	struct query_options options =
		good("--tcp a --short @::1 --dnssec --no-recurse --cd --ignore --nsid");
	assert_true(options.tcp && options.brief && options.dnssec && options.no_recursion);
	assert_true(options.checking_disabled && options.ignore_truncation && options.nsid);
	assert_false(good("@::1 a --no-edns").edns);
	options = good("@::1 a --edns 4096 --tries 7 --timeout 250ms --class CH");
	assert_int_equal(options.edns_size, 4096);
	assert_int_equal(options.tries, 7);
	assert_int_equal(options.timeout_ms, 250);
	assert_int_equal(options.class_, LDNS_RR_CLASS_CH);
}

static void a_wrong_word_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *line, *complaint;
	} cases[] = {
		{ "@::1", "expected a name" },
		{ "@::1 a..b", "'a..b' is no domain name" },
		{ "@::1 -x 1.2.3", "expected an address, not '1.2.3'" },
		{ "@nowhere a", "expected an address behind @, not 'nowhere'" },
		{ "@192.0.2.1:x a", "expected a port, not 'x'" },
		{ "@192.0.2.1:0 a", "expected a port, not '0'" },
		{ "@::1 a NOTYPE", "no type 'NOTYPE'" },
		{ "@::1 a --class XX", "no class 'XX'" },
		{ "@::1 a --tries 0", "expected 1 to 100 tries, not '0'" },
		{ "@::1 a --timeout never", "expected a time like 2s, not 'never'" },
		{ "@::1 a --edns", "no option '--edns', or its value is missing" },
		{ "@::1 a --frob x", "no option '--frob'" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct query_options options = { 0 };
		struct error error = { 0 };
		assert_int_equal(read_words(cases[i].line, &options, &error), QUERY_WRONG);
		assert_string_equal(error.text, cases[i].complaint);
	}
}

static void help_is_no_question(void **state)
{
	(void)state;
	struct query_options options = { 0 };
	struct error error = { 0 };
	assert_int_equal(read_words("a --help", &options, &error), QUERY_HELP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_alone_has_usual_settings),
		cmocka_unit_test(options_take_one_dash_or_two),
		cmocka_unit_test(a_server_may_have_a_port_in_either_family),
		cmocka_unit_test(types_are_words_in_any_case_or_numbers),
		cmocka_unit_test(an_address_is_asked_for_by_its_reverse_name),
		cmocka_unit_test(switches_may_stand_anywhere),
		cmocka_unit_test(a_wrong_word_is_named),
		cmocka_unit_test(help_is_no_question),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
