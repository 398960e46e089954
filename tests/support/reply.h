/* SPDX-License-Identifier: Apache-2.0 */
/* A reply as ldns reads it: header, OPT and the records as lines. ldns has no part in writing
 * replies, so that writer and reader are independent. */
#ifndef TESTS_REPLY_H
#define TESTS_REPLY_H

#include "lines.h"

struct reply_text {
	size_t size;
	uint16_t id;
	unsigned opcode;
	char rcode[16];
	bool qr, aa, tc, rd, ra, ad, cd;
	bool opt, dnssec_ok;			      /* OPT is there; its DO */
	unsigned edns_size, edns_version, edns_flags; /* of OPT; flags without DO */
	size_t edns_options;			      /* octets of options in OPT */
	int extended_error; /* the code, where that is the only option (RFC 8914); -1 */
	struct lines answers, authorities,
		extras; /* "owner ttl type rdata", in the reply's order; OPT left out */
	uint32_t soa_ttl, soa_minimum, soa_serial; /* of the last SOA seen */
	size_t largest;	    /* octets of the largest answer record, its owner a pointer */
	bool plain_targets; /* no SRV target is compressed */
};
/* Owners of answers are lower case, all of a SOA is; a serial reads SERIAL. False if it is no good packet. */
bool reply_text_read(const uint8_t *packet, size_t size, struct reply_text *ret_reply,
		     struct error *error);
void reply_text_done(struct reply_text *reply);

#endif
