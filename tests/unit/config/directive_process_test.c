/* SPDX-License-Identifier: Apache-2.0 */
/* root, bind, multisocket. */
#include <sched.h>

#include "reading.h"

static void assert_bind(const char *lines, const char *bind, const char *except)
{
	struct config *config = read_body(lines);

	assert_words(&config->blocks[0].bind, bind);
	assert_words(&config->blocks[0].bind_except, except);
	config_free(config);
}

static void bind_takes_addresses_and_interfaces(void **state)
{
	(void)state;
	assert_bind("", "", "");
	assert_bind("bind 127.0.0.1", "127.0.0.1", "");
	assert_bind("bind lo 0:0::1 127.0.0.2", "lo|::1|127.0.0.2", "");
	assert_bind("bind 127.0.0.1\nbind 127.0.0.2 lo", "127.0.0.1|127.0.0.2|lo", "");
}

static void bind_leaves_out_what_is_excepted_on_its_line(void **state)
{
	(void)state;
	assert_bind("bind 127.0.0.1 127.0.0.2 {\nexcept 127.0.0.1\n}", "127.0.0.2", "");
	assert_bind("bind lo {\nexcept 127.0.0.9\nexcept 0::9\n}", "lo", "127.0.0.9|::9");
	assert_bind("bind lo {\nexcept 127.0.0.1\n}\nbind 127.0.0.1", "lo|127.0.0.1", "");
	assert_bind("bind 127.0.0.1 {\nexcept 127.0.0.2\n}\nbind 127.0.0.2", "127.0.0.1|127.0.0.2", "");
}

static void bad_bind_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "bind", "plugin/bind: Corefile:2 - Error during parsing: at least one address or "
			  "interface name is expected" },
		{ "bind foo", "plugin/bind: Corefile:2 - Error during parsing: not a valid IP "
			      "address or interface name: "
			      "\"foo\"" },
		{ "bind 127.0.0.1 an-interface-with-a-long-name",
		  "plugin/bind: Corefile:2 - Error during parsing: not a valid IP address or "
		  "interface name: "
		  "\"an-interface-with-a-long-name\"" },
		{ "bind lo {\nfoo\n}",
		  "plugin/bind: Corefile:3 - Error during parsing: invalid option \"foo\"" },
		{ "bind lo {\nexcept\n}", "plugin/bind: Corefile:3 - Error during parsing: at "
					  "least one address or interface "
					  "must be given to except subdirective" },
		{ "bind lo {\nexcept foo\n}", "plugin/bind: Corefile:3 - Error during parsing: not "
					      "a valid IP address or interface name: \"foo\"" },
		{ "bind 127.0.0.1 {\nexcept 127.0.0.1\n}",
		  "plugin/bind: Corefile:4 - Error during parsing: bind leaves no address to "
		  "listen on" },
	};

	assert_all_bad_bodies(table);
}

static void assert_too_many(const char *start, int count, const char *end, const char *sentence)
{
	struct text text = { 0 };

	text_add(&text, start);
	for (int i = 0; i < count; i++)
		text_printf(&text, " 127.0.%d.%d", i / 250, i % 250);
	text_add(&text, end);
	assert_bad_body(text.data, sentence);
	text_done(&text);
}

static void bind_words_are_counted(void **state)
{
	(void)state;
	assert_too_many("bind", 1025, "",
			"plugin/bind: Corefile:2 - Error during parsing: more than 1024 addresses or interfaces");
	assert_too_many("bind 127.0.0.1\nbind", 1024, "",
			"plugin/bind: Corefile:3 - Error during parsing: more than 1024 addresses or interfaces");
	assert_too_many("bind lo {\nexcept 127.0.0.1\n}\nbind lo {\nexcept", 1024, "\n}",
			"plugin/bind: Corefile:7 - Error during parsing: more than 1024 addresses or interfaces");
}

static void root_is_the_last_one_named(void **state)
{
	(void)state;
	struct config *config = read_body("root /tmp\nroot /");

	assert_string_equal(config->blocks[0].root, "/");
	assert_int_equal(config->notes.count, 0);
	config_free(config);
}

static void bad_roots_are_refused_and_missing_ones_noted(void **state)
{
	(void)state;
	struct config *config = read_body("root /nonexistent/zones");

	assert_words(&config->notes, "Corefile:2 - Root path does not exist: /nonexistent/zones");
	config_free(config);
	assert_bad_body("root", "plugin/root: Corefile:2 - Error during parsing: Wrong argument "
				"count or unexpected line "
				"ending after 'root'");
	assert_bad_body("root /etc/passwd/x",
			"plugin/root: Corefile:2 - Error during parsing: unable to access root path "
			"'/etc/passwd/x': stat /etc/passwd/x: not a directory");
}

static void multisocket_is_a_number_or_that_of_the_cpus(void **state)
{
	(void)state;
	cpu_set_t cpus;
	struct config *config = read_body("multisocket 1024");

	assert_int_equal(config->blocks[0].multisocket, 1024);
	config_free(config);
	config = read_body("multisocket");
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(config->blocks[0].multisocket, CPU_COUNT(&cpus));
	config_free(config);
	config = read_body("");
	assert_int_equal(config->blocks[0].multisocket, 0);
	config_free(config);
}

static void bad_multisocket_lines_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "multisocket 0", "plugin/multisocket: Corefile:2 - Error during parsing: the "
				   "number of sockets must be in range [1, 1024]: 0" },
		{ "multisocket 1025", "plugin/multisocket: Corefile:2 - Error during parsing: the "
				      "number of sockets must be in "
				      "range [1, 1024]: 1025" },
		{ "multisocket x", "plugin/multisocket: Corefile:2 - Error during parsing: the "
				   "number of sockets must be in range [1, 1024]: x" },
		{ "multisocket 1 2", "plugin/multisocket: Corefile:2 - Error during parsing: Wrong "
				     "argument count or unexpected "
				     "line ending after '2'" },
		{ "multisocket 1\nmultisocket 2",
		  "plugin/multisocket: Corefile:3 - Error during parsing: Wrong argument count "
		  "or unexpected line ending after 'multisocket'" },
	};

	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bind_takes_addresses_and_interfaces),
		cmocka_unit_test(bind_leaves_out_what_is_excepted_on_its_line),
		cmocka_unit_test(bad_bind_lines_are_refused),
		cmocka_unit_test(bind_words_are_counted),
		cmocka_unit_test(root_is_the_last_one_named),
		cmocka_unit_test(bad_roots_are_refused_and_missing_ones_noted),
		cmocka_unit_test(multisocket_is_a_number_or_that_of_the_cpus),
		cmocka_unit_test(bad_multisocket_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
