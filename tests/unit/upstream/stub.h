/* SPDX-License-Identifier: Apache-2.0 */
/* A resolver that does as it is told: UDP and TCP on one port of 127.0.0.1, on the loop of the test. */
#ifndef TESTS_UPSTREAM_STUB_H
#define TESTS_UPSTREAM_STUB_H

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "knamed/dns.h"

struct stub;
struct stub_query {
	struct stub *stub;
	bool is_tcp;
	struct sockaddr_storage from;
	struct bufferevent *connection; /* of TCP */
	uint16_t port;			/* it came from */
	uint16_t id, type, flags;
	bool has_opt;
	size_t question_end;
	size_t size;
	uint8_t packet[512];
};
typedef void (*stub_call)(struct stub *stub, struct stub_query *query);
struct stub {
	struct event_base *events;
	stub_call call;
	void *context;
	uint16_t port;
	unsigned asked, asked_tcp, connections, probes; /* counted; probes are `. NS` */
	unsigned open;					/* connections */
	struct stub_query last;
	int udp;
	struct event *readable;
	struct evconnlistener *listener;
	struct ssl_ctx_st *tls; /* NULL: plain */
	unsigned resumed;	/* TLS sessions */
};
struct stub *stub_new(struct event_base *events, stub_call call);
void stub_free(struct stub *stub);
/* Sends bytes as they are, over UDP from the stub's own socket; framed over TCP. */
void stub_send(struct stub_query *query, const void *bytes, size_t size);
/* The question with these flags, and `answers` A records 192.0.2.1, .2 ... Returns the size. */
size_t stub_message(const struct stub_query *query, uint16_t flags, unsigned answers,
		    uint8_t *ret_bytes);
void stub_reply(struct stub_query *query, uint16_t flags, unsigned answers);

void stub_close(struct stub_query *query); /* its connection, at once */

/* Usual ways to behave. */
void stub_answers(struct stub *stub, struct stub_query *query);
void stub_says_servfail(struct stub *stub, struct stub_query *query);
void stub_says_refused(struct stub *stub, struct stub_query *query);
void stub_says_nothing(struct stub *stub, struct stub_query *query);

#endif
