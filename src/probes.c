/* SPDX-License-Identifier: Apache-2.0 */
#include "probes.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "readyz.h"

/* Answers while the caller starts. It touches nothing that the start makes. */
struct starter {
	struct event_base *events;
	struct event *wake;
	pthread_t thread;
	bool is_running;
};

struct probes {
	const struct config *config;
	const struct config_trouble *trouble;
	struct metrics *metrics;
	const struct pipeline *pipeline; /* NULL: still starting */
	bool is_serving;
	bool is_leaving;
	bool continuously; /* any block's `ready` wants that */
	bool is_served;	   /* there is a listener */
	struct http *http;
	struct histogram *health_duration;
	tally_cell *health_failures;
	struct starter starter;
};

/* ---- /health ---- */

/* CoreDNS asks itself each second and shows how long that took, and how often it took more than 5
 * s. Here those are measured whose answer somebody waits for, the kubelet's for one: from the
 * request's arrival in the kernel to its answer, which is how long the control thread was busy with
 * other things. A server that nobody asks has nothing to tell, and no timer. */
static void say_health(void *context, struct http_reply *reply)
{
	enum { PATIENCE_S = 5 };
	const struct probes *probes = context;
	double duration_s = (double)(clock_now_ns() - reply->asked_ns) / 1e9;
	histogram_observe(probes->health_duration, duration_s);
	if (duration_s > PATIENCE_S) /* whoever asked has given up */
		tally_add(probes->health_failures, 1);
	text_add(&reply->body, "OK");
}

static void declare_health(struct probes *probes)
{
	static const double bounds[] = { 0.00025, 0.0025, 0.025, 0.25, 2.5 };
	probes->health_duration =
		metrics_histogram(probes->metrics, "coredns_health_request_duration_seconds",
				  "From a request of /health to its answer.", "", bounds,
				  COUNT_OF(bounds));
	probes->health_failures =
		metrics_counter(probes->metrics, "coredns_health_request_failures_total",
				"Requests of /health that were answered after more than 5 s.", "");
}

/* ---- /ready, /readyz ---- */

/* The directives that are not ready, as a list with commas; empty: all are. */
static void add_unready(const struct probes *probes, struct text *text)
{
	for (size_t i = 0; i < probes->config->block_count; i++) {
		if (probes->config->blocks[i].kubernetes == NULL)
			continue;
		if (probes->pipeline == NULL ||
		    !readyz_block_is_ready(probes->pipeline, i, probes->continuously))
			text_add(text, text->size > 0 ? ",kubernetes" : "kubernetes");
	}
	if (text->size == 0 && !probes->is_serving)
		text_add(text, "server"); /* its sockets are still to be opened */
	if (probes->is_leaving)
		text_add(text, text->size > 0 ? ",shutdown" : "shutdown");
}

bool probes_is_ready(const struct probes *probes, struct text *ret_unready)
{
	add_unready(probes, ret_unready);
	return ret_unready->size == 0 && probes->is_serving;
}

static void say_ready(void *context, struct http_reply *reply)
{
	const struct probes *probes = context;
	add_unready(probes, &reply->body);
	if (reply->body.size > 0 || !probes->is_serving)
		reply->status = 503;
	else
		text_add(&reply->body, "OK");
}

static void say_readyz(void *context, struct http_reply *reply)
{
	const struct probes *probes = context;
	struct text unready = { 0 };
	add_unready(probes, &unready);
	struct readyz state = { .is_ready = unready.size == 0 && probes->is_serving,
				.is_serving = probes->is_serving,
				.is_leaving = probes->is_leaving,
				.continuously = probes->continuously,
				.trouble = probes->trouble };
	text_done(&unready);
	reply->status = state.is_ready ? 200 : 503;
	reply->type = "application/json";
	readyz_print(&state, probes->config, probes->pipeline, &reply->body);
}

/* ---- /metrics ---- */

/* What is counted may be read on the control thread alone, which cannot answer yet while it starts. */
static void say_metrics(void *context, struct http_reply *reply)
{
	const struct probes *probes = context;
	if (probes->pipeline == NULL) {
		reply->status = 503;
		text_add(&reply->body, "starting\n");
		return;
	}
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_print(probes->metrics, &reply->body);
}

/* ---- listeners ---- */

static bool serve(struct probes *probes, const struct config_place *place, const char *path,
		  http_call call, struct error *error)
{
	probes->is_served = true;
	return http_serve(probes->http, place->address, place->port, path, call, probes, error);
}

static bool serve_block(struct probes *probes, const struct config_block *block, struct error *error)
{
	if (block->health != NULL &&
	    !serve(probes, &block->health->place, "/health", say_health, error))
		return false;
	if (block->ready != NULL &&
	    (!serve(probes, &block->ready->place, "/ready", say_ready, error) ||
	     !serve(probes, &block->ready->place, "/readyz", say_readyz, error)))
		return false;
	return block->prometheus == NULL ||
	       serve(probes, &block->prometheus->place, "/metrics", say_metrics, error);
}

bool probes_add(struct probes *probes, const struct config *config, struct error *error)
{
	for (size_t i = 0; i < config->block_count; i++)
		if (!serve_block(probes, &config->blocks[i], error))
			return false;
	return true;
}

static bool is_at(const struct config_place *place, const struct config_place *other)
{
	return other->port == place->port && strcmp(other->address, place->address) == 0;
}

enum probe { PROBE_HEALTH, PROBE_READY, PROBE_METRICS, PROBES };

/* NULL: the block does not have it. */
static const struct config_place *place_of(const struct config_block *block, enum probe probe)
{
	switch (probe) {
	case PROBE_HEALTH:
		return block->health != NULL ? &block->health->place : NULL;
	case PROBE_READY:
		return block->ready != NULL ? &block->ready->place : NULL;
	case PROBE_METRICS:
		return block->prometheus != NULL ? &block->prometheus->place : NULL;
	case PROBES:
		break;
	}
	return NULL;
}

static bool has(const struct config *config, enum probe probe, const struct config_place *place)
{
	for (size_t i = 0; config != NULL && i < config->block_count; i++) {
		const struct config_place *own = place_of(&config->blocks[i], probe);
		if (own != NULL && is_at(own, place))
			return true;
	}
	return false;
}

static void end(struct probes *probes, enum probe probe, const struct config_place *place)
{
	static const char *const paths[PROBES][2] = { { "/health", NULL },
						      { "/ready", "/readyz" },
						      { "/metrics", NULL } };
	for (size_t i = 0; i < 2 && paths[probe][i] != NULL; i++)
		http_end(probes->http, place->address, place->port, paths[probe][i]);
}

void probes_drop(struct probes *probes, const struct config *config, const struct config *kept)
{
	for (size_t i = 0; i < config->block_count; i++) {
		for (enum probe probe = PROBE_HEALTH; probe < PROBES; probe++) {
			const struct config_place *place = place_of(&config->blocks[i], probe);
			if (place != NULL && !has(kept, probe, place))
				end(probes, probe, place);
		}
	}
}

void probes_use(struct probes *probes, const struct config *config)
{
	probes->config = config;
	probes->continuously = false;
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_ready *ready = config->blocks[i].ready;
		probes->continuously |= ready != NULL && ready->continuously;
	}
}

/* ---- the thread of the start ---- */

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(context);
}

static void *run_starter(void *context)
{
	event_base_dispatch(context);
	return NULL;
}

static bool start_starter(struct starter *starter, struct error *error)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return error_set(error, "cannot make an eventfd: %s", strerror(errno));
	starter->wake = event_new(starter->events, fd, EV_READ, on_wake, starter->events);
	event_add(starter->wake, NULL);
	int failure = thread_start(&starter->thread, "knamed-start", 0, run_starter, starter->events);
	starter->is_running = failure == 0;
	return starter->is_running || error_set(error, "cannot start a thread: %s", strerror(failure));
}

static void stop_starter(struct starter *starter)
{
	if (starter->is_running) {
		eventfd_write(event_get_fd(starter->wake), 1);
		pthread_join(starter->thread, NULL);
	}
	if (starter->wake != NULL) {
		close(event_get_fd(starter->wake));
		event_free(starter->wake);
	}
	*starter = (struct starter){ .events = starter->events };
}

/* ---- life ---- */

struct probes *probes_open(const struct config *config, struct metrics *metrics,
			   const struct config_trouble *trouble, struct error *error)
{
	struct probes *probes = mem_zalloc(sizeof(*probes));
	probes_use(probes, config);
	probes->trouble = trouble;
	probes->metrics = metrics;
	probes->starter.events = event_base_new();
	probes->http = http_new(probes->starter.events);
	declare_health(probes);
	if (probes_add(probes, config, error) &&
	    (!probes->is_served || start_starter(&probes->starter, error)))
		return probes;
	probes_close(probes);
	return NULL;
}

void probes_join(struct probes *probes, struct event_base *events, const struct pipeline *pipeline)
{
	stop_starter(&probes->starter);
	http_move(probes->http, events);
	event_base_free(probes->starter.events);
	probes->starter.events = NULL;
	probes->pipeline = pipeline;
}

void probes_serving(struct probes *probes)
{
	probes->is_serving = true;
}

/* The listeners stay: whoever is refused may have asked at a bad moment, whoever reads 503 knows. */
void probes_leave(struct probes *probes)
{
	probes->is_leaving = true;
}

void probes_close(struct probes *probes)
{
	if (probes == NULL)
		return;
	stop_starter(&probes->starter);
	http_free(probes->http);
	if (probes->starter.events != NULL)
		event_base_free(probes->starter.events);
	mem_free(probes);
}
