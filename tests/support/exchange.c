/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a packet over UDP or TCP and reads the reply. */
#include "exchange.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "knamed/dns.h"

enum { DEADLINE_MS = 5000 };

int exchange_open(const struct ip *server, uint16_t port, int kind, struct error *error)
{
	struct sockaddr_storage address;
	socklen_t size = ip_to_sockaddr(server, port, &address);
	int fd = socket(address.ss_family, kind | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) != 0) {
		error_set(error, "connect: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Reads exactly `size` octets. */
static bool read_whole(int fd, uint8_t *bytes, size_t size, struct error *error)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	for (size_t have = 0; have < size;) {
		if (poll(&waiting, 1, DEADLINE_MS) != 1)
			return error_set(error, "no reply");
		ssize_t got = recv(fd, bytes + have, size - have, 0);
		if (got <= 0)
			return error_set(error, "%s",
					 got == 0 ? "the connection was closed" : strerror(errno));
		have += (size_t)got;
	}
	return true;
}

size_t exchange_udp(int socket, const uint8_t *packet, size_t size, uint8_t ret_reply[65535],
		    struct error *error)
{
	struct pollfd waiting = { .fd = socket, .events = POLLIN };
	ssize_t got = -1;
	if (send(socket, packet, size, 0) == (ssize_t)size && poll(&waiting, 1, DEADLINE_MS) == 1)
		got = recv(socket, ret_reply, 65535, 0);
	if (got <= 0)
		error_set(error, "no reply");
	return got > 0 ? (size_t)got : 0;
}

size_t exchange_tcp(int socket, const uint8_t *packet, size_t size, uint8_t ret_reply[65535],
		    struct error *error)
{
	uint8_t framed[2 + 65535];
	put_u16(framed, (uint16_t)size);
	memcpy(framed + 2, packet, size);
	if (send(socket, framed, size + 2, MSG_NOSIGNAL) != (ssize_t)size + 2) {
		error_set(error, "send: %s", strerror(errno));
		return 0;
	}
	uint8_t prefix[2];
	if (!read_whole(socket, prefix, 2, error) ||
	    !read_whole(socket, ret_reply, get_u16(prefix), error))
		return 0;
	return get_u16(prefix);
}

static uint16_t bound_port(int fd, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	if (bind(fd, (struct sockaddr *)&address, size) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return 0;
	return ntohs(address.sin_port);
}

uint16_t exchange_free_port(void)
{
	uint16_t port = 0;
	for (unsigned tries = 0; port == 0 && tries < 100; tries++) {
		int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
		    udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		port = bound_port(tcp, 0);
		if (port != 0 && bound_port(udp, port) == 0)
			port = 0;
		close(tcp);
		close(udp);
	}
	assert(port != 0);
	return port;
}
