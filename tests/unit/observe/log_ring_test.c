/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "knamed/observe.h"

#include "captured.h"

static void lines_reach_stdout_when_the_rings_stop(void **state)
{
	(void)state;
	capture_begin();
	struct log_ring *ring = log_ring_new();
	log_ring_put(ring, "first", 5);
	log_ring_put(ring, "", 0);
	log_ring_put(ring, "third", 5);
	log_rings_stop(); /* without a flush, too */
	struct text text = capture_end();
	assert_string_equal(text.data, "first\n\nthird\n");
	text_done(&text);
}

static void a_flush_is_enough_to_see_the_line(void **state)
{
	(void)state;
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	fflush(stdout);
	int before = dup(STDOUT_FILENO);
	dup2(pipes[1], STDOUT_FILENO);
	struct log_ring *ring = log_ring_new();
	char seen[64];
	for (int i = 0; i < 200; i++) { /* often enough to meet a sleeping writer and a busy one */
		log_ring_put(ring, "query", 5);
		log_ring_flush(ring);
		assert_int_equal(read(pipes[0], seen, sizeof(seen)), 6);
		assert_memory_equal(seen, "query\n", 6);
		log_ring_flush(ring); /* nothing new */
	}
	log_rings_stop();
	dup2(before, STDOUT_FILENO);
	close(before);
	close(pipes[0]);
	close(pipes[1]);
}

enum { THREADS = 3, LINES = 20000 };

static void *put_many(void *context)
{
	uintptr_t number = (uintptr_t)context;
	struct log_ring *ring = log_ring_new();
	for (unsigned i = 0; i < LINES; i++) {
		char line[200];
		int size = snprintf(
			line, sizeof(line), "%u %u %.*s", (unsigned)number, i, (int)(i % 100),
			"----------------------------------------------------------------------------------------------------");
		log_ring_put(ring, line, (size_t)size);
		if (i % 32 == 31)
			log_ring_flush(ring);
	}
	log_ring_flush(ring);
	return NULL;
}

static void lines_of_many_threads_arrive_whole_and_in_order_or_are_counted(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	uint64_t dropped = log_ring_dropped(), arrived = 0;
	long last[THREADS] = { -1, -1, -1 };
	capture_begin();
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, put_many, (void *)i);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	log_rings_stop();
	struct text text = capture_end();
	char *rest = text.data;
	for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; arrived++) {
		unsigned thread, number;
		int prefix = 0;
		assert_int_equal(sscanf(line, "%u %u %n", &thread, &number, &prefix), 2);
		assert_in_range(thread, 0, THREADS - 1);
		assert_true((long)number > last[thread]);
		assert_int_equal(strlen(line + prefix), number % 100);
		last[thread] = number;
	}
	assert_int_equal(arrived + log_ring_dropped() - dropped, THREADS * LINES);
	text_done(&text);
}

static void *read_slowly(void *context)
{
	const int *fd = context;
	static char bytes[4096];
	uint64_t lines = 0;
	for (ssize_t got; (got = read(*fd, bytes, sizeof(bytes))) != 0;)
		for (ssize_t i = 0; i < got; i++)
			lines += bytes[i] == '\n';
	return (void *)(uintptr_t)lines;
}

static void a_full_ring_drops_and_never_waits(void **state)
{
	(void)state;
	int pipes[2];
	uint64_t dropped = log_ring_dropped();
	assert_int_equal(pipe(pipes), 0);
	fflush(stdout);
	int before = dup(STDOUT_FILENO);
	dup2(pipes[1], STDOUT_FILENO);
	close(pipes[1]);
	struct log_ring *ring = log_ring_new();
	static char line[1000];
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 1000; i++) { /* more than ring, writer and pipe hold; nobody reads */
		log_ring_put(ring, line, sizeof(line));
		log_ring_flush(ring);
	}
	dropped = log_ring_dropped() - dropped;
	assert_in_range(dropped, 1, 999);
	pthread_t reader;
	pthread_create(&reader, NULL, read_slowly, &pipes[0]);
	log_rings_stop();
	dup2(before, STDOUT_FILENO); /* the pipe's last writer goes: the reader ends */
	close(before);
	void *lines;
	pthread_join(reader, &lines);
	close(pipes[0]);
	assert_int_equal((uintptr_t)lines + dropped, 1000);
}

static void a_line_longer_than_the_ring_is_dropped(void **state)
{
	(void)state;
	static char line[300000];
	memset(line, 'x', sizeof(line));
	uint64_t dropped = log_ring_dropped();
	capture_begin();
	struct log_ring *ring = log_ring_new();
	log_ring_put(ring, line, sizeof(line));
	log_ring_put(ring, "short", 5);
	log_rings_stop();
	struct text text = capture_end();
	assert_string_equal(text.data, "short\n");
	assert_int_equal(log_ring_dropped() - dropped, 1); /* kept after the rings are gone */
	text_done(&text);
}

static void stopping_twice_or_before_the_start_is_fine(void **state)
{
	(void)state;
	log_rings_stop();
	log_rings_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_reach_stdout_when_the_rings_stop),
		cmocka_unit_test(a_flush_is_enough_to_see_the_line),
		cmocka_unit_test(lines_of_many_threads_arrive_whole_and_in_order_or_are_counted),
		cmocka_unit_test(a_full_ring_drops_and_never_waits),
		cmocka_unit_test(a_line_longer_than_the_ring_is_dropped),
		cmocka_unit_test(stopping_twice_or_before_the_start_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
