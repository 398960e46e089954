/* SPDX-License-Identifier: Apache-2.0 */
/* relief -- fairness before a socket that is flooded (private to the stage).
 *
 *   worker --many full batches--> relief_call --> control thread looks every 100 ms
 *   kernel <--filter: part of what the heaviest clients send is dropped-- relief
 *
 * When packets come faster than they are answered the kernel drops whatever comes next, of
 * whomever. A filter on the socket drops the packets of those who send most instead, before they
 * are queued, as many as are too many. It costs the worker nothing, and there is none as long as
 * nothing is lost. */
#ifndef KNAMED_SERVE_RELIEF_H
#define KNAMED_SERVE_RELIEF_H

#include <stdatomic.h>

#include "knamed/base.h"
#include "knamed/observe.h"

enum { RELIEF_SAMPLE = 256, RELIEF_CLIENTS = 16 };

/* What the worker fills. */
struct relief_gauge {
	tally_cell taken; /* packets */
	tally_cell full;  /* batches that were full */
	atomic_bool is_watched;
	atomic_uint wanted, given; /* numbers of samples: asked for, and there */
	unsigned filling,
		filled; /* the worker's: the number of what is begun, and how many are in it */
	struct ip sample[RELIEF_SAMPLE]; /* who sent them, when there was no end to them */
};

struct relief;
/* For an open socket. Control thread, as the next two. */
struct relief *relief_new(struct event_base *events, int fd, struct error *error);
void relief_free(struct relief *relief);
/* The addresses of which packets are dropped now. */
unsigned relief_clients(const struct relief *relief);
struct relief_gauge *relief_gauge(struct relief *relief);
void relief_call(struct relief *relief); /* any thread: it may be needed */

/* ---- relief_sample.c ---- */
/* The control thread: asks for another one; the last one, NULL: it is not there yet. It is good until the next is asked for. */
void relief_sample_ask(struct relief_gauge *gauge);
const struct ip *relief_sample_get(const struct relief_gauge *gauge);
/* The worker: a client is added only where a sample is wanted. */
bool relief_sample_is_wanted(const struct relief_gauge *gauge);
void relief_sample_add(struct relief_gauge *gauge, const struct ip *client);

/* ---- relief_decide.c ---- */
/* Who is held back, and how far. Zeroed: nobody. */
struct relief_hold {
	struct ip clients[RELIEF_CLIENTS];
	unsigned client_count;
	double pass;	       /* of the clients' packets */
	double able;	       /* packets in a tick that the worker can answer */
	unsigned calm, floods; /* ticks without loss and with it, up to now */
};
/* What happened since the last look. */
struct relief_seen {
	double ticks;	    /* how long that is: the control thread has other things to do */
	double taken, lost; /* packets; those lost are of all sockets once somebody is held back */
	bool is_full;	    /* the worker met with more than it could take at once */
};
enum relief_step { RELIEF_STAYS, RELIEF_BEGINS, RELIEF_CHANGES, RELIEF_ENDS };
/* sample: who sent the packets of late, RELIEF_SAMPLE of them; NULL: that is not known. */
enum relief_step relief_decide(struct relief_hold *hold, const struct relief_seen *seen,
			       const struct ip *sample);
/* Nobody is held back, and nothing was lost for a while. */
bool relief_is_over(const struct relief_hold *hold);

/* ---- relief_choose.c ---- */
/* Of a sample, 0 to 1. */
struct relief_shares {
	double held; /* what all of the clients had */
	double fair; /* what they would have if each had as much as others have on average; 0: there are no others */
};
/* Adds those who sent far more than others; how many there are then. */
unsigned relief_choose(const struct ip sample[RELIEF_SAMPLE], struct ip clients[RELIEF_CLIENTS],
		       unsigned count, struct relief_shares *ret_shares);
/* True: part of what these clients send passes (0 to 1), and all of others. None: no filter. */
bool relief_filter(int fd, const struct ip *clients, unsigned count, double pass);

#endif
