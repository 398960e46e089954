/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets. A wildcard is one dual-stack socket for TCP. For UDP it is one of each family: a packet
 * of IPv4 costs 4 % less where no IPv6 address has to be made of its own. */
#include "listen.h"

#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum {
	/* A burst waits here: 4 MB hold some 5,000 queries (rmem_default: 280). */
	RECEIVE_ROOM = 4 << 20,
	BACKLOG = 4096, /* the kernel takes less by itself (somaxconn) */
};

static void set_on(int fd, int level, int option)
{
	int on = 1;
	setsockopt(fd, level, option, &on, sizeof(on));
}

/* A capability lifts the limit of net.core.rmem_max; without it (and when we reload) as much as the limit allows. */
static void set_receive_room(int fd)
{
	int room = RECEIVE_ROOM;
	uint64_t before = capability_raise(CAP_NET_ADMIN);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	capability_restore(before);
}

/* A reply leaves from the address that was asked: the kernel tells it with each packet (names.md 12). */
static void want_packet_info(int fd, int family)
{
	if (family == AF_INET6)
		set_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	else
		set_on(fd, IPPROTO_IP, IP_PKTINFO);
}

/* What strangers say about the path's MTU is not believed: forged, it would cut our replies to fragments. */
static void ignore_path_mtu(int fd, int family)
{
	int omit = IP_PMTUDISC_OMIT, omit6 = IPV6_PMTUDISC_OMIT;
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit6, sizeof(omit6));
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
}

static socklen_t sockaddr_of(const struct place *place, int family, struct sockaddr_storage *ret_address)
{
	struct ip ip = place->ip;
	if (ip.family == 0)
		ip.family = family == AF_INET6 ? 6 : 4;
	socklen_t size = ip_to_sockaddr(&ip, place->port, ret_address);
	if (family == AF_INET6)
		((struct sockaddr_in6 *)ret_address)->sin6_scope_id = place->scope;
	return size;
}

/* A bound socket, or -1 with errno and the call that failed. */
static int open_bound(const struct place *place, int family, int kind, const char **ret_call)
{
	*ret_call = "socket";
	int fd = socket(family, kind | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	struct sockaddr_storage address;
	socklen_t size = sockaddr_of(place, family, &address);
	bool is_divided = place->ip.family == 0 && (kind & SOCK_STREAM) == 0;
	int v6_only = is_divided || !place_is_wildcard(place);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
	set_on(fd, SOL_SOCKET, SO_REUSEPORT);
	if ((kind & SOCK_STREAM) != 0)
		set_on(fd, SOL_SOCKET, SO_REUSEADDR);
	*ret_call = "bind";
	uint64_t before = capability_raise(CAP_NET_BIND_SERVICE);
	bool is_bound = bind(fd, (struct sockaddr *)&address, size) == 0;
	capability_restore(before);
	if (is_bound)
		return fd;
	int failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

/* "listen udp :53: bind: address already in use", as Go words it. */
static void failed(const struct place *place, int kind, const char *call, int number,
		   struct error *error)
{
	char text[PLACE_TEXT_SIZE], room[128], hint[CAPABILITY_HINT_SIZE];
	const char *words = strerror_r(number, room, sizeof(room));
	place_print(place, text);
	error_set(error, "listen %s %s: %s: %c%s%s", (kind & SOCK_STREAM) != 0 ? "tcp" : "udp",
		  text, call, tolower((unsigned char)words[0]), words + 1,
		  capability_hint(number, place->port, hint));
}

/* After open_bound() failed for IPv6. */
static bool is_without_ipv6(const struct place *place)
{
	return place->ip.family == 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
}

int listen_udp(const struct place *place, int family, struct error *error)
{
	const char *call;
	int fd = open_bound(place, family, SOCK_DGRAM, &call);
	if (fd < 0 && family == AF_INET6 && is_without_ipv6(place))
		return LISTEN_NO_FAMILY;
	if (fd < 0) {
		failed(place, SOCK_DGRAM, call, errno, error);
		return -1;
	}
	set_receive_room(fd);
	ignore_path_mtu(fd, family);
	if (place_is_wildcard(place))
		want_packet_info(fd, family);
	return fd;
}

int listen_tcp(const struct place *place, struct error *error)
{
	const char *call;
	int kind = SOCK_STREAM | SOCK_NONBLOCK;
	int fd = open_bound(place, place->ip.family == 4 ? AF_INET : AF_INET6, kind, &call);
	if (fd < 0 && is_without_ipv6(place))
		fd = open_bound(place, AF_INET, kind, &call);
	if (fd < 0) {
		failed(place, SOCK_STREAM, call, errno, error);
		return -1;
	}
	set_on(fd, IPPROTO_TCP, TCP_NODELAY); /* replies are written whole; connections inherit it */
	if (listen(fd, BACKLOG) == 0)
		return fd;
	failed(place, SOCK_STREAM, "listen", errno, error);
	close(fd);
	return -1;
}
