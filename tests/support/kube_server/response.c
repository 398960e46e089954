/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in both encodings. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api.h"
#include "protobuf.h"

/* ---- pieces ---- */

void response_head(const struct response *response)
{
	char headers[256];
	const json_t *fault = fault_due(response->api, "type", response->resource, response->verb);
	bool is_watch = strcmp(response->verb, "watch") == 0;
	const char *type = "application/json";
	if (fault != NULL)
		type = json_string_value(json_object_get(fault, "value"));
	else if (response->accepted.is_protobuf)
		type = is_watch ? "application/vnd.kubernetes.protobuf;stream=watch"
				: "application/vnd.kubernetes.protobuf";
	char date[64] = "";
	time_t clock = (time_t)response->api->clock_s;
	struct tm parts;
	if (clock != 0)
		strftime(date, sizeof(date), "date: %a, %d %b %Y %H:%M:%S GMT\n",
			 gmtime_r(&clock, &parts));
	snprintf(headers, sizeof(headers), "content-type: %s\ncache-control: no-cache, private\n%s",
		 type, date);
	exchange_head(response->exchange, 200, headers);
}

static bool cut(const struct response *response, const struct text *piece)
{
	if (fault_due(response->api, "cut", response->resource, response->verb) == NULL)
		return false;
	if (piece->size > 1)
		exchange_body(response->exchange, piece->data, piece->size / 2);
	exchange_cut(response->exchange);
	return true;
}

/* Other bytes in the place of the piece: of the body, or under the body's own framing. */
static bool spoil(const struct response *response)
{
	const json_t *fault = fault_due(response->api, "garbage", response->resource, response->verb);
	if (fault == NULL)
		return false;
	struct text bytes = { 0 };
	fault_bytes(json_object_get(fault, "hex"), &bytes);
	if (json_is_true(json_object_get(fault, "raw")))
		exchange_raw(response->exchange, bytes.data, bytes.size);
	else
		exchange_body(response->exchange, bytes.data, bytes.size);
	text_done(&bytes);
	return true;
}

bool response_body(const struct response *response, struct text *piece)
{
	bool was_cut = cut(response, piece);
	if (!was_cut && !spoil(response) && piece->size > 0)
		exchange_body(response->exchange, piece->data, piece->size);
	text_done(piece);
	return !was_cut;
}

/* ---- objects ---- */

static json_t *partial_of(const json_t *object)
{
	return json_pack("{s:s, s:s, s:O}", "kind", "PartialObjectMetadata", "apiVersion",
			 "meta.k8s.io/v1", "metadata", json_object_get(object, "metadata"));
}

static void add_json(struct text *text, const json_t *value)
{
	char *dump = json_dumps(value, JSON_COMPACT);
	text_add(text, dump);
	mem_free(dump);
}

static const struct message *message_of(const struct response *response)
{
	return response->accepted.is_partial ? &message_partial : response->resource->message;
}

static const char *kind_of(const struct response *response)
{
	return response->accepted.is_partial ? "PartialObjectMetadata" : response->resource->kind;
}

static const char *version_of(const struct response *response)
{
	return response->accepted.is_partial ? "meta.k8s.io/v1" : response->resource->api_version;
}

static void add_frame(struct text *text, const char *type, const struct text *object)
{
	struct text event = { 0 }, raw = { 0 };
	protobuf_add_text(&event, 1, type);
	protobuf_add_bytes(&raw, 1, object->data, object->size);
	protobuf_add_bytes(&event, 2, raw.data, raw.size);
	for (int shift = 24; shift >= 0; shift -= 8) {
		char byte = (char)(event.size >> shift & 255);
		text_add_n(text, &byte, 1);
	}
	text_add_n(text, event.data, event.size);
	text_done(&event);
	text_done(&raw);
}

static void add_event(struct text *text, bool is_protobuf, const char *type, const struct text *object)
{
	if (is_protobuf)
		add_frame(text, type, object);
	else
		text_printf(text, "{\"type\":\"%s\",\"object\":%s}\n", type, object->data);
}

/* The object alone, as it stands in an event. */
static void add_object(struct text *text, const struct response *response, const json_t *object)
{
	if (response->accepted.is_protobuf) {
		struct text message = { 0 };
		protobuf_write(&message, message_of(response), object, response->api->store.has_junk);
		protobuf_wrap(text, version_of(response), kind_of(response), &message);
		text_done(&message);
	} else if (response->accepted.is_partial) {
		json_t *partial = partial_of(object);
		add_json(text, partial);
		json_decref(partial);
	} else {
		add_json(text, object);
	}
}

bool response_event(const struct response *response, const char *type, const json_t *object)
{
	struct text bytes = { 0 }, piece = { 0 };
	add_object(&bytes, response, object);
	add_event(&piece, response->accepted.is_protobuf, type, &bytes);
	text_done(&bytes);
	return response_body(response, &piece);
}

bool response_bookmark(const struct response *response, uint64_t version, bool is_initial_end)
{
	char number[32];
	snprintf(number, sizeof(number), "%llu", (unsigned long long)version);
	json_t *object =
		json_pack("{s:s, s:s, s:{s:s, s:n}, s:{}, s:{}}", "kind", response->resource->kind,
			  "apiVersion", response->resource->api_version, "metadata",
			  "resourceVersion", number, "creationTimestamp", "spec", "status");
	if (is_initial_end)
		json_object_set_new(json_object_get(object, "metadata"), "annotations",
				    json_pack("{s:s}", "k8s.io/initial-events-end", "true"));
	bool good = response_event(response, "BOOKMARK", object);
	json_decref(object);
	return good;
}

/* ---- Status ---- */

static void add_status(struct text *text, bool is_protobuf, const struct status *status)
{
	json_t *object = json_pack("{s:s, s:s, s:{}, s:s, s:s, s:s, s:i}", "kind", "Status",
				   "apiVersion", "v1", "metadata", "status", "Failure", "message",
				   status->message, "reason", status->reason, "code", status->code);
	if (status->retry_after_s > 0)
		json_object_set_new(object, "details",
				    json_pack("{s:i}", "retryAfterSeconds",
					      (int)status->retry_after_s));
	if (is_protobuf) {
		struct text message = { 0 };
		protobuf_write(&message, &message_status, object, false);
		protobuf_wrap(text, "v1", "Status", &message);
		text_done(&message);
	} else {
		add_json(text, object);
	}
	json_decref(object);
}

void response_status(const struct response *response, const struct status *status)
{
	struct text headers = { 0 }, body = { 0 };
	text_printf(&headers, "content-type: %s\n",
		    response->accepted.is_protobuf ? "application/vnd.kubernetes.protobuf"
						   : "application/json");
	if (status->retry_after_s > 0)
		text_printf(&headers, "retry-after: %u\n", status->retry_after_s);
	add_status(&body, response->accepted.is_protobuf, status);
	exchange_head(response->exchange, status->code, headers.data);
	exchange_body(response->exchange, body.data, body.size);
	exchange_end(response->exchange);
	text_done(&headers);
	text_done(&body);
}

bool response_error(const struct response *response, const struct status *status)
{
	struct text bytes = { 0 }, piece = { 0 };
	add_status(&bytes, response->accepted.is_protobuf, status);
	add_event(&piece, response->accepted.is_protobuf, "ERROR", &bytes);
	text_done(&bytes);
	return response_body(response, &piece);
}

/* ---- lists ---- */

static json_t *list_metadata(uint64_t version, const char *next, size_t remaining)
{
	char number[32];
	snprintf(number, sizeof(number), "%llu", (unsigned long long)version);
	json_t *metadata = json_pack("{s:s}", "resourceVersion", number);
	if (next[0] != '\0')
		json_object_set_new(metadata, "continue", json_string(next));
	if (remaining > 0)
		json_object_set_new(metadata, "remainingItemCount",
				    json_integer((json_int_t)remaining));
	return metadata;
}

/* In JSON items of our own kinds carry no kind; custom resources do, and their metadata come last. */
static void add_json_item(struct text *text, const struct response *response, const json_t *object)
{
	json_t *item =
		response->accepted.is_partial ? partial_of(object) : json_copy((json_t *)object);
	if (response->resource->message != NULL && !response->accepted.is_partial) {
		json_object_del(item, "kind");
		json_object_del(item, "apiVersion");
	}
	add_json(text, item);
	json_decref(item);
}

static void json_list(const struct response *response, struct state *const *states, size_t count,
		      const json_t *metadata)
{
	bool is_custom = response->resource->message == NULL && !response->accepted.is_partial;
	struct text piece = { 0 }, list_metadata = { 0 };
	add_json(&list_metadata, metadata);
	text_printf(&piece, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\"", kind_of(response),
		    version_of(response));
	if (!is_custom)
		text_printf(&piece, ",\"metadata\":%s", list_metadata.data);
	text_add(&piece, ",\"items\":[");
	bool is_there = response_body(response, &piece);
	for (size_t i = 0; i < count && is_there; i++) {
		text_add(&piece, i > 0 ? "," : "");
		add_json_item(&piece, response, states[i]->json);
		is_there = response_body(response, &piece);
	}
	text_add(&piece, "]");
	if (is_custom)
		text_printf(&piece, ",\"metadata\":%s", list_metadata.data);
	text_add(&piece, "}\n");
	if (is_there && response_body(response, &piece))
		exchange_end(response->exchange);
	text_done(&piece);
	text_done(&list_metadata);
}

static void add_varint(struct text *text, size_t value)
{
	do {
		char byte = (char)((value & 127) | (value > 127 ? 128 : 0));
		text_add_n(text, &byte, 1);
		value >>= 7;
	} while (value > 0);
}

/* The list message in pieces: they are made first, since the sizes stand in front. */
static void protobuf_list(const struct response *response, struct state *const *states,
			  size_t count, const json_t *metadata)
{
	struct text *pieces = mem_zalloc((count + 1) * sizeof(*pieces)), piece = { 0 },
		    message = { 0 };
	char kind[64];
	size_t size;
	protobuf_write(&message, &message_list_meta, metadata, response->api->store.has_junk);
	protobuf_add_bytes(&pieces[0], 1, message.data, message.size);
	size = pieces[0].size;
	for (size_t i = 0; i < count; i++) {
		text_clear(&message);
		protobuf_write(&message, message_of(response), states[i]->json,
			       response->api->store.has_junk);
		protobuf_add_bytes(&pieces[i + 1], 2, message.data, message.size);
		size += pieces[i + 1].size;
	}
	snprintf(kind, sizeof(kind), "%sList", kind_of(response));
	protobuf_wrap(&piece, version_of(response), kind, &(struct text){ 0 });
	piece.size -= 6; /* the empty message and what stands behind it */
	text_add_n(&piece, "\x12", 1);
	add_varint(&piece, size);
	bool is_there = response_body(response, &piece);
	for (size_t i = 0; i <= count; i++) {
		is_there = is_there && response_body(response, &pieces[i]);
		text_done(&pieces[i]);
	}
	text_add_n(&piece, "\x1a\0\x22\0", 4);
	if (is_there && response_body(response, &piece))
		exchange_end(response->exchange);
	text_done(&piece);
	text_done(&message);
	mem_free(pieces);
}

void response_list(const struct response *response, struct state *const *states, size_t count,
		   uint64_t version, const char *next, size_t remaining)
{
	json_t *metadata = list_metadata(version, next, remaining);
	response_head(response);
	if (response->accepted.is_protobuf)
		protobuf_list(response, states, count, metadata);
	else
		json_list(response, states, count, metadata);
	json_decref(metadata);
}
