/* SPDX-License-Identifier: Apache-2.0 */
/* away -- the thread that goes to others for what is not ours (private to the stage).
 *
 * Query threads hand it errands, each of their own fixed number: none is made or freed for a query.
 * When something comes back it is kept (cache), and the question is answered as if it had just
 * come, but by this thread, on the way that it came by. */
#ifndef KNAMED_SERVE_AWAY_H
#define KNAMED_SERVE_AWAY_H

#include "elsewhere.h"

struct away;

enum {
	ERRANDS = 16384,      /* under way at most, over all threads */
	STAGES_MOST = 16,     /* questions to others for one of a client */
	KEPT_MOST = 16 << 20, /* octets of answers that wait for others for the same client */
};

/* NULL and error if there can be no loop. */
struct away *away_new(struct error *error);
bool away_is_needed(const struct router *router); /* some block forwards */
/* Opens the upstreams that are not open yet; closes one. The control thread. */
bool away_open(struct away *away, struct router *router, struct error *error);
void away_close(struct away *away, struct kept_upstream *kept);
/* How the upstreams of the router do: at most so many. The control thread. */
size_t away_look(struct away *away, const struct router *router,
		 struct serve_upstream *ret_upstreams, size_t room);
void away_started(struct away *away); /* its thread runs */
void *away_run(void *context);	      /* the thread */
/* Nothing is taken on any more; what is under way is waited for so long, the rest is told so. Any thread, once. */
void away_stop(struct away *away, unsigned patience_ms);
uint64_t away_unsent(const struct away *away); /* replies that the kernel did not take */
void away_free(struct away *away);

/* The errands of a query thread, one of so many. */
struct errands *away_join(struct away *away, size_t thread_count);
void errands_free(struct errands *errands);

struct errand_order {
	const struct block *block;
	const struct forwarding *forwarding;
	const struct dns_query *wanted;
	const uint8_t *name;
	bool is_refresh;  /* nobody waits for it */
	bool looks_first; /* the cache has it, but not in a form that the query thread can use */
};
/* The question of the client is put aside; where it is the away thread that answers it again, its
 * errand goes on for what is wanted now. False: too many are under way. */
bool errand_send(struct asker *asker, const struct question *question,
		 const struct errand_order *order);

#endif
