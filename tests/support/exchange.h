/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a server over sockets, one at a time, with a deadline. */
#ifndef TESTS_EXCHANGE_H
#define TESTS_EXCHANGE_H

#include "knamed/base.h"

/* A connected socket: SOCK_DGRAM or SOCK_STREAM. -1 and error if it cannot be had. */
int exchange_open(const struct ip *server, uint16_t port, int kind, struct error *error);
/* Sends the packet and waits for one reply; its size, or 0 and error after 5 seconds or when the peer closes. */
size_t exchange_udp(int socket, const uint8_t *packet, size_t size, uint8_t ret_reply[65535],
		    struct error *error);
size_t exchange_tcp(int socket, const uint8_t *packet, size_t size, uint8_t ret_reply[65535],
		    struct error *error);
/* A port of loopback that is free for UDP and TCP at this moment. */
uint16_t exchange_free_port(void);

#endif
