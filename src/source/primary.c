/* SPDX-License-Identifier: Apache-2.0 */
#include "primary.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "knamed/dns.h"

enum {
	LENGTH_SIZE = 2,
	INPUT_SIZE = LENGTH_SIZE + DNS_MESSAGE_MAX, /* any message */
	OUTPUT_MAX = 512,
	READS_MOST = 4, /* before others have their turn */
};

struct exchange {
	struct primary_calls calls;
	struct primary_limits limits;
	struct config_peer primary;
	int fd;
	struct event readable, writable, deadline;
	bool is_connected;
	size_t output_at, output_size, input_size;
	uint8_t output[OUTPUT_MAX], input[INPUT_SIZE];
};

void primary_print(const struct config_peer *primary, char ret_text[PRIMARY_TEXT_SIZE])
{
	char ip[IP_TEXT_SIZE];
	ip_print(&primary->ip, ip);
	snprintf(ret_text, PRIMARY_TEXT_SIZE, primary->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip,
		 (unsigned)primary->port);
}

/* In the words of Go, which operators search for. */
static void print_problem(const struct config_peer *primary, bool is_connected, int number,
			  struct error *error)
{
	char where[PRIMARY_TEXT_SIZE], room[128];
	primary_print(primary, where);
	const char *text = strerror_r(number, room, sizeof(room));
	int first = tolower((unsigned char)text[0]);
	if (number == ETIMEDOUT)
		error_set(error, "%s tcp %s: i/o timeout", is_connected ? "read" : "dial", where);
	else if (is_connected)
		error_set(error, "read tcp %s: read: %c%s", where, first, text + 1);
	else
		error_set(error, "dial tcp %s: connect: %c%s", where, first, text + 1);
}

static void fail(struct exchange *exchange, int number)
{
	struct error error = { .text = "" };
	print_problem(&exchange->primary, exchange->is_connected, number, &error);
	exchange->calls.failed(exchange->calls.context, &error);
}

static void fail_early(struct exchange *exchange, const char *problem)
{
	struct error error = { .text = "" };
	error_set(&error, "%s", problem);
	exchange->calls.failed(exchange->calls.context, &error);
}

/* ---- sending ---- */

static bool connect_finish(struct exchange *exchange)
{
	int number = 0;
	socklen_t size = sizeof(number);
	getsockopt(exchange->fd, SOL_SOCKET, SO_ERROR, &number, &size);
	if (number != 0) {
		fail(exchange, number);
		return false;
	}
	exchange->is_connected = true;
	event_add(&exchange->readable, &(struct timeval){ .tv_sec = (time_t)exchange->limits.idle_s });
	return true;
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	struct exchange *exchange = context;
	if ((what & EV_TIMEOUT) != 0) {
		fail(exchange, ETIMEDOUT);
		return;
	}
	if (!exchange->is_connected && !connect_finish(exchange))
		return;
	ssize_t sent = send(fd, exchange->output + exchange->output_at,
			    exchange->output_size - exchange->output_at, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		fail(exchange, errno);
		return;
	}
	exchange->output_at += sent > 0 ? (size_t)sent : 0;
	if (exchange->output_at < exchange->output_size)
		event_add(&exchange->writable,
			  &(struct timeval){ .tv_sec = (time_t)exchange->limits.idle_s });
}

/* ---- receiving ---- */

/* Hands on what is whole; the rest stays at the front. False: the exchange was closed. */
static bool take_messages(struct exchange *exchange)
{
	size_t at = 0;
	while (exchange->input_size - at >= LENGTH_SIZE) {
		size_t size = get_u16(exchange->input + at);
		if (exchange->input_size - at - LENGTH_SIZE < size)
			break;
		if (!exchange->calls.message(exchange->calls.context,
					     exchange->input + at + LENGTH_SIZE, size))
			return false;
		at += LENGTH_SIZE + size;
	}
	exchange->input_size -= at;
	memmove(exchange->input, exchange->input + at, exchange->input_size);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct exchange *exchange = context;
	if ((what & EV_TIMEOUT) != 0) {
		fail(exchange, ETIMEDOUT);
		return;
	}
	for (int i = 0; i < READS_MOST; i++) {
		ssize_t got = recv(fd, exchange->input + exchange->input_size,
				   sizeof(exchange->input) - exchange->input_size, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got < 0) {
			fail(exchange, errno);
			return;
		}
		if (got == 0) {
			fail_early(exchange, "the connection ended too early");
			return;
		}
		exchange->input_size += (size_t)got;
		if (!take_messages(exchange))
			return;
	}
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	fail_early(context, "it took too long");
}

/* ---- life ---- */

static int open_socket(const struct config_peer *primary, unsigned patience_s)
{
	struct sockaddr_storage address;
	int family = primary->ip.family == 6 ? AF_INET6 : AF_INET, on = 1;
	unsigned patience_ms = patience_s * 1000;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof(patience_ms));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	socklen_t size = ip_to_sockaddr(&primary->ip, primary->port, &address);
	if (primary->link != NULL && primary->ip.family == 6)
		((struct sockaddr_in6 *)&address)->sin6_scope_id = if_nametoindex(primary->link);
	if (connect(fd, (struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS)
		return fd;
	int number = errno;
	close(fd);
	errno = number;
	return -1;
}

struct exchange *primary_ask(struct event_base *events, const struct config_peer *primary,
			     const uint8_t *query, size_t size, const struct primary_limits *limits,
			     const struct primary_calls *calls, struct error *error)
{
	int fd = open_socket(primary, limits->idle_s);
	if (fd < 0) {
		print_problem(primary, false, errno, error);
		return NULL;
	}
	struct exchange *exchange = mem_zalloc(sizeof(*exchange));
	exchange->calls = *calls;
	exchange->limits = *limits;
	exchange->primary = *primary;
	exchange->fd = fd;
	put_u16(exchange->output, (uint16_t)size);
	memcpy(exchange->output + LENGTH_SIZE, query, size);
	exchange->output_size = LENGTH_SIZE + size;
	event_assign(&exchange->readable, events, fd, EV_READ | EV_PERSIST, on_readable, exchange);
	event_assign(&exchange->writable, events, fd, EV_WRITE, on_writable, exchange);
	event_assign(&exchange->deadline, events, -1, 0, on_deadline, exchange);
	event_add(&exchange->writable, &(struct timeval){ .tv_sec = (time_t)limits->idle_s });
	event_add(&exchange->deadline, &(struct timeval){ .tv_sec = (time_t)limits->most_s });
	return exchange;
}

bool primary_is_connected(const struct exchange *exchange)
{
	return exchange->is_connected;
}

void primary_leave(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	event_del(&exchange->readable);
	event_del(&exchange->writable);
	event_del(&exchange->deadline);
	close(exchange->fd);
	mem_free(exchange);
}
