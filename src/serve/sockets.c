/* SPDX-License-Identifier: Apache-2.0 */
#include "sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAKEN_MOST = 1024 }; /* sockets of others, beside our own */

/* ---- what a socket is ---- */

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);
	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/* The listener that it is for; NULL: nobody listens there, or it is something else. */
static const struct listener *listener_of(const struct router *router, int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in6 in6;
	} address = { .in6 = { .sin6_port = 0 } };
	socklen_t size = sizeof(address);
	if (option_of(fd, SO_PROTOCOL) != IPPROTO_TCP || option_of(fd, SO_ACCEPTCONN) != 1 ||
	    getsockname(fd, &address.any, &size) != 0)
		return NULL;
	struct place place = { .ip = ip_of_sockaddr(&address.any),
			       .port = ntohs(address.in6.sin6_port) }; /* same place in sockaddr_in */
	if (address.any.sa_family == AF_INET6)
		place.scope = address.in6.sin6_scope_id;
	const struct listener *listener = router_listener(router, &place);
	if (listener == NULL && place_is_wildcard(&place)) {
		place.ip.family = 0; /* both families */
		listener = router_listener(router, &place);
	}
	return listener;
}

static bool is_same(int fd, int other)
{
	struct stat one = { 0 }, two = { 0 };
	return fstat(fd, &one) == 0 && fstat(other, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

/* ---- those of a process beside us ---- */

static bool is_given_before(const struct serve_options *options, size_t socket)
{
	for (size_t i = 0; i < socket; i++)
		if (is_same(options->sockets[i], options->sockets[socket]))
			return true;
	return false;
}

bool sockets_share(const struct serve_options *options, struct tcp_thread *thread, size_t index,
		   size_t thread_count, const struct listener *listener)
{
	size_t turn = 0;
	bool has_one = false;
	for (size_t i = 0; i < options->socket_count; i++) {
		if (listener_of(thread->asker->router, options->sockets[i]) != listener ||
		    is_given_before(options, i) || turn++ % thread_count != index)
			continue;
		int fd = fcntl(options->sockets[i], F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			continue;
		tcp_thread_listen(thread, listener, fd);
		has_one = true;
	}
	return has_one;
}

/* ---- those of a process that leaves, or ours ---- */

/* A TCP thread changes its list only while the control thread waits for it. */
size_t server_sockets(const struct server *server, int *ret_fds, size_t room)
{
	size_t count = 0;
	for (size_t i = 0; i < server->tcp_count; i++)
		for (const struct tcp_listening *one = server->tcp[i]->listening; one != NULL;
		     one = one->next)
			if (count < room)
				ret_fds[count++] = event_get_fd(one->event);
	return count;
}

static bool has_socket(const struct server *server, int fd, struct tcp_thread **ret_least,
		       size_t *ret_count)
{
	size_t least = SIZE_MAX;
	*ret_count = 0;
	for (size_t i = 0; i < server->tcp_count; i++) {
		size_t count = 0;
		for (const struct tcp_listening *one = server->tcp[i]->listening; one != NULL;
		     one = one->next, count++)
			if (is_same(event_get_fd(one->event), fd))
				return true;
		if (count < least)
			*ret_least = server->tcp[i];
		least = count < least ? count : least;
		*ret_count += count;
	}
	return false;
}

bool server_take_socket(struct server *server, int fd)
{
	const struct listener *listener = listener_of(server->router, fd);
	struct tcp_thread *thread = NULL;
	size_t count;
	if (listener == NULL)
		return false;
	if (has_socket(server, fd, &thread, &count))
		return true;
	if (thread == NULL || count >= TAKEN_MOST)
		return false;
	const struct tcp_socket socket = { listener, fcntl(fd, F_DUPFD_CLOEXEC, 0) };
	if (socket.fd < 0)
		return false;
	struct tcp_change change = { .asker = thread->asker, .sockets = &socket, .socket_count = 1 };
	tcp_thread_change(thread, &change);
	return true;
}
