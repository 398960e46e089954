/* SPDX-License-Identifier: Apache-2.0 */
/* Replies without end. What a client is slow to take is bounded, and its owner is told when there
 * is no room; one that takes nothing for a long time is closed. */
#include <errno.h>
#include <string.h>

#include "http.h"

static struct http_connection *connection_of(struct http_stream *stream)
{
	return (void *)stream;
}

static size_t pending(const struct http_connection *connection)
{
	return connection->output.size - connection->sent;
}

/* Its client says nothing more; that he goes is seen by reading. */
static void wait_for_both(struct http_connection *connection)
{
	http_connection_wait(connection, pending(connection) > 0 ? EV_READ | EV_WRITE : EV_READ);
}

void http_stream_begin(struct http_connection *connection, const struct http_stream_calls *calls)
{
	connection->state = HTTP_STREAMS;
	connection->stream = *calls;
	connection->moved_ns = clock_now_ns();
	wait_for_both(connection);
	calls->began(calls->context, (void *)connection);
}

/* False: the client is gone. */
static bool send_some(struct http_connection *connection)
{
	struct text *output = &connection->output;
	ssize_t sent = send(event_get_fd(&connection->event), output->data + connection->sent,
			    pending(connection), MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (sent <= 0)
		return true;
	connection->sent += (size_t)sent;
	connection->moved_ns = clock_now_ns();
	if (pending(connection) > 0)
		return true;
	text_clear(output);
	connection->sent = 0;
	wait_for_both(connection);
	return true;
}

void http_stream_ready(struct http_connection *connection, short what)
{
	if ((what & EV_WRITE) != 0 && pending(connection) > 0 && !send_some(connection))
		http_connection_close(connection);
	else if ((what & EV_READ) != 0)
		http_connection_discard(connection);
}

bool http_stream_is_stuck(const struct http_connection *connection, uint64_t now_ns)
{
	return pending(connection) > 0 &&
	       now_ns - connection->moved_ns > HTTP_STUCK_MS * UINT64_C(1000000);
}

bool http_stream_put(struct http_stream *stream, const char *text, size_t size)
{
	struct http_connection *connection = connection_of(stream);
	struct text *output = &connection->output;
	size_t left = pending(connection);
	if (left + size > HTTP_STREAM_MOST)
		return false;
	if (left == 0)
		connection->moved_ns = clock_now_ns();
	if (connection->sent > 0 && output->size + size > HTTP_STREAM_MOST) {
		memmove(output->data, output->data + connection->sent, left);
		output->size = left;
		connection->sent = 0;
	}
	text_add_n(output, text, size);
	if (left == 0)
		wait_for_both(connection);
	return true;
}
