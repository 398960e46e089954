/* SPDX-License-Identifier: Apache-2.0 */
/* A frame of a watch in protobuf: what happened, and the object in its envelope. */
#include "body_parts.h"

static bool read_raw(const struct wire_field *object, struct wire_field *ret_raw)
{
	struct wire wire = { .at = object->bytes, .end = object->bytes + object->size };
	struct wire_field field;

	while (wire_next(&wire, &field))
		if (field.number == 1 && field.type == WIRE_BYTES)
			*ret_raw = field;
	return !wire.is_broken;
}

static bool take_event(struct body *body, struct word type, const struct wire_field *raw,
		       struct error *error)
{
	struct unknown unknown;
	if (!unknown_open(raw->bytes, raw->size, &unknown, error))
		return false;
	if (!word_is(type, "ERROR") && !body_check_kind(body, unknown.kind, "", error))
		return false;
	return body_take_event(body, type, unknown.encoding, unknown.bytes, unknown.size, error);
}

bool body_take_frame(struct body *body, struct error *error)
{
	const uint8_t *bytes = (const uint8_t *)body->object.data;
	struct wire wire = { .at = bytes, .end = bytes + body->object.size };
	struct wire_field field, raw = { 0 };
	struct word type = { NULL, 0 };
	bool good = true;

	while (good && wire_next(&wire, &field)) {
		if (field.number == 1 && field.type == WIRE_BYTES)
			type = (struct word){ field.bytes, field.size };
		else if (field.number == 2 && field.type == WIRE_BYTES)
			good = read_raw(&field, &raw);
	}
	if (!good || wire.is_broken)
		return error_set(error, "bad protobuf: the event of object %zu is broken",
				 body->taken + 1);
	return take_event(body, type, &raw, error);
}
