/* SPDX-License-Identifier: Apache-2.0 */
/* Answers and how long they took, by where they come from, of all servers, zones and views
 * together: series that are there from the start, so that rates and shares see the first failure,
 * and whose number nothing changes. What a configuration counted that is gone stays in them. */
#include <string.h>

#include "metrics.h"
#include "tally.h"

static const char *const names[SOURCE_COUNT] = {
	[SOURCE_LOCAL] = "local",
	[SOURCE_CLUSTER] = "cluster",
	[SOURCE_EXTERNAL] = "external",
};

enum { SHOWN_RCODES = 5 };
static const struct {
	const char *name;
	unsigned rcode;
} shown[SHOWN_RCODES] = {
	{ "NOERROR", 0 }, { "SERVFAIL", 2 },	    { "NXDOMAIN", 3 },
	{ "REFUSED", 5 }, { "other", RCODE_SLOTS },
};

static unsigned shown_as(unsigned rcode)
{
	unsigned i = 0;
	while (i < SHOWN_RCODES - 1 && shown[i].rcode != rcode)
		i++;
	return i;
}

static void add_responses(const struct tally *all, struct text *text)
{
	static const char name[] = "knamed_responses_total";
	uint64_t counts[SOURCE_COUNT][SHOWN_RCODES] = { 0 };
	for (unsigned rcode = 0; rcode < RCODE_SLOTS; rcode++)
		for (unsigned by = 0; by < ANSWERER_COUNT; by++)
			counts[answerer_sources[by]][shown_as(rcode)] +=
				tally_count(&all->responses[rcode][by]);
	metrics_add_head(text, name, "counter",
			 "Responses by where they come from: what is known of the cluster, what others "
			 "know, or what is said here.");
	for (unsigned source = 0; source < SOURCE_COUNT; source++)
		for (unsigned i = 0; i < SHOWN_RCODES; i++)
			text_printf(text, "%s{rcode=\"%s\",source=\"%s\"} %llu\n", name, shown[i].name,
				    names[source], (unsigned long long)counts[source][i]);
}

static void add_durations_of(const struct tally *all, unsigned source, const char *name,
			     struct text *text)
{
	uint64_t count = 0;
	for (unsigned i = 0; i < DURATION_BUCKETS; i++) {
		count += tally_count(&all->durations[source][i]);
		text_printf(text, "%s_bucket{source=\"%s\",le=\"", name, names[source]);
		if (i + 1 < DURATION_BUCKETS)
			metrics_add_number(text, (double)(TALLY_FIRST_DURATION_NS << i) / 1e9);
		else
			text_add(text, "+Inf");
		text_printf(text, "\"} %llu\n", (unsigned long long)count);
	}
	text_printf(text, "%s_sum{source=\"%s\"} ", name, names[source]);
	metrics_add_number(text, (double)tally_count(&all->duration_ns[source]) / 1e9);
	text_printf(text, "\n%s_count{source=\"%s\"} %llu\n", name, names[source],
		    (unsigned long long)count);
}

void metrics_add_sources(const struct metrics *metrics, const struct tally *sums, struct text *text)
{
	static const char name[] = "knamed_response_duration_seconds";
	struct tally *all = mem_zalloc(sizeof(*all));
	metrics_add_tally(all, &metrics->gone);
	for (size_t i = 0; i < metrics->meter_count; i++)
		metrics_add_tally(all, &sums[i]);
	add_responses(all, text);
	metrics_add_head(text, name, "histogram",
			 "Seconds from a request to its response, by where it comes from; what is said "
			 "here takes no time.");
	add_durations_of(all, SOURCE_CLUSTER, name, text);
	add_durations_of(all, SOURCE_EXTERNAL, name, text);
	mem_free(all);
}
