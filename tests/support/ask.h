/* SPDX-License-Identifier: Apache-2.0 */
/* A question as a test words it, and its packet. Every field of the packet can be set, also to nonsense. */
#ifndef TESTS_ASK_H
#define TESTS_ASK_H

#include "knamed/base.h"

enum transport { TRANSPORT_BOTH, TRANSPORT_UDP, TRANSPORT_TCP };

struct ask {
	char *name, *type, *class_; /* presentation text; class "IN" */
	enum transport transport;   /* where it is asked */
	unsigned opcode, edns_version;
	unsigned questions,
		opts; /* how often the question and OPT stand in the packet: 1, and 0 or 1 */
	uint16_t edns_size, edns_flags;		      /* what OPT says; flags without DO */
	bool dnssec_ok, cookie, nsid;		      /* DO, and options in OPT */
	bool recursion, authentic, checking_disabled; /* RD, AD, CD */
};

/* Reads "NAME TYPE [udp|tcp] [edns=SIZE] [do] [cookie] [nsid] [ednsver=N] [z] [two-opts] [norec]
 * [ad] [cd] [class=C] [opcode=N] [questions=N]". */
bool ask_read(const char *text, struct ask *ret_ask, struct error *error);
void ask_done(struct ask *ask);

enum { ASK_ROOM = 1024 };
/* Writes the packet with a random id; returns its size, 0 if name or type are no such thing. */
size_t ask_write(const struct ask *ask, uint8_t ret_packet[ASK_ROOM]);
/* The reply's limit over UDP: what the client takes, capped by what we send. */
size_t ask_udp_limit(const struct ask *ask);

#endif
