/* SPDX-License-Identifier: Apache-2.0 */
/* exchange -- one question to a primary over a TCP connection of its own, and the messages that it answers with. */
#ifndef KNAMED_SOURCE_EXCHANGE_H
#define KNAMED_SOURCE_EXCHANGE_H

#include "knamed/config.h"

struct event_base;
struct exchange;
struct exchange_calls {
	/* A whole message; true: more are waited for. False: the exchange was closed. */
	bool (*message)(void *context, const uint8_t *packet, size_t size);
	/* It has come to an end before its time, and is to be closed. Never from exchange_open(). */
	void (*failed)(void *context, const struct error *error);
	void *context;
};
/* idle_s: how long nothing may come; most_s: how long all of it may take. */
struct exchange_limits {
	unsigned idle_s, most_s;
};
/* NULL and error: there can be no connection. */
struct exchange *exchange_open(struct event_base *events, const struct config_peer *primary,
			       const uint8_t *query, size_t size, const struct exchange_limits *limits,
			       const struct exchange_calls *calls, struct error *error);
bool exchange_is_connected(const struct exchange *exchange); /* or was, when it failed */
/* "10.0.0.1:53", "[::1]:53" */
enum { PRIMARY_TEXT_SIZE = IP_TEXT_SIZE + 8 };
void primary_print(const struct config_peer *primary, char ret_text[PRIMARY_TEXT_SIZE]);
void exchange_close(struct exchange *exchange);

#endif
