/* SPDX-License-Identifier: Apache-2.0 */
/* Follows one kind: list, then watch, then watch again from where it ended, for ever.
 *
 *     +--> stream (WatchList) --refused--> list, page by page
 *     |        \--end bookmark--\    /--last page--/
 *     |                          follow <--ended--+
 *     +---410, version went back----/ \-----------/
 *
 * A list marks and sweeps in place: the old state is there until the new one is complete, and one
 * that breaks off takes nothing away. Only the word of the API deletes. */
#ifndef KNAMED_KUBE_WATCH_H
#define KNAMED_KUBE_WATCH_H

#include "body.h"
#include "client.h"
#include "knamed/kube.h"
#include "trouble.h"

/* How it asks: the client, or a script in tests. */
struct watch_io {
	struct transfer *(*get)(void *context, const struct client_request *request,
				const struct client_calls *calls);
	void (*cancel)(void *context, struct transfer *transfer);
	void *context;
};
/* Waiting times, so that tests need not. */
struct watch_times {
	unsigned retry_first_ms, retry_most_ms; /* doubling between them */
	unsigned outage_ms, outage_most_ms;	/* after so long without success, at most so long */
	unsigned wait_most_ms;			/* of what a server asks by Retry-After */
	unsigned silence_ms;	  /* a watch that says nothing for so long is opened anew */
	unsigned stream_again_ms; /* after a refusal of WatchList */
};
extern const struct watch_times watch_times_usual;

struct watch;
struct watch_calls {
	void (*changed)(void *context); /* objects changed, or the state did */
	/* One came, in the model by now; arrived_ns: when its bytes did. Not of objects that a list repeats. */
	void (*event)(void *context, enum object_kind kind, const struct body_item *item,
		      uint64_t arrived_ns);
	void (*failed)(void *context, enum object_kind kind, enum trouble trouble);
	void (*relisted)(void *context, enum object_kind kind);
	void *context;
};
struct watch_options {
	struct event_base *events;
	enum object_kind kind;
	const struct config_kubernetes *config;
	const struct decode_options *decode;
	struct model *model;
	const struct watch_io *io;
	const struct watch_times *times;
	struct watch_calls calls;
};
struct watch *watch_new(const struct watch_options *options);
void watch_free(struct watch *watch);
void watch_start(struct watch *watch);
/* Reads everything anew; what is known stays meanwhile. */
void watch_relist(struct watch *watch, const char *why);
/* The version that was seen of an object that is not in the model as it is now (not wanted, unreadable); 0: none. */
uint64_t watch_version_aside(struct watch *watch, const char *namespace_, const char *name);

bool watch_is_in_step(const struct watch *watch);
bool watch_is_listing(const struct watch *watch);
uint64_t watch_version(const struct watch *watch); /* 0: none or not a number */
uint64_t watch_heard_ns(const struct watch *watch);
void watch_describe(const struct watch *watch, struct kube_kind *ret_kind);
/* What is served of this kind came from a snapshot: it is in step, and the first list confirms it. */
void watch_take_snapshot(struct watch *watch);
bool watch_is_confirmed(const struct watch *watch); /* the API server has said it all once */

#endif
