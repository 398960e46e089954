/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "knamed/observe.h"

/* The number modulo 10 is told, so that several are one series. */
static void add_labels(void *context, uint64_t what, const struct counts_place *place,
		       struct text *labels)
{
	char number[8];
	(void)context;
	snprintf(number, sizeof(number), "%u", (unsigned)(what % 10));
	metrics_label(labels, "server", place->server);
	metrics_label(labels, "what", number);
	metrics_label(labels, "zone", place->zone);
}

static struct counts *declare(struct metrics *metrics)
{
	return metrics_counts(metrics, "rules_total", "Rules.", add_labels, NULL);
}

static unsigned count_in(const char *text, const char *line)
{
	unsigned count = 0;
	for (; (text = strstr(text, line)) != NULL; text++)
		count++;
	return count;
}

static void assert_prints(struct metrics *metrics, const char *line, bool is_there)
{
	struct text text = { 0 };
	metrics_print(metrics, &text);
	assert_int_equal(count_in(text.data, line), is_there);
	assert_true(count_in(text.data, "# TYPE rules_total counter\n") <= 1);
	text_done(&text);
}

static void what_was_counted_is_shown_with_its_labels(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	struct counts *counts = declare(metrics), *other = declare(metrics);
	unsigned meter = metrics_meter(metrics, "dns://:53", ".", "");
	assert_prints(metrics, "rules_total", false);
	counts_add(counts, meter, 7);
	counts_add(counts, meter, 17);
	counts_add(other, meter, 7);
	counts_add(counts, meter, 8);
	assert_prints(metrics, "rules_total{server=\"dns://:53\",what=\"7\",zone=\".\"} 3\n", true);
	assert_prints(metrics, "rules_total{server=\"dns://:53\",what=\"8\",zone=\".\"} 1\n", true);
	counts_free(counts);
	counts_free(other);
	metrics_free(metrics);
}

static void blocks_whose_questions_are_not_shown_show_their_counts(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	struct counts *counts = declare(metrics);
	counts_add(counts, metrics_meter_unshown(metrics, "dns://:53", ".", ""), 7);
	assert_prints(metrics, "rules_total{server=\"dns://:53\",what=\"7\",zone=\".\"} 1\n", true);
	counts_free(counts);
	metrics_free(metrics);
}

static void counts_outlive_their_counter(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned meter = metrics_meter(metrics, "dns://:53", ".", "");
	for (int i = 1; i <= 3; i++) {
		struct counts *counts = declare(metrics);
		counts_add(counts, meter, 7);
		counts_free(counts);
	}
	assert_prints(metrics, "rules_total{server=\"dns://:53\",what=\"7\",zone=\".\"} 3\n", true);
	metrics_free(metrics);
}

static void *count_many(void *context)
{
	for (uint64_t i = 0; i < 10000; i++)
		counts_add(context, 0, i % 100);
	return NULL;
}

static void threads_lose_no_count(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	struct counts *counts = declare(metrics);
	pthread_t threads[4];
	metrics_meter(metrics, "dns://:53", ".", "");
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_many, counts), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	assert_prints(metrics, "rules_total{server=\"dns://:53\",what=\"3\",zone=\".\"} 4000\n", true);
	counts_free(counts);
	metrics_free(metrics);
}

static void a_flood_of_keys_ends_in_uncounted_ones(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	struct counts *counts = declare(metrics);
	unsigned meter = metrics_meter(metrics, "dns://:53", ".", "");
	for (uint64_t i = 0; i < 100000; i++)
		counts_add(counts, meter, i * 10 + 1);
	assert_prints(metrics, "rules_total{server=\"dns://:53\",what=\"1\",zone=\".\"} ", true);
	counts_free(counts);
	metrics_free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_counted_is_shown_with_its_labels),
		cmocka_unit_test(blocks_whose_questions_are_not_shown_show_their_counts),
		cmocka_unit_test(counts_outlive_their_counter),
		cmocka_unit_test(threads_lose_no_count),
		cmocka_unit_test(a_flood_of_keys_ends_in_uncounted_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
