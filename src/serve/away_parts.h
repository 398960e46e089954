/* SPDX-License-Identifier: Apache-2.0 */
/* The away thread from within: for away.c and errand.c. */
#ifndef KNAMED_SERVE_AWAY_PARTS_H
#define KNAMED_SERVE_AWAY_PARTS_H

#include <event2/event.h>
#include <semaphore.h>

#include "errand.h"
#include "tcp.h"

/* Something that the control thread wants to be done here; it waits. */
struct away_job {
	void (*run)(void *context);
	void *context;
	sem_t done;
};

struct away {
	struct event_base *events;
	struct event *wake, *patience;
	int wake_fd;
	atomic_bool is_closing;
	_Atomic(struct errand *) inbox;
	_Atomic(struct away_job *) job;
	bool is_running;		 /* the control thread's: jobs have to go to the thread */
	struct kept_upstream *upstreams; /* open ones */
	size_t under_way;
	size_t kept_size; /* octets of what errands have kept */
	tally_cell unsent;
	uint8_t found[DNS_MESSAGE_MAX]; /* what the cache had, as a message */
	uint8_t reply[2 + DNS_MESSAGE_MAX];
};

void away_run_job(struct away *away);	/* if there is one */
void away_close_all(struct away *away); /* who still waits is told */
struct errands *errands_new(struct away *away, size_t count);

#endif
