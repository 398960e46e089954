/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP server on the test's own event loop: its sockets and certificates. */
#include "web_parts.h"

#undef NDEBUG
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void connection_free(struct connection *connection)
{
	connection->server->open--;
	LIST_REMOVE(connection, entry);
	while (!LIST_EMPTY(&connection->exchanges))
		exchange_free(LIST_FIRST(&connection->exchanges));
	nghttp2_session_del(connection->session);
	event_free(connection->close_soon);
	bufferevent_free(connection->stream);
	mem_free(connection);
}

static void on_close_soon(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	connection_free(context);
}

void connection_close_soon(struct connection *connection)
{
	event_active(connection->close_soon, EV_TIMEOUT, 0);
}

static void on_read(struct bufferevent *stream, void *context)
{
	(void)stream;
	struct connection *connection = context;
	if (connection->session != NULL)
		connection_read_http2(connection);
	else
		connection_read_http1(connection);
}

static void note_user(struct connection *connection, SSL *tls)
{
	X509 *certificate = SSL_get1_peer_certificate(tls);
	if (certificate == NULL)
		return;
	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
				  connection->user, sizeof(connection->user));
	X509_free(certificate);
}

static void on_established(struct connection *connection)
{
	SSL *tls = bufferevent_openssl_get_ssl(connection->stream);
	const unsigned char *protocol;
	unsigned size = 0;
	connection->server->accepted++;
	if (tls == NULL)
		return;
	note_user(connection, tls);
	SSL_get0_alpn_selected(tls, &protocol, &size);
	if (size == 2 && memcmp(protocol, "h2", 2) == 0)
		connection_begin_http2(connection);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	(void)stream;
	if (what & BEV_EVENT_CONNECTED)
		on_established(context);
	else
		connection_free(context);
}

static void on_written(struct bufferevent *stream, void *context)
{
	(void)stream;
	connection_close_soon(context);
}

void connection_close_behind(struct connection *connection)
{
	bufferevent_setcb(connection->stream, NULL, on_written, on_event, connection);
	if (evbuffer_get_length(bufferevent_get_output(connection->stream)) == 0)
		connection_close_soon(connection);
}

static void set_pace(struct connection *connection)
{
	const struct web_server *server = connection->server;
	bufferevent_set_rate_limit(connection->stream, server->speed);
	if (server->is_frozen)
		bufferevent_disable(connection->stream, EV_READ | EV_WRITE);
	else
		bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
		      int size, void *context)
{
	(void)listener;
	(void)address;
	(void)size;
	struct web_server *server = context;
	struct connection *connection = mem_zalloc(sizeof(*connection));
	connection->server = server;
	LIST_INIT(&connection->exchanges);
	LIST_INSERT_HEAD(&server->connections, connection, entry);
	server->open++;
	connection->close_soon = event_new(server->events, -1, 0, on_close_soon, connection);
	if (server->tls != NULL)
		connection->stream =
			bufferevent_openssl_socket_new(server->events, fd, SSL_new(server->tls),
						       BUFFEREVENT_SSL_ACCEPTING,
						       BEV_OPT_CLOSE_ON_FREE);
	else
		connection->stream = bufferevent_socket_new(server->events, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_openssl_set_allow_dirty_shutdown(connection->stream, 1);
	bufferevent_setcb(connection->stream, on_read, NULL, on_event, connection);
	set_pace(connection);
	if (server->tls == NULL)
		on_established(connection);
}

static int choose_protocol(SSL *tls, const unsigned char **ret_chosen, unsigned char *ret_size,
			   const unsigned char *offered, unsigned offered_size, void *context)
{
	(void)tls;
	const struct web_server *server = context;
	const char *ours = server->options.http2 ? "\x02h2\x08http/1.1" : "\x08http/1.1";
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, ret_size, (const unsigned char *)ours,
				  (unsigned)strlen(ours), offered,
				  offered_size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*ret_chosen = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void use_pem(SSL_CTX *tls, const struct pki *identity)
{
	char *certificate = pki_certificate(identity), *key = pki_key(identity);
	BIO *certificate_bio = BIO_new_mem_buf(certificate, -1), *key_bio = BIO_new_mem_buf(key, -1);
	X509 *x509 = PEM_read_bio_X509(certificate_bio, NULL, NULL, NULL);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
	assert(SSL_CTX_use_certificate(tls, x509) == 1 && SSL_CTX_use_PrivateKey(tls, pkey) == 1);
	X509_free(x509);
	EVP_PKEY_free(pkey);
	BIO_free(certificate_bio);
	BIO_free(key_bio);
	mem_free(certificate);
	mem_free(key);
}

static void trust(SSL_CTX *tls, const struct pki *authority)
{
	char *certificate = pki_certificate(authority);
	BIO *bio = BIO_new_mem_buf(certificate, -1);
	X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), x509);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	X509_free(x509);
	BIO_free(bio);
	mem_free(certificate);
}

void web_server_show(struct web_server *server, const struct pki *identity)
{
	SSL_CTX_free(server->tls);
	server->tls = SSL_CTX_new(TLS_server_method());
	use_pem(server->tls, identity);
	SSL_CTX_set_alpn_select_cb(server->tls, choose_protocol, server);
	if (server->options.clients != NULL)
		trust(server->tls, server->options.clients);
}

bool web_server_listen(struct web_server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(server->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	server->listener = evconnlistener_new_bind(server->events, on_accept, server,
						   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1,
						   (struct sockaddr *)&address, sizeof(address));
	if (server->listener == NULL)
		return false;
	getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address, &size);
	server->port = ntohs(address.sin_port);
	return true;
}

struct web_server *web_server_new(struct event_base *events, const struct web_server_options *options)
{
	struct web_server *server = mem_zalloc(sizeof(*server));
	server->events = events;
	server->options = *options;
	LIST_INIT(&server->connections);
	if (options->identity != NULL)
		web_server_show(server, options->identity);
	bool is_listening = web_server_listen(server);
	assert(is_listening);
	snprintf(server->url, sizeof(server->url), "%s://127.0.0.1:%u",
		 options->identity != NULL ? "https" : "http", server->port);
	return server;
}

void web_server_stop_listening(struct web_server *server)
{
	if (server->listener != NULL)
		evconnlistener_free(server->listener);
	server->listener = NULL;
}

void web_server_free(struct web_server *server)
{
	if (server == NULL)
		return;
	web_server_stop_listening(server);
	while (!LIST_EMPTY(&server->connections))
		connection_free(LIST_FIRST(&server->connections));
	SSL_CTX_free(server->tls);
	if (server->speed != NULL)
		ev_token_bucket_cfg_free(server->speed);
	mem_free(server);
}

const char *web_server_url(const struct web_server *server)
{
	return server->url;
}

uint16_t web_server_port(const struct web_server *server)
{
	return server->port;
}

unsigned web_server_connections(const struct web_server *server)
{
	return server->accepted;
}

unsigned web_server_open_connections(const struct web_server *server)
{
	return server->open;
}

void web_server_cut(struct web_server *server)
{
	struct connection *connection;
	const struct linger reset = { .l_onoff = 1 };
	LIST_FOREACH(connection, &server->connections, entry)
	{
		setsockopt(bufferevent_getfd(connection->stream), SOL_SOCKET, SO_LINGER, &reset,
			   sizeof(reset));
		connection_close_soon(connection);
	}
}

static void set_paces(struct web_server *server)
{
	struct connection *connection;
	LIST_FOREACH(connection, &server->connections, entry)
	set_pace(connection);
}

void web_server_slow(struct web_server *server, size_t bytes_per_second)
{
	const struct timeval tick = { 0, 100000 };
	struct ev_token_bucket_cfg *before = server->speed;
	size_t rate = bytes_per_second / 10 + 1;
	server->speed = bytes_per_second == 0
				? NULL
				: ev_token_bucket_cfg_new(EV_RATE_LIMIT_MAX, EV_RATE_LIMIT_MAX,
							  rate, rate, &tick);
	set_paces(server);
	if (before != NULL)
		ev_token_bucket_cfg_free(before);
}

void web_server_freeze(struct web_server *server, bool is_frozen)
{
	server->is_frozen = is_frozen;
	set_paces(server);
}
