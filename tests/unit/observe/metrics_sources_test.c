/* SPDX-License-Identifier: Apache-2.0 */
/* Series whose number does not depend on the configuration. */
#include "printed.h"

static void answers_are_told_by_where_they_come_from(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned own = metrics_meter(metrics, "dns://:53", "cluster.local.", "");
	unsigned other = metrics_meter(metrics, "dns://:53", ".", "");
	struct tally *tally = metrics_thread(metrics);
	tally_add(&tally[own].responses[0][BY_KUBERNETES], 3);
	tally_add(&tally[other].responses[0][BY_EXTERNAL], 1);
	tally_add(&tally[other].responses[2][BY_FORWARD], 2);
	tally_add(&tally[other].responses[2][BY_CACHE], 5);
	tally_add(&tally[other].responses[9][BY_ACL], 7);
	tally_add(&tally[own].durations[SOURCE_CLUSTER][0], 3);
	tally_add(&tally[other].durations[SOURCE_CLUSTER][1], 1);
	tally_add(&tally[other].duration_ns[SOURCE_CLUSTER], 500000000);
	struct text text = print(metrics);
	assert_line(&text, "knamed_responses_total{rcode=\"NOERROR\",source=\"cluster\"} 4");
	assert_line(&text, "knamed_responses_total{rcode=\"SERVFAIL\",source=\"cluster\"} 0");
	assert_line(&text, "knamed_responses_total{rcode=\"SERVFAIL\",source=\"external\"} 7");
	assert_line(&text, "knamed_responses_total{rcode=\"other\",source=\"local\"} 7");
	assert_line(&text,
		    "knamed_response_duration_seconds_bucket{source=\"cluster\",le=\"0.00025\"} 3");
	assert_line(&text, "knamed_response_duration_seconds_sum{source=\"cluster\"} 0.5");
	assert_line(&text, "knamed_response_duration_seconds_count{source=\"cluster\"} 4");
	assert_line(&text, "knamed_response_duration_seconds_count{source=\"external\"} 0");
	text_done(&text);
	metrics_free(metrics);
}

static void answers_of_zones_that_are_gone_stay_counted(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned meter = metrics_meter(metrics, "dns://:53", "cluster.local.", "");
	struct tally *tally = metrics_thread(metrics);
	tally_add(&tally[meter].responses[0][BY_KUBERNETES], 3);
	metrics_thread_end(metrics, tally);
	metrics_meter_leave(metrics, meter);
	meter = metrics_meter(metrics, "dns://:53", "other.", "");
	tally = metrics_thread(metrics);
	tally_add(&tally[meter].responses[0][BY_KUBERNETES], 2);
	struct text text = print(metrics);
	assert_line(&text, "knamed_responses_total{rcode=\"NOERROR\",source=\"cluster\"} 5");
	text_done(&text);
	metrics_free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_told_by_where_they_come_from),
		cmocka_unit_test(answers_of_zones_that_are_gone_stay_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
