/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

static const char text[] = "127.0.0.1 localhost a.b\n"
			   "\n"
			   "  ::1\tlocalhost ip6-localhost # Other\n"
			   "#10.0.0.1 localhost\n"
			   "10.0.0.x localhost\n"
			   "10.0.0.2\n"
			   "fe80::1%lo0 LocalHost.\r\n"
			   "10.0.0.3 localhosts local x.localhost\n"
			   "10.0.0.4 last";

static void assert_found(const char *name, const char *expected)
{
	struct ip ips[3];
	struct text found = { 0 };
	size_t count = hosts_file_find("hosts", name, ips, COUNT_OF(ips));
	text_add(&found, "");
	for (size_t i = 0; i < count; i++) {
		char ip[IP_TEXT_SIZE];
		ip_print(&ips[i], ip);
		text_printf(&found, i > 0 ? " %s" : "%s", ip);
	}
	assert_string_equal(found.data, expected);
	text_done(&found);
}

static void addresses_of_a_name_are_found(void **state)
{
	(void)state;
	write_file("hosts", text);
	assert_found("localhost", "127.0.0.1 ::1 fe80::1");
	assert_found("A.B", "127.0.0.1");
	assert_found("local", "10.0.0.3");
	assert_found("last", "10.0.0.4");
	assert_found("other", "");
	assert_found("10.0.0.2", "");
	assert_found("b", "");
}

static void there_are_no_more_than_there_is_room(void **state)
{
	(void)state;
	write_file("hosts", "10.0.0.1 a\n10.0.0.2 a\n10.0.0.3 a\n10.0.0.4 a\n");
	assert_found("a", "10.0.0.1 10.0.0.2 10.0.0.3");
}

static void a_file_that_is_not_there_has_none(void **state)
{
	struct ip ip;
	(void)state;
	assert_int_equal(hosts_file_find("/none/hosts", "a", &ip, 1), 0);
	write_file("hosts", "");
	assert_found("a", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_a_name_are_found),
		cmocka_unit_test(there_are_no_more_than_there_is_room),
		cmocka_unit_test(a_file_that_is_not_there_has_none),
	};

	return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
