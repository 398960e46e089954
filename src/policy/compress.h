/* SPDX-License-Identifier: Apache-2.0 */
/* compress -- names in a message that is being written: each is as short as what stands in front
 * allows (RFC 1035 4.1.4), and spelled as it was (private to the stage). */
#ifndef KNAMED_POLICY_COMPRESS_H
#define KNAMED_POLICY_COMPRESS_H

#include "knamed/dns.h"

enum { COMPRESS_SLOTS = 512 };

/* Places of names, and of the ends of names. All 0 at the beginning of a message. */
struct compress {
	uint16_t places[COMPRESS_SLOTS]; /* 0: free */
	unsigned count;
};

/* A name that stands in the message, whole. */
void compress_learn(struct compress *compress, const uint8_t *message, size_t at);
/* writer->start is the message. False: no room, and nothing was written. */
bool compress_write(struct compress *compress, struct dns_writer *writer, const uint8_t *name);

#endif
