/* SPDX-License-Identifier: Apache-2.0 */
/* What any query may expect and any reply must keep (names.md 12), whatever is served. Who breaks a
 * rule is stopped by an assertion. */
#ifndef TESTS_WIRE_RULES_H
#define TESTS_WIRE_RULES_H

#include "knamed/dns.h"

struct packet {
	const uint8_t *bytes;
	size_t size;
};

/* What a query may expect. */
enum outcome { OUT_NOTHING, OUT_HEADER, OUT_REPLY };
struct judged {
	enum outcome outcome;
	unsigned rcode; /* of OUT_HEADER; BADVERS of OUT_REPLY; else 0: it depends */
	size_t question_end;
	uint16_t type, class_;
	bool opt, dnssec_ok, nsid;
	size_t udp_size; /* what the client takes over UDP */
};
struct judged wire_judge(const struct packet *query);

/* A reply, read whole. */
struct view {
	size_t size;
	uint16_t flags, rcode;
	unsigned answers, authorities, additionals; /* OPT left out */
	unsigned soas;				    /* in authority */
	bool opt, dnssec_ok, nsid;
	size_t opt_size; /* what our OPT says */
};
/* Reads the reply, which is not empty, and sees that it is one to that query. */
struct view wire_check(const struct packet *query, const struct judged *judged,
		       const struct packet *reply);
/* What is said over TCP is said over UDP, or else that is cut; glue may be left out. */
void wire_check_same(const struct view *udp, const struct view *tcp);

#endif
