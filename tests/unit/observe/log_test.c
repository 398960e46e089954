/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "knamed/observe.h"

#include "captured.h"

static void lines_carry_level_and_plugin(void **state)
{
	(void)state;
	capture_begin();
	log_line(LOG_DEBUG, NULL, "not asked for");
	log_set_debug(true);
	log_line(LOG_DEBUG, NULL, "one");
	log_set_debug(false);
	log_line(LOG_INFO, "file", "zone %s: %d records", "example.com.", 7);
	log_line(LOG_WARNING, "kubernetes", "starting server with unsynced Kubernetes API");
	log_line(LOG_ERROR, NULL, "Restart failed: %s", "x");
	log_line(LOG_FATAL, "loop", "Loop");
	struct text text = capture_end();
	assert_string_equal(text.data,
			    "[DEBUG] one\n"
			    "[INFO] plugin/file: zone example.com.: 7 records\n"
			    "[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API\n"
			    "[ERROR] Restart failed: x\n"
			    "[FATAL] plugin/loop: Loop\n");
	text_done(&text);
}

static void an_event_is_one_line_and_may_be_long(void **state)
{
	(void)state;
	char words[3000];
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	words[1000] = '\n';
	capture_begin();
	log_line(LOG_INFO, NULL, "%s", words);
	struct text text = capture_end();
	assert_int_equal(text.size, strlen("[INFO] ") + sizeof(words));
	assert_ptr_equal(strchr(text.data, '\n'), text.data + text.size - 1);
	text_done(&text);
}

static void start_up_lines_are_bare_and_quiet_hides_them(void **state)
{
	(void)state;
	capture_begin();
	assert_false(log_is_quiet());
	log_plain("%s:%d", ".", 53);
	log_set_quiet(true);
	assert_true(log_is_quiet());
	log_plain("hidden");
	log_line(LOG_INFO, NULL, "shown");
	log_set_quiet(false);
	struct text text = capture_end();
	assert_string_equal(text.data, ".:53\n[INFO] shown\n");
	text_done(&text);
}

static json_t *record_of(const char *line)
{
	json_error_t error;
	json_t *record = json_loads(line, JSON_DISABLE_EOF_CHECK, &error);
	if (record == NULL)
		fail_msg("%s: %s", line, error.text);
	return record;
}

static const char *string_in(const json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

static void json_records_hold_time_level_message_and_plugin(void **state)
{
	(void)state;
	log_set_form(LOG_FORM_JSON);
	capture_begin();
	log_line(LOG_WARNING, "file", "a \"quoted\" \\ tab\there");
	struct text with_plugin = capture_end();
	capture_begin();
	log_plain(".:53");
	struct text plain = capture_end();
	log_set_form(LOG_FORM_TEXT);

	json_t *record = record_of(with_plugin.data);
	assert_string_equal(string_in(record, "level"), "WARN");
	assert_string_equal(string_in(record, "msg"), "a \"quoted\" \\ tab\there");
	assert_string_equal(string_in(record, "plugin"), "file");
	assert_int_equal(json_object_size(record), 4);
	unsigned year, month, day, hour, minute, second, ns;
	char zone;
	assert_int_equal(sscanf(string_in(record, "time"), "%4u-%2u-%2uT%2u:%2u:%2u.%9u%c", &year,
				&month, &day, &hour, &minute, &second, &ns, &zone),
			 8);
	assert_int_equal(zone, 'Z');
	assert_in_range(month, 1, 12);
	json_decref(record);

	record = record_of(plain.data);
	assert_string_equal(string_in(record, "level"), "INFO");
	assert_string_equal(string_in(record, "msg"), ".:53");
	assert_null(json_object_get(record, "plugin"));
	json_decref(record);
	text_done(&with_plugin);
	text_done(&plain);
}

static void any_bytes_make_a_json_string(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *json;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain <&> text", "\"plain <&> text\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xff"
		  "a\x80",
		  "\"\\ufffda\\ufffd\"" },
		{ "\xc0\x80", "\"\\ufffd\\ufffd\"" },		 /* longer than needed */
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" }, /* a surrogate */
		{ "\xf4\x90\x80\x80",
		  "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* beyond the last character */
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },	/* cut */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char written[100];
		size_t size = log_json_string(written, sizeof(written), cases[i].bytes,
					      strlen(cases[i].bytes));
		assert_int_equal(size, strlen(cases[i].json));
		assert_memory_equal(written, cases[i].json, size);
		for (size_t room = 0; room < size; room++) {
			char *exact = mem_alloc(room);
			assert_int_equal(log_json_string(exact, room, cases[i].bytes,
							 strlen(cases[i].bytes)),
					 0);
			mem_free(exact);
		}
	}
}

static void a_nul_is_escaped_too(void **state)
{
	(void)state;
	char written[16];
	size_t size = log_json_string(written, sizeof(written), "a\0b", 3);
	assert_int_equal(size, 10);
	assert_memory_equal(written, "\"a\\u0000b\"", 10);
}

static void a_time_needs_its_room(void **state)
{
	(void)state;
	char time[32];
	assert_int_equal(log_json_time(time, 31), 0);
	assert_int_equal(log_json_time(time, 32), 32);
	assert_int_equal(time[0], '"');
	assert_int_equal(time[31], '"');
}

static void *log_many(void *name)
{
	for (int i = 0; i < 500; i++)
		log_line(LOG_INFO, name, "line %d of a thread that shares stdout", i);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	(void)state;
	char names[3][2] = { "a", "b", "c" };
	pthread_t threads[3];
	unsigned next[3] = { 0 };
	capture_begin();
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, log_many, names[i]);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	struct text text = capture_end();
	char *rest = text.data;
	for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
		char name, expected[100];
		assert_int_equal(sscanf(line, "[INFO] plugin/%c:", &name), 1);
		snprintf(expected, sizeof(expected),
			 "[INFO] plugin/%c: line %u of a thread that shares stdout", name,
			 next[name - 'a']++);
		assert_string_equal(line, expected);
	}
	assert_int_equal(next[0] + next[1] + next[2], 1500);
	text_done(&text);
}

/* A pipe that is full to the last octet. */
static void fill(int fd)
{
	static const char octets[4096];
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (size_t size = sizeof(octets); size > 0; size = size == 1 ? 0 : 1)
		while (write(fd, octets, size) > 0)
			;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
}

static void who_logs_goes_on_when_nobody_reads(void **state)
{
	(void)state;
	int pipes[2];
	static char seen[1 << 20];
	uint64_t dropped = log_ring_dropped();
	assert_int_equal(pipe(pipes), 0);
	fflush(stdout);
	int before = dup(STDOUT_FILENO);
	dup2(pipes[1], STDOUT_FILENO);
	fill(STDOUT_FILENO);
	log_line(LOG_INFO, NULL, "lost");
	log_line(LOG_INFO, NULL, "lost too");
	while (read(pipes[0], seen, sizeof(seen)) == (ssize_t)sizeof(seen))
		;
	log_line(LOG_INFO, NULL, "somebody reads again");
	ssize_t size = read(pipes[0], seen, sizeof(seen));
	dup2(before, STDOUT_FILENO);
	close(before);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(log_ring_dropped() - dropped, 2);
	assert_int_equal(size, strlen("[INFO] somebody reads again\n"));
	assert_memory_equal(seen, "[INFO] somebody reads again\n", (size_t)size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_carry_level_and_plugin),
		cmocka_unit_test(an_event_is_one_line_and_may_be_long),
		cmocka_unit_test(start_up_lines_are_bare_and_quiet_hides_them),
		cmocka_unit_test(json_records_hold_time_level_message_and_plugin),
		cmocka_unit_test(any_bytes_make_a_json_string),
		cmocka_unit_test(a_nul_is_escaped_too),
		cmocka_unit_test(a_time_needs_its_room),
		cmocka_unit_test(lines_of_threads_do_not_mix),
		cmocka_unit_test(who_logs_goes_on_when_nobody_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
