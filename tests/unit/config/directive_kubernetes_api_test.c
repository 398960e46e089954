/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes: where objects come from, and what cannot be said of it together. */
#include "reading.h"

static void assert_bad_option(const char *option, const char *sentence)
{
	struct text text = { 0 }, expected = { 0 };

	text_printf(&text, "kubernetes a 10.in-addr.arpa {\n%s\n}\n", option);
	text_printf(&expected, "plugin/kubernetes: Corefile:3 - Error during parsing: %s", sentence);
	assert_bad_body(text.data, expected.data);
	text_done(&text);
	text_done(&expected);
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
		  "failed to parse startup_timeout: 5, time: missing unit in duration \"5\"" },
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
	struct config *config =
		read_body("kubernetes a {\nmanifests m\naudit 1m\nstartup_timeout 1s\n}");

	assert_words(&config->notes,
		     "Corefile:5 - startup_timeout has no effect beside manifests, which are read before "
		     "the first answer|"
		     "Corefile:4 - audit has no effect beside manifests, which are read whenever they change");
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests_are_found_behind_root),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
