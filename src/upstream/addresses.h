/* SPDX-License-Identifier: Apache-2.0 */
/* addresses -- what replies say that a name's addresses are (private to the stage). */
#ifndef KNAMED_UPSTREAM_ADDRESSES_H
#define KNAMED_UPSTREAM_ADDRESSES_H

#include "knamed/dns.h"

enum { ADDRESSES_MOST = 8 }; /* of one kind */
struct addresses {
	struct ip ips[ADDRESSES_MOST];
	size_t count;
	uint32_t ttl_s; /* the shortest on the way */
};

/* Of those in `found` that can be asked; who was there before stands first, in the old order. */
void addresses_choose(const struct ip *found, size_t count, const struct addresses *before,
		      struct addresses *ret_addresses);
/* Those of the reply to a question for A or AAAA, aliases followed. */
void addresses_of_reply(const struct dns_message *message, const struct addresses *before,
			struct addresses *ret_addresses);
bool addresses_are_equal(const struct addresses *a, const struct addresses *b);

#endif
