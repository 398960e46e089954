/* SPDX-License-Identifier: Apache-2.0 */
/* Connections. Questions are written one behind the other without waiting, and replies are taken in any order, by
 * their ids. A few connections are kept to each target; a connection that ends gives its questions back at once. */
#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "tls.h"
#include "upstream_parts.h"

enum {
	PIPELINED = 16, /* questions on a connection before another one is opened */
	INPUT_LEAST = 4096,
	OUTPUT_LEAST = 1024,
	LENGTH_SIZE = 2,
	READS_MOST = 8, /* before others have their turn */
};

struct connection {
	struct line line; /* stands first */
	struct event writable;
	struct tls *tls; /* NULL: plain */
	bool is_connected, is_open;
	uint8_t *input, *output;
	size_t input_size, input_room;
	size_t output_at, output_size, output_room;
};

static struct connection *connection_of(struct line *line)
{
	return (struct connection *)(void *)line;
}

bool tcp_is_open(const struct line *line)
{
	return ((const struct connection *)(const void *)line)->is_open;
}

static void give_up(struct connection *connection, enum trouble trouble, int number)
{
	struct line *line = &connection->line;
	struct failure failure = line_failure(line, trouble, number);
	line_fail(line, &failure, clock_now_ns());
}

static void give_up_tls(struct connection *connection)
{
	struct target *target = connection->line.target;
	tls_problem_print(connection->tls, target->text, target->upstream->tls_problem,
			  sizeof(target->upstream->tls_problem));
	give_up(connection, TROUBLE_TLS, 0);
}

/* ---- bytes ---- */

/* > 0: so many. STREAM_WAITS: none now. */
static ssize_t stream_read(struct connection *connection, void *bytes, size_t size)
{
	if (connection->tls != NULL)
		return tls_read(connection->tls, bytes, size);
	ssize_t got = recv(connection->line.fd, bytes, size, MSG_DONTWAIT);
	if (got > 0)
		return got;
	if (got == 0)
		return STREAM_ENDED;
	return errno == EAGAIN || errno == EINTR ? STREAM_WAITS : STREAM_BROKEN;
}

static ssize_t stream_write(struct connection *connection, const void *bytes, size_t size)
{
	if (connection->tls != NULL)
		return tls_write(connection->tls, bytes, size);
	ssize_t sent = send(connection->line.fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0)
		return sent;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? STREAM_WAITS : STREAM_BROKEN;
}

/* ---- sending ---- */

static void flush(struct connection *connection)
{
	while (connection->output_at < connection->output_size) {
		ssize_t sent = stream_write(connection, connection->output + connection->output_at,
					    connection->output_size - connection->output_at);
		if (sent == STREAM_WAITS) {
			event_add(&connection->writable, NULL);
			return;
		}
		if (sent < 0) {
			give_up(connection, TROUBLE_READ, errno);
			return;
		}
		connection->output_at += (size_t)sent;
	}
	connection->output_at = connection->output_size = 0;
}

static bool connect_finish(struct connection *connection)
{
	int number = 0;
	socklen_t size = sizeof(number);
	getsockopt(connection->line.fd, SOL_SOCKET, SO_ERROR, &number, &size);
	if (number != 0) {
		give_up(connection, TROUBLE_DIAL, number);
		return false;
	}
	connection->is_connected = true;
	event_add(&connection->line.readable, NULL);
	return true;
}

/* True: it is open. */
static bool greet(struct connection *connection)
{
	if (connection->is_open)
		return true;
	if (!connection->is_connected && !connect_finish(connection))
		return false;
	switch (connection->tls == NULL ? TLS_OPEN : tls_greet(connection->tls)) {
	case TLS_OPEN:
		connection->is_open = true;
		return true;
	case TLS_WANTS_READ:
		break;
	case TLS_WANTS_WRITE:
		event_add(&connection->writable, NULL);
		break;
	case TLS_FAILED:
		give_up_tls(connection);
		break;
	}
	return false;
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	struct connection *connection = context;
	(void)fd;
	(void)what;
	if (!connection->line.is_dead && greet(connection))
		flush(connection);
}

/* All that is asked in one turn of the loop goes out with one call. */
bool tcp_send(struct line *line, const uint8_t *packet, size_t size)
{
	struct connection *connection = connection_of(line);
	size_t needed = connection->output_size + LENGTH_SIZE + size;
	if (needed > connection->output_room) {
		connection->output_room = needed < OUTPUT_LEAST ? OUTPUT_LEAST : 2 * needed;
		connection->output = mem_realloc(connection->output, connection->output_room);
	}
	uint8_t *at = connection->output + connection->output_size;
	put_u16(at, (uint16_t)size);
	memcpy(at + LENGTH_SIZE, packet, size);
	connection->output_size = needed;
	if (connection->is_open)
		event_active(&connection->writable, EV_WRITE, 0);
	return true;
}

/* ---- receiving ---- */

static bool take_message(struct line *line, const uint8_t *packet, size_t size, uint64_t now_ns)
{
	if (size < 2)
		return true;
	struct attempt *attempt = attempt_find(line->target->upstream, line, get_u16(packet));
	if (attempt == NULL)
		return true;
	line->heard_ns = now_ns;
	return attempt_take(attempt, packet, size, now_ns);
}

/* Takes whole messages; the rest stays at the front, with room for all of its message. */
static void take_messages(struct connection *connection, uint64_t now_ns)
{
	struct line *line = &connection->line;
	size_t at = 0, wanted = INPUT_LEAST;
	while (connection->input_size - at >= LENGTH_SIZE) {
		size_t size = get_u16(connection->input + at);
		wanted = LENGTH_SIZE + size;
		if (connection->input_size - at < wanted)
			break;
		bool good = take_message(line, connection->input + at + LENGTH_SIZE, size, now_ns);
		if (line->is_dead)
			return;
		if (!good) {
			give_up(connection, TROUBLE_GARBAGE, 0);
			return;
		}
		at += wanted;
	}
	connection->input_size -= at;
	memmove(connection->input, connection->input + at, connection->input_size);
	if (wanted > connection->input_room) {
		connection->input = mem_realloc(connection->input, wanted);
		connection->input_room = wanted;
	}
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct connection *connection = context;
	struct line *line = &connection->line;
	(void)fd;
	(void)what;
	if (line->is_dead)
		return;
	if (!connection->is_open) {
		on_writable(fd, what, context);
		return;
	}
	for (int i = 0; i < READS_MOST; i++) {
		ssize_t got = stream_read(connection, connection->input + connection->input_size,
					  connection->input_room - connection->input_size);
		if (got == STREAM_WAITS)
			return;
		if (got < 0) {
			give_up(connection, got == STREAM_ENDED ? TROUBLE_ENDED : TROUBLE_READ, errno);
			return;
		}
		connection->input_size += (size_t)got;
		take_messages(connection, clock_now_ns());
		if (line->is_dead)
			return;
	}
	/* TLS may have taken more from the socket than it has handed out. */
	event_active(&line->readable, EV_READ, 0);
}

/* ---- opening ---- */

static int open_socket(const struct target *target)
{
	const struct config_forward *config = target->upstream->config;
	struct sockaddr_storage address;
	int family = target->address.ip.family == 6 ? AF_INET6 : AF_INET, on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* Nobody acknowledges what was sent: the other end is gone without a word. */
	unsigned patience_ms = (unsigned)config->read_timeout_ms;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof(patience_ms));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	socklen_t size = ip_to_sockaddr(&config->source, 0, &address);
	bool good = config->source.family == 0 || bind(fd, (struct sockaddr *)&address, size) == 0;
	size = ip_to_sockaddr(&target->address.ip, target->address.port, &address);
	if (good && (connect(fd, (struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS))
		return fd;
	int number = errno;
	close(fd);
	errno = number;
	return -1;
}

static struct line *line_open(struct target *target, struct line **slot, uint64_t now_ns)
{
	int fd = open_socket(target);
	if (fd < 0)
		return NULL;
	struct connection *connection = mem_zalloc(sizeof(*connection));
	struct event_base *events = target->upstream->events;
	line_init(&connection->line, target, fd, true, now_ns);
	connection->line.slot = slot;
	*slot = &connection->line;
	connection->input_room = INPUT_LEAST;
	connection->input = mem_alloc(INPUT_LEAST);
	if (target->is_tls)
		connection->tls = tls_new(target->tls, fd);
	event_assign(&connection->line.readable, events, fd, EV_READ | EV_PERSIST, on_readable,
		     connection);
	event_assign(&connection->writable, events, fd, EV_WRITE, on_writable, connection);
	event_add(&connection->writable, NULL);
	return &connection->line;
}

/* The one with the fewest questions; a place for another one, if there should be one. */
static struct line *find_line(struct target *target, struct line ***ret_free, uint64_t now_ns)
{
	struct line *best = NULL;
	*ret_free = NULL;
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct line *line = target->connections[i];
		if (line != NULL && !line_is_fresh(line, now_ns)) {
			line_retire(line);
			line = NULL;
		}
		if (line == NULL)
			*ret_free = &target->connections[i];
		else if (best == NULL || line->under_way < best->under_way)
			best = line;
	}
	return best;
}

struct line *tcp_line(struct target *target, uint64_t now_ns)
{
	struct line **place;
	struct line *best = find_line(target, &place, now_ns);
	bool is_hit = best != NULL && (best->under_way < PIPELINED || place == NULL);
	meters_line(target, target->is_tls ? WORD_TLS : WORD_TCP, is_hit);
	if (is_hit)
		return best;
	struct line *line = line_open(target, place, now_ns);
	return line != NULL ? line : best;
}

void tcp_free(struct line *line)
{
	struct connection *connection = connection_of(line);
	event_del(&connection->writable);
	tls_free(connection->tls);
	mem_free(connection->input);
	mem_free(connection->output);
}
