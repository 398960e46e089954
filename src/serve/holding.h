/* SPDX-License-Identifier: Apache-2.0 */
/* holding -- what connections keep in memory of their own: half a question, replies that nobody reads (private to the stage).
 *
 * All of a thread share one bound. Who keeps for longest gives way: a client that fills it all loses its own connections. */
#ifndef KNAMED_SERVE_HOLDING_H
#define KNAMED_SERVE_HOLDING_H

#include "tcp.h"

/* A copy, in connection->input or ->output, which is empty. False: there is no room, and nobody to give way. */
bool holding_keep(struct connection *connection, uint8_t **held, uint32_t *ret_size,
		  const uint8_t *bytes, size_t size);
/* More, behind what output is there. */
bool holding_append(struct connection *connection, const uint8_t *bytes, size_t size);
void holding_drop(struct connection *connection, uint8_t **held, uint32_t *size);
/* What it keeps is settled for now: if that is nothing, it does not stand in line any more. Until
 * then it has its place, so that a trickle of octets makes nobody look new. */
void holding_settle(struct connection *connection);

#endif
