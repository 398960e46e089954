/* SPDX-License-Identifier: Apache-2.0 */
#include "knamed/dns.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <ldns/ldns.h>

#include "inputs.h"

static struct ip ip_of(const char *text)
{
	struct ip ip = { .family = strchr(text, ':') == NULL ? 4 : 6 };
	assert_int_equal(inet_pton(ip.family == 4 ? AF_INET : AF_INET6, text, ip.bytes), 1);
	return ip;
}

static void assert_name(const uint8_t *name, size_t size, const char *text)
{
	char printed[NAME_TEXT_SIZE];
	name_print(name, printed);
	assert_string_equal(printed, text);
	assert_int_equal(name_size(name), size);
}

static void cidrs_are_zones_at_their_boundary(void **state)
{
	(void)state;
	static const struct {
		const char *net;
		unsigned bits;
		const char *name;
	} cases[] = {
		{ "10.96.0.0", 0, "in-addr.arpa." },
		{ "10.96.0.0", 8, "10.in-addr.arpa." },
		{ "10.96.0.0", 16, "96.10.in-addr.arpa." },
		{ "10.96.7.0", 24, "7.96.10.in-addr.arpa." },
		{ "203.0.113.255", 32, "255.113.0.203.in-addr.arpa." },
		{ "2001:db8::", 0, "ip6.arpa." },
		{ "2001:db8::", 4, "2.ip6.arpa." },
		{ "2001:db8::", 32, "8.b.d.0.1.0.0.2.ip6.arpa." },
		{ "fd12:3456:789a::", 44, "9.8.7.6.5.4.3.2.1.d.f.ip6.arpa." },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip net = ip_of(cases[i].net);
		uint8_t name[DNS_NAME_MAX], size;
		name_of_cidr(&net, cases[i].bits, name, &size);
		assert_name(name, size, cases[i].name);
		struct reverse_name reverse;
		assert_true(name_read_reverse(name, &reverse));
		assert_int_equal(reverse.parts, cases[i].bits / (net.family == 4 ? 8 : 4));
		assert_int_equal(reverse.ip.family, net.family);
		assert_int_equal(reverse.full, cases[i].bits == (net.family == 4 ? 32 : 128));
	}
}

static void assert_ptr_as_ldns(struct ip ip)
{
	ldns_rdf *address = ip.family == 4 ? ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, 4, ip.bytes)
					   : ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, 16, ip.bytes);
	ldns_rdf *expected = ldns_rdf_address_reverse(address);
	uint8_t name[DNS_NAME_MAX], size;
	name_of_ptr(&ip, name, &size);
	assert_int_equal(size, ldns_rdf_size(expected));
	assert_memory_equal(name, ldns_rdf_data(expected), size);
	ldns_rdf_deep_free(expected);
	ldns_rdf_deep_free(address);

	struct reverse_name reverse;
	assert_true(name_read_reverse(name, &reverse));
	assert_true(reverse.full);
	assert_int_equal(reverse.parts, ip.family == 4 ? 4 : 32);
	assert_memory_equal(&reverse.ip, &ip, sizeof ip);
}

static void addresses_go_to_names_as_in_ldns_and_come_back(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++)
		assert_ptr_as_ldns(
			(struct ip){ 4, { (uint8_t)octet, 0, (uint8_t)~octet, (uint8_t)octet } });
	uint64_t random = 88172645463325252;
	for (int i = 0; i < 2000; i++) {
		struct ip ip = { .family = random_below(&random, 2) == 0 ? 4 : 6 };
		for (size_t at = 0; at < (ip.family == 4 ? 4 : 16); at++)
			ip.bytes[at] = (uint8_t)random_below(&random, 256);
		assert_ptr_as_ldns(ip);
	}
}

static bool reads(const char *text, struct reverse_name *ret_reverse)
{
	uint8_t name[DNS_NAME_MAX], size = 0;
	assert_true(name_parse(text, name, &size));
	return name_read_reverse(guarded(name, size), ret_reverse);
}

static void a_prefix_gives_the_first_octets_or_nibbles(void **state)
{
	(void)state;
	struct reverse_name reverse;
	assert_true(reads("96.10.in-addr.arpa.", &reverse));
	struct ip expected = ip_of("10.96.0.0");
	assert_memory_equal(&reverse.ip, &expected, sizeof expected);
	assert_int_equal(reverse.parts, 2);
	assert_false(reverse.full);

	assert_true(reads("b.d.0.1.0.0.2.ip6.arpa.", &reverse));
	expected = ip_of("2001:db0::");
	assert_memory_equal(&reverse.ip, &expected, sizeof expected);
	assert_int_equal(reverse.parts, 7);
}

#define NIBBLES_31 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"

static void names_that_stand_for_no_address_are_refused(void **state)
{
	(void)state;
	static const char *const refused[] = {
		".",
		"arpa.",
		"example.",
		"in-addr.example.",
		"1.2.3.4.in-addr.arpa.example.",
		"xin-addr.arpa.",
		"1.xin-addr.arpa.",
		"01.in-addr.arpa.",
		"00.in-addr.arpa.",
		"256.in-addr.arpa.",
		"1000.in-addr.arpa.",
		"a.in-addr.arpa.",
		"1a.in-addr.arpa.",
		"-1.in-addr.arpa.",
		"\\000.in-addr.arpa.",
		"1\\.2.in-addr.arpa.",
		"5.4.3.2.1.in-addr.arpa.",
		"1.2.3.x.in-addr.arpa.",
		"x.3.2.1.in-addr.arpa.",
		"*.10.in-addr.arpa.",
		"1.1.1.1.1.1.1.1.10.in-addr.arpa.",
		"svc.10.in-addr.arpa.",
		"999.10.in-addr.arpa.",
		"g.ip6.arpa.",
		"10.ip6.arpa.",
		"00.ip6.arpa.",
		"/.ip6.arpa.",
		":.ip6.arpa.",
		"`.ip6.arpa.",
		"svc.ip6.arpa.",
		"0.0." NIBBLES_31 ".ip6.arpa.",
		"0.0.0." NIBBLES_31 ".ip6.arpa.",
		"ip6.int.",
		"1.ip6.int.",
	};
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct reverse_name reverse = { .parts = 77 };
		bool taken = reads(refused[i], &reverse);
		if (taken)
			print_error("taken: %s\n", refused[i]);
		assert_false(taken);
		assert_int_equal(reverse.parts, 77);
	}
	struct reverse_name reverse;
	assert_true(reads("0." NIBBLES_31 ".ip6.arpa.", &reverse));
	assert_true(reads("0.255.100.99.in-addr.arpa.", &reverse));
}

static void zones_of_addresses_are_known_by_their_names(void **state)
{
	(void)state;
	assert_true(name_text_is_reverse("in-addr.arpa."));
	assert_true(name_text_is_reverse("10.IN-ADDR.arpa"));
	assert_true(name_text_is_reverse("8.b.d.0.1.0.0.2.ip6.arpa."));
	assert_false(name_text_is_reverse("xin-addr.arpa."));
	assert_false(name_text_is_reverse("home.arpa."));
	assert_false(name_text_is_reverse("arpa."));
	assert_false(name_text_is_reverse("."));
	assert_false(name_text_is_reverse("ip6.arpa.example."));
	assert_false(name_text_is_reverse("a..in-addr.arpa."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cidrs_are_zones_at_their_boundary),
		cmocka_unit_test(addresses_go_to_names_as_in_ldns_and_come_back),
		cmocka_unit_test(a_prefix_gives_the_first_octets_or_nibbles),
		cmocka_unit_test(names_that_stand_for_no_address_are_refused),
		cmocka_unit_test(zones_of_addresses_are_known_by_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
