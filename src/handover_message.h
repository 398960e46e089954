/* SPDX-License-Identifier: Apache-2.0 */
/* handover_message -- what two processes say to each other when sockets change hands: one datagram
 * of fixed size, and the sockets beside it. */
#ifndef KNAMED_HANDOVER_MESSAGE_H
#define KNAMED_HANDOVER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANDOVER_PIECE = 32 }; /* sockets in one message */
enum handover_kind {
	HANDOVER_WANT, /* by who begins */
	HANDOVER_HAVE, /* the sockets; none: these were all */
	HANDOVER_GIVE, /* by who leaves, with sockets */
	HANDOVER_TAKEN,
};
struct handover_message {
	char magic[8];
	uint32_t kind;
	uint32_t count; /* of sockets that come with it */
	uint32_t taken; /* bit by bit, those of the message that is answered */
};
bool handover_send(int fd, enum handover_kind kind, uint32_t taken, const int *fds, size_t count);
/* The sockets that came with it are the caller's. False: nothing came, or nothing of ours. */
bool handover_receive(int fd, struct handover_message *ret_message, int ret_fds[HANDOVER_PIECE]);
void handover_close_all(const int *fds, size_t count);

#endif
