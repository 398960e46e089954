/* SPDX-License-Identifier: Apache-2.0 */
/* http -- listeners, connections and requests (private to the stage).
 *
 *   listener --accept--> connection --head of a request--> turn of the loop: http_call --> reply
 * --> connection
 *
 * Written on libevent's plain events: its evhttp counts no connections, starts a client's time anew
 * with each octet and answers at once whatever came in, so that a hostile client could take all
 * places or all of the loop's time. Here a client has one deadline for a whole request and one for
 * taking a whole reply, a newcomer gets the place of whoever is idle longest, no address has all
 * places, and one call is made in a turn of the loop. */
#ifndef KNAMED_OBSERVE_HTTP_H
#define KNAMED_OBSERVE_HTTP_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "knamed/observe.h"

enum {
	HTTP_PATIENCE_MS = 5000,       /* for a request, and for taking its reply; as CoreDNS */
	HTTP_CONNECTIONS = 64,	       /* at a time */
	HTTP_HEAD_MOST = 8 * 1024,     /* request line and headers */
	HTTP_UNREAD_MOST = 4 << 20,    /* of replies that clients are slow to take, together */
	HTTP_STREAM_MOST = 128 * 1024, /* of a stream that is taken slowly */
	HTTP_STUCK_MS = 60 * 1000,     /* for a stream of which nothing is taken any more */
};

struct http_path {
	char *path;
	http_call call;
	void *context;
};

struct http_listener {
	struct http_listener *next;
	struct http *http;
	char *address;
	uint16_t port;
	bool is_local;	    /* a unix socket */
	struct event event; /* with the socket */
	struct http_path *paths;
	size_t path_count;
};

enum http_state {
	HTTP_READS,   /* a request, or waits for one */
	HTTP_ASKS,    /* has a request, waits for its turn */
	HTTP_WRITES,  /* a reply */
	HTTP_STREAMS, /* a reply without end */
	HTTP_LEAVES,  /* has said so; what still comes is not looked at */
};

struct http_connection {
	struct http_connection *older, *newer;
	struct http_listener *listener; /* NULL: closed meanwhile; then it only writes */
	struct http *http;
	struct ip client;   /* none: of this machine */
	struct event event; /* with the socket */
	enum http_state state;
	uint64_t deadline_ns;
	uint64_t asked_ns; /* when the request was there, as far as is known */
	bool is_last;	   /* its reply is the last one */
	size_t discarded;  /* octets not looked at */
	struct text input; /* what came in, at most HTTP_HEAD_MOST; the next request behind this one */
	struct text output;		 /* the reply */
	size_t sent;			 /* of output */
	struct http_stream_calls stream; /* began NULL: it is none */
	uint64_t moved_ns; /* when the client last took something of the stream, or had all of it */
};

struct http {
	struct event_base *events;
	struct http_listener *listeners;
	struct http_connection *oldest, *newest; /* by deadline */
	size_t connection_count;
	struct event clock;  /* the oldest connection's deadline */
	struct event turn;   /* runs if a connection asks */
	struct event resume; /* runs if the process was out of files */
	uint64_t patience_ns;
};

/* The head of a request, read. */
struct http_request {
	int refusal; /* 0: none; else the status to refuse it with */
	bool is_head;
	bool is_last; /* the client wants no other, or what follows cannot be told apart */
	size_t size;  /* of the head with its empty line */
	size_t path_start, path_size;
	size_t query_start, query_size; /* behind '?' */
	size_t host_start, host_size;	/* of the header Host */
};
/* Looks for a whole head in `text`; false: there is none yet. */
bool http_request_read(const char *text, size_t size, struct http_request *ret_request);

/* A listening socket, or -1; of "@name" an abstract one of the machine. */
int http_listen(const char *address, uint16_t port, struct error *error);

/* Makes room for a newcomer; false: his address has its share, and all of it asks for something. */
bool http_admit(struct http *http, const struct ip *client);
/* Closes the connection that is missed least; false: there is none. */
bool http_evict(struct http *http);
void http_connection_open(struct http_listener *listener, int fd, const struct ip *client);
void http_connection_close(struct http_connection *connection);
/* The listener ends: what is being written goes out, nothing more is read. */
void http_connection_orphan(struct http_connection *connection);
/* Goes on on the loop that http has now. */
void http_connection_move(struct http_connection *connection);
void http_connection_wait(struct http_connection *connection, short what);
/* Reads what is not looked at. May close it. */
void http_connection_discard(struct http_connection *connection);
/* http_stream.c */
void http_stream_begin(struct http_connection *connection, const struct http_stream_calls *calls);
void http_stream_ready(struct http_connection *connection, short what);
bool http_stream_is_stuck(const struct http_connection *connection, uint64_t now_ns);
/* The one that has asked for longest, or NULL. */
struct http_connection *http_connection_asking(const struct http *http);
void http_connection_answer(struct http_connection *connection);
/* Closes those whose time is over. */
void http_connections_expire(struct http *http);
/* Sets the timers as the connections need them. */
void http_arm(struct http *http);

#endif
