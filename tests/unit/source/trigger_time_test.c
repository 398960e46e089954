/* SPDX-License-Identifier: Apache-2.0 */
/* Times of RFC 3339. */
#include "reading.h"

#include "api.h"

static void assert_time(const char *text, uint64_t unix_s, uint64_t ns)
{
	assert_true(trigger_time_ns(text) == unix_s * 1000000000 + ns);
}

static void times_as_go_prints_them_are_read(void **state)
{
	(void)state;
	assert_time("1970-01-01T00:00:01Z", 1, 0);
	assert_time("2000-02-29T12:34:56Z", 951827696, 0);
	assert_time("2000-03-01T00:00:00Z", 951868800, 0);
	assert_time("2023-12-31T23:59:59.5Z", 1704067199, 500000000);
	assert_time("2024-01-01T00:00:00.000000001Z", 1704067200, 1);
	assert_time("2024-01-01T02:30:00.123456789+02:30", 1704067200, 123456789);
	assert_time("2023-12-31T16:00:00-08:00", 1704067200, 0);
	assert_time("2024-01-01T00:00:00.1234567891111Z", 1704067200, 123456789);
	assert_time("2100-02-28T23:59:59Z", 4107542399, 0);
}

static void what_is_no_time_is_none(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"yesterday",
		"2024-01-01",
		"2024-01-01T00:00:00",
		"2024-01-01 00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-00-01T00:00:00Z",
		"2024-01-00T00:00:00Z",
		"2024-01-32T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:60Z",
		"2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00Zx",
		"2024-01-01T00:00:00+0200",
		"2024-01-01T00:00:00+02:60",
		"2024-01-01T00:00:00+02:00x",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+01:00",
		"9999-12-31T23:59:59Z",
		"2024-1-01T00:00:00Z",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_true(trigger_time_ns(texts[i]) == 0);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_as_go_prints_them_are_read),
		cmocka_unit_test(what_is_no_time_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
