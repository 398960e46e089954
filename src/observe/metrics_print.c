/* SPDX-License-Identifier: Apache-2.0 */
/* Everything counted, in Prometheus' text form 0.0.4: the tallies of all threads are summed, then
 * written family by family. A series that never counted is left out, as a client library would that
 * meets its labels on first use. Labels stand in alphabetical order.
 *
 * Names that CoreDNS gave up in 1.7 (coredns_dns_request_count_total...) are not here, though they
 * would cost no more than thirty lines: agents of vendors know both spellings as one metric and
 * would count every question twice. Who has dashboards of that time makes them in Prometheus, with
 * deploy/monitoring/names-before-1.7.yaml. */
#include "knamed/observe.h"

#include <string.h>

#include "metrics.h"
#include "tally.h"

/* What is shown of a meter whose questions are not. */
static void keep_cache(struct tally *sum)
{
	uint64_t answers = tally_count(&sum->cache_hits[0]),
		 denials = tally_count(&sum->cache_hits[1]);
	uint64_t misses = tally_count(&sum->cache_misses);
	memset(sum, 0, sizeof(*sum));
	tally_add(&sum->cache_hits[0], answers);
	tally_add(&sum->cache_hits[1], denials);
	tally_add(&sum->cache_misses, misses);
}

static struct tally *sum_rows(const struct metrics *metrics)
{
	struct tally *sums = mem_zalloc((metrics->meter_count + 1) * sizeof(*sums));
	for (size_t i = 0; i < metrics->meter_count; i++)
		if (metrics->meters[i].server != NULL) /* else the sum stays 0 */
			metrics_add_tally(&sums[i], &metrics->ended[i]);
	for (const struct tally_row *row = metrics->rows; row != NULL; row = row->next)
		for (size_t i = 0; i < row->count; i++)
			if (metrics->meters[i].server != NULL)
				metrics_add_tally(&sums[i], &row->tallies[i]);
	for (size_t i = 0; i < metrics->meter_count; i++)
		if (metrics->meters[i].is_unshown)
			keep_cache(&sums[i]);
	return sums;
}

static void add_label_value(struct text *text, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			text_add(text, "\\n");
		else if (*value == '"' || *value == '\\')
			text_printf(text, "\\%c", *value);
		else
			text_add_n(text, value, 1);
	}
}

void metrics_label(struct text *labels, const char *name, const char *value)
{
	bool is_first = labels->size == 0 || labels->data[labels->size - 1] == '{';
	text_printf(labels, "%s%s=\"", is_first ? "" : ",", name);
	add_label_value(labels, value);
	text_add(labels, "\"");
}

static const char *const proto_names[PROTO_COUNT] = { [PROTO_UDP] = "udp", [PROTO_TCP] = "tcp" };

/* The text that a family is put into; its head is written with its first series. */
struct family {
	struct text *text;
	const char *name, *type, *help;
	bool has_head;
};

static void begin_series(struct family *family, const char *suffix)
{
	if (!family->has_head)
		metrics_add_head(family->text, family->name, family->type, family->help);
	family->has_head = true;
	text_printf(family->text, "%s%s{", family->name, suffix);
}

/* One histogram of a meter; proto may be NULL. */
struct distribution {
	const tally_cell *buckets;
	unsigned bucket_count;
	double (*bound)(unsigned bucket);
	double sum;
	const char *proto;
	const struct meter *meter;
};

static void begin_distribution_series(struct family *family, const char *suffix,
				      const struct distribution *distribution)
{
	begin_series(family, suffix);
	if (distribution->proto != NULL)
		metrics_label(family->text, "proto", distribution->proto);
	metrics_label(family->text, "server", distribution->meter->server);
	metrics_label(family->text, "view", distribution->meter->view);
	metrics_label(family->text, "zone", distribution->meter->zone);
}

static void add_distribution(struct family *family, const struct distribution *distribution)
{
	struct text *text = family->text;
	uint64_t total = 0, count = 0;
	for (unsigned i = 0; i < distribution->bucket_count; i++)
		total += tally_count(&distribution->buckets[i]);
	if (total == 0)
		return;
	for (unsigned i = 0; i < distribution->bucket_count; i++) {
		count += tally_count(&distribution->buckets[i]);
		begin_distribution_series(family, "_bucket", distribution);
		text_add(text, ",le=\"");
		if (i + 1 < distribution->bucket_count)
			metrics_add_number(text, distribution->bound(i));
		else
			text_add(text, "+Inf");
		text_printf(text, "\"} %llu\n", (unsigned long long)count);
	}
	begin_distribution_series(family, "_sum", distribution);
	text_add(text, "} ");
	metrics_add_number(text, distribution->sum);
	text_add(text, "\n");
	begin_distribution_series(family, "_count", distribution);
	text_printf(text, "} %llu\n", (unsigned long long)total);
}

static double duration_bound(unsigned bucket)
{
	return (double)(TALLY_FIRST_DURATION_NS << bucket) / 1e9;
}

static double size_bound(unsigned bucket)
{
	return tally_size_bounds[bucket];
}

/* Of all sources together; the sum of it in seconds. */
static double add_up_durations(const struct tally *sum, tally_cell ret_buckets[static DURATION_BUCKETS])
{
	uint64_t ns = 0;
	memset(ret_buckets, 0, DURATION_BUCKETS * sizeof(*ret_buckets));
	for (unsigned source = 0; source < SOURCE_COUNT; source++) {
		ns += tally_count(&sum->duration_ns[source]);
		for (unsigned i = 0; i < DURATION_BUCKETS; i++)
			tally_add(&ret_buckets[i], tally_count(&sum->durations[source][i]));
	}
	return (double)ns / 1e9;
}

static void add_durations(const struct metrics *metrics, const struct tally *sums, struct text *text)
{
	struct family family = { text, "coredns_dns_request_duration_seconds", "histogram",
				 "Seconds from a request to its response.", false };
	for (size_t i = 0; i < metrics->meter_count; i++) {
		tally_cell buckets[DURATION_BUCKETS];
		double seconds = add_up_durations(&sums[i], buckets);
		struct distribution distribution = { buckets,	     DURATION_BUCKETS,
						     duration_bound, seconds,
						     NULL,	     &metrics->meters[i] };
		add_distribution(&family, &distribution);
	}
}

static void add_sizes(const struct metrics *metrics, const struct tally *sums,
		      struct family *family, bool is_request)
{
	static const enum proto order[] = { PROTO_TCP, PROTO_UDP };
	for (size_t p = 0; p < COUNT_OF(order); p++) {
		enum proto proto = order[p];
		for (size_t i = 0; i < metrics->meter_count; i++) {
			const struct tally *sum = &sums[i];
			struct distribution distribution = {
				is_request ? sum->request_sizes[proto] : sum->response_sizes[proto],
				SIZE_BUCKETS,
				size_bound,
				(double)tally_count(is_request ? &sum->request_bytes[proto]
							       : &sum->response_bytes[proto]),
				proto_names[proto],
				&metrics->meters[i],
			};
			add_distribution(family, &distribution);
		}
	}
}

static void end_counter(struct text *text, const struct meter *meter, uint64_t count)
{
	metrics_label(text, "view", meter->view);
	metrics_label(text, "zone", meter->zone);
	text_printf(text, "} %llu\n", (unsigned long long)count);
}

static void add_do_requests(const struct metrics *metrics, const struct tally *sums, struct text *text)
{
	struct family family = { text, "coredns_dns_do_requests_total", "counter",
				 "Requests with the DO bit set.", false };
	for (size_t i = 0; i < metrics->meter_count; i++) {
		uint64_t count = tally_count(&sums[i].do_requests);
		if (count == 0)
			continue;
		begin_series(&family, "");
		metrics_label(text, "server", metrics->meters[i].server);
		end_counter(text, &metrics->meters[i], count);
	}
}

static void add_requests_of(struct family *family, const struct meter *meter,
			    const tally_cell *types, enum proto proto, const char *address_family)
{
	for (size_t type = 0; type < TYPE_SLOTS; type++) {
		uint64_t count = tally_count(&types[type]);
		if (count == 0)
			continue;
		begin_series(family, "");
		metrics_label(family->text, "family", address_family);
		metrics_label(family->text, "proto", proto_names[proto]);
		metrics_label(family->text, "server", meter->server);
		metrics_label(family->text, "type", tally_type_names[type]);
		end_counter(family->text, meter, count);
	}
}

static void add_requests(const struct metrics *metrics, const struct tally *sums, struct text *text)
{
	struct family family = { text, "coredns_dns_requests_total", "counter",
				 "Requests by protocol, address family (1 IPv4, 2 IPv6) and type.",
				 false };
	for (size_t six = 0; six < 2; six++)
		for (size_t i = 0; i < metrics->meter_count; i++)
			for (unsigned proto = PROTO_COUNT; proto-- > 0;)
				add_requests_of(&family, &metrics->meters[i],
						sums[i].requests[proto][six], (enum proto)proto,
						six ? "2" : "1");
}

static void add_rcode(struct text *text, unsigned rcode)
{
	static const char *const names[RCODE_SLOTS] = {
		"NOERROR",	 "FORMERR",	    "SERVFAIL",		"NXDOMAIN",
		"NOTIMP",	 "REFUSED",	    "YXDOMAIN",		"YXRRSET",
		"NXRRSET",	 "NOTAUTH",	    "NOTZONE",		[16] = "BADVERS",
		[17] = "BADKEY", [18] = "BADTIME",  [19] = "BADMODE",	[20] = "BADNAME",
		[21] = "BADALG", [22] = "BADTRUNC", [23] = "BADCOOKIE",
	};
	char number[16] = "RCODE";
	if (names[rcode] == NULL) {
		number[5] = (char)('0' + rcode / 10);
		number[6] = (char)('0' + rcode % 10);
	}
	metrics_label(text, "rcode", names[rcode] != NULL ? names[rcode] : number);
}

static void add_responses(const struct metrics *metrics, const struct tally *sums, struct text *text)
{
	struct family family = { text, "coredns_dns_responses_total", "counter",
				 "Responses by response code and the plugin that answered.", false };
	for (unsigned by = 0; by < ANSWERER_COUNT; by++)
		for (size_t i = 0; i < metrics->meter_count; i++)
			for (unsigned rcode = 0; rcode < RCODE_SLOTS; rcode++) {
				uint64_t count = tally_count(&sums[i].responses[rcode][by]);
				if (count == 0)
					continue;
				begin_series(&family, "");
				metrics_label(text, "plugin", answerer_name((enum answerer)by));
				add_rcode(text, rcode);
				metrics_label(text, "server", metrics->meters[i].server);
				end_counter(text, &metrics->meters[i], count);
			}
}

static void add_build(const struct metrics *metrics, struct text *text)
{
	if (metrics->version == NULL)
		return;
	struct family family = {
		text, "coredns_build_info", "gauge",
		"Always 1; the labels say what was built, from which revision, by which compiler.", false
	};
	begin_series(&family, "");
	metrics_label(text, "goversion", "C " __VERSION__);
	metrics_label(text, "revision", metrics->revision != NULL ? metrics->revision : "");
	metrics_label(text, "version", metrics->version);
	text_add(text, "} 1\n");
}

static void add_unlabelled(struct text *text)
{
	metrics_add_head(
		text, "coredns_panics_total", "counter",
		"Always 0: what would be a panic ends the process, and process_start_time_seconds tells.");
	text_add(text, "coredns_panics_total 0\n");
	metrics_add_head(text, "knamed_log_lines_dropped_total", "counter",
			 "Query log lines dropped because stdout was too slow.");
	text_printf(text, "knamed_log_lines_dropped_total %llu\n",
		    (unsigned long long)log_ring_dropped());
}

void metrics_print(struct metrics *metrics, struct text *text)
{
	struct family request_sizes = { text, "coredns_dns_request_size_bytes", "histogram",
					"Bytes of requests by protocol.", false };
	struct family response_sizes = { text, "coredns_dns_response_size_bytes", "histogram",
					 "Bytes of responses by protocol.", false };
	pthread_mutex_lock(&metrics->lock);
	struct tally *sums = sum_rows(metrics);
	add_build(metrics, text);
	add_do_requests(metrics, sums, text);
	add_durations(metrics, sums, text);
	add_sizes(metrics, sums, &request_sizes, true);
	add_requests(metrics, sums, text);
	add_sizes(metrics, sums, &response_sizes, false);
	add_responses(metrics, sums, text);
	metrics_add_caches(metrics, sums, text);
	metrics_add_plugins(metrics, text);
	add_unlabelled(text);
	metrics_add_sources(metrics, sums, text);
	metrics_add_values(metrics, text);
	metrics_add_counts(metrics, text);
	metrics_add_process(metrics, text);
	mem_free(sums);
	pthread_mutex_unlock(&metrics->lock);
}
