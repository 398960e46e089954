/* SPDX-License-Identifier: Apache-2.0 */
/* primary -- one question to a primary over a TCP connection of its own, and the messages that it answers with. */
#ifndef KNAMED_SOURCE_PRIMARY_H
#define KNAMED_SOURCE_PRIMARY_H

#include "knamed/config.h"

struct event_base;
struct exchange;
struct primary_calls {
	/* A whole message; true: more are waited for. False: the exchange was closed. */
	bool (*message)(void *context, const uint8_t *packet, size_t size);
	/* It has come to an end before its time, and is to be closed. Never from primary_ask(). */
	void (*failed)(void *context, const struct error *error);
	void *context;
};
/* idle_s: how long nothing may come; most_s: how long all of it may take. */
struct primary_limits {
	unsigned idle_s, most_s;
};
/* NULL and error: there can be no connection. */
struct exchange *primary_ask(struct event_base *events, const struct config_peer *primary,
			     const uint8_t *query, size_t size, const struct primary_limits *limits,
			     const struct primary_calls *calls, struct error *error);
bool primary_is_connected(const struct exchange *exchange); /* or was, when it failed */
/* "10.0.0.1:53", "[::1]:53" */
enum { PRIMARY_TEXT_SIZE = IP_TEXT_SIZE + 8 };
void primary_print(const struct config_peer *primary, char ret_text[PRIMARY_TEXT_SIZE]);
void primary_leave(struct exchange *exchange);

#endif
