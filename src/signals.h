/* SPDX-License-Identifier: Apache-2.0 */
/* signals -- what they mean is CoreDNS' choice, dropping what a container cannot use.
 *
 *   SIGTERM, SIGINT   leave, serve on for the lameduck, then the loop ends; a second SIGINT does not wait
 *   SIGQUIT           the end, at once
 *   SIGUSR1           the Corefile is read again
 *   SIGUSR2           refused with a word; SIGHUP, SIGPIPE: ignored */
#ifndef KNAMED_SIGNALS_H
#define KNAMED_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct signals;
struct signals_calls {
	void (*leave)(void *context); /* a stop begins: whoever sends us clients is told to look elsewhere */
	void (*reload)(void *context);
	void *context;
};
struct signals *signals_watch(struct event_base *events, const struct signals_calls *calls);
void signals_set_lameduck(struct signals *signals, uint64_t lameduck_ms);
bool signals_is_stopping(const struct signals *signals);
void signals_free(struct signals *signals);

#endif
