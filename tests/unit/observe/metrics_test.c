/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "printed.h"

/* The number behind a name without labels, or -1. */
static double value_of(const struct text *text, const char *name)
{
	char start[100];
	snprintf(start, sizeof(start), "\n%s ", name);
	const char *at = strstr(text->data, start);
	return at != NULL ? strtod(at + strlen(start), NULL) : -1;
}

static void same_labels_give_the_same_meter(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	assert_int_equal(metrics_meter(metrics, "dns://:53", "cluster.local.", ""), 0);
	assert_int_equal(metrics_meter(metrics, "dns://:53", "dropped", ""), 1);
	assert_int_equal(metrics_meter(metrics, "dns://:53", "cluster.local.", "inside"), 2);
	assert_int_equal(metrics_meter(metrics, "dns://:53", "cluster.local.", ""), 0);
	assert_int_equal(metrics_meter(metrics, "dns://:53", "dropped", ""), 1);
	metrics_free(metrics);
	metrics_free(NULL);
}

static void what_never_counted_is_not_printed(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	metrics_meter(metrics, "dns://:53", ".", "");
	metrics_thread(metrics);
	struct text text = print(metrics);
	assert_null(strstr(text.data, "coredns_dns_"));
	assert_null(strstr(text.data, "coredns_build_info"));
	assert_null(strstr(text.data, "coredns_plugin_enabled"));
	assert_line(&text, "# TYPE coredns_panics_total counter");
	assert_line(&text, "coredns_panics_total 0");
	text_done(&text);
	metrics_free(metrics);
}

static void requests_are_told_apart_by_family_proto_and_type(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned meter = metrics_meter(metrics, "dns://:53", "cluster.local.", "");
	struct tally *tally = metrics_thread(metrics);
	tally_add(&tally[meter].requests[PROTO_UDP][0][tally_type_slot(1)], 3);
	tally_add(&tally[meter].requests[PROTO_TCP][1][tally_type_slot(33)], 1);
	tally_add(&tally[meter].requests[PROTO_UDP][1][tally_type_slot(257)], 2);
	tally_add(&tally[meter].do_requests, 4);
	struct text text = print(metrics);
	assert_line(&text, "# TYPE coredns_dns_requests_total counter");
	assert_line(&text,
		    "coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"dns://:53\",type=\"A\","
		    "view=\"\",zone=\"cluster.local.\"} 3");
	assert_line(&text,
		    "coredns_dns_requests_total{family=\"2\",proto=\"tcp\",server=\"dns://:53\",type=\"SRV\","
		    "view=\"\",zone=\"cluster.local.\"} 1");
	assert_line(&text,
		    "coredns_dns_requests_total{family=\"2\",proto=\"udp\",server=\"dns://:53\",type=\"other\","
		    "view=\"\",zone=\"cluster.local.\"} 2");
	assert_line(&text,
		    "coredns_dns_do_requests_total{server=\"dns://:53\",view=\"\",zone=\"cluster.local.\"} 4");
	text_done(&text);
	metrics_free(metrics);
}

static void responses_are_told_apart_by_rcode_and_plugin(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned meter = metrics_meter(metrics, "dns://10.0.0.1:53", "dropped", "v");
	struct tally *tally = metrics_thread(metrics);
	tally_add(&tally[meter].responses[0][BY_KUBERNETES], 1);
	tally_add(&tally[meter].responses[3][BY_FILE], 2);
	tally_add(&tally[meter].responses[11][BY_SERVER], 3);
	tally_add(&tally[meter].responses[16][BY_NONE], 4);
	struct text text = print(metrics);
	assert_line(&text, "coredns_dns_responses_total{plugin=\"kubernetes\",rcode=\"NOERROR\","
			   "server=\"dns://10.0.0.1:53\",view=\"v\",zone=\"dropped\"} 1");
	assert_line(&text, "coredns_dns_responses_total{plugin=\"file\",rcode=\"NXDOMAIN\","
			   "server=\"dns://10.0.0.1:53\",view=\"v\",zone=\"dropped\"} 2");
	assert_line(&text, "coredns_dns_responses_total{plugin=\"server\",rcode=\"RCODE11\","
			   "server=\"dns://10.0.0.1:53\",view=\"v\",zone=\"dropped\"} 3");
	assert_line(&text, "coredns_dns_responses_total{plugin=\"\",rcode=\"BADVERS\","
			   "server=\"dns://10.0.0.1:53\",view=\"v\",zone=\"dropped\"} 4");
	text_done(&text);
	metrics_free(metrics);
}

static void durations_are_a_cumulative_histogram(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	metrics_meter(metrics, "dns://:53", ".", "");
	struct tally *tally = metrics_thread(metrics);
	static const uint64_t durations_ns[] = { 1000, 250000, 300000, 9000000000 };
	for (size_t i = 0; i < COUNT_OF(durations_ns); i++) {
		tally_add(&tally->durations[i % SOURCE_COUNT][tally_duration_slot(durations_ns[i])], 1);
		tally_add(&tally->duration_ns[i % SOURCE_COUNT], durations_ns[i]);
	}
	struct text text = print(metrics);
	const char *at = strstr(text.data, "coredns_dns_request_duration_seconds_bucket");
	const char *end = strstr(text.data, "# HELP coredns_panics_total");
	assert_non_null(at);
	char *block = mem_text_n(at, (size_t)(end - at));
#define LABELS "{server=\"dns://:53\",view=\"\",zone=\".\""
#define BUCKET "coredns_dns_request_duration_seconds_bucket" LABELS ",le="
	assert_string_equal(block, BUCKET
			    "\"0.00025\"} 2\n" BUCKET "\"0.0005\"} 3\n" BUCKET
			    "\"0.001\"} 3\n" BUCKET "\"0.002\"} 3\n" BUCKET "\"0.004\"} 3\n" BUCKET
			    "\"0.008\"} 3\n" BUCKET "\"0.016\"} 3\n" BUCKET "\"0.032\"} 3\n" BUCKET
			    "\"0.064\"} 3\n" BUCKET "\"0.128\"} 3\n" BUCKET "\"0.256\"} 3\n" BUCKET
			    "\"0.512\"} 3\n" BUCKET "\"1.024\"} 3\n" BUCKET "\"2.048\"} 3\n" BUCKET
			    "\"4.096\"} 3\n" BUCKET "\"8.192\"} 3\n" BUCKET "\"+Inf\"} 4\n"
			    "coredns_dns_request_duration_seconds_sum" LABELS "} 9.000551\n"
			    "coredns_dns_request_duration_seconds_count" LABELS "} 4\n");
	mem_free(block);
	text_done(&text);
	metrics_free(metrics);
}

static void sizes_have_the_bounds_that_dashboards_know(void **state)
{
	(void)state;
	static const char *const bounds[] = { "0",     "100",	"200",	 "300",	  "400",
					      "511",   "1023",	"2047",	 "4095",  "8291",
					      "16000", "32000", "48000", "64000", "+Inf" };
	struct metrics *metrics = metrics_new();
	metrics_meter(metrics, "dns://:53", ".", "");
	struct tally *tally = metrics_thread(metrics);
	tally_add(&tally->request_sizes[PROTO_UDP][tally_size_slot(40)], 1);
	tally_add(&tally->request_bytes[PROTO_UDP], 40);
	tally_add(&tally->response_sizes[PROTO_TCP][tally_size_slot(65000)], 1);
	tally_add(&tally->response_bytes[PROTO_TCP], 65000);
	struct text text = print(metrics);
	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		char line[200];
		snprintf(line, sizeof(line),
			 "coredns_dns_request_size_bytes_bucket{proto=\"udp\",server=\"dns://:53\",view=\"\",zone=\".\","
			 "le=\"%s\"} %d",
			 bounds[i], i >= 1);
		assert_line(&text, line);
		snprintf(line, sizeof(line),
			 "coredns_dns_response_size_bytes_bucket{proto=\"tcp\",server=\"dns://:53\",view=\"\",zone=\".\","
			 "le=\"%s\"} %d",
			 bounds[i], i == COUNT_OF(bounds) - 1);
		assert_line(&text, line);
	}
	assert_line(&text,
		    "coredns_dns_response_size_bytes_sum{proto=\"tcp\",server=\"dns://:53\",view=\"\","
		    "zone=\".\"} 65000");
	assert_null(strstr(text.data, "coredns_dns_request_size_bytes_count{proto=\"tcp\""));
	text_done(&text);
	metrics_free(metrics);
}

static void labels_are_escaped(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	metrics_plugin(metrics, "dns://:53", "a\"b\\c\nd.", "", "file", NULL);
	struct text labels = { 0 };
	metrics_label(&labels, "kind", "x");
	metrics_label(&labels, "zone", "a\"b\\c.");
	metrics_counter(metrics, "x_total", "Xs.", labels.data);
	text_done(&labels);
	metrics_build(metrics, "9.9", "old");
	metrics_build(metrics, "1.0", "abc1234");
	struct text text = print(metrics);
	assert_line(&text, "coredns_plugin_enabled{name=\"file\",server=\"dns://:53\",view=\"\","
			   "zone=\"a\\\"b\\\\c\\nd.\"} 1");
	assert_line(&text, "x_total{kind=\"x\",zone=\"a\\\"b\\\\c.\"} 0");
	assert_non_null(strstr(text.data, "\",revision=\"abc1234\",version=\"1.0\"} 1\n"));
	assert_null(strstr(text.data, "version=\"9.9\""));
	text_done(&text);
	metrics_free(metrics);
}

static void the_process_tells_about_itself(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	struct text text = print(metrics);
	double now = (double)time(NULL);
	assert_true(value_of(&text, "go_goroutines") >= 1);
	assert_true(value_of(&text, "process_cpu_seconds_total") >= 0);
	assert_true(value_of(&text, "process_open_fds") >= 3);
	assert_true(value_of(&text, "process_max_fds") >= value_of(&text, "process_open_fds"));
	assert_true(value_of(&text, "process_resident_memory_bytes") > 100000);
	assert_true(value_of(&text, "process_virtual_memory_bytes") >
		    value_of(&text, "process_resident_memory_bytes"));
	assert_true(value_of(&text, "process_virtual_memory_max_bytes") > 0);
	assert_true(value_of(&text, "process_start_time_seconds") > now - 3600);
	assert_true(value_of(&text, "process_start_time_seconds") < now + 60);
	assert_true(value_of(&text, "process_network_receive_bytes_total") >= 0);
	assert_true(value_of(&text, "process_network_transmit_bytes_total") >= 0);
	text_done(&text);
	metrics_free(metrics);
}

enum { THREADS = 4, COUNTS = 100000 };

static void *count_in_thread(void *context)
{
	struct tally *tally = metrics_thread(context);
	for (unsigned i = 0; i < COUNTS; i++)
		tally_add(&tally->requests[PROTO_UDP][0][0], 1);
	return NULL;
}

static void threads_count_apart_and_are_summed_while_they_count(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	metrics_meter(metrics, "s", "z.", "");
	pthread_t threads[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_in_thread, metrics);
	for (int i = 0; i < 20; i++) {
		struct text text = print(metrics);
		text_done(&text);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	struct text text = print(metrics);
	assert_line(&text,
		    "coredns_dns_requests_total{family=\"1\",proto=\"udp\",server=\"s\",type=\"A\",view=\"\","
		    "zone=\"z.\"} 400000");
	text_done(&text);
	metrics_free(metrics);
}

/* A thread that was there before a meter has no counter for it, and must not be asked. */
static void meters_may_follow_a_thread(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	metrics_meter(metrics, "s", "a.", "");
	tally_add(&metrics_thread(metrics)[0].do_requests, 1);
	metrics_meter(metrics, "s", "b.", "");
	tally_add(&metrics_thread(metrics)[1].do_requests, 2);
	struct text text = print(metrics);
	assert_line(&text, "coredns_dns_do_requests_total{server=\"s\",view=\"\",zone=\"a.\"} 1");
	assert_line(&text, "coredns_dns_do_requests_total{server=\"s\",view=\"\",zone=\"b.\"} 2");
	text_done(&text);
	metrics_free(metrics);
}

/* A block without `prometheus`. */
static void a_meter_that_is_not_shown_tells_of_its_cache(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned shown = metrics_meter(metrics, "s", "a.", "");
	unsigned unshown = metrics_meter_unshown(metrics, "s", "a.", "");
	assert_int_not_equal(shown, unshown);
	metrics_cache(metrics, unshown, "a.");
	struct tally *tallies = metrics_thread(metrics);
	tally_add(&tallies[unshown].do_requests, 1);
	tally_add(&tallies[unshown].requests[PROTO_UDP][0][0], 1);
	tally_add(&tallies[unshown].cache_hits[0], 2);
	tally_add(&tallies[unshown].cache_hits[1], 3);
	tally_add(&tallies[unshown].cache_misses, 4);
	struct text text = print(metrics);
	assert_line(&text,
		    "coredns_cache_hits_total{server=\"s\",type=\"success\",view=\"\",zones=\"a.\"} 2");
	assert_line(&text,
		    "coredns_cache_hits_total{server=\"s\",type=\"denial\",view=\"\",zones=\"a.\"} 3");
	assert_line(&text, "coredns_cache_requests_total{server=\"s\",view=\"\",zones=\"a.\"} 9");
	assert_null(strstr(text.data, "coredns_dns_"));
	text_done(&text);
	metrics_free(metrics);
}

/* A configuration takes the place of another: its threads have new tallies. */
static void counts_of_kept_labels_go_on(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned old = metrics_meter(metrics, "s", "a.", "");
	struct tally *before = metrics_thread(metrics);
	tally_add(&before[old].do_requests, 3);
	unsigned new = metrics_meter(metrics, "s", "a.", "");
	struct tally *after = metrics_thread(metrics);
	metrics_thread_end(metrics, before);
	metrics_meter_leave(metrics, old);
	tally_add(&after[new].do_requests, 4);
	struct text text = print(metrics);
	assert_line(&text, "coredns_dns_do_requests_total{server=\"s\",view=\"\",zone=\"a.\"} 7");
	text_done(&text);
	metrics_free(metrics);
}

static void labels_without_users_vanish_and_their_place_begins_at_zero(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned old = metrics_meter(metrics, "s", "a.", "");
	struct tally *before = metrics_thread(metrics);
	tally_add(&before[old].do_requests, 3);
	metrics_plugin(metrics, "s", "a.", "", "file", before);
	metrics_thread_end(metrics, before);
	metrics_withdraw(metrics, before);
	metrics_meter_leave(metrics, old);
	struct text text = print(metrics);
	assert_null(strstr(text.data, "a."));
	text_done(&text);
	unsigned new = metrics_meter(metrics, "s", "b.", "");
	assert_int_equal(new, old);
	tally_add(&metrics_thread(metrics)[new].do_requests, 1);
	text = print(metrics);
	assert_line(&text, "coredns_dns_do_requests_total{server=\"s\",view=\"\",zone=\"b.\"} 1");
	text_done(&text);
	metrics_free(metrics);
}

static void requests_are_counted_over_threads_that_have_ended_too(void **state)
{
	(void)state;
	struct metrics *metrics = metrics_new();
	unsigned meter = metrics_meter(metrics, "dns://:53", "a.", "");
	struct tally *gone = metrics_thread(metrics), *here = metrics_thread(metrics);
	tally_add(&gone[meter].requests[PROTO_UDP][0][0], 3);
	tally_add(&here[meter].requests[PROTO_TCP][1][2], 4);
	metrics_thread_end(metrics, gone);
	assert_int_equal(metrics_requests(metrics), 7);
	metrics_free(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_meter_that_is_not_shown_tells_of_its_cache),
		cmocka_unit_test(counts_of_kept_labels_go_on),
		cmocka_unit_test(labels_without_users_vanish_and_their_place_begins_at_zero),
		cmocka_unit_test(requests_are_counted_over_threads_that_have_ended_too),
		cmocka_unit_test(same_labels_give_the_same_meter),
		cmocka_unit_test(what_never_counted_is_not_printed),
		cmocka_unit_test(requests_are_told_apart_by_family_proto_and_type),
		cmocka_unit_test(responses_are_told_apart_by_rcode_and_plugin),
		cmocka_unit_test(durations_are_a_cumulative_histogram),
		cmocka_unit_test(sizes_have_the_bounds_that_dashboards_know),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(the_process_tells_about_itself),
		cmocka_unit_test(threads_count_apart_and_are_summed_while_they_count),
		cmocka_unit_test(meters_may_follow_a_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
