/* SPDX-License-Identifier: Apache-2.0 */
/* The API that clients see: lists and watches of what the store has, as kube-apiserver gives them,
 * and all that may go wrong with it when a test says so. */
#ifndef TESTS_KUBE_SERVER_API_H
#define TESTS_KUBE_SERVER_API_H

#include "../../unit/kube/web_server.h"
#include "query.h"
#include "store.h"

/* A list that is read page by page: all pages are of one moment. */
struct pages {
	LIST_ENTRY(pages) entry;
	unsigned id;
	uint64_t version;
	struct state **states;
	size_t count, done;
};

/* One request, until its response ended or its connection is gone. */
struct request {
	LIST_ENTRY(request) entry;
	struct api *api;
	struct exchange *exchange;
	struct resource *resource;
	struct query query;
	struct accepted accepted;
	const char *verb;    /* "list", "watch" */
	bool is_watching;    /* its head was sent: events follow */
	uint64_t version;    /* events up to it are no news */
	struct event *later; /* timeoutSeconds, the end of a delay, more garbage */
	struct text endless; /* garbage that goes on for ever; empty: none */
};

struct api {
	struct store store;
	struct event_base *events;
	struct web_server *web;
	LIST_HEAD(, request) requests;
	LIST_HEAD(, pages) lists;
	unsigned list_count;
	struct event *bookmark_timer;
	json_t *tokens; /* what Authorization may bear; null: nothing is asked */
	json_t *faults; /* a list of objects */
	json_t *log;	/* what was asked last */
	uint64_t asked;
	int no_watch_list; /* the status that refuses it; -500: an ERROR event; 0: it is served */
	bool is_json_only, says_gone_by_status;
	uint64_t clock_s; /* what it says the time is; 0: nothing */
};
void api_init(struct api *api, struct event_base *events);
void api_done(struct api *api);
void api_asked(void *context, struct exchange *exchange); /* of the web server */
void api_gone(void *context, struct exchange *exchange);
void api_bookmark(struct api *api);
void api_expire(struct api *api); /* an ERROR event 410 to all watches, which ends them */
void api_end(struct api *api);	  /* ends all watches, as when their time is over */
void api_forget_pages(struct api *api);

/* ---- response.c ---- */

struct response {
	struct api *api;
	struct exchange *exchange;
	const struct resource *resource; /* NULL: none */
	const char *verb;		 /* "list", "watch" */
	struct accepted accepted;
};
struct status {
	int code;
	const char *reason, *message;
	unsigned retry_after_s;
};
void response_head(const struct response *response);
/* One piece of the body, as faults have it. False: the exchange is gone. */
bool response_body(const struct response *response, struct text *piece);
void response_status(const struct response *response, const struct status *status);
/* The frame of an event; object NULL: a bookmark or, with a status, an error. */
bool response_event(const struct response *response, const char *type, const json_t *object);
bool response_bookmark(const struct response *response, uint64_t version, bool is_initial_end);
bool response_error(const struct response *response, const struct status *status);
void response_list(const struct response *response, struct state *const *states, size_t count,
		   uint64_t version, const char *next, size_t remaining);

/* ---- faults.c ---- */

/* The fault of that kind which is due here, counted; NULL: none. Borrowed until the next call. */
const json_t *fault_due(struct api *api, const char *what, const struct resource *resource,
			const char *verb);
/* Bytes of a hex string. */
void fault_bytes(const json_t *hex, struct text *ret_bytes);

#endif
