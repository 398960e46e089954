/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted for each target: CoreDNS' coredns_proxy_*, and the coredns_forward_* that it
 * dropped while dashboards and alerts still ask for them. */
#include <stdio.h>

#include "upstream_parts.h"

#define PROXY "coredns_proxy_"
#define FORWARD "coredns_forward_"

static const double bounds[] = {
	0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032,
	0.064,	 0.128,	 0.256, 0.512, 1.024, 2.048, 4.096, 8.192,
};

enum { LABELS_SIZE = 160, UPSTREAMS_SHOWN = 8 };

void meters_label_own(const struct target *target, char ret_labels[static OWN_LABELS_SIZE])
{
	snprintf(ret_labels, OWN_LABELS_SIZE, "to=\"%s\"",
		 metrics_bounded(target->upstream->metrics, "to", target->label, UPSTREAMS_SHOWN));
}

static double read_down(void *context)
{
	return target_is_down(context) ? 1 : 0;
}

static void open_lines(struct target *target)
{
	static const char *const words[] = { "udp", "tcp", "tcp-tls" };
	static const char hits[] = "Counter of connection cache hits per upstream and protocol.";
	static const char misses[] = "Counter of connection cache misses per upstream and protocol.";
	struct metrics *metrics = target->upstream->metrics;
	struct target_meters *meters = &target->meters;
	for (unsigned i = 0; i < WORD_COUNT; i++) {
		char labels[LABELS_SIZE], old[LABELS_SIZE];
		if (target->is_tls != (i == WORD_TLS))
			continue;
		snprintf(labels, sizeof(labels), "proto=\"%s\",proxy_name=\"forward\",to=\"%s\"",
			 words[i], target->label);
		snprintf(old, sizeof(old), "proto=\"%s\",to=\"%s\"", words[i], target->label);
		meters->hits[i] =
			metrics_counter(metrics, PROXY "conn_cache_hits_total", hits, labels);
		meters->misses[i] =
			metrics_counter(metrics, PROXY "conn_cache_misses_total", misses, labels);
		meters->old_hits[i] =
			metrics_counter(metrics, FORWARD "conn_cache_hits_total", hits, old);
		meters->old_misses[i] =
			metrics_counter(metrics, FORWARD "conn_cache_misses_total", misses, old);
	}
}

void meters_open(struct target *target)
{
	static const char failures[] = "Counter of the number of failed healthchecks.";
	struct metrics *metrics = target->upstream->metrics;
	struct target_meters *meters = &target->meters;
	char labels[LABELS_SIZE], old[LABELS_SIZE];
	snprintf(labels, sizeof(labels), "proxy_name=\"forward\",to=\"%s\"", target->label);
	snprintf(old, sizeof(old), "to=\"%s\"", target->label);
	meters->health_failures =
		metrics_counter(metrics, PROXY "healthcheck_failures_total", failures, labels);
	meters->old_health_failures =
		metrics_counter(metrics, FORWARD "healthcheck_failures_total", failures, old);
	meters->old_requests = metrics_counter(metrics, FORWARD "requests_total",
					       "Counter of requests made per upstream.", old);
	open_lines(target);
	meters_label_own(target, old);
	metrics_value(metrics, "knamed_forward_down", "gauge",
		      "Whether an upstream answers no health checks and so is asked last.", old,
		      read_down, target);
}

void meters_close(struct target *target)
{
	metrics_withdraw(target->upstream->metrics, target);
}

static void count(tally_cell *cell, tally_cell *old)
{
	tally_add(cell, 1);
	tally_add(old, 1);
}

void meters_line(struct target *target, enum proto_word word, bool is_hit)
{
	struct target_meters *meters = &target->meters;
	if (is_hit)
		count(meters->hits[word], meters->old_hits[word]);
	else
		count(meters->misses[word], meters->old_misses[word]);
}

void meters_health_failure(struct target *target)
{
	count(target->meters.health_failures, target->meters.old_health_failures);
}

/* Series of an rcode begin with its first reply. */
static void open_rcode(struct target *target, unsigned slot)
{
	struct metrics *metrics = target->upstream->metrics;
	struct target_meters *meters = &target->meters;
	char rcode[16] = "other", labels[LABELS_SIZE], old[LABELS_SIZE];
	if (slot < RCODES_COUNTED - 1)
		dns_rcode_print((uint16_t)slot, rcode);
	snprintf(labels, sizeof(labels), "proxy_name=\"forward\",rcode=\"%s\",to=\"%s\"", rcode,
		 target->label);
	snprintf(old, sizeof(old), "rcode=\"%s\",to=\"%s\"", rcode, target->label);
	meters->old_responses[slot] =
		metrics_counter(metrics, FORWARD "responses_total",
				"Counter of responses received per upstream.", old);
	meters->old_durations[slot] = metrics_histogram(metrics, FORWARD "request_duration_seconds",
							"Histogram of the time each request took.",
							old, bounds, COUNT_OF(bounds));
	meters->durations[slot] = metrics_histogram(metrics, PROXY "request_duration_seconds",
						    "Histogram of the time each request took.",
						    labels, bounds, COUNT_OF(bounds));
}

void meters_reply(struct target *target, uint16_t rcode, uint64_t took_ns)
{
	struct target_meters *meters = &target->meters;
	unsigned slot = rcode < RCODES_COUNTED - 1 ? rcode : RCODES_COUNTED - 1;
	double took_s = (double)took_ns / 1e9;
	if (meters->durations[slot] == NULL)
		open_rcode(target, slot);
	tally_add(meters->old_requests, 1);
	tally_add(meters->old_responses[slot], 1);
	histogram_observe(meters->durations[slot], took_s);
	histogram_observe(meters->old_durations[slot], took_s);
}
