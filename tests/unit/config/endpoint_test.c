/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of servers and places to listen. */
#include "endpoint.h"
#include "reading.h"

static void urls_of_servers_have_one_spelling(void **state)
{
	(void)state;
	static const struct {
		const char *text, *url;
	} table[] = {
		{ "http://a", "http://a" },
		{ "HTTPS://A.b-c_d:1/", "https://A.b-c_d:1" },
		{ "https://10.0.0.1:65535///", "https://10.0.0.1:65535" },
		{ "https://[fd00::1]:6443", "https://[fd00::1]:6443" },
		{ "https://[::1]", "https://[::1]" },
		{ "https://rancher/k8s/clusters/c-1/", "https://rancher/k8s/clusters/c-1" },
		{ "http://a/%20~", "http://a/%20~" },
		{ "10.0.0.1:6443", "https://10.0.0.1:6443" },
		{ "a/", "https://a" },
		{ "[::1]", "https://[::1]" },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_string_equal(endpoint_text(arena, table[i].text, "https://"), table[i].url);
	arena_free(arena);
}

static void what_is_no_url_of_a_server_is_refused(void **state)
{
	(void)state;
	static const char *const table[] = {
		"",
		"/",
		"//a",
		":80",
		"http:",
		"http:/a",
		"http://",
		"http:///x",
		"ftp://a",
		"unix://a",
		"http://:80",
		"http://a:",
		"http://a:0",
		"http://a:b",
		"http://a:65536",
		"http://a:1:2",
		"http://::1",
		"http://[::1",
		"http://::1]",
		"http://[]",
		"http://[a]",
		"http://[::1]x",
		"http://u@a",
		"http://u:p@a",
		"http://a?b",
		"http://a/?b",
		"http://a#b",
		"http://a/#b",
		"http://a b",
		"http://a/b c",
		"http://a/\n",
		"http://a\n",
		"http://a/\x7f",
		"http://\xc3\xa4",
		"http://a/\xc3\xa4",
		"http://[10.0.0.1]",
		"https:a",
		"http://a\\b",
		" http://a",
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (endpoint_text(arena, table[i], "https://") != NULL)
			fail_msg("%s was taken", table[i]);
	arena_free(arena);
}

static void places_to_listen_are_an_address_and_a_port(void **state)
{
	(void)state;
	static const struct {
		const char *text, *address;
		unsigned port;
	} table[] = {
		{ ":8080", "", 8080 },
		{ ":1", "", 1 },
		{ "0.0.0.0:9153", "", 9153 },
		{ "[::]:9153", "", 9153 },
		{ "[0:0::0]:9153", "", 9153 },
		{ "127.0.0.1:65535", "127.0.0.1", 65535 },
		{ "localhost:9153", "127.0.0.1", 9153 },
		{ "LocalHost:9153", "127.0.0.1", 9153 },
		{ "[::1]:9153", "::1", 9153 },
		{ "[FD00:0::1]:80", "fd00::1", 80 },
		{ "[::ffff:10.0.0.1]:80", "10.0.0.1", 80 },
		{ "10.0.0.1:8181", "10.0.0.1", 8181 },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct config_place place = { 0 };
		if (!endpoint_place(arena, table[i].text, &place))
			fail_msg("%s was refused", table[i].text);
		assert_string_equal(place.address, table[i].address);
		assert_int_equal(place.port, table[i].port);
	}
	arena_free(arena);
}

static void what_is_no_place_to_listen_is_refused(void **state)
{
	(void)state;
	static const char *const table[] = {
		"",
		":",
		"8080",
		"localhost",
		":0",
		":65536",
		":-1",
		":+1",
		":http",
		": 1",
		"host:80",
		"::1:80",
		"::",
		"[]:80",
		"[::1]",
		"[::1]80",
		"[::1:80",
		"::1]:80",
		"[a]:80",
		"[localhost]:80",
		"[10.0.0.1]:80",
		"10.0.0.1:80:80",
		"http://a:80",
		"[fe80::1%eth0]:80",
		"10.0.0.1 :80",
		"*:80",
		"127.0.0.1:",
		"256.0.0.1:80",
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct config_place place = { .port = 7 };
		if (endpoint_place(arena, table[i], &place))
			fail_msg("%s was taken", table[i]);
		assert_int_equal(place.port, 7);
		assert_null(place.address);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_of_servers_have_one_spelling),
		cmocka_unit_test(what_is_no_url_of_a_server_is_refused),
		cmocka_unit_test(places_to_listen_are_an_address_and_a_port),
		cmocka_unit_test(what_is_no_place_to_listen_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
