/* SPDX-License-Identifier: Apache-2.0 */
/* echo -- the floor under every DNS server on this machine: a loop that turns packets round.
 *
 * UDP: one socket, bound and read as knamed's (SO_REUSEPORT, a blocking recvmmsg of up to 64; an
 * explicit address, or all of both families with the address that was asked told by each packet),
 * every datagram sent back with QR set and --grow bytes more, so that it is as long as the real
 * answer. TCP on the same port: one epoll thread, the answers of one read in one write.
 * What a server takes above this is what DNS costs. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	BATCH = 64,
	RECEIVE_ROOM = 4 << 20,
	PACKET_MAX = 4096,
	GROW_MAX = 60000,
	CONNECTIONS_MAX = 20000,
	IN_MAX = 4096,
	OUT_MAX = 1 << 18,
	EVENTS_MAX = 256,
	HEADER = 12,
	LINE = 64,
};

/* What a connection has read of a frame. Pages of connections that never were stay untouched. */
struct connection {
	uint8_t in[IN_MAX];
	uint32_t in_size;
};

static union {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
} address;
static size_t grow;
static struct connection connections[CONNECTIONS_MAX];
static uint8_t out[OUT_MAX];

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "echo: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* A socket with knamed's options: what they cost belongs to the floor. */
static int bound(int type)
{
	bool is_any = address.any.sa_family == AF_INET6;
	int fd = socket(address.any.sa_family, type | SOCK_CLOEXEC, 0);
	int on = 1, off = 0, room = RECEIVE_ROOM, omit = IP_PMTUDISC_OMIT;

	if (is_any)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
	    bind(fd, &address.any, is_any ? sizeof address.in6 : sizeof address.in) != 0)
		fail("bind");
	if (type == SOCK_STREAM)
		return fd;
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
	if (is_any)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	return fd;
}

/* The reply leaves from the address that was asked, by whichever interface leads back. */
static void forget_interface(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (control != NULL && control->cmsg_level == IPPROTO_IPV6)
		((struct in6_pktinfo *)CMSG_DATA(control))->ipi6_ifindex = 0;
	else if (control != NULL)
		((struct in_pktinfo *)CMSG_DATA(control))->ipi_ifindex = 0;
}

static _Noreturn void serve_udp(int fd)
{
	/* Rows an odd number of cache lines apart, so that the packets of a batch do not share a cache set. */
	static uint8_t packets[BATCH * (PACKET_MAX + GROW_MAX + 3 * LINE)];
	size_t row = (((PACKET_MAX + grow) / LINE | 1) + 2) * LINE;
	static struct sockaddr_in6 senders[BATCH];
	static union {
		struct cmsghdr head;
		uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} controls[BATCH];
	static struct iovec parts[BATCH];
	static struct mmsghdr messages[BATCH];

	for (int i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_name = &senders[i],
						       .msg_iov = &parts[i],
						       .msg_iovlen = 1,
						       .msg_control = &controls[i] };
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){ packets + row * (size_t)i, PACKET_MAX };
			messages[i].msg_hdr.msg_namelen = sizeof senders[i];
			messages[i].msg_hdr.msg_controllen =
				address.any.sa_family == AF_INET6 ? sizeof controls[i] : 0;
		}
		int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < count; i++) {
			packets[row * (size_t)i + 2] |= 0x80;
			parts[i].iov_len = messages[i].msg_len + grow;
			forget_interface(&messages[i].msg_hdr);
		}
		for (int sent = 0; sent < count;) {
			int done = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
			sent += done > 0 ? done : 1;
		}
	}
}

static bool write_all(int fd, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		ssize_t done = send(fd, out + sent, size - sent, MSG_NOSIGNAL);
		if (done <= 0)
			return false;
		sent += (size_t)done;
	}
	return true;
}

/* Turns round the whole frames of a connection; false when it is to be closed. */
static bool echo_frames(int fd, struct connection *connection)
{
	size_t at = 0, size = 0;

	while (connection->in_size - at >= 2) {
		size_t frame = (size_t)connection->in[at] << 8 | connection->in[at + 1];
		if (frame < HEADER || frame + 2 > IN_MAX)
			return false;
		if (connection->in_size - at - 2 < frame)
			break;
		if (size + 2 + frame + grow > OUT_MAX) {
			if (!write_all(fd, size))
				return false;
			size = 0;
		}
		out[size] = (uint8_t)((frame + grow) >> 8);
		out[size + 1] = (uint8_t)(frame + grow);
		memcpy(out + size + 2, connection->in + at + 2, frame);
		out[size + 4] |= 0x80;
		size += 2 + frame + grow;
		at += 2 + frame;
	}
	connection->in_size -= (uint32_t)at;
	memmove(connection->in, connection->in + at, connection->in_size);
	return write_all(fd, size);
}

static void read_connection(int fd)
{
	struct connection *connection = &connections[fd];
	ssize_t got = recv(fd, connection->in + connection->in_size, IN_MAX - connection->in_size, 0);

	if (got > 0) {
		connection->in_size += (uint32_t)got;
		if (echo_frames(fd, connection))
			return;
	}
	close(fd);
}

static void accept_connection(int epoll, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0)
		return;
	if (fd >= CONNECTIONS_MAX || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		close(fd);
		return;
	}
	connections[fd].in_size = 0;
}

static void *serve_tcp(void *unused)
{
	struct epoll_event events[EVENTS_MAX];
	int listener = bound(SOCK_STREAM), epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };

	(void)unused;
	if (listen(listener, 4096) != 0 || epoll < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0)
		fail("listen");
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				accept_connection(epoll, listener);
			else
				read_connection(events[i].data.fd);
		}
	}
}

/* An address of the loopback interface, or all there are. */
static bool parse_address(char *word)
{
	char *colon = strrchr(word, ':'), *end;

	if (colon == NULL)
		return false;
	*colon = '\0';
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (port == 0 || port > 65535 || *end != '\0')
		return false;
	if (strcmp(word, "[::]") == 0)
		address.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
						     .sin6_port = htons((uint16_t)port) };
	else
		address.in = (struct sockaddr_in){ .sin_family = AF_INET,
						   .sin_port = htons((uint16_t)port) };
	return address.any.sa_family == AF_INET6 ||
	       (inet_pton(AF_INET, word, &address.in.sin_addr) == 1 &&
		ntohl(address.in.sin_addr.s_addr) >> 24 == 127);
}

static bool parse(int count, char **words)
{
	char *end;

	if (count == 4 && strcmp(words[1], "--grow") == 0) {
		grow = strtoul(words[2], &end, 10);
		if (*end != '\0' || grow > GROW_MAX)
			return false;
	} else if (count != 2) {
		return false;
	}
	return parse_address(words[count - 1]);
}

int main(int count, char **words)
{
	pthread_t tcp;

	if (!parse(count, words)) {
		fputs("usage: echo [--grow BYTES] 127.x.y.z:PORT|[::]:PORT\n", stderr);
		return 2;
	}
	int fd = bound(SOCK_DGRAM);
	if (pthread_create(&tcp, NULL, serve_tcp, NULL) != 0)
		fail("thread");
	serve_udp(fd);
}
