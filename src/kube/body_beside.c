/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside the objects: the metadata of a list, and a Status. */
#include "body_parts.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

static struct word word_of(const json_t *value)
{
	return (struct word){ (const uint8_t *)json_string_value(value), json_string_length(value) };
}

static void put_text(struct text *text, struct word word)
{
	text_clear(text);
	text_add_n(text, word.text, word.size);
}

bool body_list_json(struct body *body, const char *text, size_t size, struct error *error)
{
	json_error_t problem;
	json_t *value = json_loadb(text, size, 0, &problem);

	if (!json_is_object(value)) {
		json_decref(value);
		return error_set(error, "the list's metadata are no JSON object");
	}
	json_int_t remaining = json_integer_value(json_object_get(value, "remainingItemCount"));

	put_text(&body->version, word_of(json_object_get(value, "resourceVersion")));
	put_text(&body->next, word_of(json_object_get(value, "continue")));
	body->remaining = remaining > 0 ? (uint64_t)remaining : 0;
	json_decref(value);
	return true;
}

bool body_list_protobuf(struct body *body, const uint8_t *bytes, size_t size, struct error *error)
{
	struct wire wire = { .at = bytes, .end = bytes + size };
	struct wire_field field;

	while (wire_next(&wire, &field)) {
		if (field.number == 2 && field.type == WIRE_BYTES)
			put_text(&body->version, (struct word){ field.bytes, field.size });
		else if (field.number == 3 && field.type == WIRE_BYTES)
			put_text(&body->next, (struct word){ field.bytes, field.size });
		else if (field.number == 4 && field.type == WIRE_NUMBER)
			body->remaining = field.value <= INT64_MAX ? field.value : 0;
	}
	return !wire.is_broken || error_set(error, "the list's metadata are broken");
}

/* A Status as far as it matters here. */
struct status_fields {
	struct word reason, message;
	int64_t code, retry_after_s;
};

static void read_json(const json_t *value, struct status_fields *status)
{
	const json_t *details = json_object_get(value, "details");

	status->reason = word_of(json_object_get(value, "reason"));
	status->message = word_of(json_object_get(value, "message"));
	status->code = json_integer_value(json_object_get(value, "code"));
	status->retry_after_s = json_integer_value(json_object_get(details, "retryAfterSeconds"));
}

static bool read_details(const struct wire_field *details, struct status_fields *status)
{
	struct wire wire = { .at = details->bytes, .end = details->bytes + details->size };
	struct wire_field field;

	while (wire_next(&wire, &field))
		if (field.number == 5 && field.type == WIRE_NUMBER)
			status->retry_after_s = (int64_t)field.value;
	return !wire.is_broken;
}

static bool read_protobuf(const uint8_t *bytes, size_t size, struct status_fields *status)
{
	struct wire wire = { .at = bytes, .end = bytes + size };
	struct wire_field field;

	while (wire_next(&wire, &field)) {
		if (field.number == 3 && field.type == WIRE_BYTES)
			status->message = (struct word){ field.bytes, field.size };
		else if (field.number == 4 && field.type == WIRE_BYTES)
			status->reason = (struct word){ field.bytes, field.size };
		else if (field.number == 6 && field.type == WIRE_NUMBER)
			status->code = (int64_t)field.value;
		else if (field.number == 5 && field.type == WIRE_BYTES && !read_details(&field, status))
			return false;
	}
	return !wire.is_broken;
}

static size_t put_word(struct text *room, struct word word)
{
	size_t at = room->size;

	text_add_n(room, word.text, word.size);
	text_add_n(room, "", 1);
	return at;
}

static void tell(const struct status_fields *fields, struct text *room, struct api_status *ret_status)
{
	text_clear(room);
	size_t reason = put_word(room, fields->reason), message = put_word(room, fields->message);

	*ret_status =
		(struct api_status){ .reason = room->data + reason, .message = room->data + message };
	if (fields->code > 0 && fields->code <= INT_MAX)
		ret_status->code = (int)fields->code;
	if (fields->retry_after_s > 0 && fields->retry_after_s <= INT_MAX)
		ret_status->retry_after_s = (unsigned)fields->retry_after_s;
}

bool status_read(enum body_encoding encoding, const void *bytes, size_t size, struct text *room,
		 struct api_status *ret_status)
{
	struct status_fields fields = { 0 };
	json_error_t problem;

	if (size > BODY_BESIDE_MOST)
		return false;
	if (encoding == BODY_PROTOBUF) {
		bool good = read_protobuf(bytes, size, &fields);
		if (good)
			tell(&fields, room, ret_status);
		return good;
	}
	json_t *value = json_loadb(bytes, size, 0, &problem);
	const char *kind = json_string_value(json_object_get(value, "kind"));
	bool good = kind != NULL && strcmp(kind, "Status") == 0;
	if (good) {
		read_json(value, &fields);
		tell(&fields, room, ret_status);
	}
	json_decref(value);
	return good;
}

bool body_status(enum body_encoding encoding, const uint8_t *bytes, size_t size, struct text *room,
		 struct api_status *ret_status)
{
	struct unknown unknown = { .encoding = BODY_JSON, .bytes = bytes, .size = size };

	if (encoding == BODY_PROTOBUF && !unknown_open(bytes, size, &unknown, NULL))
		return false;
	if (unknown.encoding == BODY_PROTOBUF &&
	    (!word_is(unknown.kind, "Status") || unknown.size == 0))
		return false;
	return status_read(unknown.encoding, unknown.bytes, unknown.size, room, ret_status);
}
