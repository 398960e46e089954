/* SPDX-License-Identifier: Apache-2.0 */
/* One `kubernetes` directive that follows an API server: what its parts share. */
#ifndef KNAMED_KUBE_KUBE_PARTS_H
#define KNAMED_KUBE_KUBE_PARTS_H

#include "audit.h"
#include "census.h"
#include "client.h"
#include "knamed/kube.h"
#include "knamed/source.h"
#include "meters.h"
#include "snapshot_job.h"
#include "watch.h"

/* What was told of a trouble, so that it is not told again and again. */
struct told {
	enum trouble cause; /* TROUBLE_NONE: nothing yet */
	uint64_t ns;
	bool is_failing; /* and its end is to be told */
};

/* What belongs to one kind; all NULL where this configuration does not need it. */
struct kind {
	struct kube *kube;
	enum object_kind kind;
	struct watch *watch;
	struct audit *audit;
	struct census *probe;
	uint64_t probed_version; /* of the watch, when the probe was sent */
	bool was_failing;
	struct told told;
};

struct kube {
	struct kube_options options;
	struct decode_options decode;
	struct identity *identity;
	struct client *client;
	struct transport transport;
	struct kind kinds[OBJECT_KINDS];
	struct meters *meters;
	struct event *publish; /* made active by a change; runs behind what can be read now */
	struct event *waiting; /* tells what is missing until all is in step */
	uint64_t opened_ns, held_ns, prepared_ns;
	bool is_in_step; /* as told */
	bool is_confirmed, is_scheduled, has_warned;

	struct told told; /* of the connection */

	struct event *tick;
	unsigned next_probe; /* a kind */
	uint64_t answered_ns;

	struct event *snapshot_timer; /* NULL: there is no snapshot */
	struct snapshot_head snapshot;
	struct snapshot_job *snapshot_job;			     /* one is being written */
	char snapshot_trouble[sizeof(((struct error *)NULL)->text)]; /* as told; "" if well */
	char cluster[64]; /* UID of namespace kube-system, "" unknown */
	bool is_changed;  /* since the snapshot was written */
};

static inline bool kind_is_watched(const struct kind *kind)
{
	return kind->watch != NULL;
}
bool kube_all(const struct kube *kube, bool (*is)(const struct watch *));
void kube_changed(void *context); /* the kube: publishes soon */

/* kube_tell.c: log lines of what fails and what is well again. */
void kube_tell_failure(struct kube *kube, struct kind *kind, enum trouble cause, const char *text);
void kube_tell_followed(struct kube *kube, struct kind *kind);
void kube_tell_in_step(struct kube *kube);
void kube_wait_start(struct kube *kube);
void kube_wait_end(struct kube *kube);

/* kube_alive.c: whether the connection still answers, and whether the server is where we are. */
void kube_alive_start(struct kube *kube);
void kube_alive_stop(struct kube *kube);
void kube_alive_check(struct kind *kind); /* it is followed again: at which version is the server? */
void kube_alive_silent(void *context, enum object_kind kind); /* no answer came in time */

/* kube_snapshot.c: the warm start. */
void kube_snapshot_open(struct kube *kube);
void kube_snapshot_close(struct kube *kube);
void kube_snapshot_soon(struct kube *kube); /* all was read: one who dies young starts warm too */
void kube_snapshot_note_cluster(struct kube *kube, const struct api_object *object);

#endif
