/* SPDX-License-Identifier: Apache-2.0 */
/* Objects, their versions and their history. Versions count over all resources, as etcd's do. */
#include "store.h"

#include <stdio.h>
#include <string.h>

#include "protobuf.h"

static const struct resource known[] = {
	{ .name = "namespaces",
	  .path = "/api/v1/namespaces",
	  .kind = "Namespace",
	  .api_version = "v1",
	  .message = &message_namespace },
	{ .name = "services",
	  .path = "/api/v1/services",
	  .kind = "Service",
	  .api_version = "v1",
	  .message = &message_service },
	{ .name = "pods", .path = "/api/v1/pods", .kind = "Pod", .api_version = "v1", .message = &message_pod },
	{ .name = "endpointslices",
	  .path = "/apis/discovery.k8s.io/v1/endpointslices",
	  .kind = "EndpointSlice",
	  .api_version = "discovery.k8s.io/v1",
	  .message = &message_slice },
	{ .name = "serviceimports",
	  .path = "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports",
	  .kind = "ServiceImport",
	  .api_version = "multicluster.x-k8s.io/v1alpha1" },
};

struct state *state_hold(struct state *state)
{
	if (state != NULL)
		state->holders++;
	return state;
}

void state_drop(struct state *state)
{
	if (state == NULL || --state->holders > 0)
		return;
	json_decref(state->json);
	mem_free(state->key);
	mem_free(state);
}

/* ---- resources ---- */

void store_init(struct store *store)
{
	store->resources = mem_copy(known, sizeof(known));
	store->resource_count = COUNT_OF(known);
	store->version = 1000;
	store->history_most = 10000;
	store->has_junk = true;
	store_compact(store);
}

static void forget(struct resource *resource, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (resource->changes[i].now->version > resource->forgotten)
			resource->forgotten = resource->changes[i].now->version;
		state_drop(resource->changes[i].now);
		state_drop(resource->changes[i].before);
	}
	resource->change_count -= count;
	if (count > 0)
		memmove(resource->changes, resource->changes + count,
			resource->change_count * sizeof(struct change));
}

static void empty(struct resource *resource)
{
	forget(resource, resource->change_count);
	for (size_t i = 0; i < resource->state_count; i++)
		state_drop(resource->states[i]);
	resource->state_count = 0;
}

void store_done(struct store *store)
{
	for (size_t i = 0; i < store->resource_count; i++) {
		empty(&store->resources[i]);
		mem_free(store->resources[i].states);
		mem_free(store->resources[i].changes);
	}
	mem_free(store->resources);
}

struct resource *store_resource(struct store *store, const char *name)
{
	for (size_t i = 0; i < store->resource_count; i++)
		if (strcmp(store->resources[i].name, name) == 0)
			return &store->resources[i];
	return NULL;
}

void store_compact(struct store *store)
{
	for (size_t i = 0; i < store->resource_count; i++) {
		forget(&store->resources[i], store->resources[i].change_count);
		store->resources[i].forgotten = store->version;
	}
}

void store_reset(struct store *store, uint64_t version)
{
	store->version = version;
	for (size_t i = 0; i < store->resource_count; i++) {
		empty(&store->resources[i]);
		store->resources[i].forgotten = version;
	}
}

/* ---- objects ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "";
}

static char *key_of(const json_t *object)
{
	const json_t *metadata = json_object_get(object, "metadata");
	struct text key = { 0 };
	text_printf(&key, "%s/%s", text_of(metadata, "namespace"), text_of(metadata, "name"));
	return key.data;
}

static struct resource *resource_of(struct store *store, const json_t *object, struct error *error)
{
	const char *kind = text_of(object, "kind");
	for (size_t i = 0; i < store->resource_count; i++)
		if (strcmp(store->resources[i].kind, kind) == 0)
			return &store->resources[i];
	error_fill(error, "no kind '%s'", kind);
	return NULL;
}

/* Where the key is, or would be. */
static size_t place_of(const struct resource *resource, const char *key, bool *ret_found)
{
	size_t low = 0, high = resource->state_count;
	*ret_found = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(resource->states[middle]->key, key);
		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return low;
}

static void set_default(json_t *object, const char *key, json_t *value)
{
	if (json_object_get(object, key) == NULL)
		json_object_set(object, key, value);
	json_decref(value);
}

static void add_managed_fields(json_t *metadata)
{
	set_default(metadata, "managedFields",
		    json_pack("[{s:s, s:s, s:s, s:s, s:s, s:{s:{s:{}, s:{s:{}}}, s:{s:{}}}}]",
			      "manager", "controller \"of\" tests", "operation", "Update",
			      "apiVersion", "v1", "time", "2026-01-01T00:00:00Z", "fieldsType",
			      "FieldsV1", "fieldsV1", "f:metadata", "f:name", "f:labels",
			      "f:{\"items\":[1]}", "f:spec", "f:clusterIP"));
}

static void set_version(json_t *metadata, uint64_t version)
{
	char number[32];
	snprintf(number, sizeof(number), "%llu", (unsigned long long)version);
	json_object_set_new(metadata, "resourceVersion", json_string(number));
}

static void complete(const struct store *store, const struct resource *resource, json_t *object,
		     uint64_t version)
{
	char uid[64];
	json_t *metadata = json_object_get(object, "metadata");
	snprintf(uid, sizeof(uid), "00000000-0000-4000-8000-%012llx", (unsigned long long)version);
	json_object_set_new(object, "apiVersion", json_string(resource->api_version));
	set_default(metadata, "uid", json_string(uid));
	set_default(metadata, "creationTimestamp", json_string("2026-01-01T00:00:00Z"));
	if (store->has_junk)
		add_managed_fields(metadata);
	set_version(metadata, version);
}

static struct state *state_new(json_t *json, uint64_t version)
{
	struct state *state = mem_zalloc(sizeof(*state));
	*state = (struct state){ .holders = 1, .version = version, .json = json, .key = key_of(json) };
	return state;
}

static void happened(struct store *store, struct resource *resource, const struct change *change)
{
	resource->changes =
		mem_realloc(resource->changes, (resource->change_count + 1) * sizeof(struct change));
	resource->changes[resource->change_count++] = *change;
	if (store->changed != NULL)
		store->changed(store->context, resource, change);
	if (resource->change_count > store->history_most)
		forget(resource, resource->change_count - store->history_most);
}

static void insert(struct resource *resource, size_t place, struct state *state)
{
	resource->states =
		mem_realloc(resource->states, (resource->state_count + 1) * sizeof(struct state *));
	memmove(resource->states + place + 1, resource->states + place,
		(resource->state_count - place) * sizeof(struct state *));
	resource->states[place] = state;
	resource->state_count++;
}

bool store_put(struct store *store, const json_t *object, struct error *error)
{
	struct resource *resource = resource_of(store, object, error);
	if (resource == NULL)
		return false;
	if (!json_is_object(json_object_get(object, "metadata")))
		return error_set(error, "an object without metadata");
	json_t *json = json_deep_copy(object);
	char *key = key_of(json);
	bool is_there;
	size_t place = place_of(resource, key, &is_there);
	struct state *before = is_there ? resource->states[place] : NULL;
	mem_free(key);
	if (before != NULL) { /* the same object, unless the test says otherwise */
		json_t *uid = json_object_get(json_object_get(before->json, "metadata"), "uid");
		set_default(json_object_get(json, "metadata"), "uid", json_incref(uid));
	}
	complete(store, resource, json, ++store->version);
	struct state *now = state_new(json, store->version);
	if (is_there)
		resource->states[place] = now;
	else
		insert(resource, place, now);
	happened(store, resource,
		 &(struct change){ is_there ? HAPPENED_MODIFIED : HAPPENED_ADDED, state_hold(now),
				   before });
	return true;
}

bool store_delete(struct store *store, const json_t *object, struct error *error)
{
	struct resource *resource = resource_of(store, object, error);
	if (resource == NULL)
		return false;
	char *key = key_of(object);
	bool is_there;
	size_t place = place_of(resource, key, &is_there);
	if (!is_there)
		error_fill(error, "no %s %s", resource->kind, key);
	mem_free(key);
	if (!is_there)
		return false;
	struct state *before = resource->states[place];
	json_t *last = json_deep_copy(before->json);
	set_version(json_object_get(last, "metadata"), ++store->version);
	resource->state_count--;
	memmove(resource->states + place, resource->states + place + 1,
		(resource->state_count - place) * sizeof(struct state *));
	happened(store, resource,
		 &(struct change){ HAPPENED_DELETED, state_new(last, store->version), before });
	return true;
}
