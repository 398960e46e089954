/* SPDX-License-Identifier: Apache-2.0 */
#include "tail.h"

#include <event2/event.h>
#include <string.h>
#include <time.h>

#include "json_text.h"
#include "tail_filter.h"

enum {
	TAILS = 8,  /* at a time */
	BEAT_S = 5, /* between two signs of life, so that a client that is gone is found out */
};

struct tail {
	struct tail *next;
	struct tails *tails;
	struct tail_filter filter;
	struct http_stream *stream; /* NULL: it has not begun */
	uint32_t one_in;	    /* as the client was told */
	uint64_t lost;		    /* that he was not told of */
};

struct tails {
	struct tail *first;
	size_t count;
	struct traffic *traffic;
	const struct who *who;
	struct event *beat;
};

/* ---- lines ---- */

/* When it was answered, which was a moment ago. */
static void add_time(const struct sample *sample, struct text *text)
{
	struct timespec now;
	struct tm date;
	char shown[40];
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	uint64_t then_ms = now_ms - (clock_now_ns() - sample->at_ns) / 1000000;
	time_t then = (time_t)(then_ms / 1000);
	strftime(shown, sizeof(shown), "%Y-%m-%dT%H:%M:%S", gmtime_r(&then, &date));
	json_add_name(text, "time");
	text_printf(text, "\"%s.%03uZ\"", shown, (unsigned)(then_ms % 1000));
}

static void add_client(const struct who *who, const struct sample *sample, struct text *text)
{
	char client[IP_TEXT_SIZE] = "";
	struct text pod = { 0 };
	if (sample->client.family != 0)
		ip_print(&sample->client, client);
	json_add_text(text, "client", client);
	json_add_number(text, "port", sample->client_port);
	json_add_text(text, "pod", who_find_pod(who, &sample->client, &pod) ? pod.data : "");
	text_done(&pod);
}

static void add_question(const struct sample *sample, struct text *text)
{
	char name[NAME_TEXT_SIZE] = "", type[16] = "";
	if (sample->name != NULL) {
		name_print(sample->name, name);
		dns_type_print(sample->type, type);
	}
	json_add_text(text, "name", name);
	json_add_text(text, "type", type);
}

static void add_line(const struct who *who, const struct sample *sample, struct text *text)
{
	char rcode[16];
	dns_rcode_print(sample->rcode, rcode);
	text_add(text, "data: {");
	add_time(sample, text);
	add_client(who, sample, text);
	add_question(sample, text);
	json_add_text(text, "proto", sample->proto == PROTO_TCP ? "tcp" : "udp");
	json_add_text(text, "rcode", rcode);
	json_add_number(text, "size", sample->size);
	json_add_number(text, "latency_us", (double)sample->duration_ns / 1000);
	json_add_text(text, "by", answerer_name(sample->by));
	text_add(text, "}\n\n");
}

/* ---- streams ---- */

static bool put(struct tail *tail, const struct text *text)
{
	return http_stream_put(tail->stream, text->data, text->size);
}

static void tell_lost(struct tail *tail)
{
	struct text text = { 0 };
	text_printf(&text, "event: lost\ndata: {\"lost\":%llu}\n\n", (unsigned long long)tail->lost);
	if (put(tail, &text))
		tail->lost = 0;
	text_done(&text);
}

static void tell_sampling(struct tail *tail)
{
	uint32_t one_in = traffic_sampling(tail->tails->traffic).one_in;
	struct text text = { 0 };
	if (one_in == tail->one_in)
		return;
	text_printf(&text, "event: sampling\ndata: {\"one_in\":%u}\n\n", (unsigned)one_in);
	if (put(tail, &text))
		tail->one_in = one_in;
	text_done(&text);
}

static void show(struct tail *tail, const struct text *line)
{
	if (tail->lost > 0)
		tell_lost(tail);
	tell_sampling(tail);
	if (tail->lost > 0 || !put(tail, line))
		tail->lost++;
}

static void on_sample(void *context, const struct sample *sample)
{
	struct tails *tails = context;
	struct text line = { 0 };
	for (struct tail *tail = tails->first; tail != NULL; tail = tail->next) {
		if (tail->stream == NULL || !tail_filter_passes(&tail->filter, sample, tails->who))
			continue;
		if (line.size == 0)
			add_line(tails->who, sample, &line);
		show(tail, &line);
	}
	text_done(&line);
}

static void on_beat(evutil_socket_t fd, short what, void *context)
{
	struct tails *tails = context;
	(void)fd;
	(void)what;
	for (struct tail *tail = tails->first; tail != NULL; tail = tail->next) {
		if (tail->stream == NULL)
			continue;
		if (tail->lost > 0)
			tell_lost(tail);
		tell_sampling(tail);
		http_stream_put(tail->stream, ":\n\n", 3);
	}
}

/* ---- life ---- */

static void on_ended(void *context)
{
	struct tail *tail = context;
	struct tails *tails = tail->tails;
	struct tail **link = &tails->first;
	while (*link != tail)
		link = &(*link)->next;
	*link = tail->next;
	mem_free(tail);
	traffic_let_go(tails->traffic);
	if (--tails->count > 0)
		return;
	traffic_listen(tails->traffic, NULL, NULL);
	event_del(tails->beat);
}

static void on_began(void *context, struct http_stream *stream)
{
	struct tail *tail = context;
	struct tails *tails = tail->tails;
	traffic_hold(tails->traffic);
	tail->stream = stream;
	tail->next = tails->first;
	tails->first = tail;
	if (tails->count++ == 0) {
		traffic_listen(tails->traffic, on_sample, tails);
		event_add(tails->beat, &(struct timeval){ .tv_sec = BEAT_S });
	}
	tell_sampling(tail);
}

static void refuse(struct http_reply *reply, int status, const char *words)
{
	reply->status = status;
	text_printf(&reply->body, "%s\n", words);
}

void tails_reply(struct tails *tails, struct http_reply *reply)
{
	struct error error = { .text = "" };
	struct tail_filter filter;
	if (tails->count >= TAILS) {
		error_set(&error, "there are %d tails already", TAILS);
		refuse(reply, 429, error.text);
		return;
	}
	if (!tail_filter_read(reply->query, &filter, &error)) {
		refuse(reply, 400, error.text);
		return;
	}
	reply->type = "text/event-stream";
	if (reply->is_head)
		return;
	struct tail *tail = mem_zalloc(sizeof(*tail));
	tail->tails = tails;
	tail->filter = filter;
	reply->stream = (struct http_stream_calls){ on_began, on_ended, tail };
}

struct tails *tails_new(struct event_base *events, struct traffic *traffic, const struct who *who)
{
	struct tails *tails = mem_zalloc(sizeof(*tails));
	tails->traffic = traffic;
	tails->who = who;
	tails->beat = event_new(events, -1, EV_PERSIST, on_beat, tails);
	return tails;
}

void tails_free(struct tails *tails)
{
	event_free(tails->beat);
	mem_free(tails);
}
