/* SPDX-License-Identifier: Apache-2.0 */
#include "drain.h"

#include <event2/event.h>

enum {
	LOOK_MS = 100,
	QUIET_MS = 2000,
	MOST_MS = 27000,  /* a longer lameduck is taken at its word */
	GRACE_MS = 28500, /* of 30 s; what is under way with others has ended by then */
	HURRY_MS = 1000,
	CONNECTIONS_MS = 1000,
};

struct drain {
	struct event_base *events;
	struct metrics *metrics;
	struct event *look;
	uint64_t lameduck_ms;
	uint64_t begun_ns; /* 0: not yet */
	uint64_t last_ns;  /* when somebody asked last, or it began */
	uint64_t requests_before, requests;
	bool is_quiet, is_succeeded;
};

static uint64_t ms_since(uint64_t ns)
{
	return (clock_now_ns() - ns) / 1000000;
}

/* Fewer are no news: meters of a reload that was under way have left. */
static void count(struct drain *drain)
{
	uint64_t requests = metrics_requests(drain->metrics);
	if (requests > drain->requests)
		drain->last_ns = clock_now_ns();
	drain->requests = requests;
}

static void look_again(struct drain *drain)
{
	const struct timeval wait = timeval_of_ms(LOOK_MS);
	evtimer_add(drain->look, &wait);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
	struct drain *drain = context;
	uint64_t waited_ms = ms_since(drain->begun_ns);
	(void)fd;
	(void)what;
	count(drain);
	drain->is_quiet = ms_since(drain->last_ns) >= QUIET_MS;
	if (waited_ms >= drain->lameduck_ms && (drain->is_quiet || waited_ms >= MOST_MS))
		event_base_loopbreak(drain->events);
	else
		look_again(drain);
}

static void tell_lameduck(const struct drain *drain)
{
	struct text duration = { 0 };
	if (drain->lameduck_ms == 0)
		return;
	text_add_duration(&duration, drain->lameduck_ms);
	log_line(LOG_INFO, "health", "Going into lameduck mode for %s", duration.data);
	text_done(&duration);
}

void drain_begin(struct drain *drain, bool is_succeeded)
{
	drain->begun_ns = drain->last_ns = clock_now_ns();
	drain->requests_before = drain->requests = metrics_requests(drain->metrics);
	drain->is_succeeded = is_succeeded;
	if (is_succeeded) {
		drain->is_quiet = true;
		event_base_loopbreak(drain->events);
		return;
	}
	tell_lameduck(drain);
	look_again(drain);
}

struct serve_ending drain_ending(const struct drain *drain)
{
	struct serve_ending ending = { .others_ms = HURRY_MS, .is_succeeded = drain->is_succeeded };
	if (drain->begun_ns == 0)
		return ending;
	uint64_t waited_ms = ms_since(drain->begun_ns);
	uint64_t left_ms = waited_ms + HURRY_MS < GRACE_MS ? GRACE_MS - waited_ms : HURRY_MS;
	ending.others_ms = left_ms < SERVE_UNDER_WAY_MS ? (unsigned)left_ms : SERVE_UNDER_WAY_MS;
	ending.connections_ms = CONNECTIONS_MS;
	return ending;
}

void drain_tell(const struct drain *drain)
{
	if (drain->begun_ns == 0)
		return;
	uint64_t requests = metrics_requests(drain->metrics);
	uint64_t late = requests > drain->requests_before ? requests - drain->requests_before : 0;
	double until_s = (double)(drain->last_ns - drain->begun_ns) / 1e9;
	if (drain->is_quiet)
		log_line(LOG_INFO, NULL,
			 "SIGTERM: %llu queries were answered after it, the last %.1f s after it",
			 (unsigned long long)late, late > 0 ? until_s : 0.0);
	else
		log_line(LOG_WARNING, NULL,
			 "SIGTERM: %llu queries were answered after it, and still more come",
			 (unsigned long long)late);
}

void drain_set_lameduck(struct drain *drain, uint64_t lameduck_ms)
{
	drain->lameduck_ms = lameduck_ms;
}

struct drain *drain_new(struct event_base *events, struct metrics *metrics)
{
	struct drain *drain = mem_zalloc(sizeof(*drain));
	drain->events = events;
	drain->metrics = metrics;
	drain->look = evtimer_new(events, on_look, drain);
	return drain;
}

void drain_free(struct drain *drain)
{
	if (drain == NULL)
		return;
	event_free(drain->look);
	mem_free(drain);
}
