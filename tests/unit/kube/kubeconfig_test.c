/* SPDX-License-Identifier: Apache-2.0 */
/* Kubeconfigs: what of them is read, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "kubeconfig.h"

static struct access *read_text(const char *text, const char *context, struct error *error)
{
	char *exact = mem_copy(text, strlen(text));
	struct access *access =
		kubeconfig_read("/etc/knamed/config", exact, strlen(text), context, error);
	mem_free(exact);
	return access;
}

static struct access *read_good(const char *text)
{
	struct error error = { 0 };
	struct access *access = read_text(text, NULL, &error);
	if (access == NULL)
		fail_msg("%s", error.text);
	return access;
}

static void assert_refused(const char *text, const char *sentence)
{
	struct error error = { 0 };
	assert_null(read_text(text, NULL, &error));
	assert_string_equal(error.text, sentence);
}

/* A kubeconfig with these fields of its cluster and its user. */
static char *config_of(const char *cluster, const char *user)
{
	struct text text = { 0 };
	text_printf(&text,
		    "apiVersion: v1\nkind: Config\ncurrent-context: x\n"
		    "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
		    "clusters: [{name: c, cluster: {%s}}]\nusers: [{name: u, user: {%s}}]\n",
		    cluster, user);
	return text.data;
}

static struct access *read_fields(const char *cluster, const char *user)
{
	char *text = config_of(cluster, user);
	struct access *access = read_good(text);
	mem_free(text);
	return access;
}

static void a_whole_one_is_read(void **state)
{
	(void)state;
	struct access *access =
		read_good("apiVersion: v1\n"
			  "kind: Config\n"
			  "preferences: {}\n"
			  "current-context: work\n"
			  "clusters:\n"
			  "- name: other\n"
			  "  cluster: {server: 'http://other'}\n"
			  "- name: cluster\n"
			  "  cluster:\n"
			  "    server: https://10.0.0.1:6443/\n"
			  "    certificate-authority: pki/ca.crt\n"
			  "    tls-server-name: kubernetes\n"
			  "    proxy-url: socks5://127.0.0.1:1080\n"
			  "contexts:\n"
			  "- {name: work, context: {cluster: cluster, user: me, namespace: x}}\n"
			  "users:\n"
			  "- name: me\n"
			  "  user:\n"
			  "    client-certificate: /pki/me.crt\n"
			  "    client-key: me.key\n"
			  "    tokenFile: token\n");
	assert_string_equal(access->server, "https://10.0.0.1:6443");
	assert_string_equal(access->ca.path, "/etc/knamed/pki/ca.crt");
	assert_string_equal(access->server_name, "kubernetes");
	assert_string_equal(access->proxy, "socks5://127.0.0.1:1080");
	assert_string_equal(access->certificate.path, "/pki/me.crt");
	assert_string_equal(access->key.path, "/etc/knamed/me.key");
	assert_string_equal(access->token.path, "/etc/knamed/token");
	assert_null(access->token.data);
	assert_null(access->user);
	assert_null(access->headers);
	assert_null(access->exec);
	assert_false(access->insecure);
	access_free(access);
}

static void json_is_yaml_too(void **state)
{
	(void)state;
	struct access *access =
		read_good("{\"current-context\": \"x\", \"contexts\": [{\"name\": \"x\", \"context\": "
			  "{\"cluster\": \"c\"}}], \"clusters\": [{\"name\": \"c\", \"cluster\": "
			  "{\"server\": \"https://[::1]:6443/path/\"}}]}");
	assert_string_equal(access->server, "https://[::1]:6443/path");
	access_free(access);
}

static void a_context_may_be_named(void **state)
{
	(void)state;
	struct error error = { 0 };
	const char *text =
		"current-context: gone\n"
		"contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b}}]\n"
		"clusters: [{name: a, cluster: {server: 'http://a'}}, {name: b, cluster: {server: b}}]\n";
	struct access *access = read_text(text, "b", &error);
	assert_non_null(access);
	assert_string_equal(access->server, "http://b");
	access_free(access);
	assert_null(read_text(text, NULL, &error));
	assert_string_equal(error.text, "/etc/knamed/config: there is no context \"gone\"");
}

static void data_go_before_files(void **state)
{
	(void)state;
	struct access *access =
		read_fields("server: s, certificate-authority: ca.crt, "
			    "certificate-authority-data: 'Q0\n  E='",
			    "client-certificate-data: Y3J0, client-key-data: a2V5, client-key: k");
	assert_null(access->ca.path);
	assert_int_equal(access->ca.size, 2);
	assert_memory_equal(access->ca.data, "CA", 2);
	assert_memory_equal(access->certificate.data, "crt", 3);
	assert_null(access->key.path);
	assert_memory_equal(access->key.data, "key", 3);
	access_free(access);
}

static void a_user_may_speak_for_another(void **state)
{
	(void)state;
	struct access *access =
		read_fields("server: s", "token: t, as: anna, as-uid: '7', as-groups: [x, z]");
	assert_string_equal(access->token.data, "t");
	assert_string_equal(access->headers[0], "Impersonate-User: anna");
	assert_string_equal(access->headers[1], "Impersonate-Uid: 7");
	assert_string_equal(access->headers[2], "Impersonate-Group: x");
	assert_string_equal(access->headers[3], "Impersonate-Group: z");
	assert_null(access->headers[4]);
	access_free(access);
}

static void a_plugin_is_read(void **state)
{
	(void)state;
	struct access *access = read_fields(
		"server: s, extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: a}}]",
		"exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/login, args: [get, token], "
		"env: [{name: A, value: b}, {name: C}], interactiveMode: IfAvailable, provideClusterInfo: true, "
		"installHint: install it}");
	const struct access_exec *exec = access->exec;
	assert_non_null(exec);
	assert_string_equal(exec->words[0], "/etc/knamed/bin/login");
	assert_string_equal(exec->words[1], "get");
	assert_string_equal(exec->words[2], "token");
	assert_null(exec->words[3]);
	assert_string_equal(exec->variables[0], "A=b");
	assert_string_equal(exec->variables[1], "C=");
	assert_null(exec->variables[2]);
	assert_string_equal(exec->hint, "install it");
	assert_true(exec->wants_cluster);
	assert_string_equal(json_string_value(json_object_get(exec->cluster_config, "audience")), "a");
	access_free(access);
}

static void a_plugin_without_a_slash_is_looked_for_in_path(void **state)
{
	(void)state;
	struct access *access =
		read_fields("server: s",
			    "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}");
	assert_string_equal(access->exec->words[0], "aws");
	assert_null(access->exec->words[1]);
	access_free(access);
}

static void fields_that_are_wrong_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *cluster, *user, *sentence;
	} wrong[] = {
		{ "server: 7", "", "cluster \"c\": server: expected text" },
		{ "", "", "cluster \"c\": names no server" },
		{ "server: 'ftp://s'", "",
		  "cluster \"c\": server ftp://s: expected http:// or https://" },
		{ "server: 'https://'", "",
		  "cluster \"c\": server https://: expected a host, maybe a port and a path" },
		{ "server: 'https://a\"b'", "",
		  "cluster \"c\": server https://a\"b: expected a host, maybe a port and a path" },
		{ "server: 'https://s?x'", "",
		  "cluster \"c\": server https://s?x: expected a host, maybe a port and a path" },
		{ "server: 'https://me:secret@s'", "",
		  "cluster \"c\": a server's URL names no user; give user and password apart from it" },
		{ "server: \"https://s\\r\\nHost: t\"", "",
		  "cluster \"c\": a server's URL has no blanks and no letters beyond ASCII" },
		{ "server: s, tls-server-name: 'a b'", "",
		  "cluster \"c\": tls-server-name: expected a host name" },
		{ "server: s, proxy-url: 'ftp://p'", "",
		  "cluster \"c\": proxy-url: expected http://, https:// or socks5://" },
		{ "server: s, insecure-skip-tls-verify: 'yes'", "",
		  "cluster \"c\": insecure-skip-tls-verify: expected true or false" },
		{ "server: s, insecure-skip-tls-verify: true, certificate-authority: x", "",
		  "cluster \"c\": a certificate-authority and insecure-skip-tls-verify exclude each other" },
		{ "server: s, certificate-authority-data: '#'", "",
		  "cluster \"c\": certificate-authority-data: expected base64" },
		{ "server: s", "client-key: k",
		  "user \"u\": a client-certificate and a client-key go together" },
		{ "server: s", "token: t, username: u",
		  "user \"u\": give one of token, username with password, and exec" },
		{ "server: s", "auth-provider: {name: gcp}",
		  "user \"u\": auth-provider is not supported (kubectl dropped it too); use an exec plugin" },
		{ "server: s", "as-groups: [x]", "user \"u\": as-uid and as-groups need 'as'" },
		{ "server: s", "as: x, as-groups: [7]",
		  "user \"u\": as-groups: expected a list of texts" },
		{ "server: s", "as: \"x\\ny\"",
		  "user \"u\": what is after 'as' has letters that cannot be printed" },
		{ "server: s", "as: x, as-user-extra: {a: [b]}",
		  "user \"u\": as-user-extra is not supported" },
		{ "server: s", "exec: []", "user \"u\": exec: expected a mapping" },
		{ "server: s", "exec: {command: x}",
		  "user \"u\": exec: apiVersion: expected client.authentication.k8s.io/v1 or v1beta1" },
		{ "server: s", "exec: {apiVersion: client.authentication.k8s.io/v1}",
		  "user \"u\": exec: names no command" },
		{ "server: s",
		  "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}",
		  "user \"u\": exec: interactiveMode: Always asks for a terminal, and there is none" },
		{ "server: s",
		  "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, env: [7]}",
		  "user \"u\": exec: env: expected entries of name and value" },
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char *text = config_of(wrong[i].cluster, wrong[i].user);
		char sentence[512] = "/etc/knamed/config: ";
		size_t size = strlen(sentence);
		memcpy(sentence + size, wrong[i].sentence, strlen(wrong[i].sentence) + 1);
		assert_refused(text, sentence);
		mem_free(text);
	}
}

static void texts_that_are_none_are_refused(void **state)
{
	(void)state;
	assert_refused("", "/etc/knamed/config: there is nothing in it");
	assert_refused("[1]", "/etc/knamed/config: expected a kubeconfig");
	assert_refused("kind: Pod", "/etc/knamed/config: expected kind Config, not Pod");
	assert_refused("a: b\n---\nc: d\n", "/etc/knamed/config:3: expected one document");
	assert_refused("items: [{a: b}]", "/etc/knamed/config:1: expected one document");
	assert_refused("{}", "/etc/knamed/config: has no current-context, and no context is named");
	assert_refused("current-context: x", "/etc/knamed/config: there is no context \"x\"");
	assert_refused("current-context: x\ncontexts: {}",
		       "/etc/knamed/config: contexts: expected a list");
	assert_refused("current-context: x\ncontexts: [{name: x}]",
		       "/etc/knamed/config: context \"x\": names no cluster");
	assert_refused("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
		       "/etc/knamed/config: there is no cluster \"c\"");
	struct error error = { 0 };
	assert_null(read_text("a: [", NULL, &error));
	assert_int_equal(strncmp(error.text, "/etc/knamed/config:2: ", 22), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_one_is_read),
		cmocka_unit_test(json_is_yaml_too),
		cmocka_unit_test(a_context_may_be_named),
		cmocka_unit_test(data_go_before_files),
		cmocka_unit_test(a_user_may_speak_for_another),
		cmocka_unit_test(a_plugin_is_read),
		cmocka_unit_test(a_plugin_without_a_slash_is_looked_for_in_path),
		cmocka_unit_test(fields_that_are_wrong_are_refused),
		cmocka_unit_test(texts_that_are_none_are_refused),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
