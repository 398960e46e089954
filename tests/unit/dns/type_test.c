/* SPDX-License-Identifier: Apache-2.0 */
#include "knamed/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <ldns/ldns.h>

static void every_type_comes_back_from_its_text(void **state)
{
	(void)state;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		char text[16], number[16];
		uint16_t back;
		dns_type_print((uint16_t)type, text);
		assert_true(dns_type_from_text(text, &back));
		assert_int_equal(back, type);
		snprintf(number, sizeof number, "TYPE%u", type);
		assert_true(dns_type_from_text(number, &back));
		assert_int_equal(back, type);
	}
}

static void types_are_called_as_in_ldns(void **state)
{
	(void)state;
	for (unsigned type = 1; type <= UINT16_MAX; type++) {
		char ours[16];
		dns_type_print((uint16_t)type, ours);
		char *theirs = ldns_rr_type2str((ldns_rr_type)type);
		if (strncmp(theirs, "TYPE", 4) != 0) /* the registry has grown since */
			assert_string_equal(ours, theirs);
		free(theirs);
	}
}

static void words_are_read_in_any_case(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t type;
	} cases[] = {
		{ "A", TYPE_A },     { "aaaa", TYPE_AAAA },   { "Srv", TYPE_SRV },
		{ "ANY", TYPE_ANY }, { "https", TYPE_HTTPS }, { "type28", TYPE_AAAA },
		{ "TYPE0", 0 },	     { "TYPE65535", 65535 },  { "nsec3param", 51 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint16_t type;
		assert_true(dns_type_from_text(cases[i].text, &type));
		assert_int_equal(type, cases[i].type);
	}
}

static void what_is_no_word_is_refused(void **state)
{
	(void)state;
	static const char *const refused[] = { "",	    "B",      "AA",	"AAAAA",
					       "A ",	    " A",     "1",	"TYPE",
					       "TYPE65536", "TYPE-1", "TYPE1x", "CLASS1" };
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		uint16_t number = 77;
		assert_false(dns_type_from_text(refused[i], &number));
		assert_false(dns_rcode_from_text(refused[i], &number));
		assert_int_equal(number, 77);
	}
}

static void classes_have_their_words(void **state)
{
	(void)state;
	static const struct {
		uint16_t number;
		const char *text;
	} cases[] = {
		{ CLASS_IN, "IN" },	{ CLASS_CH, "CH" },	 { CLASS_HS, "HS" },
		{ CLASS_NONE, "NONE" }, { CLASS_ANY, "ANY" },	 { 0, "CLASS0" },
		{ 5, "CLASS5" },	{ 65535, "CLASS65535" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[16];
		dns_class_print(cases[i].number, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void rcodes_go_both_ways(void **state)
{
	(void)state;
	static const struct {
		uint16_t number;
		const char *text;
	} cases[] = {
		{ RCODE_NOERROR, "NOERROR" },
		{ RCODE_FORMERR, "FORMERR" },
		{ RCODE_SERVFAIL, "SERVFAIL" },
		{ RCODE_NXDOMAIN, "NXDOMAIN" },
		{ RCODE_NOTIMP, "NOTIMP" },
		{ RCODE_REFUSED, "REFUSED" },
		{ RCODE_NOTAUTH, "NOTAUTH" },
		{ RCODE_BADVERS, "BADVERS" },
		{ 23, "BADCOOKIE" },
		{ 12, "RCODE12" },
		{ 65535, "RCODE65535" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[16];
		uint16_t number;
		dns_rcode_print(cases[i].number, text);
		assert_string_equal(text, cases[i].text);
		assert_true(dns_rcode_from_text(text, &number));
		assert_int_equal(number, cases[i].number);
	}
	uint16_t number;
	assert_true(dns_rcode_from_text("nxdomain", &number));
	assert_int_equal(number, RCODE_NXDOMAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_comes_back_from_its_text),
		cmocka_unit_test(types_are_called_as_in_ldns),
		cmocka_unit_test(words_are_read_in_any_case),
		cmocka_unit_test(what_is_no_word_is_refused),
		cmocka_unit_test(classes_have_their_words),
		cmocka_unit_test(rcodes_go_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
