/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <unistd.h>

#include "knamed/base.h"
#include "knamed/observe.h"

enum { WATCHED = 5 };

struct signals {
	struct event_base *events;
	struct event watched[WATCHED];
	struct event lameduck;
	uint64_t lameduck_ms;
	struct signals_calls calls;
	unsigned interrupts;
	bool is_stopping;
};

static void on_lameduck_over(evutil_socket_t fd, short what, void *context)
{
	const struct signals *signals = context;
	(void)fd;
	(void)what;
	event_base_loopbreak(signals->events);
}

static void begin_stop(struct signals *signals)
{
	struct text duration = { 0 };
	struct timeval wait = { .tv_sec = (time_t)(signals->lameduck_ms / 1000),
				.tv_usec = (suseconds_t)(signals->lameduck_ms % 1000 * 1000) };
	signals->is_stopping = true;
	signals->calls.leave(signals->calls.context);
	if (signals->lameduck_ms == 0) {
		event_base_loopbreak(signals->events);
		return;
	}
	text_add_duration(&duration, signals->lameduck_ms);
	log_line(LOG_INFO, "health", "Going into lameduck mode for %s", duration.data);
	text_done(&duration);
	evtimer_add(&signals->lameduck, &wait);
}

/* Who manages us may say it more than once; that makes nothing faster. */
static void on_terminate(evutil_socket_t number, short what, void *context)
{
	struct signals *signals = context;
	(void)number;
	(void)what;
	if (signals->is_stopping)
		return;
	log_line(LOG_INFO, NULL, "SIGTERM: Shutting down servers then terminating");
	begin_stop(signals);
}

static void on_interrupt(evutil_socket_t number, short what, void *context)
{
	struct signals *signals = context;
	(void)number;
	(void)what;
	if (++signals->interrupts > 1) {
		log_line(LOG_INFO, NULL, "SIGINT: Force quit");
		_exit(2);
	}
	log_line(LOG_INFO, NULL, "SIGINT: Shutting down");
	if (!signals->is_stopping)
		begin_stop(signals);
}

static void on_quit(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	(void)context;
	_exit(0);
}

static void on_reload(evutil_socket_t number, short what, void *context)
{
	const struct signals *signals = context;
	(void)number;
	(void)what;
	log_line(LOG_INFO, NULL, "SIGUSR1: Reloading");
	if (!signals->is_stopping)
		signals->calls.reload(signals->calls.context);
}

static void on_refused(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	(void)context;
	log_line(LOG_WARNING, NULL,
		 "SIGUSR2: ignored, for a new program is started by whoever started this one");
}

void signals_set_lameduck(struct signals *signals, uint64_t lameduck_ms)
{
	signals->lameduck_ms = lameduck_ms;
}

bool signals_is_stopping(const struct signals *signals)
{
	return signals->is_stopping;
}

struct signals *signals_watch(struct event_base *events, const struct signals_calls *calls)
{
	static const struct {
		int number;
		event_callback_fn call;
	} table[WATCHED] = {
		{ SIGTERM, on_terminate }, { SIGINT, on_interrupt }, { SIGQUIT, on_quit },
		{ SIGUSR1, on_reload },	   { SIGUSR2, on_refused },
	};
	struct signals *signals = mem_zalloc(sizeof(*signals));
	signals->events = events;
	signals->calls = *calls;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (size_t i = 0; i < WATCHED; i++) {
		evsignal_assign(&signals->watched[i], events, table[i].number, table[i].call, signals);
		event_add(&signals->watched[i], NULL);
	}
	evtimer_assign(&signals->lameduck, events, on_lameduck_over, signals);
	return signals;
}

void signals_free(struct signals *signals)
{
	if (signals == NULL)
		return;
	for (size_t i = 0; i < WATCHED; i++)
		event_del(&signals->watched[i]);
	event_del(&signals->lameduck);
	mem_free(signals);
}
