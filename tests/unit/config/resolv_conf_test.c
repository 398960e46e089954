/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf. */
#include "reading.h"

static void assert_conf(const char *text, const char *expected)
{
	struct resolv_conf conf;
	struct text found = { 0 };
	struct error error;
	write_file("resolv.conf", text);
	assert_true(resolv_conf_read("resolv.conf", &conf, &error));
	text_add(&found, "");
	for (size_t i = 0; i < conf.count; i++) {
		char ip[IP_TEXT_SIZE];
		ip_print(&conf.nameservers[i], ip);
		text_printf(&found, i > 0 ? " %s" : "%s", ip);
	}
	assert_string_equal(found.data, expected);
	text_done(&found);
}

static void nameservers_are_read_and_nothing_else(void **state)
{
	(void)state;
	assert_conf("", "");
	assert_conf("nameserver 10.0.0.1", "10.0.0.1");
	assert_conf("# by dhcp\nsearch a.b\nnameserver 10.0.0.1\r\noptions ndots:5\n \tnameserver \t::1 # x\n",
		    "10.0.0.1 ::1");
	assert_conf("#nameserver 10.0.0.1\n;nameserver 10.0.0.2\nnameserver\nnameserver x\nNameserver 10.0.0.3",
		    "");
	assert_conf("nameserver fe80::1%eth0\n", "fe80::1");
}

static void fifteen_are_enough(void **state)
{
	(void)state;
	struct text text = { 0 };
	for (int i = 1; i <= 20; i++)
		text_printf(&text, "nameserver 10.0.0.%d\n", i);
	assert_conf(text.data, "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 "
			       "10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 "
			       "10.0.0.14 10.0.0.15");
	text_done(&text);
}

static void what_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	struct resolv_conf conf = { .count = 7 };
	struct error error;
	assert_false(resolv_conf_read("none", &conf, &error));
	assert_string_equal(error.text, "open none: no such file or directory");
	assert_int_equal(conf.count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nameservers_are_read_and_nothing_else),
		cmocka_unit_test(fifteen_are_enough),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
