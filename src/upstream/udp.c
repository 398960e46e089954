/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets for datagrams. Each is connected, so that the kernel lets only the target's address and
 * port in, and gives it a random port of its own. A question takes one of 256 sockets by chance and
 * a random id: who forges a reply has to guess both. Each socket is replaced after a few questions,
 * so that a port found out is soon worth nothing. */
#include <errno.h>
#include <time.h> /* errqueue.h needs it */
#include <linux/errqueue.h>
#include <unistd.h>

#include "upstream_parts.h"

enum {
	QUESTIONS_PER_SOCKET = 64,
	SOCKETS_MOST = 2 * SOCKETS, /* with those that still wait for something */
	LONGEST_S = 10,		    /* that a socket is asked over */
};

/* ---- receiving ---- */

static void take_datagram(struct line *line, const struct mmsghdr *message, uint64_t now_ns)
{
	const uint8_t *packet = message->msg_hdr.msg_iov->iov_base;
	size_t size = message->msg_len;
	if (size < 2)
		return;
	struct attempt *attempt = attempt_find(line->target->upstream, line, get_u16(packet));
	if (attempt == NULL)
		return;
	line->heard_ns = now_ns;
	if ((message->msg_hdr.msg_flags & MSG_TRUNC) != 0)
		attempt_take_oversize(attempt, now_ns);
	else
		attempt_take(attempt, packet, size, now_ns);
}

/* What the network said of what was sent: its last word. 0: nothing. */
static int read_error(int fd)
{
	union {
		struct cmsghdr head;
		uint8_t bytes[512];
	} control;
	int number = 0;
	for (;;) {
		uint8_t packet[1];
		struct iovec buffer = { packet, sizeof(packet) };
		struct msghdr message = { .msg_iov = &buffer,
					  .msg_iovlen = 1,
					  .msg_control = &control,
					  .msg_controllen = sizeof(control) };
		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return number;
		for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL;
		     at = CMSG_NXTHDR(&message, at)) {
			bool is_error = (at->cmsg_level == SOL_IP && at->cmsg_type == IP_RECVERR) ||
					(at->cmsg_level == SOL_IPV6 && at->cmsg_type == IPV6_RECVERR);
			if (is_error)
				number = (int)((struct sock_extended_err *)CMSG_DATA(at))->ee_errno;
		}
	}
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct line *line = context;
	struct upstream *upstream = line->target->upstream;
	struct mmsghdr messages[DATAGRAMS];
	struct iovec buffers[DATAGRAMS];
	(void)what;
	for (unsigned i = 0; i < DATAGRAMS; i++) {
		buffers[i] = (struct iovec){ upstream->datagrams[i], DATAGRAM_MAX };
		messages[i] =
			(struct mmsghdr){ .msg_hdr = { .msg_iov = &buffers[i], .msg_iovlen = 1 } };
	}
	int count = recvmmsg(fd, messages, DATAGRAMS, MSG_DONTWAIT, NULL);
	uint64_t now_ns = clock_now_ns();
	for (int i = 0; i < count && !line->is_dead; i++)
		take_datagram(line, &messages[i], now_ns);
	int number = count >= 0 || line->is_dead ? 0 : read_error(fd);
	if (number == 0)
		return;
	struct failure failure = line_failure(line, TROUBLE_READ, number);
	line_fail(line, &failure, now_ns);
}

/* ---- opening ---- */

static int open_socket(const struct target *target)
{
	const struct config_forward *config = target->upstream->config;
	struct sockaddr_storage address;
	bool is_v6 = target->address.ip.family == 6;
	int on = 1;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* Without it a host or network that is not reachable is waited for. */
	setsockopt(fd, is_v6 ? SOL_IPV6 : SOL_IP, is_v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on));
	socklen_t size = ip_to_sockaddr(&config->source, 0, &address);
	bool good = config->source.family == 0 || bind(fd, (struct sockaddr *)&address, size) == 0;
	size = ip_to_sockaddr(&target->address.ip, target->address.port, &address);
	if (good && connect(fd, (struct sockaddr *)&address, size) == 0)
		return fd;
	int number = errno;
	close(fd);
	errno = number;
	return -1;
}

static struct line *line_open(struct target *target, unsigned slot, uint64_t now_ns)
{
	int fd = open_socket(target);
	if (fd < 0)
		return NULL;
	struct line *line = mem_zalloc(sizeof(*line));
	line_init(line, target, fd, false, now_ns);
	line->slot = &target->sockets[slot];
	*line->slot = line;
	event_assign(&line->readable, target->upstream->events, fd, EV_READ | EV_PERSIST,
		     on_readable, line);
	event_add(&line->readable, NULL);
	return line;
}

static struct line *any_socket(const struct target *target)
{
	for (unsigned i = 0; i < SOCKETS; i++)
		if (target->sockets[i] != NULL)
			return target->sockets[i];
	return NULL;
}

static bool is_worn(const struct line *line, uint64_t now_ns)
{
	bool may_go = line->target->open[false] < SOCKETS_MOST || line->under_way == 0;
	bool is_old = now_ns - line->opened_ns > LONGEST_S * 1000 * MS_NS;
	return !line_is_fresh(line, now_ns) ||
	       (may_go && (is_old || line->asked >= QUESTIONS_PER_SOCKET));
}

struct line *udp_line(struct target *target, uint64_t now_ns)
{
	unsigned slot = draw_below(&target->upstream->draw, SOCKETS);
	struct line *line = target->sockets[slot];
	if (line != NULL && is_worn(line, now_ns)) {
		line_retire(line);
		line = NULL;
	}
	meters_line(target, WORD_UDP, line != NULL);
	if (line == NULL)
		line = line_open(target, slot, now_ns);
	if (line == NULL && (errno == EMFILE || errno == ENFILE || errno == EAGAIN))
		line = any_socket(target);
	return line;
}

bool udp_send(struct line *line, const uint8_t *packet, size_t size)
{
	for (int i = 0; i < 2; i++) {
		if (send(line->fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return true;
		/* Full buffers lose a datagram as the network does. */
		if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR)
			return true;
		/* Else the error may be of an earlier one. */
	}
	return false;
}
