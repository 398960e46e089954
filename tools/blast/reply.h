/* SPDX-License-Identifier: Apache-2.0 */
/* reply -- is a reply the answer to its query? */
#ifndef BLAST_REPLY_H
#define BLAST_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLY_ANY_RCODE = 0xff, REPLY_ANY_COUNT = 0xffff };

/* The answer records a question must get: `count` times a size of two bytes (host order) and as
 * many bytes in the form of rdata.h. Empty when nothing is known. */
struct answer_set {
	const uint8_t *bytes;
	uint32_t count;
};

struct expectation {
	const uint8_t *query; /* as it was sent */
	size_t query_size;
	uint8_t rcode;	  /* or REPLY_ANY_RCODE */
	uint16_t answers; /* or REPLY_ANY_COUNT */
	bool echo;	  /* the peer only turns packets round: no sections to read */
	struct answer_set set;
};

/* The look at the header that every reply gets. Returns NULL, or what is wrong. */
const char *reply_header_fault(const uint8_t *reply, size_t size, uint8_t rcode, uint16_t answers);
/* Reads all bytes: the question echoed, every section with sane records, nothing behind them, an OPT
 * if and only if one was sent, the SOA of a denial, the expected answers. NULL, or what is wrong. */
const char *reply_fault(const struct expectation *expectation, const uint8_t *reply, size_t size);
bool reply_is_truncated(const uint8_t *reply);

#endif
