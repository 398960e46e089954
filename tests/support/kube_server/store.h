/* SPDX-License-Identifier: Apache-2.0 */
/* What a test API server holds: objects as JSON, each with the versions and the events that a real one would give. */
#ifndef TESTS_KUBE_SERVER_STORE_H
#define TESTS_KUBE_SERVER_STORE_H

#include <jansson.h>
#include <sys/queue.h>

#include "knamed/base.h"

struct message; /* a protobuf message: protobuf.h */

/* A state that an object had. Held by counting. */
struct state {
	unsigned holders;
	uint64_t version;
	json_t *json;
	char *key; /* "namespace/name" */
};
struct state *state_hold(struct state *state);
void state_drop(struct state *state); /* NULL is fine */

enum happening { HAPPENED_ADDED, HAPPENED_MODIFIED, HAPPENED_DELETED };
struct change {
	enum happening happening;
	struct state *now, *before; /* DELETED: now is the last state with the version of its end */
};

struct resource {
	const char *name, *path, *kind, *api_version;
	const struct message *message; /* NULL: JSON only, as custom resources are */
	bool is_absent;		       /* its definition is not there: 404 */
	struct state **states;	       /* sorted by key */
	size_t state_count;
	struct change *changes; /* history, oldest first */
	size_t change_count;
	uint64_t forgotten; /* the history begins behind this version */
};

struct store {
	struct resource *resources;
	size_t resource_count;
	uint64_t version;
	size_t history_most;
	bool has_junk; /* objects get managedFields and the like */
	void (*changed)(void *context, struct resource *resource, const struct change *change);
	void *context;
};
void store_init(struct store *store);
void store_done(struct store *store);
struct resource *store_resource(struct store *store, const char *name);
/* Puts a copy: uid, creationTimestamp and resourceVersion are set. False: no such kind. */
bool store_put(struct store *store, const json_t *object, struct error *error);
bool store_delete(struct store *store, const json_t *object, struct error *error);
/* No watch can begin before this moment any more. */
void store_compact(struct store *store);
/* As from a backup of etcd: nothing that there was, at that version; objects are put one by one afterwards. */
void store_reset(struct store *store, uint64_t version);

#endif
