/* SPDX-License-Identifier: Apache-2.0 */
/* signals -- what they mean is CoreDNS' choice, dropping what a container cannot use.
 *
 *   SIGTERM           leave: serve on until nobody asks any more (drain.h)
 *   SIGINT            the same without that wait; a second one is the end, with 2
 *   SIGQUIT           the end, at once
 *   SIGUSR1           the Corefile is read again
 *   SIGUSR2           refused with a word; SIGHUP, SIGPIPE, SIGXFSZ: ignored
 *
 * Before the loop runs and behind it they end the process: nobody is served then. */
#ifndef KNAMED_SIGNALS_H
#define KNAMED_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct signals;
struct signals_calls {
	void (*leave)(void *context);  /* once */
	void (*hurry)(void *context);  /* once, maybe after `leave`: the loop is to end */
	void (*reload)(void *context); /* not while we leave */
	void *context;
};
/* From the start of the process on. */
void signals_begin(void);
struct signals *signals_watch(struct event_base *events, const struct signals_calls *calls);
bool signals_is_stopping(const struct signals *signals);
/* The loop has ended, and will not look at signals any more. */
void signals_end(struct signals *signals);

#endif
