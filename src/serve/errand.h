/* SPDX-License-Identifier: Apache-2.0 */
/* errand -- one question on its way to others: all that is needed to answer it later (private to
 * the stage). */
#ifndef KNAMED_SERVE_ERRAND_H
#define KNAMED_SERVE_ERRAND_H

#include <stdatomic.h>

#include <event2/event_struct.h>

#include "away.h"

enum { CONTROL_MOST = 64, HEAD_MOST = DNS_HEADER_SIZE + DNS_NAME_MAX + 5 };

/* What was brought back on an earlier way of the same errand. */
struct kept {
	struct kept *before;
	struct arrival arrival;
	struct dns_message message;
	uint8_t name[DNS_NAME_MAX + 1];
	struct error problem;
	size_t size;
	uint8_t bytes[];
};

/* Errands of one query thread. It takes from `mine`; the away thread gives back to `returned`. */
struct errands {
	struct away *away;
	struct shares shares; /* of its clients */
	struct errand *all, *mine;
	size_t unused; /* of all; those never used are at the end of the line */
	_Atomic(struct errand *) returned;
};

struct errand {
	struct errand *next;
	struct errands *home;
	struct share share; /* whose it is, at home */
	struct away *away;
	struct router *router;
	const struct listener *listener;
	const struct block *block;
	const struct forwarding *forwarding;
	uint64_t began_ns;
	bool is_refresh, looks_first;
	bool is_to_refresh; /* the cache has it, and asks for a fresh one */
	bool is_trial;	    /* it is only looked whether it can be answered now */
	bool goes_on;	    /* the client's question cannot be answered without another one */
	struct kept *kept;  /* the newest first */
	unsigned kept_count;
	bool has_patience;  /* the timer is set: then what has run out is shown */
	bool has_deadline;  /* so is that of `cancel` */
	bool is_over;	    /* it has passed: no more is asked for the client */
	uint64_t cancel_ms; /* 0: none */
	struct event patience, deadline;
	/* the way back */
	int fd;
	struct connection *connection;
	socklen_t address_size, control_size;
	struct sockaddr_in6 address;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_MOST];
	struct packet_info info;
	/* the question, and what is asked for it */
	struct dns_query query, wanted;
	uint8_t head[HEAD_MOST]; /* header and question of the query */
	uint8_t name[DNS_NAME_MAX + 1], name_size;
};

/* All errands that were sent since, the oldest first. The away thread. */
struct errand *errands_take(struct away *away);
void errand_return(struct errand *errand);

#endif
