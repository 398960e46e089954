/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#define SAYS(line, text) "plugin/hosts: Corefile:" #line " - Error during parsing: " text

static void everything_has_a_default(void **state)
{
	(void)state;
	struct config *config = read_body("hosts");
	const struct config_hosts *hosts = config->blocks[0].hosts;
	assert_string_equal(hosts->path, "/etc/hosts");
	assert_zones(&hosts->zones, "example.org.");
	assert_null(hosts->lines);
	assert_int_equal(hosts->ttl, 3600);
	assert_int_equal(hosts->reload_ms, 5000);
	assert_true(hosts->reverse);
	assert_false(hosts->falls_through || hosts->falls_unsupported);
	config_free(config);
}

static void forms_of_distributions_are_read(void **state)
{
	(void)state;
	write_file("NodeHosts", "");
	struct config *config =
		read_body("hosts NodeHosts {\nttl 60\nreload 15s\nfallthrough\n}\nwhoami");
	const struct config_hosts *hosts = config->blocks[0].hosts;
	assert_string_equal(hosts->path, "NodeHosts");
	assert_int_equal(hosts->ttl, 60);
	assert_int_equal(hosts->reload_ms, 15000);
	assert_true(hosts->falls_through);
	assert_int_equal(hosts->fallthrough.count, 0);
	assert_int_equal(config->notes.count, 0);
	config_free(config);

	config = read_body("hosts {\n   192.168.49.1 host.minikube.internal\n   fallthrough\n}\nwhoami");
	assert_string_equal(config->blocks[0].hosts->lines, "192.168.49.1 host.minikube.internal\n");
	assert_int_equal(config->notes.count, 0);
	config_free(config);

	config = read_body(
		"root /rootfs/etc\nhosts hosts k8s.Example 10.0.0.0/8 {\nttl 30\nfallthrough a b.\n}\nwhoami");
	assert_string_equal(config->blocks[0].hosts->path, "/rootfs/etc/hosts");
	assert_zones(&config->blocks[0].hosts->zones, "k8s.example. 10.in-addr.arpa.");
	assert_zones(&config->blocks[0].hosts->fallthrough, "a. b.");
	config_free(config);
}

static void what_is_no_option_is_a_line(void **state)
{
	(void)state;
	struct config *config =
		read_body("hosts {\n10.0.0.1 a b\nfe80::1%eth0 c # d\ntll 60\n10.0.0.2\nno_reverse\n"
			  "reload 0\nfallthrough\nfallthrough_unsupported\n}\nwhoami");
	const struct config_hosts *hosts = config->blocks[0].hosts;
	assert_string_equal(hosts->lines, "10.0.0.1 a b\nfe80::1%eth0 c\ntll 60\n10.0.0.2\n");
	assert_false(hosts->reverse);
	assert_true(hosts->falls_unsupported);
	assert_int_equal(hosts->reload_ms, 0);
	assert_words(&config->notes,
		     "Corefile:5 - the line has no effect: 'tll' is neither an option of hosts nor an "
		     "address|Corefile:6 - the line has no effect: no name stands behind 10.0.0.2");
	config_free(config);
}

static void a_file_that_is_missing_may_come(void **state)
{
	(void)state;
	struct config *config = read_body("hosts no-such-file");
	assert_words(&config->notes, "Corefile:2 - File does not exist: no-such-file");
	config_free(config);
	write_file("plain", "");
	assert_bad_body(
		"hosts plain/below",
		SAYS(2, "unable to access hosts file 'plain/below': stat plain/below: not a directory"));
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "hosts\nhosts", SAYS(3, "this plugin can only be used once per Server Block") },
		{ "hosts {\nttl\n}", SAYS(3, "ttl needs a time in second") },
		{ "hosts {\nttl x\n}", SAYS(3, "ttl needs a number of second") },
		{ "hosts {\nttl -1\n}", SAYS(3, "ttl provided is invalid") },
		{ "hosts {\nttl 0\n}", SAYS(3, "ttl provided is invalid") },
		{ "hosts {\nttl 65536\n}", SAYS(3, "ttl provided is invalid") },
		{ "hosts {\nreload\n}", SAYS(3, "reload needs a duration (zero seconds to disable)") },
		{ "hosts {\nreload x\n}", SAYS(3, "invalid duration for reload 'x'") },
		{ "hosts {\nreload -5s\n}", SAYS(3, "invalid negative duration for reload '-5s'") },
		{ "hosts {\nfallthrough\n10.0.0.1 a\n}\nwhoami",
		  SAYS(4, "unknown property '10.0.0.1'") },
		{ "hosts {\nfallthrough_unsupported x\n}",
		  SAYS(3, "Wrong argument count or unexpected line ending after 'x'") },
		{ "hosts {\nfallthrough_unsupported\n}",
		  SAYS(4, "fallthrough_unsupported requires fallthrough") },
	};
	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_has_a_default),
		cmocka_unit_test_setup_teardown(forms_of_distributions_are_read, directory_setup,
						directory_teardown),
		cmocka_unit_test(what_is_no_option_is_a_line),
		cmocka_unit_test_setup_teardown(a_file_that_is_missing_may_come, directory_setup,
						directory_teardown),
		cmocka_unit_test(what_is_wrong_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
