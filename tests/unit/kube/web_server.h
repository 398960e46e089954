/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP server on the test's own event loop, which says what the test tells it to: HTTP/1.1 in
 * the clear, HTTP/1.1 or HTTP/2 over TLS. */
#ifndef TESTS_KUBE_WEB_SERVER_H
#define TESTS_KUBE_WEB_SERVER_H

#include "pki.h"

/* One request. It lives until its response ended or its connection is gone. */
struct exchange;
struct web_server_options {
	const struct pki *identity; /* NULL: no TLS */
	const struct pki *clients; /* the authority of clients' certificates, which are then a must; NULL: none */
	bool http2;
	unsigned streams_most; /* 0: 250 */
	void (*asked)(void *context, struct exchange *exchange);
	void (*gone)(void *context,
		     struct exchange *exchange); /* its end, whatever it was; may be NULL */
	void *context;
};
struct web_server;
struct web_server *web_server_new(struct event_base *events, const struct web_server_options *options);
void web_server_free(struct web_server *server);
const char *web_server_url(const struct web_server *server);
uint16_t web_server_port(const struct web_server *server);
/* Connections accepted from now on show another certificate. */
void web_server_show(struct web_server *server, const struct pki *identity);
void web_server_stop_listening(struct web_server *server); /* nobody connects any more */
bool web_server_listen(struct web_server *server); /* again, on the same port; false: it is taken */
void web_server_slow(struct web_server *server,
		     size_t bytes_per_second); /* all connections; 0: at full speed */
void web_server_freeze(struct web_server *server, bool is_frozen); /* nothing is read or written */
unsigned web_server_connections(const struct web_server *server);  /* ever accepted, TLS done */
unsigned web_server_open_connections(const struct web_server *server); /* now */
void web_server_cut(struct web_server *server);			       /* resets all connections */
void web_server_say_goaway(struct web_server *server); /* HTTP/2: no new streams on the connections there are */

bool exchange_is_there(const struct web_server *server, const struct exchange *exchange);
/* A pointer of the caller's. */
void exchange_keep(struct exchange *exchange, void *kept);
void *exchange_kept(const struct exchange *exchange);
size_t exchange_backlog(const struct exchange *exchange); /* bytes that nobody took yet */
const char *exchange_path(const struct exchange *exchange);
/* NULL if it was not sent. Names in lower case; "host" is also :authority. */
const char *exchange_header(const struct exchange *exchange, const char *name);
const char *exchange_user(const struct exchange *exchange); /* of the client's certificate; "" if none */
bool exchange_is_http2(const struct exchange *exchange);
/* headers: "name: value" lines, each with \n. */
void exchange_head(struct exchange *exchange, int status, const char *headers);
void exchange_body(struct exchange *exchange, const void *bytes, size_t size);
void exchange_end(struct exchange *exchange);
/* HTTP/1.1: closes the connection behind what was written; HTTP/2: resets the stream. */
void exchange_cut(struct exchange *exchange);
void exchange_raw(struct exchange *exchange, const void *bytes,
		  size_t size); /* HTTP/1.1, or nonsense in HTTP/2 */

#endif
