/* SPDX-License-Identifier: Apache-2.0 */
/* observe -- what the server tells about itself: log lines and counters.
 *
 *   query threads --count--> tally (own memory of a thread) --summed when asked--> metrics text
 *   query threads --line---> ring  (own memory of a thread) --writer thread------> stdout
 *
 * Names, labels, buckets and line forms are CoreDNS': dashboards and greps keep working. Counting is a
 * relaxed load and store of memory that no other thread writes. */
#ifndef KNAMED_OBSERVE_H
#define KNAMED_OBSERVE_H

#include <stdatomic.h>

#include "knamed/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_FATAL };
enum log_form { LOG_FORM_TEXT, LOG_FORM_JSON };
void log_set_form(enum log_form form);
enum log_form log_form_in_force(void);
void log_set_quiet(bool quiet); /* -quiet: no start-up lines */
bool log_is_quiet(void);
void log_set_debug(bool debug); /* DEBUG lines are written; they are not unless somebody asks for them */
bool log_is_debug(void);
/* As lines spell it, in the form in force: "WARNING", or "WARN" in JSON. */
const char *log_level_name(enum log_level level);
/* "[INFO] plugin/file: text" on stdout; plugin NULL: no prefix. Any thread but query threads. */
void log_line(enum log_level level, const char *plugin, const char *format, ...) PRINTF_LIKE(3, 4);
/* A start-up line: bare in text form ("knamed-1.0"), an INFO record in JSON; nothing when quiet. */
void log_plain(const char *format, ...) PRINTF_LIKE(1, 2);
/* Pieces of a JSON record, for lines built in place: in quotes, escaped, no NUL. They return the size written,
 * 0 where room is short. */
size_t log_json_time(char *ret_text, size_t room); /* now, RFC 3339 with nanoseconds */
size_t log_json_string(char *ret_text, size_t room, const char *text, size_t size);

/* A query thread's lines on their way to stdout. A full ring drops the line and counts it. */
struct log_ring;
struct log_ring *log_ring_new(void); /* starts the writer thread with the first ring */
void log_ring_put(struct log_ring *ring, const char *line, size_t size); /* one line without newline */
void log_ring_flush(struct log_ring *ring); /* wakes the writer; once a batch, only if lines were put */
void log_ring_leave(struct log_ring *ring); /* its thread has ended: it is another one's next. NULL is fine */
uint64_t log_ring_dropped(void);
void log_rings_stop(void); /* writes what is there and ends the writer; owners have stopped */

/* Who answered, for the label `plugin` of responses_total. */
enum answerer {
	BY_NONE, BY_KUBERNETES, BY_FILE, BY_AUTO, BY_ANY, BY_CHAOS, BY_LOCAL, BY_WHOAMI, BY_CACHE, BY_FORWARD, BY_SERVER,
	BY_ACL, BY_HOSTS, BY_DNS64, BY_TEMPLATE, BY_EXTERNAL, BY_SECONDARY, BY_TRANSFER, ANSWERER_COUNT,
};
const char *answerer_name(enum answerer answerer);
/* Where answers come from: what we know of a cluster, what others know, and all that is said here: files, rules, refusals. */
enum answer_source { SOURCE_LOCAL, SOURCE_CLUSTER, SOURCE_EXTERNAL, SOURCE_COUNT };
extern const uint8_t answerer_sources[ANSWERER_COUNT];

enum proto { PROTO_UDP, PROTO_TCP, PROTO_COUNT };
enum { TYPE_SLOTS = 20, RCODE_SLOTS = 24, SIZE_BUCKETS = 15, DURATION_BUCKETS = 17 };

/* A counter written by one thread and read by any. */
typedef _Atomic uint64_t tally_cell;
static inline uint64_t tally_count(const tally_cell *cell) { return atomic_load_explicit(cell, memory_order_relaxed); }
static inline void tally_add(tally_cell *cell, uint64_t n)
{
	atomic_store_explicit(cell, tally_count(cell) + n, memory_order_relaxed);
}

/* What one thread counted for one (server, zone, view). */
struct tally {
	tally_cell requests[PROTO_COUNT][2][TYPE_SLOTS]; /* [proto][family: 0 IPv4, 1 IPv6][type slot] */
	tally_cell do_requests;
	tally_cell responses[RCODE_SLOTS][ANSWERER_COUNT];
	tally_cell request_sizes[PROTO_COUNT][SIZE_BUCKETS], request_bytes[PROTO_COUNT];
	tally_cell response_sizes[PROTO_COUNT][SIZE_BUCKETS], response_bytes[PROTO_COUNT];
	tally_cell cache_hits[2], cache_misses; /* [0 answers, 1 denials] */
	/* by enum answer_source; not cumulative; the last bucket is +Inf */
	tally_cell durations[SOURCE_COUNT][DURATION_BUCKETS], duration_ns[SOURCE_COUNT];
};
extern const uint8_t tally_type_slots[256]; /* type < 256 -> slot; others are TYPE_SLOTS - 1 ("other") */
static inline unsigned tally_type_slot(uint16_t type) { return type < 256 ? tally_type_slots[type] : TYPE_SLOTS - 1; }
const char *tally_type_name(unsigned slot);
unsigned tally_size_slot(size_t size);
unsigned tally_duration_slot(uint64_t ns);

/* Everything counted. Who counts declares meters, then asks for tallies: a configuration has its own ones while it is in
 * force, and what they counted goes on in those of the next one. */
struct metrics;
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
/* server "dns://:53", zone "cluster.local." or "dropped", view "". Returns the meter's index; the same labels
 * give the same index. Each call is a user of it, who leaves when its tallies have ended; without users it is shown no
 * longer. */
unsigned metrics_meter(struct metrics *metrics, const char *server, const char *zone, const char *view);
/* For a block without `prometheus`: its questions are not shown, but what its cache and rules count is. */
unsigned metrics_meter_unshown(struct metrics *metrics, const char *server, const char *zone, const char *view);
void metrics_meter_leave(struct metrics *metrics, unsigned meter);
/* What its tallies count of a cache is shown; zones: the label of coredns_cache_*, NULL: not any more. */
void metrics_cache(struct metrics *metrics, unsigned meter, const char *zones);
/* An array with one tally per meter, for one thread, until it ends; what it counted stays. */
struct tally *metrics_thread(struct metrics *metrics);
void metrics_thread_end(struct metrics *metrics, struct tally *tallies);
/* Questions that were answered so far, in all; less when meters have left. Any thread. */
uint64_t metrics_requests(struct metrics *metrics);
/* coredns_build_info{version,revision,goversion} 1; goversion names our compiler. */
void metrics_build(struct metrics *metrics, const char *version, const char *revision);
/* plugin_enabled{server,zone,view,name} 1, until it is withdrawn with this context */
void metrics_plugin(struct metrics *metrics, const char *server, const char *zone, const char *view, const char *name,
		    const void *context);
/* Adds `name="value"` to labels, escaped, behind a comma if there are some. */
void metrics_label(struct text *labels, const char *name, const char *value);
/* A named value read when scraped (gauge or counter). `read` runs on the scraping thread. labels: `a="b"` or "".
 * Values of one name form one family: the first call's type and help count. Values of one name and the same labels
 * are shown as one: counters added up, of gauges the largest. */
typedef double (*metrics_read)(void *context);
void metrics_value(struct metrics *metrics, const char *name, const char *type, const char *help, const char *labels,
		   metrics_read read, void *context);
/* A gauge of which, where several have its labels, not the largest is shown but the least, or the sum. */
enum metrics_merge { MERGE_LARGEST, MERGE_LEAST, MERGE_SUM };
void metrics_gauge(struct metrics *metrics, const char *name, const char *help, const char *labels,
		   enum metrics_merge merge, metrics_read read, void *context);
/* The value, or "others": of all that are asked for under a name, the first `most` are themselves, for good. So the number
 * of series is bounded whatever a configuration has, or a thousand of them one after the other. */
const char *metrics_bounded(struct metrics *metrics, const char *name, const char *value, size_t most);
/* Takes back all values that are read with this context, and its plugins; no scrape reads them from then on. Whoever
 * declares values calls it before what they read goes. A counter that somebody else declares too goes on from there. */
void metrics_withdraw(struct metrics *metrics, const void *context);
/* A cell of the caller's to count in (tally_add() by one thread), zero from the start. Owned by metrics. The same
 * name and labels give the same cell, or histogram. */
tally_cell *metrics_counter(struct metrics *metrics, const char *name, const char *help, const char *labels);
/* Bounds ascend and outlive metrics. Filled by one thread. */
struct histogram;
struct histogram *metrics_histogram(struct metrics *metrics, const char *name, const char *help, const char *labels,
				    const double *bounds, size_t bound_count);
void histogram_observe(struct histogram *histogram, double value);
/* Counters whose labels are known only when something is counted: by meter (server, zone, view) and a number of the
 * caller's. Any thread counts, without a lock; a key beyond some two thousand is not counted. A series that never
 * counted is not shown. When a counter is freed its counts stay, and one of that name and labels goes on from there. */
struct counts;
struct counts_place { const char *server, *zone, *view; };
/* Writes all labels in alphabetical order with metrics_label(). Runs on the scraping thread. */
typedef void (*counts_labels)(void *context, uint64_t what, const struct counts_place *place, struct text *labels);
struct counts *metrics_counts(struct metrics *metrics, const char *name, const char *help, counts_labels labels,
			      void *context);
void counts_add(struct counts *counts, unsigned meter, uint64_t what);
void counts_free(struct counts *counts);
/* The whole in Prometheus' text form 0.0.4. Any thread. */
void metrics_print(struct metrics *metrics, struct text *text);

/* What all threads counted so far, of all meters together. */
void metrics_total(struct metrics *metrics, struct tally *ret_total);
/* What the kernel says of this process; 0: it does not say. */
struct process_size { uint64_t resident, anonymous, threads; };
struct process_size process_size(void);

/* HTTP listeners on the event loop of the caller's thread: GET and HEAD of a few paths, nothing else. */
struct http;
/* A reply that has no end: its owner puts more behind it until the client goes. */
struct http_stream;
struct http_stream_calls {
	void (*began)(void *context, struct http_stream *stream);
	void (*ended)(void *context); /* the client is gone, or took nothing for a long time; the stream is no more */
	void *context;
};
struct http_reply {
	int status;            /* 200 */
	const char *type;      /* "text/plain; charset=utf-8" */
	struct text body;
	uint64_t asked_ns;     /* clock_now_ns() when the request came in, also if it was not read at once */
	const char *query;     /* of the request, behind '?'; "" if it has none */
	const char *host;      /* its Host; "" if it has none */
	bool is_head;          /* the body, or the stream, will not be sent */
	bool is_local;         /* it came over a unix socket, from our own user or root */
	const char *headers;   /* further ones, each with its CRLF; NULL: none */
	struct http_stream_calls stream; /* began NULL: the reply is the body alone */
};
typedef void (*http_call)(void *context, struct http_reply *reply);
struct event_base;
struct http *http_new(struct event_base *events);
void http_free(struct http *http);
/* address "" is all; "@name" is an abstract unix socket, and port 0: only our own user and root may connect. Paths of one address and port share a listener; a path given twice there is the first's. */
bool http_serve(struct http *http, const char *address, uint16_t port, const char *path, http_call call,
		void *context, struct error *error);
/* Goes on on another loop; neither may be running. */
void http_move(struct http *http, struct event_base *events);
/* Ends the path; a listener without paths is closed: connections are refused from then on. */
void http_end(struct http *http, const char *address, uint16_t port, const char *path);
/* False: the client has not taken so much yet that there is no room; nothing was put. */
bool http_stream_put(struct http_stream *stream, const char *text, size_t size);

#endif
