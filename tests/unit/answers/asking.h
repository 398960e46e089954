/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a catalog in process: a question through the three stages, the reply read by ldns.
 * The packet lies in a block of just the size that the reply may have, so that nothing is written behind it unseen. */
#ifndef KNAMED_TESTS_ASKING_H
#define KNAMED_TESTS_ASKING_H

#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "knamed/answers.h"

struct asking {
	uint32_t limit; /* 0: TCP's */
	bool rotate, minimal, dnssec;
	bool chase; /* an alias is followed as long as it leads to one of the catalog's zones */
	uint32_t *rotations;	       /* NULL: those of all tests */
	const struct edition *edition; /* NULL: the one in force */
};

struct asked {
	enum answer_kind kind; /* of the last name */
	uint16_t rcode;
	bool truncated;
	uint32_t size; /* of the packet */
	ldns_pkt *packet;
};

extern bool asking_dnssec, asking_minimal; /* of ask(), for a test to set */

/* The caller frees packet. */
struct asked ask_with(struct answers *answers, struct catalog *catalog, const char *name,
		      const char *type, const struct asking *asking);
/* limit 0: no limit but TCP's. */
struct asked ask(struct answers *answers, struct catalog *catalog, const char *name,
		 const char *type, uint32_t limit);

/* The answer section's rdata, sorted, joined by "|"; of SRV and CNAME the whole rdata. */
char *answer_text(const struct asked *asked);

/* The reply as octets, for those who need no ldns. The block has room for `limit` and is the caller's to free. */
struct question {
	uint8_t name[DNS_NAME_MAX];
	uint8_t size;
	uint16_t type;
};
struct octets {
	uint8_t *bytes;
	uint32_t size;
	struct reply reply;
	enum answer_kind kind;
};
struct octets ask_octets(struct answers *answers, struct catalog *catalog,
			 const struct question *question, const struct asking *asking);

#endif
