/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes: zones, options, what they say together. */
#include "reading.h"

/* The kubernetes of a block "example.org" with the directive's line and options given. */
static struct config *read_kubernetes(const char *zones, const char *options)
{
	struct text text = { 0 };

	text_printf(&text, "kubernetes %s {\nmanifests /m\n%s\n}\n", zones, options);
	struct config *config = read_body(text.data);
	text_done(&text);
	return config;
}

static void assert_bad_option(const char *option, const char *sentence)
{
	struct text text = { 0 }, expected = { 0 };

	text_printf(&text, "kubernetes a 10.in-addr.arpa {\n%s\nmanifests /m\n}\n", option);
	text_printf(&expected, "plugin/kubernetes: Corefile:3 - Error during parsing: %s", sentence);
	assert_bad_body(text.data, expected.data);
	text_done(&text);
	text_done(&expected);
}

static void a_bare_block_has_the_defaults(void **state)
{
	(void)state;
	struct config *config = read_kubernetes("", "");
	const struct config_kubernetes *kubernetes = config->blocks[0].kubernetes;

	assert_zones(&kubernetes->zones, "example.org.");
	assert_zones(&kubernetes->multicluster, "");
	assert_int_equal(kubernetes->namespaces.count, 0);
	assert_int_equal(kubernetes->labels.count, 0);
	assert_int_equal(kubernetes->namespace_labels.count, 0);
	assert_int_equal(kubernetes->pods, PODS_DISABLED);
	assert_int_equal(kubernetes->ttl, 5);
	assert_int_equal(kubernetes->denial_ttl, 5);
	assert_true(kubernetes->shorthand);
	assert_false(kubernetes->endpoint_pod_names || kubernetes->no_endpoints ||
		     kubernetes->ignore_empty_service || kubernetes->zonal);
	assert_string_equal(kubernetes->manifests, "/m");
	assert_directives(&config->blocks[0], "kubernetes");
	assert_int_equal(config->notes.count, 0);
	config_free(config);
}

static void zones_are_those_named(void **state)
{
	(void)state;
	struct config *config =
		read_kubernetes("Cluster.Local. 10.96.0.0/15 ip6.arpa dns://b:53 cluster.local", "");

	assert_zones(&config->blocks[0].kubernetes->zones,
		     "cluster.local. 96.10.in-addr.arpa. 97.10.in-addr.arpa. ip6.arpa. b.");
	config_free(config);
}

static void zones_of_the_block_are_taken_once(void **state)
{
	(void)state;
	struct config *config = read_good("a:53 a:54 10.0.0.0/8 {\nkubernetes {\nmanifests m\n}\n}\n");

	assert_zones(&config->blocks[0].kubernetes->zones, "a. 10.in-addr.arpa.");
	config_free(config);
}

static void a_zone_that_is_no_reverse_zone_is_needed(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "kubernetes 10.in-addr.arpa ip6.arpa {\nmanifests m\n}",
		  "plugin/kubernetes: Corefile:2 - Error during parsing: non-reverse zone name "
		  "must be used" },
		{ "kubernetes a..b", "plugin/kubernetes: Corefile:2 - Error during parsing: zone "
				     "is not a valid domain name: "
				     "a..b" },
		{ "kubernetes ::/0",
		  "plugin/kubernetes: Corefile:2 - Error during parsing: invalid CIDR ::/0" },
	};

	assert_all_bad_bodies(table);
	assert_bad("10.0.0.0/8 {\nkubernetes\n}\n", "plugin/kubernetes: Corefile:2 - Error during "
						    "parsing: non-reverse zone name must be used");
}

static void every_option_is_read(void **state)
{
	(void)state;
	struct config *config =
		read_kubernetes("a b c", "namespaces x y\n namespaces z\n labels app=etcd, !x\n"
					 "pods verified\n ttl 30\n denial_ttl 7\n endpoint_pod_names\n"
					 "noendpoints\n ignore empty_service\n shorthand off\n"
					 "multicluster b c");
	const struct config_kubernetes *kubernetes = config->blocks[0].kubernetes;

	assert_words(&kubernetes->namespaces, "x|y|z");
	assert_int_equal(kubernetes->labels.count, 2);
	assert_string_equal(kubernetes->labels.terms[1].key, "x");
	assert_int_equal(kubernetes->labels.terms[1].op, SELECT_NOT_EXISTS);
	assert_int_equal(kubernetes->pods, PODS_VERIFIED);
	assert_int_equal(kubernetes->ttl, 30);
	assert_int_equal(kubernetes->denial_ttl, 7);
	assert_true(kubernetes->endpoint_pod_names && kubernetes->no_endpoints &&
		    kubernetes->ignore_empty_service);
	assert_false(kubernetes->shorthand);
	assert_true(kubernetes->denies_junk);
	assert_false(kubernetes->ipv6_auto);
	assert_zones(&kubernetes->multicluster, "b. c.");
	config_free(config);

	config = read_kubernetes("a", "namespace_labels team in (x, y)\n zonal\n pods insecure\n shorthand on\n"
				      "labels x\n labels y=z\n search_junk off\n ipv6 auto");
	kubernetes = config->blocks[0].kubernetes;
	assert_int_equal(kubernetes->namespace_labels.count, 1);
	assert_words(&kubernetes->namespace_labels.terms[0].values, "x|y");
	assert_true(kubernetes->zonal && kubernetes->shorthand);
	assert_false(kubernetes->denies_junk);
	assert_true(kubernetes->ipv6_auto);
	assert_int_equal(kubernetes->pods, PODS_INSECURE);
	assert_int_equal(kubernetes->labels.count, 1);
	assert_string_equal(kubernetes->labels.terms[0].key, "y");
	config_free(config);
}

static void denials_live_five_seconds_at_most_unless_told(void **state)
{
	(void)state;
	static const struct {
		const char *options;
		unsigned denial_ttl;
	} table[] = { { "ttl 3", 3 },
		      { "ttl 0", 0 },
		      { "ttl 3600", 5 },
		      { "denial_ttl 0", 0 },
		      { "denial_ttl 60\nttl 3", 60 } };

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct config *config = read_kubernetes("a", table[i].options);
		assert_int_equal(config->blocks[0].kubernetes->denial_ttl, table[i].denial_ttl);
		config_free(config);
	}
}

static void bad_values_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "foo", "unknown property 'foo'" },
		{ "search_junk no", "search_junk expects 'on' or 'off', got \"no\"" },
		{ "ipv6 off", "ipv6 expects 'on' or 'auto', got \"off\"" },
		{ "ttl x", "ttl must be in range [0, 3600]: x" },
		{ "ttl 3601", "ttl must be in range [0, 3600]: 3601" },
		{ "ttl -1", "ttl must be in range [0, 3600]: -1" },
		{ "ttl", "Wrong argument count or unexpected line ending after 'ttl'" },
		{ "denial_ttl 3601", "denial_ttl must be in range [0, 3600]: 3601" },
		{ "pods", "Wrong argument count or unexpected line ending after 'pods'" },
		{ "pods a b", "Wrong argument count or unexpected line ending after 'b'" },
		{ "pods x", "wrong value for pods: x,  must be one of: disabled, verified, insecure" },
		{ "namespaces", "Wrong argument count or unexpected line ending after 'namespaces'" },
		{ "labels", "Wrong argument count or unexpected line ending after 'labels'" },
		{ "labels a in b",
		  "unable to parse label selector value: 'a in b': found 'b', expected: '('" },
		{ "namespace_labels -a",
		  "unable to parse namespace_label selector value: '-a': '-a' is not a label key" },
		{ "ignore", "Wrong argument count or unexpected line ending after 'ignore'" },
		{ "ignore x", "unable to parse ignore value: 'x'" },
		{ "noendpoints x", "Wrong argument count or unexpected line ending after 'x'" },
		{ "endpoint_pod_names x", "Wrong argument count or unexpected line ending after 'x'" },
		{ "zonal x", "Wrong argument count or unexpected line ending after 'x'" },
		{ "shorthand", "Wrong argument count or unexpected line ending after 'shorthand'" },
		{ "shorthand of", "shorthand expects 'on' or 'off', got \"of\"" },
		{ "multicluster a..b", "zone is not a valid domain name: a..b" },
		{ "manifests", "Wrong argument count or unexpected line ending after 'manifests'" },
		{ "manifests a b", "Wrong argument count or unexpected line ending after 'b'" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_bad_option(table[i].text, table[i].sentence);
}

static void fallthrough_is_for_all_names_or_for_zones(void **state)
{
	(void)state;
	static const struct {
		const char *options, *zones;
	} table[] = { { "fallthrough", "" },
		      { "fallthrough .", "." },
		      { "fallthrough 10.0.0.0/15 B ip6.arpa. b",
			"0.10.in-addr.arpa. 1.10.in-addr.arpa. b. ip6.arpa." },
		      { "fallthrough a\nfallthrough", "" } };

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct text text = { 0 };
		text_printf(&text, "whoami\nkubernetes a {\n%s\n}", table[i].options);
		struct config *config = read_body(text.data);
		assert_true(config->blocks[0].kubernetes->falls_through);
		assert_zones(&config->blocks[0].kubernetes->fallthrough, table[i].zones);
		config_free(config);
		text_done(&text);
	}
	assert_bad_body("whoami\nkubernetes a {\nfallthrough a..b\n}",
			"plugin/kubernetes: Corefile:4 - Error during parsing: zone is not a valid domain "
			"name: a..b");
}

static void fallthrough_without_a_handler_behind_it_is_noted(void **state)
{
	(void)state;
	static const char *const good[] = { "whoami", "file db", "auto {\ndirectory /\n}",
					    "forward . 192.0.2.1" };
	static const char *const bad[] = { "", "chaos\nany\nlocal\nlog\nerrors" };

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct text text = { 0 };
		text_printf(&text, "kubernetes {\nfallthrough\n}\n%s", good[i]);
		struct config *config = read_body(text.data);
		assert_int_equal(config->notes.count, 0);
		config_free(config);
		text_done(&text);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct text text = { 0 };
		text_printf(&text, "kubernetes {\nttl 5\nfallthrough in-addr.arpa\n}\n%s", bad[i]);
		struct config *config = read_body(text.data);
		assert_int_equal(config->notes.count, 1);
		assert_string_equal(config->notes.words[0],
				    "Corefile:4 - fallthrough has nothing behind it: what "
				    "is denied stays denied");
		config_free(config);
		text_done(&text);
	}
	/* Another block's does not count. */
	struct config *config = read_good("a {\nkubernetes {\nfallthrough\n}\n}\nb {\nwhoami\n}\n");
	assert_int_equal(config->notes.count, 1);
	config_free(config);
}

static void options_that_exclude_each_other_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "kubernetes a {\nnamespaces x\nnamespace_labels y\n}",
		  "plugin/kubernetes: Corefile:5 - Error during parsing: namespaces and "
		  "namespace_labels cannot both be set" },
		{ "kubernetes a {\nmulticluster b\n}",
		  "plugin/kubernetes: Corefile:4 - Error during parsing: is not authoritative for "
		  "the multicluster zone b. "
		  "(authoritative zones: [a.])" },
		{ "kubernetes a c {\nmulticluster A b\n}",
		  "plugin/kubernetes: Corefile:4 - Error during parsing: is not authoritative for "
		  "the multicluster zone b. "
		  "(authoritative zones: [a. c.])" },
		{ "kubernetes a {\nzonal\nnoendpoints\n}",
		  "plugin/kubernetes: Corefile:5 - Error during parsing: zonal requires the "
		  "endpoint cache; remove noendpoints" },
	};

	assert_all_bad_bodies(table);
}

static void it_stands_once_per_block(void **state)
{
	(void)state;
	assert_bad_body("kubernetes a {\nmanifests m\n}\nkubernetes b {\nmanifests m\n}",
			"plugin/kubernetes: Corefile:5 - Error during parsing: this plugin can "
			"only be used once per Server "
			"Block");
	config_free(read_good(
		"a {\nkubernetes {\nmanifests m\n}\n}\nb {\nkubernetes {\nmanifests m\n}\n}\n"));
}

static void options_of_the_past_are_noted(void **state)
{
	(void)state;
	struct config *config = read_kubernetes("a", "upstream 8.8.8.8\nresyncperiod 5m\nupstream");

	assert_words(&config->notes,
		     "Corefile:4 - upstream is an option of the past and has no effect|"
		     "Corefile:5 - resyncperiod is an option of the past and has no effect|"
		     "Corefile:6 - upstream is an option of the past and has no effect");
	config_free(config);
}

static void multicluster_without_a_zone_is_noted(void **state)
{
	(void)state;
	struct config *config = read_kubernetes("a", "multicluster");

	assert_words(&config->notes, "Corefile:4 - multicluster names no zone and has no effect");
	config_free(config);
}

static void zones_are_counted(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, ". {\n");
	for (int i = 0; i < 200; i++)
		text_add(&text, " file x 0.0.0.0/1\n");
	text_add(&text, "}\n");
	assert_bad(text.data,
		   "plugin/file: Corefile:158 - Error during parsing: more than 20000 zones");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_block_has_the_defaults),
		cmocka_unit_test(zones_are_those_named),
		cmocka_unit_test(zones_of_the_block_are_taken_once),
		cmocka_unit_test(a_zone_that_is_no_reverse_zone_is_needed),
		cmocka_unit_test(every_option_is_read),
		cmocka_unit_test(denials_live_five_seconds_at_most_unless_told),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(fallthrough_is_for_all_names_or_for_zones),
		cmocka_unit_test(fallthrough_without_a_handler_behind_it_is_noted),
		cmocka_unit_test(options_that_exclude_each_other_are_refused),
		cmocka_unit_test(it_stands_once_per_block),
		cmocka_unit_test(options_of_the_past_are_noted),
		cmocka_unit_test(multicluster_without_a_zone_is_noted),
		cmocka_unit_test(zones_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
