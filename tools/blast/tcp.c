/* SPDX-License-Identifier: Apache-2.0 */
/* Two transports over TCP: connections that stay and carry many queries each, and a connection for
 * every query. Sockets never block; the loop comes round often enough. */
#include "load.h"

#include "pages.h"
#include "query.h"
#include "watch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum { IN_SIZE = 192 * 1024, FRAME_MAX = 2 + QUERY_MAX };

struct stream {
	uint8_t *out, *in;
	uint32_t out_size, out_sent, in_size;
};

enum stream_state { STREAM_OPEN, STREAM_CLOSED };

static void stream_connect(struct load *load, struct lane *lane)
{
	int on = 1;

	lane->fd = load_socket(load, SOCK_STREAM, (uint32_t)(lane - load->lane));
	setsockopt(lane->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	lane->stream->out_size = lane->stream->out_sent = lane->stream->in_size = 0;
}

static void stream_new(struct load *load, struct lane *lane)
{
	lane->fd = -1;
	lane->stream = pages_take(sizeof *lane->stream);
	lane->stream->out = pages_take(FRAME_MAX * load->options->batch);
	lane->stream->in = pages_take(IN_SIZE);
}

static void stream_compose(struct load *load, struct lane *lane)
{
	uint8_t *frame = lane->stream->out + lane->stream->out_size;
	uint32_t size = load_compose(load, lane, frame + 2);

	frame[0] = (uint8_t)(size >> 8);
	frame[1] = (uint8_t)size;
	lane->stream->out_size += 2 + size;
}

static enum stream_state stream_flush(struct lane *lane)
{
	struct stream *stream = lane->stream;

	while (stream->out_sent < stream->out_size) {
		ssize_t done = send(lane->fd, stream->out + stream->out_sent,
				    stream->out_size - stream->out_sent, MSG_NOSIGNAL);
		if (done < 0)
			return errno == EAGAIN || errno == ENOTCONN ? STREAM_OPEN : STREAM_CLOSED;
		stream->out_sent += (uint32_t)done;
	}
	stream->out_size = stream->out_sent = 0;
	return STREAM_OPEN;
}

static void take_frames(struct load *load, struct lane *lane)
{
	struct stream *stream = lane->stream;
	uint64_t now_ns = watch_now_ns();
	uint32_t at = 0;

	while (stream->in_size - at >= 2) {
		uint32_t size = (uint32_t)stream->in[at] << 8 | stream->in[at + 1];
		if (stream->in_size - at - 2 < size)
			break;
		load_take(load, lane, stream->in + at + 2, size, now_ns);
		at += 2 + size;
	}
	stream->in_size -= at;
	memmove(stream->in, stream->in + at, stream->in_size);
}

static enum stream_state stream_read(struct load *load, struct lane *lane)
{
	struct stream *stream = lane->stream;
	ssize_t got = recv(lane->fd, stream->in + stream->in_size, IN_SIZE - stream->in_size, 0);

	if (got < 0)
		return errno == EAGAIN || errno == ENOTCONN ? STREAM_OPEN : STREAM_CLOSED;
	if (got == 0)
		return STREAM_CLOSED;
	stream->in_size += (uint32_t)got;
	take_frames(load, lane);
	return STREAM_OPEN;
}

static void stream_close(struct lane *lane)
{
	if (lane->fd >= 0)
		close(lane->fd);
	lane->fd = -1;
}

static void tcp_open(struct load *load, struct lane *lane)
{
	stream_new(load, lane);
	stream_connect(load, lane);
}

/* A connection that the server ends loses what waits on it, and a new one takes its place. */
static void tcp_reopen(struct load *load, struct lane *lane)
{
	load_abandon(load, lane);
	stream_close(lane);
	stream_connect(load, lane);
}

static uint32_t tcp_send(struct load *load, struct lane *lane, uint32_t count)
{
	if (lane->stream->out_size > 0)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		stream_compose(load, lane);
	if (stream_flush(lane) == STREAM_CLOSED)
		tcp_reopen(load, lane);
	return count;
}

static void tcp_receive(struct load *load, struct lane *lane)
{
	if (stream_flush(lane) == STREAM_CLOSED || stream_read(load, lane) == STREAM_CLOSED)
		tcp_reopen(load, lane);
}

const struct transport transport_tcp = { tcp_open, tcp_send, tcp_receive };

static uint32_t connect_send(struct load *load, struct lane *lane, uint32_t count)
{
	(void)count;
	if (lane->flight.waiting > 0)
		return 0;
	stream_close(lane); /* of a query that was given up */
	stream_connect(load, lane);
	stream_compose(load, lane);
	if (stream_flush(lane) == STREAM_CLOSED)
		load_abandon(load, lane);
	return 1;
}

static void connect_receive(struct load *load, struct lane *lane)
{
	if (stream_flush(lane) == STREAM_CLOSED || stream_read(load, lane) == STREAM_CLOSED)
		load_abandon(load, lane);
	if (lane->flight.waiting == 0)
		stream_close(lane);
}

const struct transport transport_connect = { stream_new, connect_send, connect_receive };
