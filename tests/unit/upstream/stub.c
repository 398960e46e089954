/* SPDX-License-Identifier: Apache-2.0 */
#include "stub.h"

#undef NDEBUG
#include <assert.h>
#include <string.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

static void query_read(struct stub_query *query)
{
	const uint8_t *packet = query->packet;
	assert(query->size >= DNS_HEADER_SIZE + 5 && get_u16(packet + 4) == 1);
	query->id = get_u16(packet);
	query->flags = get_u16(packet + 2);
	query->has_opt = get_u16(packet + 10) == 1;
	size_t end = DNS_HEADER_SIZE + name_size(packet + DNS_HEADER_SIZE);
	query->type = get_u16(packet + end);
	query->question_end = end + 4;
}

static void take_query(struct stub_query *query)
{
	struct stub *stub = query->stub;
	query_read(query);
	if (query->packet[DNS_HEADER_SIZE] == 0 && query->type == TYPE_NS) {
		stub->probes++;
	} else {
		stub->asked++;
		stub->asked_tcp += query->is_tcp;
		stub->last = *query;
	}
	stub->call(stub, query);
}

static void on_datagram(evutil_socket_t fd, short what, void *context)
{
	struct stub_query query = { .stub = context };
	socklen_t size = sizeof(query.from);
	ssize_t got = recvfrom(fd, query.packet, sizeof(query.packet), MSG_DONTWAIT,
			       (struct sockaddr *)&query.from, &size);
	(void)what;
	if (got < 0)
		return;
	query.size = (size_t)got;
	query.port = ntohs(((struct sockaddr_in *)&query.from)->sin_port);
	take_query(&query);
}

static void on_bytes(struct bufferevent *connection, void *context)
{
	struct stub *stub = context;
	struct evbuffer *input = bufferevent_get_input(connection);
	uint8_t head[2];
	while (evbuffer_copyout(input, head, 2) == 2 &&
	       evbuffer_get_length(input) >= 2u + get_u16(head)) {
		struct stub_query query = {
			.stub = stub, .is_tcp = true, .connection = connection, .size = get_u16(head)
		};
		unsigned before = stub->connections;
		evbuffer_drain(input, 2);
		assert(query.size <= sizeof(query.packet));
		evbuffer_remove(input, query.packet, query.size);
		take_query(&query);
		if (query.connection == NULL || before != stub->connections)
			return; /* the call closed it */
	}
}

static void on_event(struct bufferevent *connection, short what, void *context)
{
	struct stub *stub = context;
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		SSL *ssl = bufferevent_openssl_get_ssl(connection);
		stub->resumed += ssl != NULL && SSL_session_reused(ssl);
		return;
	}
	stub->open--;
	bufferevent_free(connection);
}

static void on_connection(struct evconnlistener *listener, evutil_socket_t fd,
			  struct sockaddr *address, int size, void *context)
{
	struct stub *stub = context;
	(void)listener;
	(void)address;
	(void)size;
	stub->connections++;
	stub->open++;
	struct bufferevent *connection =
		stub->tls == NULL
			? bufferevent_socket_new(stub->events, fd, BEV_OPT_CLOSE_ON_FREE)
			: bufferevent_openssl_socket_new(stub->events, fd, SSL_new(stub->tls),
							 BUFFEREVENT_SSL_ACCEPTING,
							 BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(connection, on_bytes, NULL, on_event, stub);
	bufferevent_priority_set(connection, 0);
	bufferevent_enable(connection, EV_READ | EV_WRITE);
}

/* Both sockets on one port, one that is free for both. */
static void open_sockets(struct stub *stub)
{
	for (int tries = 0; tries < 100; tries++) {
		struct sockaddr_in address = { .sin_family = AF_INET,
					       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t size = sizeof(address);
		stub->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert(stub->udp >= 0);
		assert(bind(stub->udp, (struct sockaddr *)&address, size) == 0);
		assert(getsockname(stub->udp, (struct sockaddr *)&address, &size) == 0);
		stub->port = ntohs(address.sin_port);
		stub->listener =
			evconnlistener_new_bind(stub->events, on_connection, stub,
						LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 64,
						(struct sockaddr *)&address, sizeof(address));
		if (stub->listener != NULL)
			return;
		close(stub->udp);
	}
	assert(!"no port is free for both");
}

struct stub *stub_new(struct event_base *events, stub_call call)
{
	struct stub *stub = mem_zalloc(sizeof(*stub));
	stub->events = events;
	stub->call = call;
	open_sockets(stub);
	stub->readable = event_new(events, stub->udp, EV_READ | EV_PERSIST, on_datagram, stub);
	event_priority_set(stub->readable, 0);
	event_add(stub->readable, NULL);
	return stub;
}

void stub_free(struct stub *stub)
{
	if (stub == NULL)
		return;
	event_free(stub->readable);
	close(stub->udp);
	evconnlistener_free(stub->listener);
	SSL_CTX_free(stub->tls);
	mem_free(stub);
}

void stub_send(struct stub_query *query, const void *bytes, size_t size)
{
	if (!query->is_tcp) {
		sendto(query->stub->udp, bytes, size, MSG_DONTWAIT, (struct sockaddr *)&query->from,
		       sizeof(struct sockaddr_in));
		return;
	}
	uint8_t head[2];
	put_u16(head, (uint16_t)size);
	bufferevent_write(query->connection, head, 2);
	bufferevent_write(query->connection, bytes, size);
}

void stub_close(struct stub_query *query)
{
	query->stub->open--;
	bufferevent_free(query->connection);
	query->connection = NULL;
}

size_t stub_message(const struct stub_query *query, uint16_t flags, unsigned answers, uint8_t *ret_bytes)
{
	size_t at = query->question_end;
	memcpy(ret_bytes, query->packet, at);
	put_u16(ret_bytes + 2, FLAG_QR | FLAG_RA | flags);
	put_u16(ret_bytes + 6, (uint16_t)answers);
	memset(ret_bytes + 8, 0, 4);
	for (unsigned i = 0; i < answers; i++, at += 16) {
		const uint8_t record[16] = { 0xc0, 12, 0, TYPE_A, 0,   1, 0, 0,
					     0,	   60, 0, 4,	  192, 0, 2, (uint8_t)(i + 1) };
		memcpy(ret_bytes + at, record, sizeof(record));
	}
	return at;
}

void stub_reply(struct stub_query *query, uint16_t flags, unsigned answers)
{
	static uint8_t bytes[DNS_MESSAGE_MAX];
	stub_send(query, bytes, stub_message(query, flags, answers, bytes));
}

void stub_answers(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	stub_reply(query, 0, 1);
}

void stub_says_servfail(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	stub_reply(query, RCODE_SERVFAIL, 0);
}

void stub_says_refused(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	stub_reply(query, RCODE_REFUSED, 0);
}

void stub_says_nothing(struct stub *stub, struct stub_query *query)
{
	(void)stub;
	(void)query;
}
