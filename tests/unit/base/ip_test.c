/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "knamed/base.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;
	if (!ip_parse(text, &ip))
		fail_msg("'%s' was not read", text);
	return ip;
}

static void order_is_by_family_then_by_bytes(void **state)
{
	(void)state;
	static const char *const ordered[] = { "9.255.255.255", "10.0.0.1", "10.0.0.2", "::",
					       "::1",		"fe80::1" };
	for (size_t i = 0; i < COUNT_OF(ordered); i++)
		for (size_t j = 0; j < COUNT_OF(ordered); j++) {
			struct ip a = ip_of(ordered[i]), b = ip_of(ordered[j]);
			int order = ip_compare(&a, &b);
			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
			assert_int_equal(ip_equal(&a, &b), i == j);
		}
}

static void loopback_is_127_and_colon_colon_1(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_loopback;
	} cases[] = {
		{ "127.0.0.1", true }, { "127.9.9.9", true },
		{ "::1", true },       { "128.0.0.1", false },
		{ "::", false },       { "::2", false },
		{ "7f00::", false },   { "::ffff:127.0.0.1", true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip ip = ip_of(cases[i].text);
		assert_int_equal(ip_is_loopback(&ip), cases[i].is_loopback);
	}
	struct ip none = { 0 };
	assert_false(ip_is_loopback(&none));
}

static void socket_addresses_go_both_ways(void **state)
{
	(void)state;
	static const char *const texts[] = { "10.0.222.115", "2001:db8::53" };
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct ip ip = ip_of(texts[i]);
		struct sockaddr_storage address;
		socklen_t size = ip_to_sockaddr(&ip, 5353, &address);
		assert_int_equal(size,
				 i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		struct ip back = ip_of_sockaddr((struct sockaddr *)&address);
		assert_true(ip_equal(&ip, &back));
		const struct sockaddr_in *in =
			(const struct sockaddr_in *)&address; /* the port lies alike in both */
		assert_int_equal(ntohs(in->sin_port), 5353);
	}
}

static void a_mapped_socket_address_is_ipv4(void **state)
{
	(void)state;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 10, 1, 2, 3 };
	memcpy(&in6.sin6_addr, mapped, sizeof(mapped));
	struct ip ip = ip_of_sockaddr((struct sockaddr *)&in6), expected = ip_of("10.1.2.3");
	assert_true(ip_equal(&ip, &expected));
}

static void a_socket_address_of_another_family_is_none(void **state)
{
	(void)state;
	struct sockaddr_storage address = { .ss_family = AF_UNIX };
	struct ip ip = ip_of_sockaddr((struct sockaddr *)&address);
	assert_int_equal(ip.family, 0);
}

static void a_net_holds_what_shares_its_prefix(void **state)
{
	(void)state;
	static const struct {
		const char *net, *ip;
		bool is_in;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.1", false },
		{ "10.0.0.0/0", "192.168.1.1", true },
		{ "10.0.0.0/0", "::1", false },
		{ "10.0.0.64/27", "10.0.0.95", true },
		{ "10.0.0.64/27", "10.0.0.96", false },
		{ "10.0.0.64", "10.0.0.64", true },
		{ "10.0.0.64", "10.0.0.65", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::1/128", "2001:db8::1", true },
		{ "::ffff:10.0.0.0/104", "10.9.9.9", true },
		{ "::ffff:10.0.0.0/104", "11.9.9.9", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip net, ip = ip_of(cases[i].ip);
		unsigned bits;
		assert_true(ip_parse_cidr(cases[i].net, &net, &bits));
		assert_int_equal(ip_in_cidr(&ip, &net, bits), cases[i].is_in);
	}
}

static void malformed_nets_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0/8",
		"::/129",
		"::/a",
		"10.0.0.0/8/8",
		"::ffff:10.0.0.0/95",
		"0000000000000000000000000000000000000000000000000000000000000000000000000000010.0.0.0/8"
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct ip ip = { .family = 9 };
		unsigned bits = 77;
		assert_false(ip_parse_cidr(bad[i], &ip, &bits));
		assert_int_equal(ip.family, 9);
		assert_int_equal(bits, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_by_family_then_by_bytes),
		cmocka_unit_test(loopback_is_127_and_colon_colon_1),
		cmocka_unit_test(socket_addresses_go_both_ways),
		cmocka_unit_test(a_mapped_socket_address_is_ipv4),
		cmocka_unit_test(a_socket_address_of_another_family_is_none),
		cmocka_unit_test(a_net_holds_what_shares_its_prefix),
		cmocka_unit_test(malformed_nets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
