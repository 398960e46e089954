/* SPDX-License-Identifier: Apache-2.0 */
/* A listening socket. All addresses are one dual-stack socket, also where they are named 0.0.0.0 or
 * ::, as in Go. SO_REUSEPORT as CoreDNS, so that two of them can take turns on one machine. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "http.h"

enum { BACKLOG = 4096 };

static bool is_wildcard(const struct ip *ip)
{
	static const uint8_t zeros[sizeof(ip->bytes)];
	return memcmp(ip->bytes, zeros, sizeof(zeros)) == 0;
}

/* "listen tcp :9153: bind: address already in use", as Go words it. */
static int failed(const char *address, uint16_t port, const char *call, int number, struct error *error)
{
	char room[128], hint[CAPABILITY_HINT_SIZE];
	const char *words = strerror_r(number, room, sizeof(room));
	const char *format = strchr(address, ':') != NULL ? "listen tcp [%s]:%u: %s: %c%s%s"
							  : "listen tcp %s:%u: %s: %c%s%s";
	error_set(error, format, address, (unsigned)port, call, tolower((unsigned char)words[0]),
		  words + 1, capability_hint(number, port, hint));
	return -1;
}

/* A bound socket, or -1 with errno and the call that failed. */
static int open_bound(struct ip ip, uint16_t port, const char **ret_call)
{
	int on = 1, six_only = !is_wildcard(&ip);
	*ret_call = "socket";
	int fd = socket(ip.family == 6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (ip.family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &six_only, sizeof(six_only));
	struct sockaddr_storage address;
	socklen_t size = ip_to_sockaddr(&ip, port, &address);
	*ret_call = "bind";
	uint64_t before = capability_raise(CAP_NET_BIND_SERVICE);
	bool is_bound = bind(fd, (struct sockaddr *)&address, size) == 0;
	capability_restore(before);
	if (is_bound) {
		*ret_call = "listen";
		if (listen(fd, BACKLOG) == 0)
			return fd;
	}
	int failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

/* Abstract: there is no file to be left behind, and none to be written. */
static int listen_local(const char *name, struct error *error)
{
	struct sockaddr_un address;
	socklen_t size = local_name_address(name, &address);
	int failure = ENAMETOOLONG, fd = -1;
	if (size != 0) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		failure = errno;
	}
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	if (fd >= 0) {
		failure = errno;
		close(fd);
	}
	error_set(error, "listen unix %s: %s", name, strerror(failure));
	return -1;
}

int http_listen(const char *address, uint16_t port, struct error *error)
{
	struct ip ip = { .family = 6 };
	const char *call;
	if (address[0] == '@')
		return listen_local(address, error);
	if (address[0] != '\0' && !ip_parse(address, &ip)) {
		error_set(error, "listen tcp %s:%u: not an IP address", address, (unsigned)port);
		return -1;
	}
	bool is_any = is_wildcard(&ip);
	if (is_any)
		ip.family = 6;
	int fd = open_bound(ip, port, &call);
	if (fd < 0 && is_any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		ip.family = 4; /* a machine without IPv6 */
		fd = open_bound(ip, port, &call);
	}
	return fd >= 0 ? fd : failed(address, port, call, errno, error);
}
