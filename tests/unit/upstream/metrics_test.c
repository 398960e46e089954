/* SPDX-License-Identifier: Apache-2.0 */
/* Series of CoreDNS, those of today and those that it dropped. */
#include "world.h"

static void assert_line(struct world *world, const char *format, const struct stub *stub)
{
	char line[256];
	char *at = strchr(format, '@');
	snprintf(line, sizeof(line), "%.*s127.0.0.1:%u%s", (int)(at - format), format, stub->port,
		 at + 1);
	assert_metric(world, line);
}

static void replies_are_counted_by_target_and_rcode(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *first = world_stub(world, stub_says_servfail),
		    *second = world_stub(world, stub_answers);
	struct asked asked;
	world_open(world);
	assert_metric(world, "coredns_forward_healthcheck_broken_total 0");
	assert_metric(world, "coredns_forward_max_concurrent_rejects_total 0");
	assert_line(world, "coredns_forward_healthcheck_failures_total{to=\"@\"} 0", first);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_line(world,
		    "coredns_proxy_request_duration_seconds_count{proxy_name=\"forward\","
		    "rcode=\"SERVFAIL\",to=\"@\"} 1",
		    first);
	assert_line(world,
		    "coredns_proxy_request_duration_seconds_bucket{proxy_name=\"forward\","
		    "rcode=\"NOERROR\",to=\"@\",le=\"8.192\"} 1",
		    second);
	assert_line(world,
		    "coredns_proxy_conn_cache_misses_total{proto=\"udp\",proxy_name=\"forward\","
		    "to=\"@\"} 1",
		    second);
	assert_line(world, "coredns_forward_requests_total{to=\"@\"} 1", first);
	assert_line(world, "coredns_forward_responses_total{rcode=\"NOERROR\",to=\"@\"} 1", second);
	assert_line(world,
		    "coredns_forward_request_duration_seconds_count{rcode=\"NOERROR\",to=\"@\"} 1",
		    second);
	assert_line(world, "coredns_forward_conn_cache_misses_total{proto=\"udp\",to=\"@\"} 1", second);
	world_free(world);
}

static void two_directives_may_name_the_same_target(void **state)
{
	(void)state;
	struct world *world = world_new();
	struct stub *stub = world_stub(world, stub_answers);
	struct asked asked;
	const struct upstream_options options = { world->events, &world->config, world->metrics };
	struct error error;
	world_open(world);
	struct upstream *first = world->upstream, *second = upstream_open(&options, &error);
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	world->upstream = second;
	world_ask_and_wait(world, &asked, "a.", PROTO_UDP);
	assert_line(world, "coredns_forward_requests_total{to=\"@\"} 2", stub);
	upstream_close(first);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_counted_by_target_and_rcode),
		cmocka_unit_test(two_directives_may_name_the_same_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
