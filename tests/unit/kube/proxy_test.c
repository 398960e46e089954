/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy the environment means for which server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proxy.h"

static const char *const variables[] = { "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy",
					 "NO_PROXY",	"no_proxy",    "ALL_PROXY",  "all_proxy" };

static void clear(void)
{
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		unsetenv(variables[i]);
}

static int clear_after(void **state)
{
	(void)state;
	clear();
	return 0;
}

static void assert_proxy(const char *server, const char *given, const char *expected)
{
	struct text proxy = { 0 };
	assert_int_equal(proxy_find(server, given, &proxy), expected[0] != '\0');
	assert_string_equal(proxy.data, expected);
	text_done(&proxy);
}

static void the_scheme_of_the_server_says_which_variable_counts(void **state)
{
	(void)state;
	assert_proxy("https://api.test", NULL, "");
	setenv("HTTP_PROXY", "http://plain:1", 1);
	assert_proxy("https://api.test", NULL, "");
	assert_proxy("http://api.test", NULL, "http://plain:1");
	setenv("HTTPS_PROXY", "http://tls:2", 1);
	assert_proxy("HTTPS://api.test", NULL, "http://tls:2");
	assert_proxy("http://api.test", NULL, "http://plain:1");
}

static void capitals_come_first_and_an_empty_variable_is_none(void **state)
{
	(void)state;
	setenv("https_proxy", "http://small:1", 1);
	assert_proxy("https://api.test", NULL, "http://small:1");
	setenv("HTTPS_PROXY", "", 1);
	assert_proxy("https://api.test", NULL, "http://small:1");
	setenv("HTTPS_PROXY", "http://capital:1", 1);
	assert_proxy("https://api.test", NULL, "http://capital:1");
}

/* As Go's clients do: others would send a cluster's traffic where nobody expects it. */
static void a_proxy_for_all_is_not_one_of_ours(void **state)
{
	(void)state;
	setenv("ALL_PROXY", "http://all:1", 1);
	setenv("all_proxy", "http://all:1", 1);
	assert_proxy("https://api.test", NULL, "");
	assert_proxy("http://api.test", NULL, "");
}

static void a_proxy_may_lack_its_scheme_and_socks_resolves_names(void **state)
{
	static const char *const proxies[][2] = {
		{ "proxy:3128", "http://proxy:3128" },
		{ "https://proxy", "https://proxy" },
		{ "socks5://proxy:1080", "socks5h://proxy:1080" },
		{ "socks5h://proxy:1080", "socks5h://proxy:1080" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(proxies); i++) {
		setenv("HTTPS_PROXY", proxies[i][0], 1);
		assert_proxy("https://api.test", NULL, proxies[i][1]);
	}
}

static void what_is_given_counts_whatever_the_environment_says(void **state)
{
	(void)state;
	setenv("HTTPS_PROXY", "http://other:1", 1);
	setenv("NO_PROXY", "*", 1);
	assert_proxy("https://api.test", "http://given:1", "http://given:1");
	assert_proxy("https://127.0.0.1:6443", "socks5://given:1", "socks5h://given:1");
}

static void the_own_machine_is_asked_without_a_proxy(void **state)
{
	static const char *const servers[] = { "https://localhost:6443", "https://LOCALHOST",
					       "https://127.1.2.3:6443/path", "https://[::1]:6443",
					       "https://[::1]" };
	(void)state;
	setenv("HTTPS_PROXY", "http://proxy:1", 1);
	for (size_t i = 0; i < COUNT_OF(servers); i++)
		assert_proxy(servers[i], NULL, "");
	assert_proxy("https://localhost.test", NULL, "http://proxy:1");
}

static void exceptions_are_domains_addresses_networks_and_ports(void **state)
{
	static const struct {
		const char *exceptions, *server;
		bool is_excepted;
	} cases[] = {
		{ "api.test", "https://api.test", true },
		{ "api.test", "https://API.Test:6443/x", true },
		{ "API.TEST", "https://api.test", true },
		{ "test", "https://api.test", true },
		{ "pi.test", "https://api.test", false },
		{ "api.test", "https://test", false },
		{ ".test", "https://api.test", true },
		{ ".api.test", "https://api.test", false },
		{ "*.test", "https://api.test", true },
		{ "*.api.test", "https://api.test", false },
		{ "*", "https://api.test", true },
		{ "other, * ,more", "https://10.96.0.1:443", true },
		{ "api.test:443", "https://api.test", true },
		{ "api.test:443", "https://api.test:443/x", true },
		{ "api.test:443", "https://api.test:4430", false },
		{ "api.test:4430", "https://api.test:443", false },
		{ "api.test:80", "http://api.test", true },
		{ "api.test:80", "https://api.test", false },
		{ "api.test:", "https://api.test", true },
		{ "10.96.0.1", "https://10.96.0.1:443", true },
		{ "10.96.0.1:443", "https://10.96.0.1", true },
		{ "10.96.0.1:6443", "https://10.96.0.1:443", false },
		{ "10.96.0.2", "https://10.96.0.1:443", false },
		{ "0.1", "https://10.96.0.1:443", false }, /* no domain */
		{ "10.96.0.1", "https://10.96.0.1.test", false },
		{ "10.96.0.0/12", "https://10.96.0.1:443", true },
		{ "10.128.0.0/12,10.96.0.0/12", "https://10.96.0.1:443", true },
		{ "10.128.0.0/12", "https://10.96.0.1:443", false },
		{ "10.96.0.0/12", "https://api.test", false },
		{ "10.96.0.0/", "https://10.96.0.1:443", false },
		{ "fd00::1", "https://[fd00::1]:443", true },
		{ "[fd00::1]", "https://[fd00::1]:443", true },
		{ "[fd00::1]:443", "https://[fd00::1]", true },
		{ "[fd00::1]:444", "https://[fd00::1]", false },
		{ "fd00::/8", "https://[fd00::1]:443", true },
		{ "fc00::/8", "https://[fd00::1]:443", false },
		{ ",, ,:443, other ,", "https://api.test", false },
		{ "other,\tapi.test ", "https://api.test", true },
		{ "other api.test", "https://api.test", false }, /* commas part them */
		{ "http://api.test/", "https://api.test", false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		clear();
		setenv("HTTP_PROXY", "http://proxy:1", 1);
		setenv("HTTPS_PROXY", "http://proxy:1", 1);
		setenv(i % 2 == 0 ? "NO_PROXY" : "no_proxy", cases[i].exceptions, 1);
		struct text proxy = { 0 };
		bool is_found = proxy_find(cases[i].server, NULL, &proxy);
		text_done(&proxy);
		if (is_found == cases[i].is_excepted)
			fail_msg("NO_PROXY=%s, %s", cases[i].exceptions, cases[i].server);
	}
}

static void a_password_is_not_shown(void **state)
{
	static const char *const proxies[][2] = {
		{ "http://user:secret@proxy:3128", "http://proxy:3128" },
		{ "http://user:sec@ret@proxy:3128/path", "http://proxy:3128" },
		{ "https://proxy", "https://proxy" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(proxies); i++) {
		struct text shown = { 0 };
		proxy_show(proxies[i][0], &shown);
		assert_string_equal(shown.data, proxies[i][1]);
		text_done(&shown);
	}
}

int main(void)
{
	clear();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_scheme_of_the_server_says_which_variable_counts,
					  clear_after),
		cmocka_unit_test_teardown(capitals_come_first_and_an_empty_variable_is_none,
					  clear_after),
		cmocka_unit_test_teardown(a_proxy_for_all_is_not_one_of_ours, clear_after),
		cmocka_unit_test_teardown(a_proxy_may_lack_its_scheme_and_socks_resolves_names,
					  clear_after),
		cmocka_unit_test_teardown(what_is_given_counts_whatever_the_environment_says,
					  clear_after),
		cmocka_unit_test_teardown(the_own_machine_is_asked_without_a_proxy, clear_after),
		cmocka_unit_test_teardown(exceptions_are_domains_addresses_networks_and_ports,
					  clear_after),
		cmocka_unit_test(a_password_is_not_shown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
