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
	atomic_bool is_closing; /* no more is taken in; what is under way comes to its end */
	unsigned patience_ms;	/* when it is closing */
	bool is_over;		/* nobody is asked any more */
	_Atomic(struct errand *) inbox;
	_Atomic(struct away_job *) job;
	bool is_running;		 /* the control thread's: jobs have to go to the thread */
	struct kept_upstream *upstreams; /* open ones */
	size_t under_way;
	size_t kept_size; /* octets of what errands have kept */
	struct away_replies *replies;
	uint8_t found[DNS_MESSAGE_MAX]; /* what the cache had, as a message */
};

/* away_replies.c: datagrams that leave together when the loop has seen to all that came in. */
struct away_replies *away_replies_new(struct event_base *events);
void away_replies_free(struct away_replies *replies);
/* Where the next reply is written: two octets for its length over TCP, then DNS_MESSAGE_MAX. */
uint8_t *away_replies_room(struct away_replies *replies);
/* What was written there goes to who asked. */
void away_replies_send(struct away_replies *replies, const struct errand *errand, size_t size);
void away_replies_flush(struct away_replies *replies);
uint64_t away_replies_unsent(const struct away_replies *replies);

void away_run_job(struct away *away);	/* if there is one */
void away_close_all(struct away *away); /* who still waits is told */
struct errands *errands_new(struct away *away, size_t count);

#endif
