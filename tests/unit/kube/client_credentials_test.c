/* SPDX-License-Identifier: Apache-2.0 */
/* As whom the client asks: tokens, certificates and plugins that change while it runs, and the way to the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "asking.h"

static void a_token_file_is_read_again_when_it_changes(void **state)
{
	struct world *world = *state;
	world_write(world, "token", "first\n");
	world_serve_user(world, TLS_HTTP2, "tokenFile: token\n");
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer first");
	world_write(world, "token", "second\n");
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer second");
	world_write(world, "token", ""); /* half of a rotation */
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer second");
	world_write(world, "token", "third");
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer third");
	assert_int_equal(web_server_connections(world->server), 1);
}

static void a_change_of_the_authority_is_survived(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_HTTP2);
	struct asked *watch = world_get(world, "/watch");
	world_wait(world, &world->exchange_count, 1);
	exchange_head(world->exchanges[0], 200, "");
	world_wait(world, &watch->heads, 1);

	struct pki *authority = pki_authority("another authority"),
		   *leaf = pki_leaf(authority, "server");
	char *ca = pki_certificate(authority), *key = mem_text(identity_key(world->identity));
	web_server_show(world->server, leaf);
	world_write(world, "ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB"); /* half of it */
	world_ask_and_answer(world);
	assert_int_equal(web_server_connections(world->server), 1);
	world_write(world, "ca.crt", ca);
	world_ask_and_answer(world);
	assert_int_equal(web_server_connections(world->server), 2);
	assert_string_not_equal(identity_key(world->identity), key);
	assert_int_equal(strlen(identity_key(world->identity)), 64);
	assert_false(client_is_shared(world->client)); /* the watch is on the old connection */

	exchange_body(world->exchanges[0], "event", 5);
	world_wait_body(world, watch, 5);
	exchange_end(world->exchanges[0]);
	world_wait(world, &watch->ends, 1);
	assert_int_equal(watch->trouble, CLIENT_DONE);
	world_ask_and_answer(world);
	assert_true(client_is_shared(world->client));
	assert_int_equal(web_server_open_connections(world->server), 1);
	mem_free(ca);
	mem_free(key);
	pki_free(leaf);
	pki_free(authority);
}

static void write_pair(struct world *world, const char *user)
{
	struct pki *leaf = pki_leaf(world->authority, user);
	char *certificate = pki_certificate(leaf), *key = pki_key(leaf);
	world_write(world, "client.crt", certificate);
	world_write(world, "client.key", key);
	mem_free(certificate);
	mem_free(key);
	pki_free(leaf);
}

static void a_client_certificate_is_shown_and_may_change(void **state)
{
	struct world *world = *state;
	world->authority = pki_authority("the test's authority");
	write_pair(world, "anna");
	world_serve_user(world, TLS_CLIENTS,
			 "client-certificate: client.crt\nclient-key: client.key\n");
	world_ask_and_answer(world);
	assert_string_equal(world->user, "anna");
	world_write(world, "client.crt", "nothing");
	world_ask_and_answer(world);
	assert_int_equal(web_server_connections(world->server), 1);
	write_pair(world, "berta");
	world_ask_and_answer(world);
	assert_string_equal(world->user, "berta");
	assert_int_equal(web_server_connections(world->server), 2);
}

static void a_missing_client_certificate_is_tls_trouble(void **state)
{
	struct world *world = *state;
	world_serve(world, TLS_CLIENTS);
	struct asked *asked = world_get(world, "/list");
	world_wait(world, &asked->ends, 1);
	assert_int_equal(asked->trouble, CLIENT_TLS);
}

/* A plugin that counts its runs in a file and prints the count as token. */
static const char counting_plugin[] =
	"#!/bin/sh\n"
	"cd \"$(dirname \"$0\")\"\n"
	"echo run >> runs\n"
	"printf '{\"kind\": \"ExecCredential\", \"apiVersion\": "
	"\"client.authentication.k8s.io/v1\", \"status\": {\"token\": \"t%s\"}}' "
	"$(wc -l < runs)\n";

static void a_plugin_runs_again_when_its_token_is_refused(void **state)
{
	struct world *world = *state;
	world_write_program(world, "plugin", counting_plugin);
	world_serve_user(world, TLS_HTTP2,
			 "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}\n");
	struct asked *first = world_get(world, "/a"), *second = world_get(world, "/b");
	world_wait(world, &world->exchange_count, 2);
	assert_string_equal(exchange_header(world->exchanges[0], "authorization"), "Bearer t1");
	assert_string_equal(exchange_header(world->exchanges[1], "authorization"), "Bearer t1");
	for (unsigned i = 0; i < 2; i++) {
		exchange_head(world->exchanges[i], 401, "");
		exchange_end(world->exchanges[i]);
	}
	world_wait(world, &first->ends, 1);
	world_wait(world, &second->ends, 1);
	assert_int_equal(first->end_status, 401);
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer t2");
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer t2");
	assert_int_equal(web_server_connections(world->server), 1);
}

static void a_late_refusal_of_old_credentials_does_not_touch_new_ones(void **state)
{
	struct world *world = *state;
	world_write_program(world, "plugin", counting_plugin);
	world_serve_user(world, TLS_HTTP2,
			 "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}\n");
	struct asked *first = world_get(world, "/a"), *second = world_get(world, "/b");
	world_wait(world, &world->exchange_count, 2);
	exchange_head(world->exchanges[0], 401, "");
	exchange_end(world->exchanges[0]);
	world_wait(world, &first->ends, 1);
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer t2");
	exchange_head(world->exchanges[1], 401, "");
	exchange_end(world->exchanges[1]);
	world_wait(world, &second->ends, 1);
	world_ask_and_answer(world);
	assert_string_equal(world->authorization, "Bearer t2");
}

static void a_plugin_that_fails_says_why(void **state)
{
	struct world *world = *state;
	world_write_program(world, "plugin", "#!/bin/sh\necho 'please log in first' >&2\nexit 3\n");
	world_serve_user(world, PLAIN,
			 "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, "
			 "installHint: read the manual}\n");
	struct asked *first = world_get(world, "/a"), *second = world_get(world, "/b");
	world_wait(world, &first->ends, 1);
	world_wait(world, &second->ends, 1);
	assert_int_equal(first->trouble, CLIENT_NO_CREDENTIALS);
	assert_int_equal(second->trouble, CLIENT_NO_CREDENTIALS);
	assert_non_null(strstr(first->text,
			       "failed with exit code 3: please log in first; read the manual"));
	assert_int_equal(world->exchange_count, 0);
}

static void a_client_is_freed_while_a_plugin_runs(void **state)
{
	struct world *world = *state;
	world_write_program(world, "plugin", "#!/bin/sh\nexec sleep 60\n");
	world_serve_user(world, PLAIN,
			 "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}\n");
	struct asked *asked = world_get(world, "/a");
	world_turn(world, 60);
	client_free(world->client);
	world->client = NULL;
	world_turn(world, 60);
	assert_int_equal(asked->ends, 0);
}

static void requests_say_who_asks(void **state)
{
	struct world *world = *state;
	world_serve_user(
		world, TLS_HTTP2,
		"username: anna\npassword: secret\nas: berta\nas-uid: u-1\nas-groups: [one, two]\n");
	struct asked *asked = world_get(world, "/a");
	world_wait_asked(world, asked, 0);
	assert_string_equal(exchange_header(world->exchanges[0], "authorization"),
			    "Basic YW5uYTpzZWNyZXQ=");
	assert_string_equal(exchange_header(world->exchanges[0], "impersonate-user"), "berta");
	assert_string_equal(exchange_header(world->exchanges[0], "impersonate-uid"), "u-1");
	assert_string_equal(exchange_header(world->exchanges[0], "impersonate-group"), "one");
}

/* The server's certificate is for api.test, too; the address stays the one in `server`. */
static void a_certificate_is_checked_for_the_name_that_is_given(void **state)
{
	static const struct {
		const char *line;
		enum client_trouble trouble;
	} names[] = { { "tls-server-name: api.test", CLIENT_DONE },
		      { "tls-server-name: other.test", CLIENT_TLS } };
	struct world *world = *state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		world->cluster_line = names[i].line;
		world_serve(world, TLS_HTTP2);
		struct asked *asked = world_get(world, "/a/b?c=d");
		for (unsigned turns = 0;
		     turns < 100 && world->exchange_count == 0 && asked->ends == 0; turns++)
			world_turn(world, 20);
		if (names[i].trouble == CLIENT_DONE) {
			assert_int_equal(world->exchange_count, 1);
			assert_string_equal(exchange_path(world->exchanges[0]), "/a/b?c=d");
			assert_string_equal(exchange_header(world->exchanges[0], "host"),
					    web_server_url(world->server) + strlen("https://"));
			world_answer(world, 0, "{}");
		}
		world_wait(world, &asked->ends, 1);
		assert_int_equal(asked->trouble, names[i].trouble);
		world_stop(world);
	}
}

static void a_proxy_is_used_where_the_kubeconfig_names_one(void **state)
{
	struct world *world = *state;
	world_serve(world, PLAIN);
	struct web_server *proxy = world->server;
	struct text text = { 0 };
	text_printf(&text,
		    "{current-context: c, contexts: [{name: c, context: {cluster: c}}], "
		    "clusters: [{name: c, cluster: {server: 'http://api.invalid', proxy-url: '%s'}}]}",
		    web_server_url(proxy));
	client_free(world->client);
	identity_close(world->identity);
	world_open(world, text.data);
	text_done(&text);
	struct asked *asked = world_get(world, "/a");
	world_wait_asked(world, asked, 0);
	assert_string_equal(exchange_path(world->exchanges[0]), "http://api.invalid/a");
}

static void loopback_is_asked_without_a_proxy_of_the_environment(void **state)
{
	struct world *world = *state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	world_serve(world, PLAIN);
	world_ask_and_answer(world);
	world_stop(world);
	world_serve(world, TLS_HTTP2);
	world_ask_and_answer(world);
	unsetenv("http_proxy");
	unsetenv("https_proxy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(a_token_file_is_read_again_when_it_changes),
		with_world(a_change_of_the_authority_is_survived),
		with_world(a_client_certificate_is_shown_and_may_change),
		with_world(a_missing_client_certificate_is_tls_trouble),
		with_world(a_plugin_runs_again_when_its_token_is_refused),
		with_world(a_late_refusal_of_old_credentials_does_not_touch_new_ones),
		with_world(a_plugin_that_fails_says_why),
		with_world(a_client_is_freed_while_a_plugin_runs),
		with_world(requests_say_who_asks),
		with_world(a_certificate_is_checked_for_the_name_that_is_given),
		with_world(a_proxy_is_used_where_the_kubeconfig_names_one),
		with_world(loopback_is_asked_without_a_proxy_of_the_environment),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
