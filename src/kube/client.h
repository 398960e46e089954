/* SPDX-License-Identifier: Apache-2.0 */
/* GET requests to the API server: libcurl's multi interface on the event loop, one HTTP/2
 * connection for all. Bytes are handed on as they come; nothing is collected. */
#ifndef KNAMED_KUBE_CLIENT_H
#define KNAMED_KUBE_CLIENT_H

#include "identity.h"
#include "knamed/observe.h"

/* How a transfer ended. */
enum client_trouble {
	CLIENT_DONE,	/* the whole response came */
	CLIENT_NO_HOST, /* the server's name does not resolve */
	CLIENT_NO_CONNECT,
	CLIENT_TLS,	/* its certificate, or ours */
	CLIENT_TIMEOUT, /* no byte for as long as the request allows */
	CLIENT_BROKEN,	/* cut, reset, nonsense in HTTP */
	CLIENT_NO_CREDENTIALS,
	CLIENT_STOPPED, /* `head` or `body` said no */
};
struct client_head {
	int status;
	const char *content_type; /* "" if none */
	unsigned retry_after_s;	  /* 0: none */
	const char *date;	  /* the server's clock, as RFC 9110 writes it; "" if none */
};
struct client_end {
	enum client_trouble trouble;
	int status;	  /* 0: no head came */
	const char *text; /* a sentence; good during the call */
};
struct client_calls {
	bool (*head)(void *context, const struct client_head *head); /* once, of the final response */
	bool (*body)(void *context, const uint8_t *bytes, size_t size);
	/* Once, last; the transfer is gone after it. */
	void (*end)(void *context, const struct client_end *end);
	void *context;
};
struct client_request {
	const char *path;    /* "/api/v1/services?watch=true": copied */
	const char *accept;  /* media types: copied */
	const char *verb;    /* for metrics: "list", "watch" */
	unsigned head_ms;    /* how long the head may take; 0: 30 s */
	unsigned silence_ms; /* how long the body may be silent; 0: for ever */
};

struct client;
struct transfer;
/* The identity is borrowed. metrics may be NULL. */
struct client *client_new(struct event_base *events, struct identity *identity,
			  struct metrics *metrics, const char *agent, struct error *error);
void client_free(struct client *client); /* cancels what is under way, without calls */
/* Never calls back before it returns. */
struct transfer *client_get(struct client *client, const struct client_request *request,
			    const struct client_calls *calls);
/* No further call; may be called from its own calls but `end`. */
void transfer_cancel(struct transfer *transfer);
/* No request goes over a connection that is open now: the next ones connect anew. Transfers under
 * way end with CLIENT_BROKEN. For a connection that does not answer any more. */
void client_reconnect(struct client *client);
/* Requests share one connection (HTTP/2): one probe then speaks for all watches. Known after the first head. */
bool client_is_shared(const struct client *client);

#endif
