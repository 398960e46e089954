/* SPDX-License-Identifier: Apache-2.0 */
/* The away thread from within: for away.c and errand.c. */
#ifndef KNAMED_SERVE_AWAY_PARTS_H
#define KNAMED_SERVE_AWAY_PARTS_H

#include <event2/event.h>

#include "errand.h"
#include "tcp.h"

struct away {
	struct router *router;
	struct event_base *events;
	struct event *wake, *patience;
	int wake_fd;
	atomic_bool is_closing;
	_Atomic(struct errand *) inbox;
	size_t thread_count;
	size_t under_way;
	size_t kept_size; /* octets of what errands have kept */
	struct asker *asker;
	tally_cell unsent;
	uint8_t found[DNS_MESSAGE_MAX]; /* what the cache had, as a message */
	uint8_t reply[2 + DNS_MESSAGE_MAX];
};

struct errands *errands_new(struct away *away, size_t count);

#endif
