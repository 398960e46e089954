/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `knamectl query`: its words, the asking, the printing. */
#ifndef KNAMECTL_QUERY_H
#define KNAMECTL_QUERY_H

#include <ldns/ldns.h>

#include "knamed/base.h"

struct query_options {
	struct ip server;
	uint16_t port;
	const char *name;
	ldns_rr_type type;
	ldns_rr_class class_;
	bool reverse; /* -x: name is an address */
	bool tcp, brief, no_recursion, checking_disabled, edns, dnssec, nsid, ignore_truncation;
	uint16_t edns_size;
	unsigned tries, timeout_ms; /* of one try */
};
/* QUERY_HELP: usage is wanted. QUERY_WRONG: error says what is wrong. */
enum query_verdict { QUERY_ASK, QUERY_HELP, QUERY_WRONG };
enum query_verdict query_options_read(int argc, char **argv, struct query_options *ret_options,
				      struct error *error);
const char *query_usage(void);

struct query_reply {
	ldns_pkt *packet;
	size_t size;
	uint64_t took_ns;
	bool tcp, truncated; /* truncated: UDP said TC, and TCP was asked then */
};

void query_print(const struct query_options *options, const struct query_reply *reply);

#endif
