/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi handle on the event loop: an event for each of its sockets and one timer. */
#include "client_line.h"

#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>

enum { ROUNDS_MOST = 16 }; /* of 16 KB: then others have their turn */

struct line_socket {
	struct line *line;
	struct event *event; /* NULL: libcurl waits for nothing there */
	curl_socket_t fd;
	short interest;
	struct line_socket *next;
};

struct line {
	struct event_base *events;
	struct line_calls calls;
	CURLM *multi;
	struct event *timer;
	struct line_socket *sockets;
	const struct line_socket *acting; /* the socket whose event is served, while it is there */
	size_t transfers;
};

static void deliver(struct line *line)
{
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(line->multi, &left)) != NULL;)
		if (message->msg == CURLMSG_DONE)
			line->calls.done(line->calls.context, message->easy_handle,
					 message->data.result);
}

static bool is_readable(curl_socket_t fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	return poll(&wanted, 1, 0) > 0;
}

/* All that came is read before anything else is done, so that one publication shows it. */
static void on_socket(evutil_socket_t fd, short what, void *context)
{
	struct line_socket *socket = context;
	struct line *line = socket->line;
	int mask = ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
		   ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0),
	    running;
	unsigned rounds = 0;
	line->calls.enter(line->calls.context);
	line->acting = socket;
	do {
		curl_multi_socket_action(line->multi, fd, mask, &running);
		deliver(line);
		mask = CURL_CSELECT_IN;
	} while (line->acting == socket && (socket->interest & EV_READ) && ++rounds < ROUNDS_MOST &&
		 is_readable(fd));
	line->acting = NULL;
	line->calls.leave(line->calls.context);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct line *line = context;
	int running;
	line->calls.enter(line->calls.context);
	curl_multi_socket_action(line->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	deliver(line);
	line->calls.leave(line->calls.context);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
	(void)multi;
	struct line *line = context;
	const struct timeval delay = timeval_of_ms(timeout_ms > 0 ? (uint64_t)timeout_ms : 0);
	if (timeout_ms < 0)
		evtimer_del(line->timer);
	else
		evtimer_add(line->timer, &delay);
	return 0;
}

static struct line_socket *socket_new(struct line *line, curl_socket_t fd)
{
	struct line_socket *socket = mem_zalloc(sizeof(*socket));
	socket->line = line;
	socket->fd = fd;
	socket->next = line->sockets;
	line->sockets = socket;
	curl_multi_assign(line->multi, fd, socket);
	return socket;
}

static void socket_free(struct line_socket *socket)
{
	struct line *line = socket->line;
	struct line_socket **at = &line->sockets;
	while (*at != socket)
		at = &(*at)->next;
	*at = socket->next;
	if (line->acting == socket)
		line->acting = NULL;
	if (socket->event != NULL)
		event_free(socket->event);
	mem_free(socket);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	(void)easy;
	struct line *line = context;
	struct line_socket *socket = socket_context;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL)
			socket_free(socket);
		return 0;
	}
	if (socket == NULL)
		socket = socket_new(line, fd);
	short interest = (short)(EV_PERSIST | ((what & CURL_POLL_IN) ? EV_READ : 0) |
				 ((what & CURL_POLL_OUT) ? EV_WRITE : 0));
	if (socket->event != NULL && socket->interest == interest)
		return 0;
	if (socket->event != NULL)
		event_free(socket->event);
	socket->interest = interest;
	socket->event = event_new(line->events, fd, interest, on_socket, socket);
	event_add(socket->event, NULL);
	return 0;
}

struct line *client_line_new(struct event_base *events, const struct line_calls *calls)
{
	struct line *line = mem_zalloc(sizeof(*line));
	line->events = events;
	line->calls = *calls;
	line->timer = evtimer_new(events, on_timer, line);
	line->multi = curl_multi_init();
	if (line->multi == NULL)
		abort(); /* out of memory */
	curl_multi_setopt(line->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl_multi_setopt(line->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(line->multi, CURLMOPT_SOCKETDATA, line);
	curl_multi_setopt(line->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(line->multi, CURLMOPT_TIMERDATA, line);
	return line;
}

void client_line_free(struct line *line)
{
	if (line == NULL)
		return;
	curl_multi_cleanup(line->multi);
	while (line->sockets != NULL)
		socket_free(line->sockets);
	event_free(line->timer);
	mem_free(line);
}

void client_line_add(struct line *line, CURL *easy)
{
	if (curl_multi_add_handle(line->multi, easy) != CURLM_OK)
		abort(); /* out of memory */
	line->transfers++;
}

void client_line_remove(struct line *line, CURL *easy)
{
	curl_multi_remove_handle(line->multi, easy);
	line->transfers--;
}

bool line_is_empty(const struct line *line)
{
	return line->transfers == 0;
}
