/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of `errors`, and numbers in their place. */
#include "caught.h"

#include <event2/event.h>

#include "error_log.h"

enum { RULES_MOST = 4 };

/* An error log at work on a loop of its own. */
struct place {
	struct config_consolidation rules[RULES_MOST];
	struct config_errors config;
	struct event_base *events;
	struct error_log *log;
	struct log_ring *ring;
	struct dns_query query;
	uint8_t packet[64];
	struct caught caught;
};

static void start(struct place *place, bool has_loop)
{
	static const uint8_t packet[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3Bar\7example\0\0\1\0\1";
	memcpy(place->packet, packet, sizeof(packet) - 1);
	place->caught = catch_start();
	place->config.consolidations = place->rules;
	while (place->config.consolidation_count < RULES_MOST &&
	       place->rules[place->config.consolidation_count].pattern != NULL)
		place->config.consolidation_count++;
	place->events = has_loop ? event_base_new() : NULL;
	place->log = error_log_compile(&place->config, place->events);
	place->ring = log_ring_new();
	assert_int_equal(dns_query_read(place->packet, sizeof(packet) - 1, &place->query), QUERY_GOOD);
}

static void put(struct place *place, const char *problem)
{
	error_log_put(place->log, &place->query, RCODE_SERVFAIL, problem, place->ring);
	log_ring_flush(place->ring);
}

/* Until the timers have run out that were begun. */
static void wait_for_timers(struct place *place)
{
	event_base_loop(place->events, EVLOOP_ONCE); /* the wake-up */
	event_base_loop(place->events, EVLOOP_ONCE); /* the timer */
}

/* Lines of threads and lines of the loop come in no order. */
static void stop(struct place *place, const char *const *lines)
{
	error_log_free(place->log);
	if (place->events != NULL)
		event_base_free(place->events);
	char *text = catch_stop(place->caught);
	size_t size = 0;
	for (; *lines != NULL; lines++) {
		size += strlen(*lines);
		if (strstr(text, *lines) == NULL)
			fail_msg("no %s in:\n%s", *lines, text);
	}
	assert_int_equal(strlen(text), size);
	mem_free(text);
}

#define LINES(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void an_error_is_a_line(void **state)
{
	struct place place = { 0 };
	(void)state;
	start(&place, true);
	put(&place, "read udp 127.0.0.1:40058->127.0.0.1:1: i/o timeout");
	stop(&place, LINES("[ERROR] plugin/errors: 2 bar.example. A: read udp "
			   "127.0.0.1:40058->127.0.0.1:1: i/o timeout\n"));
}

static void errors_of_a_kind_are_counted_until_their_time_is_over(void **state)
{
	struct place place = { .rules = { { 50, "i/o timeout$", ERRORS_ERROR, false } } };
	(void)state;
	start(&place, true);
	for (int i = 0; i < 7; i++)
		put(&place, "read udp A->B: i/o timeout");
	put(&place, "no healthy proxies");
	wait_for_timers(&place);
	put(&place, "dial tcp A: i/o timeout");
	wait_for_timers(&place);
	stop(&place,
	     LINES("[ERROR] plugin/errors: 2 bar.example. A: no healthy proxies\n",
		   "[ERROR] plugin/errors: 7 errors like 'i/o timeout$' occurred in last 50ms\n",
		   "[ERROR] plugin/errors: 1 errors like 'i/o timeout$' occurred in last 50ms\n"));
}

static void the_first_rule_that_matches_has_it(void **state)
{
	struct place place = { .rules = { { 3600000, "^dial", ERRORS_WARNING, false },
					  { 300000, "timeout", ERRORS_INFO, false } } };
	(void)state;
	start(&place, true);
	put(&place, "dial tcp A: i/o timeout");
	put(&place, "dial tcp A: i/o timeout");
	put(&place, "read udp A->B: i/o timeout");
	stop(&place, LINES("[WARNING] plugin/errors: 2 errors like '^dial' occurred in last 1h0m0s\n",
			   "[INFO] plugin/errors: 1 errors like 'timeout' occurred in last 5m0s\n"));
}

static void show_first_shows_one_and_counts_it(void **state)
{
	struct place place = { .rules = { { 50, "time", ERRORS_WARNING, true },
					  { 50, "EOF", ERRORS_WARNING, true } } };
	(void)state;
	start(&place, true);
	for (int i = 0; i < 3; i++)
		put(&place, "timeout");
	put(&place, "EOF");
	wait_for_timers(&place);
	stop(&place, LINES("[WARNING] plugin/errors: 2 bar.example. A: timeout\n",
			   "[WARNING] plugin/errors: 3 errors like 'time' occurred in last 50ms\n",
			   "[WARNING] plugin/errors: 2 bar.example. A: EOF\n"));
}

static void debug_lines_want_to_be_asked_for(void **state)
{
	struct place place = { .rules = { { 3600000, "a", ERRORS_DEBUG, true } } };
	(void)state;
	start(&place, true);
	put(&place, "a");
	put(&place, "a");
	stop(&place, (const char *const[]){ NULL });
	place.config.consolidation_count = 0;
	log_set_debug(true);
	start(&place, true);
	put(&place, "a");
	put(&place, "a");
	stop(&place, LINES("[DEBUG] plugin/errors: 2 bar.example. A: a\n",
			   "[DEBUG] plugin/errors: 2 errors like 'a' occurred in last 1h0m0s\n"));
	log_set_debug(false);
}

static void without_a_loop_numbers_are_told_at_the_end(void **state)
{
	struct place place = { .rules = { { 1, "a", ERRORS_ERROR, false } } };
	(void)state;
	start(&place, false);
	put(&place, "a");
	put(&place, "a");
	stop(&place, LINES("[ERROR] plugin/errors: 2 errors like 'a' occurred in last 1ms\n"));
}

static void json_spells_levels_its_own_way(void **state)
{
	struct place place = { .rules = { { 3600000, "a", ERRORS_WARNING, true } } };
	(void)state;
	log_set_form(LOG_FORM_JSON);
	start(&place, true);
	put(&place, "a");
	error_log_free(place.log);
	event_base_free(place.events);
	char *text = catch_stop(place.caught);
	log_set_form(LOG_FORM_TEXT);
	assert_non_null(strstr(text, ",\"level\":\"WARN\",\"msg\":\"2 bar.example. A: a\","
				     "\"plugin\":\"errors\"}\n"));
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_a_line),
		cmocka_unit_test(errors_of_a_kind_are_counted_until_their_time_is_over),
		cmocka_unit_test(the_first_rule_that_matches_has_it),
		cmocka_unit_test(show_first_shows_one_and_counts_it),
		cmocka_unit_test(debug_lines_want_to_be_asked_for),
		cmocka_unit_test(without_a_loop_numbers_are_told_at_the_end),
		cmocka_unit_test(json_spells_levels_its_own_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
