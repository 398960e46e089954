/* SPDX-License-Identifier: Apache-2.0 */
/* cancel, timeouts, debug. */
#include "reading.h"

#define WRONG "Error during parsing: Wrong argument count or unexpected line ending after "
#define AT(name, line) "plugin/" name ": Corefile:" #line " - Error during parsing: "

static uint64_t cancel_of(const char *body)
{
	struct config *config = read_body(body);
	uint64_t ms = config->blocks[0].cancel_ms;

	config_free(config);
	return ms;
}

static void cancel_takes_a_time(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "cancel 1s 2s", "plugin/cancel: Corefile:2 - " WRONG "'2s'" },
		{ "cancel 5", AT("cancel", 2) "invalid duration: \"5\"" },
		{ "cancel soon", AT("cancel", 2) "invalid duration: \"soon\"" },
		{ "cancel -1s", AT("cancel", 2) "invalid negative duration: \"-1s\"" },
		{ "cancel 0s", AT("cancel", 2) "invalid negative duration: \"0s\"" },
	};

	assert_int_equal(cancel_of(""), 0);
	assert_int_equal(cancel_of("cancel"), 5001);
	assert_int_equal(cancel_of("cancel 1m5s"), 65000);
	assert_all_bad_bodies(table);
}

static void timeouts_take_times_and_a_number(void **state)
{
	(void)state;
	struct config *config =
		read_body("timeouts {\nread 3\nwrite 4s\nidle 24h\nmaxtcpqueries 100\n}");
	const struct config_timeouts *timeouts = &config->blocks[0].timeouts;

	assert_int_equal(timeouts->read_ms, 3000);
	assert_int_equal(timeouts->write_ms, 4000);
	assert_int_equal(timeouts->idle_ms, 24 * 3600 * 1000);
	assert_int_equal(timeouts->queries_most, 100);
	config_free(config);
	config = read_body("timeouts {\nmaxtcpqueries -1\n}\ntimeouts {\nread 1500ms\n}");
	timeouts = &config->blocks[0].timeouts;
	assert_int_equal(timeouts->read_ms, 1500);
	assert_int_equal(timeouts->write_ms, 0);
	assert_int_equal(timeouts->idle_ms, 0);
	assert_int_equal(timeouts->queries_most, 0);
	config_free(config);
}

static void timeouts_that_cannot_be_are_named(void **state)
{
	(void)state;
#define RANGE "' needs to be between 1 second and 24 hours"
#define MOST "' needs to be -1 (unlimited) or a positive integer"
	static const struct bad table[] = {
		{ "timeouts 5s", "plugin/timeouts: Corefile:2 - " WRONG "'5s'" },
		{ "timeouts", AT("timeouts", 2) "timeouts block with no timeouts specified" },
		{ "timeouts {\n}", AT("timeouts", 3) "timeouts block with no timeouts specified" },
		{ "timeouts {\nread\n}", "plugin/timeouts: Corefile:3 - " WRONG "'read'" },
		{ "timeouts {\nread 1s 2s\n}", "plugin/timeouts: Corefile:3 - " WRONG "'2s'" },
		{ "timeouts {\nread soon\n}", AT("timeouts", 3) "failed to parse duration 'soon'" },
		{ "timeouts {\nread 999ms\n}", AT("timeouts", 3) "timeout provided '999ms" RANGE },
		{ "timeouts {\nidle -5\n}", AT("timeouts", 3) "timeout provided '-5s" RANGE },
		{ "timeouts {\nwrite 25h\n}", AT("timeouts", 3) "timeout provided '25h0m0s" RANGE },
		{ "timeouts {\nsleep 5s\n}", AT("timeouts", 3) "unknown option: 'sleep'" },
		{ "timeouts {\nmaxtcpqueries 0\n}", AT("timeouts", 3) "maxtcpqueries provided '0" MOST },
		{ "timeouts {\nmaxtcpqueries -2\n}",
		  AT("timeouts", 3) "maxtcpqueries provided '-2" MOST },
		{ "timeouts {\nmaxtcpqueries many\n}",
		  AT("timeouts", 3) "invalid value for maxtcpqueries 'many': strconv.Atoi: "
				    "parsing \"many\": invalid syntax" },
	};

	assert_all_bad_bodies(table);
}

static void debug_is_for_all_if_one_block_says_so(void **state)
{
	(void)state;
	struct config *config = read_good("a.org {\n}\nb.org {\ndebug\ndebug\n}\n");

	assert_true(config_is_debug(config));
	config_free(config);
	config = read_good("a.org {\nany\n}\n");
	assert_false(config_is_debug(config));
	config_free(config);
	assert_bad_body("debug on", "plugin/debug: Corefile:2 - " WRONG "'on'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cancel_takes_a_time),
		cmocka_unit_test(timeouts_take_times_and_a_number),
		cmocka_unit_test(timeouts_that_cannot_be_are_named),
		cmocka_unit_test(debug_is_for_all_if_one_block_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
