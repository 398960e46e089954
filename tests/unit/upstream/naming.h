/* SPDX-License-Identifier: Apache-2.0 */
/* A target called dns.example, and a resolver that knows its addresses. */
#ifndef TESTS_UPSTREAM_NAMING_H
#define TESTS_UPSTREAM_NAMING_H

#include "world.h"
#include "upstream_parts.h"

/* What the resolver says of any name. */
struct book {
	const char *addresses; /* "192.0.2.1 ::1"; NULL: it says nothing */
	const char *alias;     /* in front of them; NULL: none */
	uint16_t flags;	       /* and rcode */
	uint16_t silent_type;  /* of which it says nothing */
	uint32_t ttl;
};

struct house {
	struct world *world;
	struct stub *stub, *resolver; /* who is called so, and who knows it */
	struct book book;
	struct config_target resolvers[2];
	char hosts[64], nobody[64];
};

/* The stub's call; its context is the book. */
void looks_up(struct stub *stub, struct stub_query *query);
/* An upstream of one target with a name, which has these addresses. */
struct house *house_new(const char *addresses);
void house_free(struct house *house);
/* Targets are these, in their order: "127.0.0.1 ::1". */
void wait_targets(struct house *house, const char *expected);
void assert_targets(struct house *house, const char *expected);
void ask_good(struct house *house);

#endif
