/* SPDX-License-Identifier: Apache-2.0 */
/* autopath. */
#include "reading.h"

static void autopath_follows_the_cluster(void **state)
{
	(void)state;
	struct config *config = read_good("a b {\n autopath @kubernetes\n kubernetes\n}\n");
	assert_true(config->blocks[0].autopath->by_cluster);
	assert_zones(&config->blocks[0].autopath->zones, "a. b.");
	config_free(config);
}

static void autopath_reads_a_file(void **state)
{
	(void)state;
	write_file("resolv.conf",
		   "; search x\n# search y\nsearch  One.example two.\toptions\r\nnameserver 192.0.2.1\n");
	struct config *config = read_body("autopath c d resolv.conf");
	assert_false(config->blocks[0].autopath->by_cluster);
	assert_zones(&config->blocks[0].autopath->zones, "c. d.");
	assert_zones(&config->blocks[0].autopath->search, "one.example. two. options.");
	config_free(config);
}

static void the_last_line_counts(void **state)
{
	(void)state;
	write_file("resolv.conf", "search one\n");
	struct config *config = read_body("autopath c @kubernetes\nautopath resolv.conf\nkubernetes");
	assert_false(config->blocks[0].autopath->by_cluster);
	assert_zones(&config->blocks[0].autopath->zones, "example.org.");
	assert_zones(&config->blocks[0].autopath->search, "one.");
	config_free(config);
}

static void lists_that_are_not_there_are_told(void **state)
{
	(void)state;
	write_file("resolv.conf", "nameserver 192.0.2.1\n");
	struct config *config = read_body("autopath resolv.conf");
	assert_words(&config->notes, "Corefile:2 - resolv.conf has no search list to walk");
	config_free(config);
	config = read_body("autopath @kubernetes");
	assert_words(&config->notes,
		     "Corefile:2 - autopath @kubernetes: the block has no such directive, "
		     "so no search list is walked");
	config_free(config);
}

static void bad_autopath_lines_are_refused(void **state)
{
	(void)state;
#define AT(line) "plugin/autopath: Corefile:" line " - Error during parsing: "
	static const struct bad table[] = {
		{ "autopath", AT("2") "no resolv-conf specified" },
		{ "whoami\nautopath /nowhere/resolv.conf",
		  AT("3") "failed to parse \"/nowhere/resolv.conf\": open /nowhere/resolv.conf: no such file "
			  "or directory" },
		{ "autopath @whoami\nwhoami",
		  AT("2") "whoami does not implement the AutoPather interface" },
		{ "autopath a..b @kubernetes\nkubernetes",
		  AT("2") "zone is not a valid domain name: a..b" },
		{ "autopath @kubernetes {\nfoo\n}\nkubernetes", AT("3") "unknown property 'foo'" },
	};
	assert_all_bad_bodies(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(autopath_follows_the_cluster),
		cmocka_unit_test(autopath_reads_a_file),
		cmocka_unit_test(the_last_line_counts),
		cmocka_unit_test(lists_that_are_not_there_are_told),
		cmocka_unit_test(bad_autopath_lines_are_refused),
	};
	return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
