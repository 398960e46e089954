/* SPDX-License-Identifier: Apache-2.0 */
/* deadline -- how long a connection may be without a success (private to the stage). */
#ifndef KNAMED_SERVE_DEADLINE_H
#define KNAMED_SERVE_DEADLINE_H

#include "tcp.h"

/* patience_ms 0: the usual one. */
void deadline_join(struct connection *connection, uint64_t patience_ms);
void deadline_leave(struct connection *connection);
/* Only whole answers buy time: a trickle of octets in either direction does not. */
void deadline_renew(struct connection *connection);
/* Replies wait for the client from now on. Without `write` the time runs that ran before. */
void deadline_for_reader(struct connection *connection);
/* The one that has had no success for longest, of those that are owed nothing. NULL: there is none. */
struct connection *deadlines_find_idle(const struct tcp_thread *thread);

#endif
