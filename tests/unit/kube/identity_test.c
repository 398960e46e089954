/* SPDX-License-Identifier: Apache-2.0 */
/* Where the API server is and as whom it is asked: pods, endpoints, kubeconfigs, and files that change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "asking.h"

static void ready(void *context)
{
	unsigned *count = context;
	(*count)++;
}

static struct credentials good_credentials(struct identity *identity)
{
	struct credentials credentials;
	struct error error = { 0 };
	if (identity_credentials(identity, &credentials, ready, NULL, &error) != CREDENTIALS_GOOD)
		fail_msg("%s", error.text);
	return credentials;
}

static void write_authority(struct world *world, const char *name)
{
	struct pki *authority = pki_authority("an authority");
	char *ca = pki_certificate(authority);
	world_write(world, name, ca);
	mem_free(ca);
	pki_free(authority);
}

static void set_place(const char *host, const char *port)
{
	setenv("KUBERNETES_SERVICE_HOST", host, 1);
	setenv("KUBERNETES_SERVICE_PORT", port, 1);
}

static void unset_place(void)
{
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
}

static void a_pod_knows_its_server(void **state)
{
	struct world *world = *state;
	static const char *const places[][3] = {
		{ "10.96.0.1", "443", "https://10.96.0.1:443" },
		{ "fd00::1", "6443", "https://[fd00::1]:6443" },
	};
	struct error error = { 0 };
	write_authority(world, "ca.crt");
	world_write(world, "token", "abc\n");
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		set_place(places[i][0], places[i][1]);
		struct identity *identity = identity_open_pod(world->events, world->directory, &error);
		unset_place();
		assert_non_null(identity);
		struct credentials credentials = good_credentials(identity);
		assert_string_equal(identity_server(identity), places[i][2]);
		assert_string_equal(credentials.bearer, "abc");
		assert_null(credentials.proxy); /* the environment decides */
		assert_non_null(credentials.ca);
		assert_null(credentials.certificate);
		assert_int_equal(strlen(identity_key(identity)), 64);
		identity_close(identity);
	}
}

static void outside_of_a_pod_there_is_no_server(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	const struct config_kubernetes config = { 0 };
	unset_place();
	assert_null(identity_open(world->events, &config, &error));
	assert_string_equal(error.text,
			    "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and "
			    "KUBERNETES_SERVICE_PORT must be defined");
	set_place("10.96.0.1", "443");
	assert_null(identity_open_pod(world->events, "/nonexistent", &error));
	assert_string_equal(error.text, "open /nonexistent/ca.crt: no such file or directory");
	unset_place();
}

/* As Kubernetes replaces what it mounts: files are links through one that is swapped. */
static void a_swapped_directory_is_followed(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	char *first = world_path(world, "first"), *second = world_path(world, "second"),
	     *data = world_path(world, "..data"), *young = world_path(world, "..young"),
	     *token = world_path(world, "token");
	world_make_directory(world, "first");
	world_make_directory(world, "second");
	world_write(world, "first/token", "one");
	world_write(world, "second/token", "two");
	write_authority(world, "ca.crt");
	assert_int_equal(symlink("first", data), 0);
	assert_int_equal(symlink("..data/token", token), 0);
	set_place("10.96.0.1", "443");
	struct identity *identity = identity_open_pod(world->events, world->directory, &error);
	unset_place();
	assert_non_null(identity);
	struct credentials before = good_credentials(identity);
	assert_string_equal(before.bearer, "one");
	assert_int_equal(symlink("second", young), 0);
	assert_int_equal(rename(young, data), 0);
	struct credentials after = good_credentials(identity);
	assert_string_equal(after.bearer, "two");
	assert_int_equal(after.generation,
			 before.generation); /* a token is no reason to connect anew */
	assert_int_not_equal(after.serial, before.serial);
	identity_close(identity);
	mem_free(first);
	mem_free(second);
	mem_free(data);
	mem_free(young);
	mem_free(token);
}

static void another_authority_is_another_generation_and_key(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	write_authority(world, "ca.crt");
	world_write(world, "token", "abc");
	set_place("10.96.0.1", "443");
	struct identity *identity = identity_open_pod(world->events, world->directory, &error);
	unset_place();
	uint32_t generation = good_credentials(identity).generation;
	char *key = mem_text(identity_key(identity));
	char *path = world_path(world, "ca.crt");
	struct text same = { 0 };
	assert_true(file_read(path, 100000, &same, &error));
	world_write(world, "ca.crt", same.data); /* another file with the same text */
	assert_int_equal(good_credentials(identity).generation, generation);
	assert_string_equal(identity_key(identity), key);
	unlink(path); /* gone is as bad as half */
	assert_int_equal(good_credentials(identity).generation, generation);
	write_authority(world, "ca.crt");
	assert_int_not_equal(good_credentials(identity).generation, generation);
	assert_string_not_equal(identity_key(identity), key);
	identity_close(identity);
	text_done(&same);
	mem_free(path);
	mem_free(key);
}

static void an_endpoint_is_a_url_with_or_without_tls(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	struct pki *authority = pki_authority("an authority"), *leaf = pki_leaf(authority, "me"),
		   *other = pki_leaf(authority, "other");
	char *certificate = pki_certificate(leaf), *key = pki_key(leaf), *other_key = pki_key(other);
	char *certificate_path = world_path(world, "me.crt"),
	     *key_path = world_path(world, "me.key"), *ca_path = world_path(world, "ca.crt");
	write_authority(world, "ca.crt");
	world_write(world, "me.crt", certificate);
	world_write(world, "me.key", key);

	struct config_kubernetes config = { .endpoint = (char *)"http://127.0.0.1:8080" };
	struct identity *identity = identity_open(world->events, &config, &error);
	assert_non_null(identity);
	assert_string_equal(identity_server(identity), "http://127.0.0.1:8080");
	assert_null(good_credentials(identity).bearer);
	identity_close(identity);

	config = (struct config_kubernetes){ .endpoint = (char *)"10.0.0.1:6443",
					     .tls_certificate = certificate_path,
					     .tls_key = key_path,
					     .tls_ca = ca_path };
	identity = identity_open(world->events, &config, &error);
	assert_non_null(identity);
	assert_string_equal(identity_server(identity), "https://10.0.0.1:6443");
	struct credentials credentials = good_credentials(identity);
	assert_memory_equal(credentials.certificate, certificate, strlen(certificate));
	assert_memory_equal(credentials.key, key, strlen(key));
	assert_non_null(credentials.ca);
	identity_close(identity);

	world_write(world, "me.key", other_key);
	assert_null(identity_open(world->events, &config, &error));
	assert_non_null(strstr(error.text, "me.crt: its key is that of another certificate"));
	config = (struct config_kubernetes){ .endpoint = (char *)"ftp://x" };
	assert_null(identity_open(world->events, &config, &error));
	assert_string_equal(error.text, "server ftp://x: expected http:// or https://");
	mem_free(certificate);
	mem_free(key);
	mem_free(other_key);
	mem_free(certificate_path);
	mem_free(key_path);
	mem_free(ca_path);
	pki_free(leaf);
	pki_free(other);
	pki_free(authority);
}

static struct identity *open_kubeconfig(struct world *world, const char *text, struct error *error)
{
	char *path = world_path(world, "kubeconfig");
	struct config_kubernetes config = { .kubeconfig = path };
	world_write(world, "kubeconfig", text);
	struct identity *identity = identity_open(world->events, &config, error);
	mem_free(path);
	return identity;
}

static void write_kubeconfig(struct world *world, const char *server, const char *user)
{
	struct text text = { 0 };
	text_printf(&text,
		    "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
		    "clusters: [{name: c, cluster: {server: '%s'}}]\nusers: [{name: u, user: {%s}}]\n",
		    server, user);
	world_write(world, "kubeconfig", text.data);
	text_done(&text);
}

static void a_kubeconfig_is_read_again_when_it_changes(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	struct config_kubernetes config = { .kubeconfig = world_path(world, "kubeconfig") };
	write_kubeconfig(world, "http://one", "token: a");
	struct identity *identity = identity_open(world->events, &config, &error);
	mem_free(config.kubeconfig);
	assert_non_null(identity);
	struct credentials first = good_credentials(identity);
	assert_string_equal(first.bearer, "a");
	world_write(world, "kubeconfig", "current-context: ["); /* half of it */
	assert_string_equal(good_credentials(identity).bearer, "a");
	assert_int_equal(good_credentials(identity).generation, first.generation);
	write_kubeconfig(world, "http://two", "token: b");
	struct credentials second = good_credentials(identity);
	assert_string_equal(second.bearer, "b");
	assert_string_equal(identity_server(identity), "http://two");
	assert_int_not_equal(second.generation, first.generation);
	identity_refuse(identity, second.serial); /* read again, and the same */
	assert_int_equal(good_credentials(identity).generation, second.generation);
	identity_close(identity);
}

static void a_token_may_change_while_the_kubeconfig_is_broken(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	struct config_kubernetes config = { .kubeconfig = world_path(world, "kubeconfig") };
	world_write(world, "token", "a");
	write_kubeconfig(world, "http://one", "tokenFile: token");
	struct identity *identity = identity_open(world->events, &config, &error);
	mem_free(config.kubeconfig);
	assert_non_null(identity);
	world_write(world, "kubeconfig", "[");
	world_write(world, "token", "b");
	assert_string_equal(good_credentials(identity).bearer, "b");
	identity_close(identity);
}

static void what_cannot_be_read_at_first_is_no_identity(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	struct config_kubernetes config = { .kubeconfig = (char *)"/nonexistent/config" };
	assert_null(identity_open(world->events, &config, &error));
	assert_string_equal(error.text, "open /nonexistent/config: no such file or directory");
	assert_null(open_kubeconfig(world, "a: b", &error));
	assert_non_null(strstr(error.text, "kubeconfig: has no current-context"));
	assert_null(open_kubeconfig(
		world,
		"current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
		"clusters: [{name: c, cluster: {server: s, certificate-authority-data: Q0E=}}]",
		&error));
	assert_non_null(strstr(error.text, "kubeconfig: expected certificates in PEM form"));
}

/* The plugin counts its runs; what it prints expires at once if there is a file `expired`. */
static void a_plugins_credentials_are_kept_until_they_expire(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	struct credentials credentials;
	unsigned count = 0;
	struct config_kubernetes config = { .kubeconfig = world_path(world, "kubeconfig") };
	world_write_program(world, "plugin",
			    "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho run >> runs\n"
			    "printf '{\"kind\": \"ExecCredential\", \"apiVersion\": "
			    "\"client.authentication.k8s.io/v1\", \"status\": {\"token\": \"t%s\", "
			    "\"expirationTimestamp\": \"1970-01-01T00:16:40Z\"}}' \"$(wc -l < runs)\"\n");
	write_kubeconfig(world, "http://one",
			 "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}");
	struct identity *identity = identity_open(world->events, &config, &error);
	mem_free(config.kubeconfig);
	clock_set(1000000000, 500);
	assert_int_equal(identity_credentials(identity, &credentials, ready, &count, &error),
			 CREDENTIALS_LATER);
	assert_int_equal(identity_credentials(identity, &credentials, ready, &count, &error),
			 CREDENTIALS_LATER);
	world_wait(world, &count, 1);
	assert_string_equal(good_credentials(identity).bearer, "t1");
	clock_set(1000000000, 999);
	assert_string_equal(good_credentials(identity).bearer, "t1");
	clock_set(1000000000, 1000);
	assert_int_equal(identity_credentials(identity, &credentials, ready, &count, &error),
			 CREDENTIALS_LATER);
	world_wait(world, &count, 2);
	assert_string_equal(good_credentials(identity).bearer,
			    "t2"); /* though it says that it expired */
	clock_set(1000000000, 1010);
	assert_int_equal(identity_credentials(identity, &credentials, ready, &count, &error),
			 CREDENTIALS_LATER);
	identity_forget(identity, &count);
	world_turn(world, 100);
	assert_int_equal(count, 2);
	clock_release();
	identity_close(identity);
}

static void a_plugins_failure_is_not_tried_again_at_once(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	struct credentials credentials;
	unsigned count = 0;
	struct config_kubernetes config = { .kubeconfig = world_path(world, "kubeconfig") };
	world_write_program(world, "plugin",
			    "#!/bin/sh\necho run >> \"$(dirname \"$0\")/runs\"\nexit 1\n");
	write_kubeconfig(world, "http://one",
			 "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}");
	struct identity *identity = identity_open(world->events, &config, &error);
	mem_free(config.kubeconfig);
	clock_set(1000000000, 500);
	assert_int_equal(identity_credentials(identity, &credentials, ready, &count, &error),
			 CREDENTIALS_LATER);
	world_wait(world, &count, 1);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(identity_credentials(identity, &credentials, ready, &count, &error),
				 CREDENTIALS_BAD);
	assert_non_null(strstr(error.text, "failed with exit code 1"));
	clock_set(2000000000, 501);
	assert_int_equal(identity_credentials(identity, &credentials, ready, &count, &error),
			 CREDENTIALS_LATER);
	world_wait(world, &count, 2);
	clock_release();
	identity_close(identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(a_pod_knows_its_server),
		with_world(outside_of_a_pod_there_is_no_server),
		with_world(a_swapped_directory_is_followed),
		with_world(another_authority_is_another_generation_and_key),
		with_world(an_endpoint_is_a_url_with_or_without_tls),
		with_world(a_kubeconfig_is_read_again_when_it_changes),
		with_world(a_token_may_change_while_the_kubeconfig_is_broken),
		with_world(what_cannot_be_read_at_first_is_no_identity),
		with_world(a_plugins_credentials_are_kept_until_they_expire),
		with_world(a_plugins_failure_is_not_tried_again_at_once),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
