/* SPDX-License-Identifier: Apache-2.0 */
#include "handover_message.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char magic[8] = "knamed1";

void handover_close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

bool handover_send(int fd, enum handover_kind kind, uint32_t taken, const int *fds, size_t count)
{
	struct handover_message message = { .kind = kind, .count = (uint32_t)count, .taken = taken };
	struct iovec body = { &message, sizeof(message) };
	memcpy(message.magic, magic, sizeof(magic));
	union {
		struct cmsghdr head;
		uint8_t room[CMSG_SPACE(HANDOVER_PIECE * sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = &body, .msg_iovlen = 1 };
	if (count > 0) {
		control.head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS,
						 .cmsg_len = CMSG_LEN(count * sizeof(int)) };
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL) == (ssize_t)sizeof(message);
}

static size_t take_descriptors(struct msghdr *header, int *ret_fds)
{
	size_t count = 0;
	for (struct cmsghdr *one = CMSG_FIRSTHDR(header); one != NULL; one = CMSG_NXTHDR(header, one)) {
		if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS)
			continue;
		size_t here = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		here = here < HANDOVER_PIECE - count ? here : HANDOVER_PIECE - count;
		memcpy(ret_fds + count, CMSG_DATA(one), here * sizeof(int));
		count += here;
	}
	return count;
}

/* The sockets that came with it are the caller's. */
bool handover_receive(int fd, struct handover_message *ret_message, int ret_fds[HANDOVER_PIECE])
{
	struct iovec body = { ret_message, sizeof(*ret_message) };
	union {
		struct cmsghdr head;
		uint8_t room[CMSG_SPACE(HANDOVER_PIECE * sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = &body,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	if (size < 0)
		return false;
	size_t count = take_descriptors(&header, ret_fds);
	if (size == (ssize_t)sizeof(*ret_message) &&
	    memcmp(ret_message->magic, magic, sizeof(magic)) == 0 && ret_message->count == count &&
	    (header.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0)
		return true;
	handover_close_all(ret_fds, count);
	return false;
}
