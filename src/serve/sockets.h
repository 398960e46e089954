/* SPDX-License-Identifier: Apache-2.0 */
/* sockets -- listening TCP sockets that go from process to process (private to the stage).
 *
 * Who begins beside a process on the same address uses the sockets of that one, and who leaves gives
 * away what it has: a socket lives as long as somebody has it, and who waits in it is not lost. */
#ifndef KNAMED_SERVE_SOCKETS_H
#define KNAMED_SERVE_SOCKETS_H

#include "server.h"

/* Gives the thread, one of `thread_count`, its part of the given sockets that are for this listener. False: none is for it. */
bool sockets_share(const struct serve_options *options, struct tcp_thread *thread, size_t index,
		   size_t thread_count, const struct listener *listener);

#endif
