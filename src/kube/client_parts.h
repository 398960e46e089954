/* SPDX-License-Identifier: Apache-2.0 */
/* What the client is made of: transfers in a row, and the lines that they go over. */
#ifndef KNAMED_KUBE_CLIENT_PARTS_H
#define KNAMED_KUBE_CLIENT_PARTS_H

#include <event2/util.h>
#include <sys/queue.h>

#include "client_line.h"
#include "client_meter.h"
#include "client_transfer.h"

enum transfer_state {
	TRANSFER_WAITING, /* for credentials */
	TRANSFER_RUNNING,
	TRANSFER_BROKEN, /* by client_reconnect(): `end` is due */
	TRANSFER_DEAD,	 /* cancelled: no further call */
};

/* A line and whether new requests may use it. */
struct client_line {
	LIST_ENTRY(client_line) entry;
	struct line *line;
};

struct transfer {
	TAILQ_ENTRY(transfer) entry;
	struct client *client;
	struct client_calls calls;
	char *path, *accept;
	unsigned head_ms, silence_ms;
	bool is_watch;
	enum transfer_state state;
	struct client_line *line; /* NULL: not started */
	CURL *easy;
	struct curl_slist *headers, *hosts;
	struct event *timer;
	char complaint[CURL_ERROR_SIZE];
	struct error own_text; /* why we ended it ourselves; "": we did not */
	enum client_trouble own_trouble;
	size_t head_size;
	int status; /* 0: no head was handed over */
	uint32_t serial;
	uint64_t began_ns;
};

struct client {
	struct event_base *events;
	struct identity *identity;
	char *agent;
	char *server;	   /* of the requests now */
	struct text proxy; /* and theirs; "": none */
	struct text route; /* both, for sentences */
	struct metrics *metrics;
	struct client_meter meter;
	struct event *kick;
	TAILQ_HEAD(transfer_list, transfer) transfers;
	LIST_HEAD(line_list, client_line) lines;
	struct client_line *current; /* NULL: the next request makes one */
	uint32_t generation;
	unsigned depth; /* of calls that end in client_leave() */
	bool is_shared, is_closing;
};

/* While libcurl or we call back, nothing is freed: that is done in the last client_leave(). */
void client_enter(void *context);
void client_leave(void *context);

/* ms 0: none. */
void transfer_limit(struct transfer *transfer, unsigned limit_ms);
/* The last call, unless it was cancelled. The transfer is swept up behind it. */
void transfer_end(struct transfer *transfer, enum client_trouble trouble, const char *text);
/* Libcurl's calls, and the timer's. */
size_t transfer_head_line(char *bytes, size_t size, size_t count, void *context);
size_t transfer_body(char *bytes, size_t size, size_t count, void *context);
void transfer_late(evutil_socket_t fd, short what, void *context);

#endif
