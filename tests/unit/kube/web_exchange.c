/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and their responses. HTTP/1.1 is written by hand, HTTP/2 is nghttp2's. */
#include "web_parts.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

void exchange_free(struct exchange *exchange)
{
	const struct web_server_options *options = &exchange->connection->server->options;
	if (options->gone != NULL)
		options->gone(options->context, exchange);
	LIST_REMOVE(exchange, entry);
	if (exchange->connection->exchange == exchange)
		exchange->connection->exchange = NULL;
	for (size_t i = 0; i < exchange->header_count; i++) {
		mem_free(exchange->names[i]);
		mem_free(exchange->values[i]);
	}
	evbuffer_free(exchange->pending);
	mem_free(exchange->path);
	mem_free(exchange);
}

static struct exchange *exchange_new(struct connection *connection, int32_t id)
{
	struct exchange *exchange = mem_zalloc(sizeof(*exchange));
	exchange->connection = connection;
	exchange->id = id;
	exchange->pending = evbuffer_new();
	LIST_INSERT_HEAD(&connection->exchanges, exchange, entry);
	return exchange;
}

static void add_header(struct exchange *exchange, const char *name, size_t name_size,
		       const char *value, size_t value_size)
{
	if (name_size == 5 && memcmp(name, ":path", 5) == 0)
		exchange->path = mem_text_n(value, value_size);
	if (name_size == 10 && memcmp(name, ":authority", 10) == 0) {
		name = "host";
		name_size = 4;
	}
	if (exchange->header_count == HEADERS_MOST)
		return;
	exchange->names[exchange->header_count] = mem_text_n(name, name_size);
	exchange->values[exchange->header_count++] = mem_text_n(value, value_size);
}

static void flush(struct connection *connection)
{
	const uint8_t *bytes;
	for (ssize_t size; (size = nghttp2_session_mem_send(connection->session, &bytes)) > 0;)
		bufferevent_write(connection->stream, bytes, (size_t)size);
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct connection *connection = context;
	if (frame->hd.type == NGHTTP2_HEADERS)
		nghttp2_session_set_stream_user_data(session, frame->hd.stream_id,
						     exchange_new(connection, frame->hd.stream_id));
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
		     void *context)
{
	(void)flags;
	(void)context;
	struct exchange *exchange = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (exchange != NULL)
		add_header(exchange, (const char *)name, name_size, (const char *)value, value_size);
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct connection *connection = context;
	const struct web_server_options *options = &connection->server->options;
	if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_HEADERS))
		options->asked(options->context,
			       nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
	(void)code;
	(void)context;
	struct exchange *exchange = nghttp2_session_get_stream_user_data(session, id);
	if (exchange != NULL)
		exchange_free(exchange);
	return 0;
}

static ssize_t on_body_wanted(nghttp2_session *session, int32_t id, uint8_t *room, size_t size,
			      uint32_t *flags, nghttp2_data_source *source, void *context)
{
	(void)session;
	(void)id;
	(void)context;
	struct exchange *exchange = source->ptr;
	int got = evbuffer_remove(exchange->pending, room, size);
	if (evbuffer_get_length(exchange->pending) == 0 && exchange->has_ended)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	else if (got <= 0)
		return NGHTTP2_ERR_DEFERRED;
	return got < 0 ? 0 : got;
}

void connection_begin_http2(struct connection *connection)
{
	nghttp2_session_callbacks *callbacks;
	const unsigned most = connection->server->options.streams_most;
	const nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
						      most == 0 ? 250 : most } };
	nghttp2_session_callbacks_new(&callbacks);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_server_new(&connection->session, callbacks, connection);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 1);
	flush(connection);
}

void connection_read_http2(struct connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->stream);
	size_t size = evbuffer_get_length(input);
	const uint8_t *bytes = evbuffer_pullup(input, -1);
	ssize_t taken = nghttp2_session_mem_recv(connection->session, bytes, size);
	evbuffer_drain(input, size);
	flush(connection);
	if (taken < 0)
		connection_close_soon(connection);
}

static void parse_http1(struct exchange *exchange, char *head)
{
	char *rest = head, *line = strsep(&rest, "\n"), *path = strchr(line, ' ') + 1;
	exchange->path = mem_text_n(path, strcspn(path, " "));
	while ((line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, "\r")] = '\0';
		char *value = strchr(line, ':');
		if (value == NULL)
			continue;
		for (char *at = line; at < value; at++)
			*at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
		const char *text = value + 1 + strspn(value + 1, " ");
		add_header(exchange, line, (size_t)(value - line), text, strlen(text));
	}
}

void connection_read_http1(struct connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->stream);
	struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
	if (end.pos < 0 || connection->exchange != NULL)
		return;
	char *head = mem_zalloc((size_t)end.pos + 5);
	evbuffer_remove(input, head, (size_t)end.pos + 4);
	struct exchange *exchange = connection->exchange = exchange_new(connection, 0);
	parse_http1(exchange, head);
	mem_free(head);
	connection->server->options.asked(connection->server->options.context, exchange);
}

void web_server_say_goaway(struct web_server *server)
{
	struct connection *connection;
	LIST_FOREACH(connection, &server->connections, entry)
	{
		nghttp2_submit_goaway(connection->session, NGHTTP2_FLAG_NONE,
				      nghttp2_session_get_last_proc_stream_id(connection->session),
				      NGHTTP2_NO_ERROR, NULL, 0);
		flush(connection);
	}
}

bool exchange_is_there(const struct web_server *server, const struct exchange *exchange)
{
	const struct connection *connection;
	const struct exchange *at;
	LIST_FOREACH(connection, &server->connections, entry)
	LIST_FOREACH(at, &connection->exchanges, entry)
	if (at == exchange)
		return true;
	return false;
}

void exchange_keep(struct exchange *exchange, void *kept)
{
	exchange->kept = kept;
}

void *exchange_kept(const struct exchange *exchange)
{
	return exchange->kept;
}

size_t exchange_backlog(const struct exchange *exchange)
{
	struct evbuffer *output = bufferevent_get_output(exchange->connection->stream);
	return evbuffer_get_length(output) + evbuffer_get_length(exchange->pending);
}

const char *exchange_path(const struct exchange *exchange)
{
	return exchange->path;
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
	for (size_t i = 0; i < exchange->header_count; i++)
		if (strcmp(exchange->names[i], name) == 0)
			return exchange->values[i];
	return NULL;
}

const char *exchange_user(const struct exchange *exchange)
{
	return exchange->connection->user;
}

bool exchange_is_http2(const struct exchange *exchange)
{
	return exchange->connection->session != NULL;
}

static void head_http2(struct exchange *exchange, int status, const char *headers)
{
	nghttp2_session *session = exchange->connection->session;
	nghttp2_nv list[HEADERS_MOST];
	char number[16];
	int size = snprintf(number, sizeof(number), "%d", status);
	size_t count = 0;
	list[count++] = (nghttp2_nv){ (uint8_t *)":status", (uint8_t *)number, 7, (size_t)size, 0 };
	for (const char *at = headers; *at != '\0' && count < HEADERS_MOST;
	     at += strcspn(at, "\n") + 1) {
		const char *value = strstr(at, ": ") + 2;
		list[count++] = (nghttp2_nv){ (uint8_t *)at, (uint8_t *)value,
					      (size_t)(value - 2 - at), strcspn(value, "\n"), 0 };
	}
	if (status < 200) {
		nghttp2_submit_headers(session, 0, exchange->id, NULL, list, count, NULL);
	} else {
		const nghttp2_data_provider body = { { .ptr = exchange }, on_body_wanted };
		nghttp2_submit_response(session, exchange->id, list, count, &body);
	}
	flush(exchange->connection);
}

void exchange_head(struct exchange *exchange, int status, const char *headers)
{
	struct evbuffer *output = bufferevent_get_output(exchange->connection->stream);
	if (exchange->connection->session != NULL) {
		head_http2(exchange, status, headers);
		return;
	}
	evbuffer_add_printf(output, "HTTP/1.1 %d Some words\r\n", status);
	for (const char *at = headers; *at != '\0'; at += strcspn(at, "\n") + 1)
		evbuffer_add_printf(output, "%.*s\r\n", (int)strcspn(at, "\n"), at);
	evbuffer_add_printf(output, status < 200 ? "\r\n" : "Transfer-Encoding: chunked\r\n\r\n");
}

void exchange_body(struct exchange *exchange, const void *bytes, size_t size)
{
	struct connection *connection = exchange->connection;
	struct evbuffer *output = bufferevent_get_output(connection->stream);
	if (connection->session != NULL) {
		evbuffer_add(exchange->pending, bytes, size);
		nghttp2_session_resume_data(connection->session, exchange->id);
		flush(connection);
		return;
	}
	evbuffer_add_printf(output, "%zx\r\n", size);
	evbuffer_add(output, bytes, size);
	evbuffer_add_printf(output, "\r\n");
}

void exchange_end(struct exchange *exchange)
{
	struct connection *connection = exchange->connection;
	if (connection->session != NULL) {
		exchange->has_ended = true;
		nghttp2_session_resume_data(connection->session, exchange->id);
		flush(connection);
		return;
	}
	bufferevent_write(connection->stream, "0\r\n\r\n", 5);
	exchange_free(exchange);
}

void exchange_cut(struct exchange *exchange)
{
	struct connection *connection = exchange->connection;
	if (connection->session == NULL) {
		connection_close_behind(connection);
		return;
	}
	nghttp2_submit_rst_stream(connection->session, NGHTTP2_FLAG_NONE, exchange->id,
				  NGHTTP2_INTERNAL_ERROR);
	flush(connection);
}

void exchange_raw(struct exchange *exchange, const void *bytes, size_t size)
{
	bufferevent_write(exchange->connection->stream, bytes, size);
}
