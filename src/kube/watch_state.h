/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the watch share: watch.c decides what is asked next, watch_intake.c takes what
 * comes, watch_retry.c waits and complains. */
#ifndef KNAMED_KUBE_WATCH_STATE_H
#define KNAMED_KUBE_WATCH_STATE_H

#include "intake.h"
#include "watch.h"

enum step { STEP_STREAM, STEP_LIST, STEP_FOLLOW };

/* What is to be done once the transfer has ended, where its bytes said so. */
enum verdict {
	VERDICT_NONE,
	VERDICT_GONE,		/* the version is too old */
	VERDICT_WENT_BACK,	/* the server's versions are older than ours: another history */
	VERDICT_STREAM_REFUSED, /* no WatchList here */
	VERDICT_FAILED,		/* as `trouble` says */
};

struct watch {
	struct watch_options options;
	struct intake intake;
	struct text path;
	struct transfer *transfer;
	struct body *body;
	struct event *timer;

	enum step step; /* of the transfer under way */
	enum verdict verdict;
	bool relisting, is_in_step, is_confirmed, is_following, json_only;
	char version[32]; /* of the last event, bookmark or list; "": list */
	struct text next; /* the page to go on with; empty: the first */
	size_t done, expected;

	int status; /* of the response under way; 0: none yet */
	enum body_encoding encoding;
	unsigned retry_after_s;
	struct text refusal, scratch; /* the body of a response that is no 200; its words */
	struct error fault;	      /* what was wrong with a body */

	unsigned failures; /* in a row */
	uint64_t failing_ns, opened_ns, heard_ns, arrived_ns, no_stream_until_ns;
	enum trouble trouble; /* the last request's */
	enum trouble told;
	uint64_t told_ns;
	char why[sizeof(((struct kube_kind *)NULL)->trouble)];
};

/* watch.c */
void watch_open(struct watch *watch); /* asks what is due now; nothing is under way */

/* watch_intake.c */
uint64_t watch_number(const char *version); /* 0: not a number */
void watch_relist_begin(struct watch *watch);
void watch_relist_abandon(struct watch *watch); /* fine if none is on */
void watch_relist_end(struct watch *watch, const char *version);
bool watch_head(void *context, const struct client_head *head);
bool watch_bytes(void *context, const uint8_t *bytes, size_t size);

/* watch_retry.c */
void watch_timer(int fd, short what, void *context);
unsigned watch_jittered(unsigned ms); /* between half of it and all of it */
void watch_heal_later(struct watch *watch);
void watch_recover(struct watch *watch);
bool watch_lived_long(const struct watch *watch); /* the response under way: a failure now is a first one */
void watch_fail(struct watch *watch,
		const char *detail); /* as watch->trouble says; tries again later */

#endif
