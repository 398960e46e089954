/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knamed/dns.h"
#include "weights.h"

static unsigned weight_of(const struct weights *weights, const char *name, const char *address)
{
	uint8_t wire[DNS_NAME_MAX], size;
	struct ip ip;
	assert_true(name_parse(name, wire, &size) && ip_parse(address, &ip));
	return weights_get(weights, wire, &ip);
}

static struct weights *read_good(const char *text)
{
	struct error error;
	struct weights *weights = weights_read("w", text, strlen(text), &error);
	if (weights == NULL)
		fail_msg("%s", error.text);
	return weights;
}

static void addresses_have_weights_by_name(void **state)
{
	(void)state;
	struct weights *weights = read_good("# remark\n"
					    "WWW.example\n"
					    "  100.64.1.1 3\r\n"
					    "\n"
					    "\t100.64.1.2\t255\n"
					    "100.64.1.1 9\n"
					    "other.example.\n"
					    "100.64.1.1 7\n"
					    "2001:db8::1 2\n"
					    "www.example\n"
					    "100.64.1.3 4");
	assert_int_equal(weight_of(weights, "www.example.", "100.64.1.1"), 3);
	assert_int_equal(weight_of(weights, "www.example.", "100.64.1.2"), 255);
	assert_int_equal(weight_of(weights, "www.example.", "100.64.1.3"), 4);
	assert_int_equal(weight_of(weights, "other.example.", "100.64.1.1"), 7);
	assert_int_equal(weight_of(weights, "other.example.", "2001:db8:0::1"), 2);
	assert_int_equal(weight_of(weights, "other.example.", "100.64.1.2"), 1);
	assert_int_equal(weight_of(weights, "example.", "100.64.1.1"), 1);
	weights_free(weights);
}

static void an_empty_file_is_good(void **state)
{
	(void)state;
	struct weights *weights = read_good("");
	assert_int_equal(weight_of(weights, "a.", "1.1.1.1"), 1);
	weights_free(weights);
	assert_int_equal(weight_of(NULL, "a.", "1.1.1.1"), 1);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} table[] = {
		{ "10.0.0.1\n", "w:1 - wrong domain name, an address without a weight: \"10.0.0.1\"" },
		{ "a..b\n", "w:1 - wrong domain name: \"a..b\"" },
		{ "\na\nb 3\n", "w:3 - wrong IP address: \"b\"" },
		{ "a\n10.0.0.1 0\n", "w:2 - wrong weight value, it is 1 to 255: \"0\"" },
		{ "a\n10.0.0.1 256\n", "w:2 - wrong weight value, it is 1 to 255: \"256\"" },
		{ "a\n10.0.0.1 -1\n", "w:2 - wrong weight value, it is 1 to 255: \"-1\"" },
		{ "10.0.0.1 5\n", "w:1 - missing domain name in front of this address: \"10.0.0.1\"" },
		{ "a\n10.0.0.1 5 # x\n",
		  "w:2 - could not parse weight line, it has two words: \"10.0.0.1\"" },
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct error error;
		assert_null(weights_read("w", table[i].text, strlen(table[i].text), &error));
		assert_string_equal(error.text, table[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_weights_by_name),
		cmocka_unit_test(an_empty_file_is_good),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
