/* SPDX-License-Identifier: Apache-2.0 */
/* One client: reads a request, waits for its turn, writes the reply, reads the next. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

enum { DISCARDED_MOST = 64 * 1024 };

/* ---- the queue of deadlines: all have the same patience, so the order is that of the last step ---- */

static void queue_leave(struct http_connection *connection)
{
	struct http *http = connection->http;
	*(connection->older != NULL ? &connection->older->newer : &http->oldest) = connection->newer;
	*(connection->newer != NULL ? &connection->newer->older : &http->newest) = connection->older;
}

static void queue_join(struct http_connection *connection)
{
	struct http *http = connection->http;
	connection->deadline_ns = clock_now_ns() + http->patience_ns;
	connection->older = http->newest;
	connection->newer = NULL;
	*(http->newest != NULL ? &http->newest->newer : &http->oldest) = connection;
	http->newest = connection;
}

/* Only whole requests and replies buy time: a trickle of octets does not. */
static void renew(struct http_connection *connection)
{
	queue_leave(connection);
	queue_join(connection);
}

void http_connection_close(struct http_connection *connection)
{
	if (connection->state == HTTP_STREAMS && connection->stream.ended != NULL)
		connection->stream.ended(connection->stream.context);
	event_del(&connection->event);
	close(event_get_fd(&connection->event));
	queue_leave(connection);
	connection->http->connection_count--;
	text_done(&connection->input);
	text_done(&connection->output);
	mem_free(connection);
}

/* Who waits for us, because the loop had other things to do, is not late himself. */
void http_connections_expire(struct http *http)
{
	uint64_t now = clock_now_ns();
	while (http->oldest != NULL && http->oldest->deadline_ns <= now) {
		const struct http_connection *late = http->oldest;
		if (late->state == HTTP_ASKS ||
		    (late->state == HTTP_STREAMS && !http_stream_is_stuck(late, now)))
			renew(http->oldest);
		else
			http_connection_close(http->oldest);
	}
}

static void on_event(evutil_socket_t fd, short what, void *context);

void http_connection_wait(struct http_connection *connection, short what)
{
	int fd = event_get_fd(&connection->event);
	event_del(&connection->event);
	event_assign(&connection->event, connection->http->events, fd, (short)(what | EV_PERSIST),
		     on_event, connection);
	event_add(&connection->event, NULL);
}

void http_connection_move(struct http_connection *connection)
{
	bool is_behind = connection->state == HTTP_WRITES || connection->state == HTTP_STREAMS;
	if (connection->state != HTTP_ASKS)
		http_connection_wait(connection, is_behind ? EV_WRITE : EV_READ);
}

/* ---- requests ---- */

/* What lies in the socket has been there since the last octet came. The kernel counts in ticks of
 * up to 10 ms; less than that is no wait that it could tell from none. */
static uint64_t arrival_ns(int fd)
{
	enum { TICK_MS = 10 };
	uint64_t now = clock_now_ns();
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
	    info.tcpi_last_data_recv <= TICK_MS || info.tcpi_last_data_recv > now / 1000000)
		return now;
	return now - (uint64_t)info.tcpi_last_data_recv * 1000000;
}

/* Waits for its turn if a whole head is there, or can no longer come. */
static void look_at_input(struct http_connection *connection, uint64_t asked_ns)
{
	struct http_request request;
	const struct text *input = &connection->input;
	if (!http_request_read(input->data, input->size, &request) && input->size < HTTP_HEAD_MOST)
		return;
	connection->state = HTTP_ASKS;
	connection->asked_ns = asked_ns;
	event_del(&connection->event);
	renew(connection);
}

static void read_request(struct http_connection *connection)
{
	char bytes[HTTP_HEAD_MOST];
	int fd = event_get_fd(&connection->event);
	ssize_t got = recv(fd, bytes, HTTP_HEAD_MOST - connection->input.size, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		http_connection_close(connection);
		return;
	}
	text_add_n(&connection->input, bytes, (size_t)got);
	look_at_input(connection, arrival_ns(fd));
}

struct http_connection *http_connection_asking(const struct http *http)
{
	struct http_connection *connection = http->oldest;
	while (connection != NULL && connection->state != HTTP_ASKS)
		connection = connection->newer;
	return connection;
}

/* ---- replies ---- */

/* What is left unread when a socket is closed makes the kernel cut the connection, and the reply
 * may be lost with it: the client closes first, or has had its time. */
static void leave(struct http_connection *connection)
{
	connection->state = HTTP_LEAVES;
	shutdown(event_get_fd(&connection->event), SHUT_WR);
	text_done(&connection->input);
	http_connection_wait(connection, EV_READ);
}

void http_connection_discard(struct http_connection *connection)
{
	char bytes[4096];
	ssize_t got = recv(event_get_fd(&connection->event), bytes, sizeof(bytes), 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	connection->discarded += got > 0 ? (size_t)got : 0;
	if (got <= 0 || connection->discarded > DISCARDED_MOST)
		http_connection_close(connection);
}

/* Sends what there is of a reply. May close it. */
static void write_reply(struct http_connection *connection)
{
	struct text *output = &connection->output;
	ssize_t sent = send(event_get_fd(&connection->event), output->data + connection->sent,
			    output->size - connection->sent, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		http_connection_close(connection);
		return;
	}
	connection->sent += sent > 0 ? (size_t)sent : 0;
	if (connection->sent < output->size)
		return;
	text_done(output);
	renew(connection);
	if (connection->is_last) {
		leave(connection);
		return;
	}
	connection->state = HTTP_READS;
	http_connection_wait(connection, EV_READ);
	look_at_input(connection, clock_now_ns());
}

static const char *reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 413:
		return "Content Too Large";
	case 421:
		return "Misdirected Request";
	case 429:
		return "Too Many Requests";
	case 431:
		return "Request Header Fields Too Large";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Service Unavailable";
	}
}

static void refuse(struct http_reply *reply, int status)
{
	reply->status = status;
	text_printf(&reply->body, "%d %s\n", status, reason_of(status));
}

static void refuse_unknown(void *context, struct http_reply *reply)
{
	(void)context;
	reply->status = 404;
	text_add(&reply->body, "404 page not found\n"); /* Go's words, as CoreDNS says it */
}

static void make_reply(const struct http_connection *connection, const struct http_request *request,
		       struct http_reply *reply)
{
	const struct http_listener *listener = connection->listener;
	if (request->refusal != 0) {
		refuse(reply, request->refusal);
		return;
	}
	const char *head = connection->input.data, *path = head + request->path_start;
	char *query = mem_text_n(head + request->query_start, request->query_size);
	char *host = mem_text_n(head + request->host_start, request->host_size);
	reply->query = query;
	reply->host = host;
	reply->is_head = request->is_head;
	reply->is_local = listener->is_local;
	http_call call = refuse_unknown;
	void *context = NULL;
	for (size_t i = 0; i < listener->path_count; i++) {
		const struct http_path *served = &listener->paths[i];
		if (strlen(served->path) == request->path_size &&
		    memcmp(served->path, path, request->path_size) == 0) {
			call = served->call;
			context = served->context;
		}
	}
	call(context, reply);
	mem_free(query);
	mem_free(host);
}

static void put_reply(struct http_connection *connection, const struct http_reply *reply, bool has_body)
{
	char date[64];
	time_t now = (time_t)clock_unix_s();
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
	text_printf(&connection->output, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n", reply->status,
		    reason_of(reply->status), reply->type);
	if (reply->stream.began == NULL) /* of a stream, what is to come is not known */
		text_printf(&connection->output, "Content-Length: %zu\r\n", reply->body.size);
	text_printf(&connection->output, "Date: %s\r\n%s%s%s\r\n", date,
		    reply->headers != NULL ? reply->headers : "",
		    reply->status == 405 ? "Allow: GET, HEAD\r\n" : "",
		    connection->is_last ? "Connection: close\r\n" : "");
	if (has_body)
		text_add_n(&connection->output, reply->body.data, reply->body.size);
	connection->sent = 0;
}

/* Together, clients that are slow to take their replies hold a bounded amount: the slowest make room. */
static void bound_unread(struct http *http)
{
	size_t unread = 0;
	for (const struct http_connection *one = http->newest; one != NULL; one = one->older)
		unread += one->output.room;
	for (struct http_connection *one = http->oldest, *newer;
	     one != NULL && unread > HTTP_UNREAD_MOST; one = newer) {
		newer = one->newer;
		unread -= one->output.room;
		if (one->output.room > 0)
			http_connection_close(one);
	}
}

/* The head is done with; what follows is the next request. */
static void take_head(struct http_connection *connection, size_t size)
{
	struct text *input = &connection->input;
	struct text rest = { 0 };
	if (size < input->size)
		text_add_n(&rest, input->data + size, input->size - size);
	text_done(input);
	*input = rest;
}

void http_connection_answer(struct http_connection *connection)
{
	struct http_request request;
	struct http_reply reply = { .status = 200,
				    .type = "text/plain; charset=utf-8",
				    .asked_ns = connection->asked_ns };
	if (!http_request_read(connection->input.data, connection->input.size, &request))
		request = (struct http_request){ .refusal = 431,
						 .is_last = true,
						 .size = connection->input.size };
	bound_unread(connection->http);
	connection->is_last = request.is_last;
	make_reply(connection, &request, &reply);
	if (request.is_head)
		reply.stream = (struct http_stream_calls){ 0 };
	connection->is_last |= reply.stream.began != NULL;
	put_reply(connection, &reply, !request.is_head);
	text_done(&reply.body);
	take_head(connection, request.size);
	renew(connection);
	if (reply.stream.began != NULL) {
		http_stream_begin(connection, &reply.stream);
		return;
	}
	connection->state = HTTP_WRITES;
	http_connection_wait(connection, EV_WRITE);
	write_reply(connection);
}

/* ---- life ---- */

static void on_event(evutil_socket_t fd, short what, void *context)
{
	struct http_connection *connection = context;
	struct http *http = connection->http;
	(void)fd;
	switch (connection->state) {
	case HTTP_READS:
		read_request(connection);
		break;
	case HTTP_WRITES:
		write_reply(connection);
		break;
	case HTTP_STREAMS:
		http_stream_ready(connection, what);
		break;
	case HTTP_LEAVES:
		http_connection_discard(connection);
		break;
	case HTTP_ASKS:
		break;
	}
	http_arm(http);
}

void http_connection_open(struct http_listener *listener, int fd, const struct ip *client)
{
	struct http *http = listener->http;
	struct http_connection *connection = mem_zalloc(sizeof(*connection));
	connection->listener = listener;
	connection->http = http;
	connection->client = *client;
	event_assign(&connection->event, http->events, fd, EV_READ | EV_PERSIST, on_event, connection);
	event_add(&connection->event, NULL);
	http->connection_count++;
	queue_join(connection);
}

void http_connection_orphan(struct http_connection *connection)
{
	connection->listener = NULL;
	connection->is_last = true;
	if (connection->state != HTTP_WRITES && connection->state != HTTP_LEAVES)
		http_connection_close(connection);
}
