/* SPDX-License-Identifier: Apache-2.0 */
#include "rates.h"

#include "json_text.h"
#include "knamed/dns.h"

enum {
	SECONDS = 120,
	RATE_S = 5,	     /* what is called the rate now is a mean of so many */
	GAP_NS = 3000000000, /* nobody looked in between: what was before is forgotten */
};

/* Totals at a moment. */
struct note {
	uint64_t at_ns;
	uint64_t protos[PROTO_COUNT], rcodes[RCODE_SLOTS], answerers[ANSWERER_COUNT];
	uint64_t hits, misses;
	double p50, p99;
};

struct rates {
	struct note *notes; /* NULL: none so far */
	unsigned newest, count;
};

struct rates *rates_new(void)
{
	return mem_zalloc(sizeof(struct rates));
}

void rates_free(struct rates *rates)
{
	if (rates == NULL)
		return;
	mem_free(rates->notes);
	mem_free(rates);
}

/* ---- noting ---- */

static void add_up(const struct tally *total, struct note *note)
{
	for (unsigned proto = 0; proto < PROTO_COUNT; proto++)
		for (unsigned family = 0; family < 2; family++)
			for (unsigned type = 0; type < TYPE_SLOTS; type++)
				note->protos[proto] +=
					tally_count(&total->requests[proto][family][type]);
	for (unsigned rcode = 0; rcode < RCODE_SLOTS; rcode++) {
		for (unsigned by = 0; by < ANSWERER_COUNT; by++) {
			uint64_t count = tally_count(&total->responses[rcode][by]);
			note->rcodes[rcode] += count;
			note->answerers[by] += count;
		}
	}
	note->hits = tally_count(&total->cache_hits[0]) + tally_count(&total->cache_hits[1]);
	note->misses = tally_count(&total->cache_misses);
}

static const struct note *note_before(const struct rates *rates, unsigned back)
{
	return &rates->notes[(rates->newest + SECONDS - back) % SECONDS];
}

void rates_note(struct rates *rates, struct metrics *metrics, const struct traffic *traffic)
{
	struct tally *total = mem_zalloc(sizeof(*total));
	struct traffic_latency latency = traffic_latency(traffic);
	struct note note = { .at_ns = clock_now_ns(), .p50 = latency.p50, .p99 = latency.p99 };
	metrics_total(metrics, total);
	add_up(total, &note);
	mem_free(total);
	if (rates->notes == NULL)
		rates->notes = mem_zalloc(SECONDS * sizeof(*rates->notes));
	if (rates->count > 0 && note.at_ns - note_before(rates, 0)->at_ns > GAP_NS)
		rates->count = 0;
	rates->newest = (rates->newest + 1) % SECONDS;
	rates->notes[rates->newest] = note;
	rates->count += rates->count < SECONDS;
}

/* ---- telling ---- */

/* A counter may fall: what it counted for went with a reload. */
static double rate(uint64_t before, uint64_t after, double seconds)
{
	return after > before && seconds > 0 ? (double)(after - before) / seconds : 0;
}

static double seconds_between(const struct note *before, const struct note *after)
{
	return (double)(after->at_ns - before->at_ns) / 1e9;
}

static double rate_of_all(const struct note *before, const struct note *after)
{
	double seconds = seconds_between(before, after);
	return rate(before->protos[PROTO_UDP], after->protos[PROTO_UDP], seconds) +
	       rate(before->protos[PROTO_TCP], after->protos[PROTO_TCP], seconds);
}

static void add_rcodes(const struct note *before, const struct note *after, struct text *text)
{
	double seconds = seconds_between(before, after);
	json_add_name(text, "rcodes");
	text_add(text, "{");
	for (unsigned i = 0; i < RCODE_SLOTS; i++) {
		char rcode[16] = "other";
		if (i + 1 < RCODE_SLOTS)
			dns_rcode_print((uint16_t)i, rcode);
		if (after->rcodes[i] > 0)
			json_add_number(text, rcode,
					rate(before->rcodes[i], after->rcodes[i], seconds));
	}
	text_add(text, "}");
}

static void add_answerers(const struct note *before, const struct note *after, struct text *text)
{
	double seconds = seconds_between(before, after);
	json_add_name(text, "answered_by");
	text_add(text, "{");
	for (unsigned i = 0; i < ANSWERER_COUNT; i++)
		if (after->answerers[i] > 0)
			json_add_number(text, i == BY_NONE ? "nobody" : answerer_name(i),
					rate(before->answerers[i], after->answerers[i], seconds));
	text_add(text, "}");
}

static void add_rates(const struct rates *rates, struct text *text)
{
	unsigned back = rates->count > RATE_S ? RATE_S : rates->count - 1;
	const struct note *before = note_before(rates, back), *after = note_before(rates, 0);
	double seconds = seconds_between(before, after);
	text_add(text, "{");
	json_add_number(text, "qps", rate_of_all(before, after));
	json_add_number(text, "udp",
			rate(before->protos[PROTO_UDP], after->protos[PROTO_UDP], seconds));
	json_add_number(text, "tcp",
			rate(before->protos[PROTO_TCP], after->protos[PROTO_TCP], seconds));
	add_rcodes(before, after, text);
	add_answerers(before, after, text);
	text_add(text, "}");
}

static void add_cache(const struct rates *rates, struct text *text)
{
	unsigned back = rates->count > 1 ? rates->count - 1 : 0;
	const struct note *before = note_before(rates, back), *after = note_before(rates, 0);
	uint64_t hits = after->hits - before->hits, misses = after->misses - before->misses;
	json_add_name(text, "cache_hit_ratio");
	if (after->hits < before->hits || after->misses < before->misses || hits + misses == 0)
		text_add(text, "null");
	else
		text_printf(text, "%.4f", (double)hits / (double)(hits + misses));
}

/* One list of the history: the oldest second first. */
static void add_column(const struct rates *rates, const char *name, struct text *text,
		       double (*value)(const struct note *before, const struct note *after))
{
	json_add_name(text, name);
	text_add(text, "[");
	for (unsigned back = rates->count - 1; back > 0; back--) {
		json_add_comma(text);
		text_printf(text, "%.5g",
			    value(note_before(rates, back), note_before(rates, back - 1)));
	}
	text_add(text, "]");
}

static double denied_of(const struct note *before, const struct note *after)
{
	return rate(before->rcodes[RCODE_NXDOMAIN], after->rcodes[RCODE_NXDOMAIN],
		    seconds_between(before, after));
}

/* Neither an answer nor a denial. */
static double failed_of(const struct note *before, const struct note *after)
{
	double sum = 0;
	for (unsigned i = 0; i < RCODE_SLOTS; i++)
		if (i != RCODE_NOERROR && i != RCODE_NXDOMAIN)
			sum += rate(before->rcodes[i], after->rcodes[i],
				    seconds_between(before, after));
	return sum;
}

static double p50_of(const struct note *before, const struct note *after)
{
	(void)before;
	return after->p50;
}

static double p99_of(const struct note *before, const struct note *after)
{
	(void)before;
	return after->p99;
}

static void add_history(const struct rates *rates, struct text *text)
{
	json_add_name(text, "history");
	text_add(text, "{\"step_s\":1");
	add_column(rates, "qps", text, rate_of_all);
	add_column(rates, "denied", text, denied_of);
	add_column(rates, "failed", text, failed_of);
	add_column(rates, "p50_s", text, p50_of);
	add_column(rates, "p99_s", text, p99_of);
	text_add(text, "}");
}

void rates_print(const struct rates *rates, struct text *text)
{
	json_add_name(text, "rates");
	if (rates->count < 2) {
		text_add(text, "null,\"cache_hit_ratio\":null,\"history\":null");
		return;
	}
	add_rates(rates, text);
	add_cache(rates, text);
	add_history(rates, text);
}
