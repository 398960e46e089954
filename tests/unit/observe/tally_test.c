/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdint.h>

#include "tally.h"

static void each_monitored_type_has_its_slot_and_the_rest_share_one(void **state)
{
	(void)state;
	static const struct {
		uint16_t type;
		const char *name;
	} types[] = {
		{ 1, "A" },	 { 2, "NS" },	  { 5, "CNAME" },   { 6, "SOA" },    { 12, "PTR" },
		{ 15, "MX" },	 { 16, "TXT" },	  { 28, "AAAA" },   { 33, "SRV" },   { 43, "DS" },
		{ 46, "RRSIG" }, { 47, "NSEC" },  { 48, "DNSKEY" }, { 50, "NSEC3" }, { 64, "SVCB" },
		{ 65, "HTTPS" }, { 251, "IXFR" }, { 252, "AXFR" },  { 255, "ANY" },
	};
	unsigned named = 0;
	for (size_t i = 0; i < COUNT_OF(types); i++)
		assert_string_equal(tally_type_names[tally_type_slot(types[i].type)], types[i].name);
	for (unsigned type = 0; type <= UINT16_MAX; type++)
		named += tally_type_slot((uint16_t)type) != TYPE_SLOTS - 1;
	assert_int_equal(named, COUNT_OF(types));
	assert_int_equal(named, TYPE_SLOTS - 1);
	assert_string_equal(tally_type_names[tally_type_slot(257)], "other");
}

static void sizes_fall_into_the_first_bucket_that_reaches_them(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		unsigned slot;
	} cases[] = {
		{ 0, 0 },   { 1, 1 },	 { 100, 1 },	{ 101, 2 },    { 511, 5 },
		{ 512, 6 }, { 4095, 8 }, { 64000, 13 }, { 64001, 14 }, { 65535, 14 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(tally_size_slot(cases[i].size), cases[i].slot);
}

static void durations_double_from_a_quarter_millisecond(void **state)
{
	(void)state;
	static const struct {
		uint64_t ns;
		unsigned slot;
	} cases[] = {
		{ 0, 0 },	{ 250000, 0 },	    { 250001, 1 },	{ 500000, 1 },
		{ 1000000, 2 }, { 8192000000, 15 }, { 8192000001, 16 }, { UINT64_MAX, 16 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(tally_duration_slot(cases[i].ns), cases[i].slot);
}

static void every_answerer_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned a = 0; a < ANSWERER_COUNT; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(answerer_name((enum answerer)a),
						answerer_name((enum answerer)b));
	assert_string_equal(answerer_name(BY_NONE), "");
	assert_string_equal(answerer_name(BY_KUBERNETES), "kubernetes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_monitored_type_has_its_slot_and_the_rest_share_one),
		cmocka_unit_test(sizes_fall_into_the_first_bucket_that_reaches_them),
		cmocka_unit_test(durations_double_from_a_quarter_millisecond),
		cmocka_unit_test(every_answerer_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
