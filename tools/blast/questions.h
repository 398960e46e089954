/* SPDX-License-Identifier: Apache-2.0 */
/* questions -- what is asked, and what the answers must be.
 *
 * One question a line: `name type rcode answers [rdata,rdata...]`. `-` leaves the rcode or the
 * number of answers unchecked; `#` at the start of a line is a comment. A run of up to 16 `#`
 * inside a name stands for as many random hexadecimal digits, new for every query. */
#ifndef BLAST_QUESTIONS_H
#define BLAST_QUESTIONS_H

#include "reply.h"

struct question {
	uint32_t packet; /* place in `packets` */
	uint16_t size, answers;
	uint16_t digits_at; /* in the packet */
	uint8_t digits;
	uint8_t rcode;
	struct answer_set set;
};

struct questions {
	struct question *question;
	uint32_t count;
	uint8_t *packets;
};

struct questions_options {
	uint16_t edns_size;
	bool echo; /* expect of an echo what it can give */
};

/* Reads the file; ends the program at a line that is no question. */
void questions_load(struct questions *questions, const char *path,
		    const struct questions_options *options);
/* The query for a question, with its id and digits, in `out` (QUERY_MAX bytes); returns its size. */
size_t questions_write(const struct questions *questions, uint32_t index, uint16_t id,
		       uint64_t digits, uint8_t *out);

#endif
