/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "knamed/dns.h"

/* "owner ttl class type hex" of the record that was read, or the sentence why there is none. */
static void assert_reads(const char *text, const char *expected)
{
	static struct dns_line line;
	struct error error = { "" };
	struct text read = { 0 };
	char *exact = mem_copy(text, strlen(text) + 1); /* a sanitizer sees one octet too far */
	if (dns_line_read(exact, strlen(text), &line, &error)) {
		char owner[NAME_TEXT_SIZE], class[16], type[16];
		name_print(line.owner, owner);
		dns_class_print(line.class_, class);
		dns_type_print(line.type, type);
		text_printf(&read, "%s %u %s %s ", owner, line.ttl, class, type);
		for (size_t i = 0; i < line.rdata_size; i++)
			text_printf(&read, "%02x", line.rdata[i]);
	} else {
		text_add(&read, error.text);
	}
	assert_string_equal(read.data, expected);
	text_done(&read);
	mem_free(exact);
}

static void every_type_is_read(void **state)
{
	(void)state;
	assert_reads("a.example. 60 IN A 10.0.0.1", "a.example. 60 IN A 0a000001");
	assert_reads("a 60 IN AAAA 2001:db8::1", "a. 60 IN AAAA 20010db8000000000000000000000001");
	assert_reads("a 60 IN NS b.", "a. 60 IN NS 016200");
	assert_reads("a 60 IN CNAME b", "a. 60 IN CNAME 016200");
	assert_reads("a 60 IN PTR .", "a. 60 IN PTR 00");
	assert_reads("a 60 IN MX 10 b", "a. 60 IN MX 000a016200");
	assert_reads("a 60 IN SRV 1 2 80 b", "a. 60 IN SRV 000100020050016200");
	assert_reads("a 60 IN SOA b c (1 1m 2 3 4)", "a. 60 IN SOA 01620001630000000001"
						     "0000003c000000020000000300000004");
	assert_reads("a 60 IN HINFO \"x y\" z", "a. 60 IN HINFO 03782079017a");
	assert_reads("a 60 IN HINFO x", "a. 60 IN HINFO 017800");
	assert_reads("a 60 IN TXT \"b c\" d \"\\101\\\"\"", "a. 60 IN TXT 03622063"
							    "0164"
							    "026522");
	assert_reads("a 60 IN TXT \"\"", "a. 60 IN TXT 00");
	assert_reads("a 60 IN CAA 0 issue \"ca.example\"",
		     "a. 60 IN CAA 0005697373756563612e6578616d706c65");
}

static void ttl_and_class_may_be_missing_or_swapped(void **state)
{
	(void)state;
	assert_reads("a A 10.0.0.1", "a. 3600 IN A 0a000001");
	assert_reads("a CH 5 A 10.0.0.1", "a. 5 CH A 0a000001");
	assert_reads("a 1h30m a 10.0.0.1 ; why", "a. 5400 IN A 0a000001");
	assert_reads("@ 1 in A ( 10.0.0.1 )\n", ". 1 IN A 0a000001");
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_reads("", "the record ends too early");
	assert_reads(" 60 IN A 10.0.0.1", "the record begins with a blank, not with its name");
	assert_reads("a..b 60 IN A 10.0.0.1", "\"a..b\" is no domain name");
	assert_reads("a 60 IN", "the record ends too early");
	assert_reads("a 60 60 IN A", "\"60\" is no type of a record");
	assert_reads("a 60 IN NAPTR 1", "records of type NAPTR cannot be made: A, NS, CNAME, SOA, PTR, "
					"HINFO, MX, TXT, AAAA, SRV and CAA can");
	assert_reads("a A 10.0.0.256", "\"10.0.0.256\" is no IPv4 address");
	assert_reads("a A 10.0.0.01", "\"10.0.0.01\" is no IPv4 address");
	assert_reads("a AAAA 10.0.0.1", "\"10.0.0.1\" is no IPv6 address");
	assert_reads("a MX 65536 b", "\"65536\" is no number of 0 to 65535");
	assert_reads("a A 10.0.0.1 x", "\"x\" stands behind the record");
	assert_reads("a TXT \"b", "a quote is not closed");
	assert_reads("a TXT ( b", "a ( is not closed");
	assert_reads("a TXT b )", "a ) closes nothing");
	assert_reads("a TXT \\256",
		     "\"\\256\" is no string: \\ is followed by three digits up to 255, or by "
		     "a character");
	assert_reads("a 4294967296 A 10.0.0.1", "\"4294967296\" is no type of a record");
	assert_reads("a CAA 0 is-sue x", "\"is-sue\" is no tag of letters and digits");
}

static void long_strings_are_split_and_long_data_refused(void **state)
{
	(void)state;
	char text[4096] = "a TXT ";
	static struct dns_line line;
	struct error error = { "" };
	memset(text + 6, 'x', 300);
	assert_true(dns_line_read(text, 306, &line, &error));
	assert_int_equal(line.rdata_size, 302);
	assert_int_equal(line.rdata[0], 255);
	assert_int_equal(line.rdata[256], 45);
	memset(text + 6, 'x', 3000);
	assert_false(dns_line_read(text, 3006, &line, &error));
	for (size_t i = 6; i < 3006; i += 100)
		text[i] = ' ';
	assert_false(dns_line_read(text, 3006, &line, &error));
	assert_string_equal(error.text, "the data of a record are longer than 2048 octets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(ttl_and_class_may_be_missing_or_swapped),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(long_strings_are_split_and_long_data_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
