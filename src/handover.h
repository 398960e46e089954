/* SPDX-License-Identifier: Apache-2.0 */
/* handover -- processes on one address, of one user and one network namespace, and what they give each other.
 *
 *   who begins:  "which listening TCP sockets do you have?"  and accepts from the same ones
 *   who leaves:  "here are mine"                             and need not wait until nobody asks any more
 *
 * Over the abstract unix socket @knamed.handover.<16 hex>, found in /proc/net/unix. UDP needs none of it: each has
 * sockets of its own, and who leaves takes itself out of their group. */
#ifndef KNAMED_HANDOVER_H
#define KNAMED_HANDOVER_H

#include "knamed/serve.h"
#include "probes.h"

/* Whether another process is there, if somebody listens on a port of this config; and the listening
 * TCP sockets that it gives, which are the caller's then. Waits for it, but not for long: one that
 * is busy is there all the same. */
bool handover_ask(const struct config *config, int *ret_fds, size_t room, size_t *ret_count);

enum { HANDOVER_SOCKETS = 512 }; /* as many are given at most */
struct handover;
/* From now on others may ask. What they give is taken while we are ready. NULL, and a line in the log, if there can be no socket. */
struct handover *handover_open(struct event_base *events, struct server *server,
			       const struct probes *probes);
/* Gives all sockets away. True: for each of them there is somebody ready who accepts from it. Nobody can ask any more. */
bool handover_give(struct handover *handover);
void handover_close(struct handover *handover);

#endif
