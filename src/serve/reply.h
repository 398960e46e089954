/* SPDX-License-Identifier: Apache-2.0 */
/* reply -- what stands around the records of a reply (private to the stage). */
#ifndef KNAMED_SERVE_REPLY_H
#define KNAMED_SERVE_REPLY_H

#include "knamed/upstream.h"
#include "query.h"

/* What a reply says beside its records. */
struct outcome {
	uint16_t rcode;
	uint16_t extended_error;   /* 0: none, unless there is a text */
	const char *extended_text; /* NULL: none */
	enum answerer by;
	unsigned meter;
	uint16_t opt_size;   /* of the OPT that CoreDNS would count: that of who was asked */
	const char *problem; /* for `errors`; NULL: none */
	const struct upstream_address *upstream; /* who was asked; NULL: nobody */
	bool is_dropped;			 /* nothing is sent */
};

/* Room for records behind the question, with OPT's place taken off. */
void reply_begin(struct asker *asker, const struct question *question, uint8_t *packet,
		 struct reply *ret_reply);
/* Writes OPT, if the query had one, and the header. Returns the reply's size. */
size_t reply_end(const struct question *question, const struct reply *reply,
		 const struct outcome *outcome);
/* Takes back all that was written behind the question. */
void reply_rewind(const struct question *question, struct reply *reply);

#endif
