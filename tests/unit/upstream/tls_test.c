/* SPDX-License-Identifier: Apache-2.0 */
/* Targets behind TLS. */
#include "pki.h"
#include "world.h"

struct house {
	struct world *world;
	struct stub *stub;
	struct pki *authority, *leaf;
	char directory[64], ca[96], certificate[96], key[96];
};

/* A stub whose certificate is for `names`, trusted by way of a file. */
static struct house *house_new(const char *names)
{
	struct house *house = mem_zalloc(sizeof(*house));
	snprintf(house->directory, sizeof(house->directory), "/tmp/knamed-upstream-XXXXXX");
	assert_non_null(mkdtemp(house->directory));
	snprintf(house->ca, sizeof(house->ca), "%s/ca.pem", house->directory);
	snprintf(house->certificate, sizeof(house->certificate), "%s/cert.pem", house->directory);
	snprintf(house->key, sizeof(house->key), "%s/key.pem", house->directory);
	house->world = world_new();
	house->authority = pki_new(NULL, NULL);
	house->leaf = pki_new(house->authority, names);
	pki_write(house->authority, house->ca, NULL);
	house->stub = world_stub(house->world, stub_answers);
	house->stub->tls = pki_server(house->leaf, NULL);
	house->world->targets[0].tls = true;
	house->world->config.tls_ca = house->ca;
	house->world->config.max_connect_attempts = 1;
	house->world->config.max_fails = 0;
	return house;
}

static void house_free(struct house *house)
{
	world_free(house->world);
	pki_free(house->authority);
	pki_free(house->leaf);
	unlink(house->ca);
	unlink(house->certificate);
	unlink(house->key);
	rmdir(house->directory);
	mem_free(house);
}

static void ask_good(struct house *house)
{
	struct asked asked;
	world_ask_and_wait(house->world, &asked, "a.", PROTO_UDP);
	assert_answered(&asked, RCODE_NOERROR, 1);
}

static void ask_bad(struct house *house, const char *reason)
{
	struct asked asked;
	char expected[256];
	world_ask_and_wait(house->world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_UNREACHABLE);
	snprintf(expected, sizeof(expected),
		 "tls: failed to verify certificate of 127.0.0.1:%u: %s", house->stub->port, reason);
	assert_string_equal(asked.problem, expected);
	assert_int_equal(house->stub->asked, 0);
}

static void the_certificate_must_hold_the_address(void **state)
{
	(void)state;
	struct house *house = house_new("IP:127.0.0.1");
	world_open(house->world);
	ask_good(house);
	assert_int_equal(house->stub->asked_tcp, 1);
	house_free(house);
	house = house_new("IP:127.0.0.2,DNS:127.0.0.1");
	world_open(house->world);
	ask_bad(house, "IP address mismatch");
	house_free(house);
}

static void the_certificate_must_hold_the_name(void **state)
{
	(void)state;
	static char name[] = "dns.test", other[] = "other.test", address[] = "127.0.0.1";
	struct house *house = house_new("DNS:dns.test");
	house->world->targets[0].tls_name = name;
	world_open(house->world);
	ask_good(house);
	house_free(house);
	house = house_new("DNS:dns.test,IP:127.0.0.1");
	house->world->targets[0].tls_name = other;
	world_open(house->world);
	ask_bad(house, "hostname mismatch");
	house_free(house);
	house = house_new("IP:127.0.0.1");
	house->world->targets[0].tls_name = address;
	world_open(house->world);
	ask_good(house);
	house_free(house);
}

static void the_certificate_must_be_of_the_authority(void **state)
{
	(void)state;
	struct house *house = house_new("IP:127.0.0.1");
	struct pki *other = pki_new(NULL, NULL);
	pki_write(other, house->ca, NULL);
	world_open(house->world);
	ask_bad(house, "certificate signature failure"); /* of the same name, but another key */
	pki_free(other);
	house_free(house);
	house = house_new("IP:127.0.0.1");
	house->world->config.tls_ca = NULL; /* the system's */
	world_open(house->world);
	ask_bad(house, "unable to get local issuer certificate");
	house_free(house);
}

static void old_versions_are_not_spoken(void **state)
{
	(void)state;
	struct house *house = house_new("IP:127.0.0.1");
	struct asked asked;
	SSL_CTX_set_min_proto_version(house->stub->tls, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(house->stub->tls, TLS1_1_VERSION);
	SSL_CTX_set_security_level(house->stub->tls, 0);
	world_open(house->world);
	world_ask_and_wait(house->world, &asked, "a.", PROTO_UDP);
	assert_int_equal(asked.end, UPSTREAM_UNREACHABLE);
	assert_memory_equal(asked.problem, "tls: handshake with 127.0.0.1:", 30);
	house_free(house);
}

static void sessions_are_resumed(void **state)
{
	(void)state;
	const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		struct house *house = house_new("IP:127.0.0.1");
		house->world->config.expire_ms = 0;
		SSL_CTX_set_max_proto_version(house->stub->tls, versions[i]);
		world_open(house->world);
		ask_good(house);
		ask_good(house);
		assert_int_equal(house->stub->connections, 2);
		assert_int_equal(house->stub->resumed, 1);
		house_free(house);
	}
}

static void a_certificate_of_our_own_is_shown(void **state)
{
	(void)state;
	struct house *house = house_new("IP:127.0.0.1");
	struct pki *client = pki_new(house->authority, "DNS:client.test");
	SSL_CTX_free(house->stub->tls);
	house->stub->tls = pki_server(house->leaf, house->authority);
	pki_write(client, house->certificate, house->key);
	house->world->config.tls_certificate = house->certificate;
	house->world->config.tls_key = house->key;
	world_open(house->world);
	ask_good(house);
	pki_free(client);
	house_free(house);
}

static void files_that_are_no_certificates_are_refused(void **state)
{
	(void)state;
	struct house *house = house_new("IP:127.0.0.1");
	struct world *world = house->world;
	const struct upstream_options options = { world->events, &world->config, world->metrics };
	struct error error = { 0 };
	FILE *file = fopen(house->certificate, "w");
	fputs("nothing", file);
	fclose(file);
	world->config.tls_certificate = world->config.tls_key = house->certificate;
	assert_null(upstream_open(&options, &error));
	assert_memory_equal(error.text, "could not load TLS cert: /tmp/", 30);
	world->config.tls_certificate = NULL;
	world->config.tls_ca = house->certificate;
	assert_null(upstream_open(&options, &error));
	assert_memory_equal(error.text, "error reading /tmp/", 19);
	house_free(house);
}

static void plain_text_where_tls_should_be_is_a_failure(void **state)
{
	(void)state;
	struct house *house = house_new("IP:127.0.0.1");
	struct stub *second = world_stub(house->world, stub_answers);
	SSL_CTX_free(house->stub->tls);
	house->stub->tls = NULL;
	house->world->config.max_connect_attempts = 0;
	world_open(house->world);
	ask_good(house);
	assert_int_equal(second->asked, 1);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_must_hold_the_address),
		cmocka_unit_test(the_certificate_must_hold_the_name),
		cmocka_unit_test(the_certificate_must_be_of_the_authority),
		cmocka_unit_test(old_versions_are_not_spoken),
		cmocka_unit_test(sessions_are_resumed),
		cmocka_unit_test(a_certificate_of_our_own_is_shown),
		cmocka_unit_test(files_that_are_no_certificates_are_refused),
		cmocka_unit_test(plain_text_where_tls_should_be_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
