/* SPDX-License-Identifier: Apache-2.0 */
/* kube -- follows an API server and keeps the model in step with it.
 *
 *   API server --client (HTTP/2)--> body (cut into objects) --decode--> watch, one per kind --put/remove--> model
 *
 * List and watch only. What was read once is kept for ever: no trouble of the API takes anything away that it
 * did not say was deleted. All of it is the control thread's, but for the disk's part of a snapshot. */
#ifndef KNAMED_KUBE_H
#define KNAMED_KUBE_H

#include "knamed/base.h"
#include "knamed/config.h"
#include "knamed/model.h"
#include "knamed/observe.h"

struct kube_calls {
	/* What came in at one go is in the model, or the sync state changed: publish now. Arrival -> return of this
	 * call is what the freshness histograms measure. */
	void (*changed)(void *context);
	/* NULL: no. There is more, but it is not all yet: what can be made of it may be made now, while we wait. */
	void (*arrived)(void *context);
	void *context;
};
/* An endpoint that moves from slice to slice is in neither between two events. A lingering stands between the model and
 * its listener: what leaves a slice like that is shown a little longer. */
struct lingering;
struct lingering_options {
	struct event_base *events;
	const struct model *model;
	struct model_listener to;
	struct kube_calls calls; /* changed: what lingered is gone */
};
struct lingering *lingering_new(const struct lingering_options *options);
struct model_listener lingering_listener(struct lingering *linger); /* for model_listen() */
void lingering_free(struct lingering *linger); /* the model says nothing any more */

struct kube_options {
	struct event_base *events;
	const struct config_kubernetes *config; /* without `manifests`; must outlive kube */
	struct model *model;
	struct metrics *metrics; /* NULL: nothing is counted, and the snapshot is left alone (knamectl) */
	const char *agent;       /* User-Agent */
	struct kube_calls calls;
};
struct kube;
/* Starts to read; fails only on what no waiting heals (a kubeconfig that cannot be read). */
struct kube *kube_open(const struct kube_options *options, struct error *error);
/* Whether it would start with this configuration; nobody is asked anything (knamectl). */
bool kube_check(const struct config_kubernetes *config, struct error *error);
/* The program that its kubeconfig has run for credentials, as it is written now; "" if there is none. Caller frees. */
char *kube_program(const struct config_kubernetes *config);
/* How an API server calls a kind, as RBAC and log lines do ("endpointslices.discovery.k8s.io"), and where all of it is. */
const char *kube_resource(enum object_kind kind);
const char *kube_path(enum object_kind kind);
/* Has this configuration a use for it? */
bool kube_needs(const struct config_kubernetes *config, enum object_kind kind);
/* One GET of it, waited for (knamectl). Any status is a reply; false: there is none, and error says why. How long our
 * credentials are good is known in any case. */
struct kube_fetched {
	int status;
	struct text body;      /* JSON, the caller's to give back; at most 16 MiB */
	uint64_t server_s;     /* the server's clock when it replied, Unix time; 0: it did not say */
	uint64_t certificate_s; /* until when our own certificate is good; 0: we have none, or cannot read it */
	uint64_t token_s;      /* the same of the token */
};
bool kube_fetch(const struct config_kubernetes *config, const char *path, unsigned wait_ms,
		struct kube_fetched *ret_fetched, struct error *error);
void kube_close(struct kube *kube); /* NULL is fine; writes the snapshot where one is configured */

/* All watched kinds were complete once, from the API server or a snapshot: cluster names may be answered. */
bool kube_is_in_step(const struct kube *kube);
/* What is served came from a snapshot and the API server has not confirmed it yet. */
bool kube_is_stale(const struct kube *kube);
/* What was in step is being read anew, and the model has half of it: not to be shown by anyone. Not for ever. */
bool kube_is_held(struct kube *kube);
/* A watched kind is being followed right now: `ready { monitor continuously }` and /readyz. */
struct kube_kind {
	bool is_watched;       /* this configuration needs the kind */
	bool is_in_step;       /* complete once */
	bool is_following;     /* a watch is open now, or was until less than its first retry ago */
	char version[32];      /* resourceVersion that the model has, "" if none */
	uint64_t heard_ns;     /* clock_now_ns() of the last event or bookmark; 0: never, or the cluster has no such kind */
	size_t done, expected; /* of the first list; expected 0: unknown */
	uint64_t failures;     /* requests that gave nothing, so far; 0 where nothing is counted */
	char trouble[256];     /* why it is not in step or not followed, a sentence for operators; "" if well */
};
size_t kube_object_count(const struct kube *kube, enum object_kind kind);
struct kube_kind kube_kind(const struct kube *kube, enum object_kind kind);

#endif
