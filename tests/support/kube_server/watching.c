/* SPDX-License-Identifier: Apache-2.0 */
/* Watches: what there is or was since some version, then what happens. */
#include "watching.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

static const struct status too_old = { 410, "Expired", "too old resource version", 0 };

bool request_selects(const struct request *request, const json_t *object)
{
	return labels_match(query_get(&request->query, "labelSelector"), object) &&
	       fields_match(query_get(&request->query, "fieldSelector"), object);
}

bool request_is_too_new(struct request *request)
{
	char message[128];
	uint64_t asked = query_number(&request->query, "resourceVersion"),
		 now = request->api->store.version;
	if (asked <= now)
		return false;
	snprintf(message, sizeof(message), "Timeout: Too large resource version: %llu, current: %llu",
		 (unsigned long long)asked, (unsigned long long)now);
	request_refuse(request, &(struct status){ 504, "Timeout", message, 1 });
	return true;
}

/* ---- events ---- */

static bool is_swallowed(struct request *request, const struct change *change)
{
	const json_t *fault = fault_due(request->api, "swallow", request->resource, request->verb);
	const json_t *names = json_object_get(fault, "names");
	size_t i;
	json_t *name;
	if (fault == NULL || names == NULL)
		return fault != NULL;
	json_array_foreach((json_t *)names, i, name)
	{
		const char *slash = strchr(change->now->key, '/');
		if (strcmp(slash + 1, json_string_value(name)) == 0)
			return true;
	}
	return false;
}

/* What a watch sees of a change depends on its selector. False: the request is gone. */
static bool tell(struct request *request, const struct change *change)
{
	bool was = change->before != NULL && request_selects(request, change->before->json);
	bool is = change->happening != HAPPENED_DELETED && request_selects(request, change->now->json);
	struct response response = response_of(request);
	if (change->now->version <= request->version || (!was && !is) || is_swallowed(request, change))
		return true;
	if (is)
		return response_event(&response, was ? "MODIFIED" : "ADDED", change->now->json);
	/* The last state that was selected, with the version of its end. */
	json_t *last = json_deep_copy(change->before->json);
	json_t *metadata = json_object_get(change->now->json, "metadata");
	json_object_set(json_object_get(last, "metadata"), "resourceVersion",
			json_object_get(metadata, "resourceVersion"));
	bool is_there = response_event(&response, "DELETED", last);
	json_decref(last);
	return is_there;
}

void watching_tell(void *context, struct resource *resource, const struct change *change)
{
	struct api *api = context;
	for (struct request *request = LIST_FIRST(&api->requests), *next; request != NULL;
	     request = next) {
		next = LIST_NEXT(request, entry);
		if (request->is_watching && request->resource == resource)
			tell(request, change);
	}
}

/* ---- beginning ---- */

static void on_time_over(evutil_socket_t fd, short what, void *context)
{
	struct request *request = context;
	(void)fd;
	(void)what;
	exchange_end(request->exchange);
}

static bool tell_states(struct request *request)
{
	struct response response = response_of(request);
	struct resource *resource = request->resource;
	for (size_t i = 0; i < resource->state_count; i++)
		if (request_selects(request, resource->states[i]->json) &&
		    !response_event(&response, "ADDED", resource->states[i]->json))
			return false;
	return true;
}

static bool tell_history(struct request *request)
{
	for (size_t i = 0; i < request->resource->change_count; i++)
		if (!tell(request, &request->resource->changes[i]))
			return false;
	return true;
}

/* WatchList: what there is, then a bookmark that says so. */
static void begin_streaming(struct request *request)
{
	struct response response = response_of(request);
	int refusal = request->api->no_watch_list;
	const struct status status = { refusal < 0 ? -refusal : refusal, "Invalid",
				       "sendInitialEvents is forbidden for watch", 0 };
	if (refusal > 0) {
		response_status(&response, &status);
		return;
	}
	response_head(&response);
	if (refusal < 0) {
		if (response_error(&response, &status))
			exchange_end(request->exchange);
		return;
	}
	if (tell_states(request) && response_bookmark(&response, request->api->store.version, true)) {
		request->version = request->api->store.version;
		request->is_watching = true;
	}
}

static void begin_at_version(struct request *request, uint64_t version)
{
	struct response response = response_of(request);
	bool is_too_old = version > 0 && version < request->resource->forgotten;
	if (is_too_old && request->api->says_gone_by_status) {
		response_status(&response, &too_old);
		return;
	}
	response_head(&response);
	if (is_too_old) {
		if (response_error(&response, &too_old))
			exchange_end(request->exchange);
		return;
	}
	request->version = version > 0 ? version : request->api->store.version;
	request->is_watching = true;
	if (version == 0)
		tell_states(request);
	else
		tell_history(request);
}

void watching_begin(struct request *request)
{
	uint64_t seconds = query_number(&request->query, "timeoutSeconds");
	bool is_streaming = query_is_true(&request->query, "sendInitialEvents");
	const char *match = query_get(&request->query, "resourceVersionMatch");
	if (is_streaming != (strcmp(match, "NotOlderThan") == 0)) {
		request_refuse(request, &(struct status){ 422, "Invalid",
							  "sendInitialEvents requires setting "
							  "resourceVersionMatch to NotOlderThan",
							  0 });
		return;
	}
	if (is_streaming && request_is_too_new(request))
		return;
	if (seconds > 0)
		request_call_later(request, seconds * 1000, on_time_over);
	if (is_streaming)
		begin_streaming(request);
	else
		begin_at_version(request, query_number(&request->query, "resourceVersion"));
}

/* ---- on demand ---- */

void api_bookmark(struct api *api)
{
	for (struct request *request = LIST_FIRST(&api->requests), *next; request != NULL;
	     request = next) {
		struct response response = response_of(request);
		next = LIST_NEXT(request, entry);
		if (request->is_watching && query_is_true(&request->query, "allowWatchBookmarks"))
			response_bookmark(&response, api->store.version, false);
	}
}

void api_end(struct api *api)
{
	for (struct request *request = LIST_FIRST(&api->requests), *next; request != NULL;
	     request = next) {
		next = LIST_NEXT(request, entry);
		if (request->is_watching)
			exchange_end(request->exchange);
	}
}

void api_expire(struct api *api)
{
	for (struct request *request = LIST_FIRST(&api->requests), *next; request != NULL;
	     request = next) {
		struct response response = response_of(request);
		next = LIST_NEXT(request, entry);
		if (request->is_watching && response_error(&response, &too_old))
			exchange_end(request->exchange);
	}
}
