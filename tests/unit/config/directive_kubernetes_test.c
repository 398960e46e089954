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
	assert_words(&config->blocks[0].directives, "kubernetes");
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
	assert_zones(&kubernetes->multicluster, "b. c.");
	config_free(config);

	config = read_kubernetes("a", "namespace_labels team in (x, y)\n zonal\n pods insecure\n shorthand on\n"
				      "labels x\n labels y=z");
	kubernetes = config->blocks[0].kubernetes;
	assert_int_equal(kubernetes->namespace_labels.count, 1);
	assert_words(&kubernetes->namespace_labels.terms[0].values, "x|y");
	assert_true(kubernetes->zonal && kubernetes->shorthand);
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

static void manifests_are_found_behind_root(void **state)
{
	(void)state;
	struct config *config = read_body("kubernetes a {\nmanifests ./m/\n}\nroot /srv/dns");

	assert_string_equal(config->blocks[0].kubernetes->manifests, "/srv/dns/m");
	config_free(config);
	config = read_body("kubernetes a {\nmanifests /m\n}\nroot /srv");
	assert_string_equal(config->blocks[0].kubernetes->manifests, "/m");
	config_free(config);
	config = read_body("kubernetes a {\nmanifests m/n\n}");
	assert_string_equal(config->blocks[0].kubernetes->manifests, "m/n");
	config_free(config);
}

static void bad_values_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "foo", "unknown property 'foo'" },
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

/* A block whose objects come from an API server. */
static struct config *read_api(const char *options)
{
	struct text text = { 0 };

	text_printf(&text, "root /srv\nkubernetes a {\n%s\n}\n", options);
	struct config *config = read_body(text.data);
	text_done(&text);
	return config;
}

static void without_a_source_it_is_the_pods_own_api_server(void **state)
{
	(void)state;
	struct config *config = read_body("kubernetes a");
	const struct config_kubernetes *kubernetes = config->blocks[0].kubernetes;

	assert_true(kubernetes->manifests == NULL && kubernetes->endpoint == NULL &&
		    kubernetes->kubeconfig == NULL && kubernetes->context == NULL &&
		    kubernetes->tls_certificate == NULL && kubernetes->tls_key == NULL &&
		    kubernetes->tls_ca == NULL && kubernetes->snapshot == NULL);
	assert_int_equal(kubernetes->startup_timeout_ms, 5000);
	assert_int_equal(kubernetes->audit_ms, 300000);
	assert_false(kubernetes->falls_through);
	assert_int_equal(config->notes.count, 0);
	config_free(config);
}

static void an_endpoint_is_reached_by_certificates(void **state)
{
	(void)state;
	struct config *config = read_api("tls c.pem ./k.pem /ca.pem\nendpoint HTTPS://10.0.0.1:6443/\n"
					 "snapshot s\nstartup_timeout 1m30s\naudit 1s");
	const struct config_kubernetes *kubernetes = config->blocks[0].kubernetes;

	assert_string_equal(kubernetes->endpoint, "https://10.0.0.1:6443");
	assert_string_equal(kubernetes->tls_certificate, "/srv/c.pem");
	assert_string_equal(kubernetes->tls_key, "/srv/k.pem");
	assert_string_equal(kubernetes->tls_ca, "/ca.pem");
	assert_string_equal(kubernetes->snapshot, "/srv/s");
	assert_int_equal(kubernetes->startup_timeout_ms, 90000);
	assert_int_equal(kubernetes->audit_ms, 1000);
	assert_null(kubernetes->manifests);
	config_free(config);
	config = read_body("kubernetes a {\nendpoint http://h\n}");
	assert_string_equal(config->blocks[0].kubernetes->endpoint, "http://h");
	config_free(config);
	config = read_body("kubernetes a {\nendpoint h:8080\n}");
	assert_string_equal(config->blocks[0].kubernetes->endpoint, "http://h:8080");
	config_free(config);
	config = read_body("kubernetes a {\nendpoint h:6443\ntls c k a\n}");
	assert_string_equal(config->blocks[0].kubernetes->endpoint, "https://h:6443");
	config_free(config);
}

static void a_kubeconfig_has_a_context_or_uses_its_current_one(void **state)
{
	(void)state;
	static const struct {
		const char *option, *file, *context;
	} table[] = { { "kubeconfig k", "/srv/k", NULL },
		      { "kubeconfig /etc/k admin@b", "/etc/k", "admin@b" },
		      { "kubeconfig k \"\"", "/srv/k", NULL },
		      { "kubeconfig a b\nkubeconfig c", "/srv/c", NULL } };

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct config *config = read_api(table[i].option);
		const struct config_kubernetes *kubernetes = config->blocks[0].kubernetes;
		assert_string_equal(kubernetes->kubeconfig, table[i].file);
		if (table[i].context == NULL)
			assert_null(kubernetes->context);
		else
			assert_string_equal(kubernetes->context, table[i].context);
		config_free(config);
	}
}

static void beside_a_kubeconfig_endpoint_and_tls_are_noted_and_left_out(void **state)
{
	(void)state;
	struct config *config =
		read_body("kubernetes a {\nendpoint http://h\nkubeconfig k\ntls c k a\n}");
	const struct config_kubernetes *kubernetes = config->blocks[0].kubernetes;

	assert_string_equal(kubernetes->kubeconfig, "k");
	assert_true(kubernetes->endpoint == NULL && kubernetes->tls_certificate == NULL &&
		    kubernetes->tls_key == NULL && kubernetes->tls_ca == NULL);
	assert_words(&config->notes,
		     "Corefile:3 - endpoint has no effect beside kubeconfig, which names the server|"
		     "Corefile:5 - tls has no effect beside kubeconfig, which names certificate, key and CA");
	config_free(config);
}

static void of_several_endpoints_the_first_is_used(void **state)
{
	(void)state;
	struct config *config = read_body("kubernetes a {\nendpoint http://a http://b\n}");

	assert_string_equal(config->blocks[0].kubernetes->endpoint, "http://a");
	assert_words(&config->notes,
		     "Corefile:3 - Multiple endpoints have been deprecated, only the first "
		     "specified endpoint 'http://a' is used");
	config_free(config);
}

static void limits_of_a_client_are_checked_and_noted(void **state)
{
	(void)state;
	struct config *config = read_body("kubernetes a {\napiserver_qps 0.5\napiserver_qps 1e3\n"
					  "apiserver_burst 0\napiserver_max_inflight 2147483647\n}");

	assert_words(&config->notes,
		     "Corefile:3 - apiserver_qps: the few requests of a watch stay below any limit, none is set|"
		     "Corefile:4 - apiserver_qps: the few requests of a watch stay below any limit, none is set|"
		     "Corefile:5 - apiserver_burst: the few requests of a watch stay below any limit, none is set|"
		     "Corefile:6 - apiserver_max_inflight: the few requests of a watch stay below any limit, "
		     "none is set");
	config_free(config);
}

static void an_audit_can_be_turned_off(void **state)
{
	(void)state;
	static const char *const offs[] = { "audit off", "audit 0", "audit 0s", "audit 5m\naudit off" };

	for (size_t i = 0; i < COUNT_OF(offs); i++) {
		struct config *config = read_api(offs[i]);
		assert_int_equal(config->blocks[0].kubernetes->audit_ms, 0);
		config_free(config);
	}
}

static void bad_values_of_an_api_server_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "endpoint", "Wrong argument count or unexpected line ending after 'endpoint'" },
		{ "tls", "Wrong argument count or unexpected line ending after 'tls'" },
		{ "tls a b", "Wrong argument count or unexpected line ending after 'b'" },
		{ "tls a b c d", "Wrong argument count or unexpected line ending after 'd'" },
		{ "kubeconfig", "Wrong argument count or unexpected line ending after 'kubeconfig'" },
		{ "kubeconfig a b c", "Wrong argument count or unexpected line ending after 'c'" },
		{ "snapshot", "Wrong argument count or unexpected line ending after 'snapshot'" },
		{ "snapshot a b", "Wrong argument count or unexpected line ending after 'b'" },
		{ "startup_timeout",
		  "Wrong argument count or unexpected line ending after 'startup_timeout'" },
		{ "startup_timeout 5",
		  "failed to parse startup_timeout: 5, time: invalid duration \"5\"" },
		{ "startup_timeout -5s",
		  "failed to parse startup_timeout: -5s, time: invalid duration \"-5s\"" },
		{ "audit", "Wrong argument count or unexpected line ending after 'audit'" },
		{ "audit 999ms", "audit expects 'off' or a duration of 1s at least, got \"999ms\"" },
		{ "audit on", "audit expects 'off' or a duration of 1s at least, got \"on\"" },
		{ "apiserver_qps",
		  "Wrong argument count or unexpected line ending after 'apiserver_qps'" },
		{ "apiserver_qps x", "invalid apiserver_qps \"x\": expected a number >= 0" },
		{ "apiserver_qps -1", "invalid apiserver_qps \"-1\": expected a number >= 0" },
		{ "apiserver_qps 1x", "invalid apiserver_qps \"1x\": expected a number >= 0" },
		{ "apiserver_qps 1e999", "invalid apiserver_qps \"1e999\": expected a number >= 0" },
		{ "apiserver_qps \"\"", "invalid apiserver_qps \"\": expected a number >= 0" },
		{ "apiserver_burst 1.5",
		  "invalid apiserver_burst \"1.5\": expected a whole number >= 0" },
		{ "apiserver_max_inflight -1",
		  "invalid apiserver_max_inflight \"-1\": expected a whole number >= 0" },
		{ "apiserver_max_inflight",
		  "Wrong argument count or unexpected line ending after 'apiserver_max_inflight'" },
		{ "fallthrough a..b", "fallthrough has nothing behind it: file, auto or whoami in the "
				      "same block would be asked next" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_bad_option(table[i].text, table[i].sentence);
}

static void what_options_of_an_api_server_say_together_is_checked(void **state)
{
	(void)state;
	/* Whatever comes first: the line that is named is that of the API server's option. */
	static const struct bad table[] = {
		{ "kubernetes a {\nendpoint http://a\nmanifests m\n}",
		  "plugin/kubernetes: Corefile:3 - Error during parsing: endpoint cannot stand beside "
		  "manifests: objects come from files or from an API server" },
		{ "kubernetes a {\nmanifests m\nkubeconfig k\n}",
		  "plugin/kubernetes: Corefile:4 - Error during parsing: kubeconfig cannot stand beside "
		  "manifests: objects come from files or from an API server" },
		{ "kubernetes a {\nmanifests m\nttl 5\ntls a b c\n}",
		  "plugin/kubernetes: Corefile:5 - Error during parsing: tls cannot stand beside "
		  "manifests: objects come from files or from an API server" },
		{ "kubernetes a {\nsnapshot s\nmanifests m\n}",
		  "plugin/kubernetes: Corefile:3 - Error during parsing: snapshot cannot stand beside "
		  "manifests: what they hold is read at every start" },
		{ "kubernetes a {\nendpoint ftp://x\n}",
		  "plugin/kubernetes: Corefile:3 - Error during parsing: endpoint expects "
		  "http://HOST[:PORT][/PATH] or https://HOST[:PORT][/PATH], got \"ftp://x\"" },
		{ "kubernetes a {\ntls a b c\n}",
		  "plugin/kubernetes: Corefile:3 - Error during parsing: tls needs `endpoint URL`: a "
		  "pod's own API server is reached by its service account" },
		{ "kubernetes a {\ntls a b c\nendpoint http://a\n}",
		  "plugin/kubernetes: Corefile:3 - Error during parsing: tls needs an endpoint that "
		  "begins with https://" },
	};

	assert_all_bad_bodies(table);
}

static void what_manifests_have_no_use_for_is_noted(void **state)
{
	(void)state;
	struct config *config = read_kubernetes("a", "audit 1m\nstartup_timeout 1s");

	assert_words(&config->notes,
		     "Corefile:5 - startup_timeout has no effect beside manifests, which are read before "
		     "the first answer|"
		     "Corefile:4 - audit has no effect beside manifests, which are read whenever they change");
	config_free(config);
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

static void fallthrough_needs_a_handler_behind_it(void **state)
{
	(void)state;
	static const char *const good[] = { "whoami", "file db", "auto {\ndirectory /\n}" };
	static const char *const bad[] = { "", "chaos\nany\nlocal\nminimal\nlog\nerrors" };

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct text text = { 0 };
		text_printf(&text, "kubernetes {\nfallthrough\n}\n%s", good[i]);
		config_free(read_body(text.data));
		text_done(&text);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct text text = { 0 };
		text_printf(&text, "kubernetes {\nttl 5\nfallthrough in-addr.arpa\n}\n%s", bad[i]);
		assert_bad_body(text.data,
				"plugin/kubernetes: Corefile:4 - Error during parsing: fallthrough has "
				"nothing behind it: file, auto or whoami in the same block would be asked "
				"next");
		text_done(&text);
	}
	/* One that is not built is what is wrong then. */
	assert_bad_body("kubernetes {\nfallthrough\n}\nforward . 9.9.9.9",
			"plugin/forward: Corefile:5 - Error during parsing: forward, which asks other "
			"resolvers, is not built into knamed");
	/* Another block's does not count. */
	assert_bad("a {\nkubernetes {\nfallthrough\n}\n}\nb {\nwhoami\n}\n",
		   "plugin/kubernetes: Corefile:3 - Error during parsing: fallthrough has nothing behind it: "
		   "file, auto or whoami in the same block would be asked next");
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
		cmocka_unit_test(manifests_are_found_behind_root),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(without_a_source_it_is_the_pods_own_api_server),
		cmocka_unit_test(an_endpoint_is_reached_by_certificates),
		cmocka_unit_test(a_kubeconfig_has_a_context_or_uses_its_current_one),
		cmocka_unit_test(beside_a_kubeconfig_endpoint_and_tls_are_noted_and_left_out),
		cmocka_unit_test(of_several_endpoints_the_first_is_used),
		cmocka_unit_test(limits_of_a_client_are_checked_and_noted),
		cmocka_unit_test(an_audit_can_be_turned_off),
		cmocka_unit_test(bad_values_of_an_api_server_are_refused),
		cmocka_unit_test(what_options_of_an_api_server_say_together_is_checked),
		cmocka_unit_test(what_manifests_have_no_use_for_is_noted),
		cmocka_unit_test(fallthrough_is_for_all_names_or_for_zones),
		cmocka_unit_test(fallthrough_needs_a_handler_behind_it),
		cmocka_unit_test(options_that_exclude_each_other_are_refused),
		cmocka_unit_test(it_stands_once_per_block),
		cmocka_unit_test(options_of_the_past_are_noted),
		cmocka_unit_test(multicluster_without_a_zone_is_noted),
		cmocka_unit_test(zones_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
