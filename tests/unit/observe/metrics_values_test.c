/* SPDX-License-Identifier: Apache-2.0 */
/* Series that other stages declare: values, counters, histograms. */
#include "printed.h"

static double read_number(void *context)
{
	return *(const double *)context;
}

static void values_of_one_name_share_a_head(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	double numbers[] = { 3, 0.1, 1795226484.54 };
	metrics_value(metrics, "x_entries", "gauge", "Entries.", "type=\"success\"", read_number,
		      &numbers[0]);
	metrics_value(metrics, "y_total", "counter", "Ys.", "", read_number, &numbers[2]);
	metrics_value(metrics, "x_entries", "gauge", "Entries.", "type=\"denial\"", read_number,
		      &numbers[1]);
	struct text text = print(metrics);
	assert_non_null(strstr(text.data,
			       "# HELP x_entries Entries.\n# TYPE x_entries gauge\n"
			       "x_entries{type=\"success\"} 3\nx_entries{type=\"denial\"} 0.1\n"
			       "# HELP y_total Ys.\n# TYPE y_total counter\ny_total 1795226484.54\n"));
	text_done(&text);
	metrics_free(metrics);
}

static void a_series_declared_twice_is_printed_once(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	double numbers[] = { 3, 4, 0 };
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		metrics_value(metrics, "x_total", "counter", "Xs.", "a=\"1\"", read_number,
			      &numbers[i]);
		metrics_value(metrics, "age", "gauge", "Age.", "", read_number, &numbers[i]);
	}
	struct text text = print(metrics);
	assert_non_null(strstr(text.data, "# HELP x_total Xs.\n# TYPE x_total counter\n"
					  "x_total{a=\"1\"} 7\n"
					  "# HELP age Age.\n# TYPE age gauge\nage 4\n"));
	text_done(&text);
	metrics_free(metrics);
}

static void what_is_withdrawn_is_not_read_any_more(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	double *gone = mem_zalloc(sizeof(*gone)), stays = 4;
	tally_cell *cell = metrics_counter(metrics, "z_total", "Zs.", "");
	metrics_value(metrics, "x", "gauge", "Xs.", "a=\"1\"", read_number, gone);
	metrics_value(metrics, "x", "gauge", "Xs.", "a=\"2\"", read_number, &stays);
	metrics_value(metrics, "y", "gauge", "Ys.", "", read_number, gone);
	metrics_withdraw(metrics, gone);
	metrics_withdraw(metrics, NULL);
	mem_free(gone);
	tally_add(cell, 1);
	struct text text = print(metrics);
	assert_non_null(strstr(text.data, "# HELP z_total Zs.\n# TYPE z_total counter\nz_total 1\n"
					  "# HELP x Xs.\n# TYPE x gauge\nx{a=\"2\"} 4\n"));
	assert_null(strstr(text.data, "a=\"1\""));
	assert_null(strstr(text.data, "Ys."));
	text_done(&text);
	metrics_free(metrics);
}

static void counters_are_zero_from_the_start_and_shared_by_name_and_labels(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	tally_cell *one = metrics_counter(metrics, "x_total", "Xs.", "a=\"1\"");
	tally_cell *plain = metrics_counter(metrics, "y_total", "Ys.", "");
	tally_cell *two = metrics_counter(metrics, "x_total", "Xs.", "a=\"2\"");
	assert_ptr_equal(metrics_counter(metrics, "x_total", "Xs.", "a=\"1\""), one);
	assert_ptr_equal(metrics_counter(metrics, "y_total", "Ys.", ""), plain);
	tally_add(one, 5);
	tally_add(two, UINT64_C(1) << 60);
	struct text text = print(metrics);
	assert_non_null(strstr(text.data, "# HELP x_total Xs.\n# TYPE x_total counter\n"
					  "x_total{a=\"1\"} 5\nx_total{a=\"2\"} 1152921504606846976\n"
					  "# HELP y_total Ys.\n# TYPE y_total counter\ny_total 0\n"));
	text_done(&text);
	metrics_free(metrics);
}

static void histograms_are_cumulative_and_their_bounds_belong_below(void **state)
{
	(void)state;
	static const double bounds[] = { 0.00025, 0.5, 2 };
	struct metrics *metrics = metrics_new();
	struct histogram *plain = metrics_histogram(metrics, "h", "Hs.", "", bounds, 3);
	struct histogram *labelled = metrics_histogram(metrics, "h", "Hs.", "a=\"1\"", bounds, 2);
	assert_ptr_equal(metrics_histogram(metrics, "h", "Hs.", "", bounds, 3), plain);
	static const double values[] = { 0, 0.5, 0.75, 2, 2.5, 100 };
	for (size_t i = 0; i < COUNT_OF(values); i++)
		histogram_observe(plain, values[i]);
	histogram_observe(labelled, 0.5);
	struct text text = print(metrics);
	assert_non_null(strstr(text.data, "# HELP h Hs.\n# TYPE h histogram\n"
					  "h_bucket{le=\"0.00025\"} 1\nh_bucket{le=\"0.5\"} 2\n"
					  "h_bucket{le=\"2\"} 4\nh_bucket{le=\"+Inf\"} 6\n"
					  "h_sum 105.75\nh_count 6\n"
					  "h_bucket{a=\"1\",le=\"0.00025\"} 0\n"
					  "h_bucket{a=\"1\",le=\"0.5\"} 1\n"
					  "h_bucket{a=\"1\",le=\"+Inf\"} 1\n"
					  "h_sum{a=\"1\"} 0.5\nh_count{a=\"1\"} 1\n"));
	text_done(&text);
	metrics_free(metrics);
}

static void counters_that_are_read_go_on_with_who_declares_them_next(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	double first = 5, second = 0;
	metrics_value(metrics, "v_total", "counter", "Vs.", "", read_number, &first);
	metrics_value(metrics, "v_total", "counter", "Vs.", "", read_number, &second);
	metrics_withdraw(metrics, &first);
	second = 2;
	struct text text = print(metrics);
	assert_line(&text, "v_total 7");
	text_done(&text);
	metrics_free(metrics);
}

static void of_gauges_with_the_same_labels_one_number_is_shown(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	double numbers[] = { 5, 2, 4 };
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		metrics_gauge(metrics, "most", "M.", "", MERGE_LARGEST, read_number, &numbers[i]);
		metrics_gauge(metrics, "least", "L.", "", MERGE_LEAST, read_number, &numbers[i]);
		metrics_gauge(metrics, "sum", "S.", "", MERGE_SUM, read_number, &numbers[i]);
	}
	struct text text = print(metrics);
	assert_line(&text, "most 5");
	assert_line(&text, "least 2");
	assert_line(&text, "sum 11");
	metrics_withdraw(metrics, &numbers[0]);
	text_done(&text);
	text = print(metrics);
	assert_line(&text, "sum 6");
	text_done(&text);
	metrics_free(metrics);
}

static void the_first_values_of_a_label_are_shown_and_the_rest_together(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	assert_string_equal(metrics_bounded(metrics, "to", "a", 2), "a");
	assert_string_equal(metrics_bounded(metrics, "to", "b", 2), "b");
	assert_string_equal(metrics_bounded(metrics, "to", "c", 2), "others");
	assert_string_equal(metrics_bounded(metrics, "to", "a", 2), "a");
	assert_string_equal(metrics_bounded(metrics, "zone", "c", 2), "c");
	metrics_free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_one_name_share_a_head),
		cmocka_unit_test(a_series_declared_twice_is_printed_once),
		cmocka_unit_test(what_is_withdrawn_is_not_read_any_more),
		cmocka_unit_test(counters_are_zero_from_the_start_and_shared_by_name_and_labels),
		cmocka_unit_test(histograms_are_cumulative_and_their_bounds_belong_below),
		cmocka_unit_test(counters_that_are_read_go_on_with_who_declares_them_next),
		cmocka_unit_test(of_gauges_with_the_same_labels_one_number_is_shown),
		cmocka_unit_test(the_first_values_of_a_label_are_shown_and_the_rest_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
