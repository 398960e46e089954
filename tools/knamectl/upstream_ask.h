/* SPDX-License-Identifier: Apache-2.0 */
/* One question to whom a `forward` names, by the server's own upstream, waited for. */
#ifndef KNAMECTL_UPSTREAM_ASK_H
#define KNAMECTL_UPSTREAM_ASK_H

#include "knamed/upstream.h"
#include "server_address.h"

struct upstream_asked {
	size_t size; /* of the message; 0: nobody said anything, and problem says why */
	struct server_address target; /* who replied, or was asked last; family 0: nobody */
	uint64_t took_ns;
	struct error problem;
};
/* Room for DNS_MESSAGE_MAX octets. */
void upstream_ask_once(const struct config_forward *forward, struct metrics *metrics,
		       const uint8_t *name, const struct dns_query *query, uint8_t *ret_message,
		       struct upstream_asked *ret_asked);

#endif
