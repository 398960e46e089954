/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `knamectl node`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node.h"

/* Reads "address 1.2.3.4 ..." as a shell would hand it over. */
static enum node_verdict read_words(const char *line, struct node_options *options, struct error *error)
{
	static char words[256];
	static char *argv[32];
	int argc = 0;
	char *rest = words;
	memset(argv, 0, sizeof(argv));
	snprintf(words, sizeof(words), "%s", line);
	while (*line != '\0' && rest != NULL && argc < 31)
		argv[argc++] = strsep(&rest, " ");
	return node_options_read(argc, argv, options, error);
}

static void assert_refused(const char *line, const char *sentence)
{
	struct node_options options;
	struct error error = { .text = "" };
	assert_int_equal(read_words(line, &options, &error), NODE_BAD);
	assert_string_equal(error.text, sentence);
}

static void addresses_go_to_an_interface_of_our_name(void **state)
{
	(void)state;
	struct node_options options;
	char text[IP_TEXT_SIZE];
	assert_int_equal(read_words("address 169.254.20.10 fd00::10", &options, NULL), NODE_RUN);
	assert_int_equal(options.address_count, 2);
	ip_print(&options.addresses[1], text);
	assert_string_equal(text, "fd00::10");
	assert_string_equal(options.interface, "knamed");
	assert_false(options.removes || options.stays);
}

static void an_interface_may_be_named_and_removed(void **state)
{
	(void)state;
	struct node_options options;
	assert_int_equal(read_words("address --remove --interface lo --stay", &options, NULL),
			 NODE_RUN);
	assert_string_equal(options.interface, "lo");
	assert_true(options.removes && options.stays);
	assert_int_equal(read_words("notrack --remove", &options, NULL), NODE_RUN);
	assert_int_equal(read_words("notrack 10.96.0.10 --help", &options, NULL), NODE_HELP);
}

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	assert_refused("", "address or notrack?");
	assert_refused("adress 192.0.2.1", "no command 'adress'");
	assert_refused("address", "which address?");
	assert_refused("notrack", "which address?");
	assert_refused("address localhost", "expected an address, not 'localhost'");
	assert_refused("address --interface",
		       "expected a name of 1 to 15 characters behind --interface");
	assert_refused("address 192.0.2.1 --interface a234567890123456",
		       "expected a name of 1 to 15 characters behind --interface");
	assert_refused("notrack 192.0.2.1 --interface lo",
		       "rules are of addresses: --interface has no meaning here");
	assert_refused("notrack 192.0.2.1 --remove",
		       "--remove takes all rules away: no addresses, please");
	assert_refused("notrack ::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9", "8 addresses at most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_go_to_an_interface_of_our_name),
		cmocka_unit_test(an_interface_may_be_named_and_removed),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
