/* SPDX-License-Identifier: Apache-2.0 */
/* Clients over TCP of a server that has something long and something short to say. */
#ifndef TESTS_SERVE_TCP_CLIENT_H
#define TESTS_SERVE_TCP_CLIENT_H

#include "client.h"

/* On 127.0.0.1: big.test. has 3,000 addresses, which is 48 kB; a.test. has one. */
struct world *tcp_world(void);
enum {
	BIG_REPLY = DNS_HEADER_SIZE + 10 + 4 + 3000 * 16,
	SMALL_REPLY = DNS_HEADER_SIZE + 8 + 4 + 16
};

int tcp_open(const struct world *world);
bool tcp_asks(int fd, uint16_t id);			   /* for a.test. */
void tcp_send_all(int fd, const void *bytes, size_t size); /* all of it */
/* A question for addresses with its length in front; the size of both. */
size_t tcp_question(uint8_t *ret_framed, uint16_t id, const char *name);

#endif
