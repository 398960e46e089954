/* SPDX-License-Identifier: Apache-2.0 */
/* signals -- what they mean is CoreDNS' choice, dropping what a container cannot use.
 *
 *   SIGTERM, SIGINT   leave, serve on for the lameduck, then the loop ends; a second SIGINT does not wait
 *   SIGQUIT           the end, at once
 *   SIGUSR1, SIGUSR2  refused with a word; SIGHUP, SIGPIPE: ignored */
#ifndef KNAMED_SIGNALS_H
#define KNAMED_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct signals;
/* `leave` is called when a stop begins: whoever sends us clients is told to look elsewhere. */
struct signals *signals_watch(struct event_base *events, uint64_t lameduck_ms,
			      void (*leave)(void *context), void *context);
void signals_free(struct signals *signals);

#endif
