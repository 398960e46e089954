/* SPDX-License-Identifier: Apache-2.0 */
/* Follows one kind: reads all of it, then what happens, from where that ended again and again, for ever.
 *
 *     +--> stream (WatchList) ---- refused ---> list, page by page
 *     |        \--end bookmark--\      /--last page--/
 *     |                          follow <--ended--+
 *     +-- gone, went back ----------/ \-----------/
 *
 * Reading all marks and sweeps in place: what was known is there until the new state is complete, and a reading
 * that breaks off takes nothing away. Only the word of the API server deletes. */
#ifndef KNAMED_KUBE_WATCH_H
#define KNAMED_KUBE_WATCH_H

#include "intake.h"
#include "knamed/kube.h"
#include "retry.h"
#include "transport.h"
#include "trouble.h"

struct watch_times {
	struct retry_times retry;
	unsigned healthy_ms;	  /* followed for so long the failures before are forgotten */
	unsigned list_silence_ms; /* no byte of a list for so long: it is given up */
	unsigned silence_ms; /* a watch without a byte for so long: bookmarks come every minute */
	unsigned refused_ms; /* WatchList was refused: it is not asked for again for so long */
	unsigned unsure_ms;  /* the same where it only failed again and again */
};
extern const struct watch_times watch_times_usual;

struct watch_calls {
	/* Objects of the model, or what is in step. */
	void (*changed)(void *context);
	/* Every object and bookmark, before it is in the model. */
	void (*took)(void *context, enum object_kind kind, const struct body_item *item);
	/* A change is in the model that was not there when all was read. triggered_ns: intake_news(). */
	void (*fresh)(void *context, const struct api_object *object, uint64_t triggered_ns,
		      uint64_t arrived_ns);
	void (*failed)(void *context, enum object_kind kind, enum trouble cause, const char *text);
	void (*followed)(void *context, enum object_kind kind); /* a watch is open (again) */
	void (*listed)(void *context, enum object_kind kind);	/* all of it was read (again) */
	void *context;
};
struct watch_options {
	struct event_base *events;
	enum object_kind kind;
	const struct config_kubernetes *config;
	const struct decode_options *decode;
	struct model *model;
	const struct transport *transport;
	const struct watch_times *times;
	struct watch_calls calls;
};
struct watch;
struct watch *watch_new(const struct watch_options *options);
void watch_free(struct watch *watch);
/* What the model has of this kind is of a snapshot: it counts until all was read. */
void watch_trust(struct watch *watch, bool trust);
void watch_start(struct watch *watch);
/* Reads all of it anew. Not from its own calls. */
void watch_relist(struct watch *watch);
/* The server just let somebody else in: what kept this one out may be over. */
void watch_hurry(struct watch *watch);

bool watch_is_in_step(const struct watch *watch);
bool watch_is_confirmed(const struct watch *watch); /* all was read at least once, not from a snapshot */
bool watch_is_following(const struct watch *watch); /* a watch is open, all was read */
bool watch_is_whole(const struct watch *watch); /* no list that is not complete has changed objects */
size_t watch_relists(const struct watch *watch);    /* how often all was read */
uint64_t watch_version(const struct watch *watch);  /* 0: none, or no number */
uint64_t watch_bytes_ns(const struct watch *watch); /* when the last byte came */
struct intake *watch_intake(struct watch *watch);
void watch_describe(const struct watch *watch, struct kube_kind *ret_kind);

#endif
