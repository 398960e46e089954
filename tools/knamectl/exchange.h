/* SPDX-License-Identifier: Apache-2.0 */
/* exchange -- one question to one server, and what it said, as the server's own code reads messages. */
#ifndef KNAMECTL_EXCHANGE_H
#define KNAMECTL_EXCHANGE_H

#include <jansson.h>

#include "knamed/dns.h"
#include "server_address.h"

struct exchange_question {
	const uint8_t *name; /* wire form */
	uint16_t type, class_;
	uint16_t flags; /* RD, CD, AD */
	bool edns, dnssec_ok;
};
enum { EXCHANGE_QUERY_MOST = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + DNS_OPT_SIZE };
/* The packet; its id is by chance. Returns its size. */
size_t exchange_write(const struct exchange_question *question,
		      uint8_t ret_packet[EXCHANGE_QUERY_MOST]);

struct exchange_reply {
	struct dns_message message;
	size_t size;
	uint64_t took_ns;
	bool is_tcp;   /* UDP was cut */
	unsigned sent; /* how often it was asked, answered or not */
	uint8_t packet[DNS_MESSAGE_MAX];
};
/* Asks over UDP, twice if nothing is heard, and over TCP what is cut. False: no reply to this question in time; `sent` tells all the same. */
bool exchange_ask(const struct server_address *server, const struct exchange_question *question,
		  unsigned timeout_ms, struct exchange_reply *ret_reply, struct error *error);

/* {"rcode", "flags": ["aa"], "answer": ["a. 5 IN A 10.0.0.1"], "authority", "additional",
 *  "ede": {"code", "text"}}, of a message that dns_message_read() took. */
json_t *exchange_json(const uint8_t *packet, size_t size);

#endif
