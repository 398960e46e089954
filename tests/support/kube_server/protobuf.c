/* SPDX-License-Identifier: Apache-2.0 */
/* Writes messages as the API server's generated code does: fields in the order of their numbers,
 * values that are no pointers in Go also when they are empty. The depth is that of the tables. */
#include "protobuf.h"

#include <string.h>
#include <time.h>

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static void add_varint(struct text *text, uint64_t value)
{
	do {
		uint8_t byte = (uint8_t)((value & 127) | (value > 127 ? 128 : 0));
		text_add_n(text, &byte, 1);
		value >>= 7;
	} while (value > 0);
}

static void add_number(struct text *text, unsigned number, uint64_t value)
{
	add_varint(text, (uint64_t)number << 3 | WIRE_VARINT);
	add_varint(text, value);
}

void protobuf_add_bytes(struct text *text, unsigned number, const void *bytes, size_t size)
{
	add_varint(text, (uint64_t)number << 3 | WIRE_BYTES);
	add_varint(text, size);
	text_add_n(text, bytes, size);
}

void protobuf_add_text(struct text *text, unsigned number, const char *value)
{
	protobuf_add_bytes(text, number, value, strlen(value));
}

static void take_bytes(struct text *text, unsigned number, struct text *inner)
{
	protobuf_add_bytes(text, number, inner->data != NULL ? inner->data : "", inner->size);
	text_done(inner);
}

static void add_json_text(struct text *text, unsigned number, const json_t *value)
{
	protobuf_add_bytes(text, number, json_is_string(value) ? json_string_value(value) : "",
			   json_is_string(value) ? json_string_length(value) : 0);
}

static void add_map(struct text *text, unsigned number, const json_t *map)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)map, key, value)
	{
		struct text pair = { 0 };
		protobuf_add_text(&pair, 1, key);
		add_json_text(&pair, 2, value);
		take_bytes(text, number, &pair);
	}
}

static void add_time(struct text *text, unsigned number, const json_t *value)
{
	struct text inner = { 0 };
	struct tm parts = { 0 };
	if (json_is_string(value) &&
	    strptime(json_string_value(value), "%Y-%m-%dT%H:%M:%S", &parts) != NULL) {
		add_number(&inner, 1, (uint64_t)timegm(&parts));
		add_number(&inner, 2, 0);
	}
	take_bytes(text, number, &inner);
}

static void add_port(struct text *text, unsigned number, const json_t *value)
{
	struct text inner = { 0 };
	add_number(&inner, 1, json_is_string(value));
	add_number(&inner, 2, (uint64_t)json_integer_value(value));
	add_json_text(&inner, 3, value);
	take_bytes(text, number, &inner);
}

static void add_fields_v1(struct text *text, unsigned number, const json_t *value)
{
	struct text inner = { 0 };
	char *dump = json_dumps(value, JSON_COMPACT);
	protobuf_add_text(&inner, 1, dump);
	mem_free(dump);
	take_bytes(text, number, &inner);
}

/* What a server of a later version may send: fields of every wire type that nobody here knows. */
static void add_junk(struct text *text)
{
	static const uint8_t eight[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	add_number(text, 15001, UINT64_MAX);
	add_varint(text, 15002u << 3 | WIRE_64);
	text_add_n(text, eight, 8);
	protobuf_add_text(text, 15003, "{\"items\":[{\"metadata\":{\"name\":\"x\"}}]}\n\x0a\x05");
	add_varint(text, 15004u << 3 | WIRE_32);
	text_add_n(text, eight, 4);
}

static void add_field(struct text *text, const struct message_field *field, const json_t *value,
		      bool has_junk)
{
	struct text inner = { 0 };
	size_t i;
	json_t *item;
	if (value == NULL && !field->is_always)
		return;
	switch (field->form) {
	case FORM_TEXT:
		add_json_text(text, field->number, value);
		return;
	case FORM_TEXTS:
		json_array_foreach((json_t *)value, i, item) add_json_text(text, field->number, item);
		return;
	case FORM_NUMBER:
		add_number(text, field->number, (uint64_t)json_integer_value(value));
		return;
	case FORM_BOOL:
		add_number(text, field->number, json_is_true(value));
		return;
	case FORM_MESSAGE:
		protobuf_write(&inner, field->message, value, has_junk);
		take_bytes(text, field->number, &inner);
		return;
	case FORM_MESSAGES:
		json_array_foreach((json_t *)value, i, item)
		{
			protobuf_write(&inner, field->message, item, has_junk);
			take_bytes(text, field->number, &inner);
		}
		return;
	case FORM_MAP:
		add_map(text, field->number, value);
		return;
	case FORM_TIME:
		add_time(text, field->number, value);
		return;
	case FORM_PORT:
		add_port(text, field->number, value);
		return;
	case FORM_FIELDS_V1:
		add_fields_v1(text, field->number, value);
		return;
	}
}

void protobuf_write(struct text *text, const struct message *message, const json_t *object,
		    bool has_junk)
{
	for (const struct message_field *field = message->fields; field->name != NULL; field++) {
		const json_t *value = json_object_get(object, field->name);
		add_field(text, field, json_is_null(value) ? NULL : value, has_junk);
	}
	if (has_junk)
		add_junk(text);
}

void protobuf_wrap(struct text *text, const char *api_version, const char *kind,
		   const struct text *message)
{
	struct text type = { 0 };
	text_add_n(text, "k8s", 4);
	protobuf_add_text(&type, 1, api_version);
	protobuf_add_text(&type, 2, kind);
	take_bytes(text, 1, &type);
	protobuf_add_bytes(text, 2, message->data != NULL ? message->data : "", message->size);
	protobuf_add_text(text, 3, "");
	protobuf_add_text(text, 4, "");
}
