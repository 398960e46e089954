/* SPDX-License-Identifier: Apache-2.0 */
/* What the web server is made of: connections and the exchanges on them. */
#ifndef TESTS_KUBE_WEB_PARTS_H
#define TESTS_KUBE_WEB_PARTS_H

#include <event2/bufferevent.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <sys/queue.h>

#include "web_server.h"

enum { HEADERS_MOST = 32 };

struct connection {
	LIST_ENTRY(connection) entry;
	struct web_server *server;
	struct bufferevent *stream;
	nghttp2_session *session;  /* NULL: HTTP/1.1 */
	struct exchange *exchange; /* of HTTP/1.1 */
	LIST_HEAD(exchange_list, exchange) exchanges;
	struct event *close_soon;
	char user[64];
};

struct exchange {
	LIST_ENTRY(exchange) entry;
	struct connection *connection;
	int32_t id; /* of the HTTP/2 stream */
	char *path;
	char *names[HEADERS_MOST], *values[HEADERS_MOST];
	size_t header_count;
	struct evbuffer *pending; /* body that HTTP/2 did not send yet */
	bool has_ended;
	void *kept;
};

struct web_server {
	struct event_base *events;
	struct web_server_options options;
	struct evconnlistener *listener;
	SSL_CTX *tls;
	char url[64];
	uint16_t port;
	unsigned accepted, open;
	struct ev_token_bucket_cfg *speed; /* NULL: full */
	bool is_frozen;
	LIST_HEAD(connection_list, connection) connections;
};

void connection_close_soon(struct connection *connection); /* behind the calls that are being made */
void connection_close_behind(struct connection *connection); /* behind what was written */
void connection_begin_http2(struct connection *connection);
void connection_read_http2(struct connection *connection);
void connection_read_http1(struct connection *connection);
void exchange_free(struct exchange *exchange);

#endif
