/* SPDX-License-Identifier: Apache-2.0 */
/* k8s_external. */
#include "reading.h"

static void k8s_external_has_defaults(void **state)
{
	(void)state;
	struct config *config = read_good("a b {\n kubernetes\n k8s_external\n}\n");
	const struct config_external *external = config->blocks[0].external;

	assert_zones(&external->zones, "a. b.");
	assert_string_equal(external->apex, "dns");
	assert_int_equal(external->ttl, 5);
	assert_false(external->headless);
	assert_false(external->falls_through);
	assert_true(config->blocks[0].kubernetes->keeps_externals);
	assert_directives(&config->blocks[0], "k8s_external|kubernetes");
	config_free(config);
}

static void k8s_external_options_are_read(void **state)
{
	(void)state;
	struct config *config =
		read_body("kubernetes\nk8s_external a 10.0.0.0/8 {\napex sub.names\nttl 60\n"
			  "headless\nfallthrough b\n}\nforward . 192.0.2.1");
	const struct config_external *external = config->blocks[0].external;

	assert_zones(&external->zones, "a. 10.in-addr.arpa.");
	assert_string_equal(external->apex, "sub.names");
	assert_int_equal(external->ttl, 60);
	assert_true(external->headless);
	assert_true(external->falls_through);
	assert_zones(&external->fallthrough, "b.");
	config_free(config);
}

static void of_two_lines_the_last_ones_zones_count(void **state)
{
	(void)state;
	struct config *config = read_body("kubernetes\nk8s_external a {\nttl 7\n}\nk8s_external b c");

	assert_zones(&config->blocks[0].external->zones, "b. c.");
	assert_int_equal(config->blocks[0].external->ttl, 7);
	config_free(config);
}

static void what_the_outside_sees_is_part_of_what_is_said_of_the_cluster(void **state)
{
	(void)state;
	struct config *one = read_body("kubernetes\nk8s_external a");
	struct config *two = read_body("kubernetes\nk8s_external b");
	struct config *alone = read_body("kubernetes");

	assert_string_not_equal(one->blocks[0].kubernetes->said.text,
				two->blocks[0].kubernetes->said.text);
	assert_string_not_equal(one->blocks[0].kubernetes->said.text,
				alone->blocks[0].kubernetes->said.text);
	assert_false(alone->blocks[0].kubernetes->keeps_externals);
	config_free(one);
	config_free(two);
	config_free(alone);
}

static void bad_k8s_external_lines_are_refused(void **state)
{
	(void)state;
#define AT(line) "plugin/k8s_external: Corefile:" line " - Error during parsing: "
	static const struct bad table[] = {
		{ "k8s_external a {\nttl 5\n}", AT("2") "kubernetes plugin not loaded" },
		{ "kubernetes\nk8s_external a..b", AT("3") "zone is not a valid domain name: a..b" },
		{ "kubernetes\nk8s_external a {\nfoo\n}", AT("4") "unknown property 'foo'" },
		{ "kubernetes\nk8s_external a {\nttl\n}",
		  AT("4") "Wrong argument count or unexpected line ending after 'ttl'" },
		{ "kubernetes\nk8s_external a {\nttl x\n}",
		  AT("4") "strconv.Atoi: parsing \"x\": invalid syntax" },
		{ "kubernetes\nk8s_external a {\nttl 3601\n}",
		  AT("4") "ttl must be in range [0, 3600]: 3601" },
		{ "kubernetes\nk8s_external a {\nttl -1\n}",
		  AT("4") "ttl must be in range [0, 3600]: -1" },
		{ "kubernetes\nk8s_external a {\napex\n}",
		  AT("4") "Wrong argument count or unexpected line ending after 'apex'" },
		{ "kubernetes\nk8s_external a {\napex .\n}", AT("4") "apex is no name: ." },
		{ "kubernetes\nk8s_external a {\napex a..b\n}", AT("4") "apex is no name: a..b" },
	};
	assert_all_bad_bodies(table);
}

static void names_of_the_apex_must_fit_into_the_zones(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct error error = { 0 };

	text_add(&text, "example.org {\nkubernetes\nk8s_external ");
	for (int i = 0; i < 120; i++)
		text_add(&text, "a.");
	text_add(&text, "b\n}\n");
	assert_null(config_read("Corefile", text.data, "53", &error));
	assert_non_null(strstr(error.text, "names below apex dns are too long in the zone a.a."));
	text_done(&text);
}

static void a_file_may_let_go_of_names(void **state)
{
	(void)state;
	struct config *config = read_body("file x a {\nfallthrough b\n}\nforward . 192.0.2.1");

	assert_true(config->blocks[0].files[0].falls_through);
	assert_zones(&config->blocks[0].files[0].fallthrough, "b.");
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k8s_external_has_defaults),
		cmocka_unit_test(k8s_external_options_are_read),
		cmocka_unit_test(of_two_lines_the_last_ones_zones_count),
		cmocka_unit_test(what_the_outside_sees_is_part_of_what_is_said_of_the_cluster),
		cmocka_unit_test(bad_k8s_external_lines_are_refused),
		cmocka_unit_test(names_of_the_apex_must_fit_into_the_zones),
		cmocka_unit_test(a_file_may_let_go_of_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
