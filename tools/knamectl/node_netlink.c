/* SPDX-License-Identifier: Apache-2.0 */
/* A request to the kernel and what it says to it, over libmnl. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>

#include "node.h"

enum { REPLY_MOST = 1 << 15 };

struct netlink {
	struct mnl_socket *socket;
	uint8_t reply[REPLY_MOST];
};

bool netlink_refused(struct error *error, const char *what, int number)
{
	char room[128];
	return error_set(error, "%s: %s%s", what, strerror_r(number, room, sizeof(room)),
			 number == EPERM ? " (it needs the capability NET_ADMIN)" : "");
}

struct netlink *netlink_open(int bus, struct error *error)
{
	struct netlink *netlink = mem_zalloc(sizeof(*netlink));
	const struct timeval patience = { .tv_sec = 10 }; /* the kernel answers at once or never */
	netlink->socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	if (netlink->socket == NULL || mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		netlink_refused(error, "netlink", errno);
		netlink_close(netlink);
		return NULL;
	}
	setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	return netlink;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink != NULL && netlink->socket != NULL)
		mnl_socket_close(netlink->socket);
	mem_free(netlink);
}

/* Of a batch of netfilter the kernel answers what failed, and each message that wanted to hear: the
 * first failure is the reason, the rest follows from it. */
int netlink_ask(struct netlink *netlink, const void *messages, size_t size, size_t replies,
		const struct netlink_reader *reader)
{
	unsigned port = mnl_socket_get_portid(netlink->socket);
	int failure = 0;
	if (mnl_socket_sendto(netlink->socket, messages, size) < 0)
		return errno;
	while (replies > 0 && failure == 0) {
		ssize_t got = mnl_socket_recvfrom(netlink->socket, netlink->reply, REPLY_MOST);
		if (got < 0)
			return errno;
		int state = mnl_cb_run(netlink->reply, (size_t)got, 0, port,
				       reader != NULL ? reader->read : NULL,
				       reader != NULL ? reader->context : NULL);
		if (state < 0)
			failure = errno;
		if (state == MNL_CB_STOP)
			replies--;
	}
	return failure;
}
