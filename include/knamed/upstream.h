/* SPDX-License-Identifier: Apache-2.0 */
/* upstream -- asks other resolvers, and survives their failures.
 *
 *   who wants to know --upstream_ask()--> forward: targets, policy --> sockets --(wire)--> resolvers
 *                      <--upstream_done--  the first good reply, or why there is none
 *
 * Everything runs on the event loop that it is opened with; no call blocks. What comes back is checked before it
 * is handed on: whose it is (socket, id, the whole question), and that every record can be walked. Equal questions
 * under way at the same time are asked once. */
#ifndef KNAMED_UPSTREAM_H
#define KNAMED_UPSTREAM_H

#include "knamed/base.h"
#include "knamed/config.h"
#include "knamed/dns.h"
#include "knamed/observe.h"

struct event_base;

/* One `forward` directive at work. */
struct upstream;
struct upstream_options {
	struct event_base *events;             /* of the thread that asks */
	const struct config_forward *config;   /* outlives it */
	struct metrics *metrics;
};
/* Counters that are on the page of metrics whether somebody forwards or not: alerts ask for them. */
void upstream_declare(struct metrics *metrics);
/* NULL and error: a target's file, certificate or address cannot be used. */
struct upstream *upstream_open(const struct upstream_options *options, struct error *error);
/* Questions under way end with UPSTREAM_CLOSED. On the loop's thread, or when the loop has ended. */
void upstream_close(struct upstream *upstream);

/* A question as it goes out. The name keeps the letters as the client spelled them. */
struct upstream_question {
	uint8_t name[DNS_NAME_MAX + 1];
	uint8_t name_size;
	uint16_t type, class_;
	bool dnssec_ok, checking_disabled, authentic_data, recursion; /* DO, CD, AD and RD of the client */
	bool authoritative, available;         /* AA and RA, which only `header` sets in a question */
	enum proto proto;                      /* the client's: kept unless the directive says otherwise */
	struct ip client;                      /* who has a share of max_concurrent */
};
enum upstream_end {
	UPSTREAM_ANSWERED,    /* message is what to say, whatever its rcode */
	UPSTREAM_TIMED_OUT,   /* nobody said anything in time */
	UPSTREAM_UNREACHABLE, /* nobody could be asked */
	UPSTREAM_LOOPS,       /* whoever could be asked asks us */
	UPSTREAM_TOO_MANY,    /* max_concurrent, or this client's share of it, or no room */
	UPSTREAM_CLOSED,
};
struct upstream_address { struct ip ip; uint16_t port; };
struct upstream_reply {
	enum upstream_end end;
	struct upstream_address target;        /* whose reply, or who was asked last; family 0: nobody */
	const struct dns_message *message;     /* of ANSWERED; good during the call */
	const char *problem;                   /* of the others: a sentence for `errors`, as CoreDNS words it */
};
/* done is called exactly once, perhaps before this returns. */
typedef void (*upstream_done)(void *context, const struct upstream_reply *reply);
void upstream_ask(struct upstream *upstream, const struct upstream_question *wanted, upstream_done done,
		  void *context);

/* A query that came in: true if it is one that we sent to find out whether an upstream leads back to us (`loop`). Nobody
 * else can make one. Whoever it was sent through is told. Any thread. */
struct upstream_sighting { struct upstream_address from, at; }; /* who brought it, and where; family 0: not known */
bool upstream_is_own_question(const struct dns_query *query, const struct upstream_sighting *sighting);

/* How its targets do. On the loop's thread; returns how many were told. */
struct upstream_target {
	char address[56];
	bool is_tls, is_down, is_suspect, is_quarantined; /* suspect: it left questions waiting; quarantined: it leads back */
	uint32_t latency_us;                              /* smoothed; 0: not measured */
	unsigned under_way;
};
size_t upstream_describe(const struct upstream *upstream, struct upstream_target *ret_targets, size_t room);

/* Whether the block's next `forward` is to be asked instead (`next`, `next_on_nodata`). */
bool upstream_is_next(const struct config_forward *config, const struct dns_message *message);

#endif
