/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <unistd.h>

#include "knamed/base.h"
#include "knamed/observe.h"

enum { WATCHED = 5, EXIT_FORCED = 2 };

struct signals {
	struct event watched[WATCHED];
	struct signals_calls calls;
	unsigned interrupts;
	bool is_stopping;
};

/* ---- without a loop ---- */

static void on_end(int number)
{
	(void)number;
	_exit(0);
}

static volatile sig_atomic_t late_interrupts;

static void on_late_interrupt(int number)
{
	(void)number;
	if (++late_interrupts > 1)
		_exit(EXIT_FORCED);
}

static void handle(int number, void (*call)(int number))
{
	sigaction(number, &(struct sigaction){ .sa_handler = call, .sa_flags = SA_RESTART }, NULL);
}

/* The first process of a container gets no signal that it does not ask for. */
void signals_begin(void)
{
	handle(SIGTERM, on_end);
	handle(SIGINT, on_end);
	handle(SIGQUIT, on_end);
	handle(SIGUSR1, SIG_IGN); /* the Corefile is being read anyway */
	handle(SIGUSR2, SIG_IGN);
	handle(SIGPIPE, SIG_IGN);
	handle(SIGHUP, SIG_IGN);
	handle(SIGXFSZ, SIG_IGN); /* whoever writes hears of it */
}

/* ---- in the loop ---- */

/* Who manages us may say it more than once; that makes nothing faster. */
static void on_terminate(evutil_socket_t number, short what, void *context)
{
	struct signals *signals = context;
	(void)number;
	(void)what;
	if (signals->is_stopping)
		return;
	log_line(LOG_INFO, NULL, "SIGTERM: Shutting down servers then terminating");
	signals->is_stopping = true;
	signals->calls.leave(signals->calls.context);
}

static void on_interrupt(evutil_socket_t number, short what, void *context)
{
	struct signals *signals = context;
	(void)number;
	(void)what;
	if (++signals->interrupts > 1) {
		log_line(LOG_INFO, NULL, "SIGINT: Force quit");
		_exit(EXIT_FORCED);
	}
	log_line(LOG_INFO, NULL, "SIGINT: Shutting down");
	signals->is_stopping = true;
	signals->calls.hurry(signals->calls.context);
}

static void on_quit(evutil_socket_t number, short what, void *context)
{
	(void)number;
	(void)what;
	(void)context;
	log_line(LOG_INFO, NULL, "SIGQUIT: Quitting process immediately");
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

bool signals_is_stopping(const struct signals *signals)
{
	return signals->is_stopping;
}

/* ---- life ---- */

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
	signals->calls = *calls;
	for (size_t i = 0; i < WATCHED; i++) {
		evsignal_assign(&signals->watched[i], events, table[i].number, table[i].call, signals);
		event_add(&signals->watched[i], NULL);
	}
	return signals;
}

void signals_end(struct signals *signals)
{
	sigset_t all, before;
	if (signals == NULL)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < WATCHED; i++)
		event_del(&signals->watched[i]);
	late_interrupts = (sig_atomic_t)signals->interrupts;
	handle(SIGTERM, SIG_IGN); /* we are about it */
	handle(SIGINT, on_late_interrupt);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	mem_free(signals);
}
