/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a watch: watch_take.c reads one response into it, watch_end.c says what its end leads to, watch.c asks. */
#ifndef KNAMED_KUBE_WATCH_PARTS_H
#define KNAMED_KUBE_WATCH_PARTS_H

#include "path.h"
#include "watch.h"

/* What a response that has ended leads to. */
enum outcome {
	OUTCOME_NONE,  /* not decided yet */
	OUTCOME_ENDED, /* a watch, as they do after some minutes: go on from there */
	OUTCOME_NEXT_PAGE,
	OUTCOME_LISTED,
	OUTCOME_RELIST,	   /* what happened since our version cannot be told any more */
	OUTCOME_NO_STREAM, /* WatchList is not to be had: list */
	OUTCOME_JSON,	   /* protobuf is not to be had */
	OUTCOME_TROUBLE,
};

struct watch {
	struct watch_options options;
	struct intake intake;
	struct transfer *transfer; /* NULL: waits for the timer */
	struct event *timer;	   /* the next request, or how long silence may last */
	struct retry retry;
	struct text path;

	/* What is known. */
	char version[32]; /* of the last event, bookmark or list */
	struct text next; /* the page to go on with; empty: the first */
	size_t relists, done, expected;
	uint64_t heard_ns; /* the last event or bookmark */

	/* How it is asked for. */
	uint64_t no_stream_until_ns;
	unsigned page_failures;
	unsigned rut; /* failures in a row of the same way to ask, once it was answered */
	enum path_aim rut_aim;

	/* The response under way. */
	enum path_aim aim;
	int status;
	unsigned retry_after_s;
	struct body *body;
	struct text refusal; /* the body of a response that is no 200 */
	uint64_t asked_ns, arrived_ns;
	uint64_t followed_ns; /* since then it says what happens; 0: it does not */
	enum body_encoding encoding;
	enum outcome outcome;

	enum trouble trouble;
	bool must_list; /* from the version no watch can go on */
	bool is_relisting, is_torn, is_trusted, is_confirmed;
	bool is_json_only, is_whole;
	bool was_unreachable; /* when it last failed */
	bool changed;	      /* not told yet */
	char why[sizeof(((struct kube_kind *)NULL)->trouble)];
};

bool watch_take_head(void *watch, const struct client_head *head);
bool watch_take_body(void *watch, const uint8_t *bytes, size_t size);
enum outcome watch_judge(struct watch *watch, const struct client_end *end);
/* Nothing came: what was known of the kind is gone. */
void watch_take_nothing(struct watch *watch);
/* The response is over. */
void watch_end(void *context, const struct client_end *end);
void watch_wait(struct watch *watch, uint64_t ms); /* then it asks */
void watch_avoid_stream(struct watch *watch, unsigned ms);
void watch_relist_abandon(struct watch *watch);

#endif
