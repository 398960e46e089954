/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts protobuf: a watch is frames, each behind its length; a list is one message, whose items are
 * taken out of it while it comes in. */
#include "body_parts.h"

#include <string.h>

enum place { MAGIC, FRAME_SIZE, TAG, LENGTH, SKIPPED_NUMBER, SKIPPED, BESIDE, OBJECT };

struct protobuf_cutter {
	enum place place;
	unsigned count;	 /* bytes so far of the magic, the frame's size or the number */
	uint64_t number; /* that is coming in */
	uint32_t field;
	uint64_t left;	    /* of the field that is coming in */
	bool in_list;	    /* within `raw` of the envelope, else in the envelope */
	uint64_t list_left; /* behind the field that is coming in */
	bool has_list;
	struct text beside; /* a field that is no object */
};

struct protobuf_cutter *protobuf_cutter_new(enum body_form form)
{
	struct protobuf_cutter *cutter = mem_zalloc(sizeof(*cutter));

	cutter->place = form == BODY_WATCH ? FRAME_SIZE : MAGIC;
	return cutter;
}

void protobuf_cutter_free(struct protobuf_cutter *cutter)
{
	if (cutter == NULL)
		return;
	text_done(&cutter->beside);
	mem_free(cutter);
}

static void expect(struct protobuf_cutter *cutter, enum place place)
{
	cutter->place = place;
	cutter->count = 0;
	cutter->number = 0;
}

/* No field or frame has begun. */
static bool is_between(const struct protobuf_cutter *cutter)
{
	return (cutter->place == TAG || cutter->place == FRAME_SIZE) && cutter->count == 0;
}

static bool broken(const struct body *body, const char *what, struct error *error)
{
	return error_set(error, "bad protobuf at object %zu: %s", body->taken + 1, what);
}

static bool check_list_kind(const struct body *body, struct error *error)
{
	const struct text *beside = &body->protobuf->beside;
	struct word kind;

	if (!unknown_kind((const uint8_t *)beside->data, beside->size, &kind, error))
		return false;
	return body_check_kind(body, kind, "List", error);
}

static bool end_beside(struct body *body, struct error *error)
{
	const struct protobuf_cutter *cutter = body->protobuf;
	const uint8_t *bytes = (const uint8_t *)cutter->beside.data;
	size_t size = cutter->beside.size;
	enum body_encoding encoding;

	if (cutter->in_list)
		return body_list_protobuf(body, bytes, size, error);
	if (cutter->field == 1)
		return check_list_kind(body, error);
	if (cutter->field == 3)
		return size == 0 || broken(body, "the list is compressed", error);
	return unknown_type((struct word){ bytes, size }, &encoding, error) &&
	       (encoding == BODY_PROTOBUF || broken(body, "the list is in JSON", error));
}

static bool end_field(struct body *body, struct error *error)
{
	enum place place = body->protobuf->place;
	bool good = true;

	expect(body->protobuf, body->options.form == BODY_WATCH ? FRAME_SIZE : TAG);
	if (place == BESIDE)
		return end_beside(body, error);
	if (place != OBJECT)
		return true;
	if (body->options.form == BODY_WATCH)
		good = body_take_frame(body, error);
	else
		good = body_take(body, BODY_ITEM, BODY_PROTOBUF, body->object.data,
				 body->object.size, error);
	body_forget(body);
	return good;
}

static bool begin_field(struct body *body, enum place place, uint64_t size, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;

	if (cutter->in_list) {
		if (size > cutter->list_left)
			return broken(body, "a field is longer than the list", error);
		cutter->list_left -= size;
	}
	if (place == OBJECT && size > BODY_OBJECT_MOST)
		return error_set(error,
				 "object %zu has %llu bytes, more than the %d that one may have",
				 body->taken + 1, (unsigned long long)size, BODY_OBJECT_MOST);
	if (place == BESIDE && size > BODY_BESIDE_MOST)
		return broken(body, "too many bytes beside the objects", error);
	cutter->place = place;
	cutter->left = size;
	text_clear(&cutter->beside);
	text_add(place == OBJECT ? &body->object : &cutter->beside, ""); /* none is no NULL */
	return size > 0 || end_field(body, error);
}

static bool begin_list(struct body *body, uint64_t size, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;

	if (cutter->has_list)
		return broken(body, "a second list", error);
	cutter->has_list = cutter->in_list = true;
	cutter->list_left = size;
	expect(cutter, TAG);
	return true;
}

static bool begin_bytes(struct body *body, uint64_t size, struct error *error)
{
	const struct protobuf_cutter *cutter = body->protobuf;

	if (cutter->in_list && cutter->field == 2)
		return begin_field(body, OBJECT, size, error);
	if (!cutter->in_list && cutter->field == 2)
		return begin_list(body, size, error);
	bool is_ours = cutter->field <= (cutter->in_list ? 1 : 4);
	return begin_field(body, is_ours ? BESIDE : SKIPPED, size, error);
}

static bool end_tag(struct body *body, uint64_t tag, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;

	if (tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
		return broken(body, "no field has that number", error);
	cutter->field = (uint32_t)(tag >> 3);
	if ((tag & 7) != WIRE_BYTES && cutter->field <= (cutter->in_list ? 2 : 4))
		return broken(body, "a field is not of its type", error);
	switch ((enum wire_type)(tag & 7)) {
	case WIRE_NUMBER:
		expect(cutter, SKIPPED_NUMBER);
		return true;
	case WIRE_BYTES:
		expect(cutter, LENGTH);
		return true;
	case WIRE_FIXED64:
		return begin_field(body, SKIPPED, 8, error);
	case WIRE_FIXED32:
		return begin_field(body, SKIPPED, 4, error);
	}
	return broken(body, "no field has that type", error);
}

/* The bytes in front of a field's value: its number and type, then its length. */
static bool take_byte(struct body *body, uint8_t byte, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;

	if (cutter->in_list && cutter->list_left-- == 0)
		return broken(body, "a field is longer than the list", error);
	if (cutter->count == 9 && byte > 1)
		return broken(body, "a number has more than 64 bits", error);
	cutter->number |= (uint64_t)(byte & 0x7f) << (7 * cutter->count++);
	if (byte >= 0x80)
		return true;

	uint64_t number = cutter->number;
	if (cutter->place == TAG)
		return end_tag(body, number, error);
	if (cutter->place == LENGTH)
		return begin_bytes(body, number, error);
	expect(cutter, TAG);
	return true;
}

static bool take_magic(struct body *body, uint8_t byte, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;

	if (byte != (uint8_t)UNKNOWN_MAGIC[cutter->count])
		return error_set(error, "bad protobuf: it does not begin with \"k8s\"");
	if (++cutter->count == UNKNOWN_MAGIC_SIZE)
		expect(cutter, TAG);
	return true;
}

static bool take_frame_size(struct body *body, uint8_t byte, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;

	cutter->number = cutter->number << 8 | byte;
	return ++cutter->count < 4 || begin_field(body, OBJECT, cutter->number, error);
}

static bool take_bytes(struct body *body, const uint8_t **at, const uint8_t *end, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;
	size_t size = (size_t)(end - *at);

	if (size > cutter->left)
		size = (size_t)cutter->left;
	if (cutter->place == OBJECT && !body_add(body, *at, size, error))
		return false;
	if (cutter->place == BESIDE)
		text_add_n(&cutter->beside, *at, size);
	*at += size;
	cutter->left -= size;
	return cutter->left > 0 || end_field(body, error);
}

bool protobuf_cutter_feed(struct body *body, const uint8_t *bytes, size_t size, struct error *error)
{
	struct protobuf_cutter *cutter = body->protobuf;
	const uint8_t *at = bytes, *end = bytes + size;
	bool good = true;

	while (good && at < end) {
		if (cutter->in_list && cutter->list_left == 0 && is_between(cutter))
			cutter->in_list = false;
		switch (cutter->place) {
		case MAGIC:
			good = take_magic(body, *at++, error);
			break;
		case FRAME_SIZE:
			good = take_frame_size(body, *at++, error);
			break;
		case TAG:
		case LENGTH:
		case SKIPPED_NUMBER:
			good = take_byte(body, *at++, error);
			break;
		case SKIPPED:
		case BESIDE:
		case OBJECT:
			good = take_bytes(body, &at, end, error);
			break;
		}
	}
	return good;
}

bool protobuf_cutter_end(const struct body *body, struct error *error)
{
	const struct protobuf_cutter *cutter = body->protobuf;

	if (cutter->place == MAGIC)
		return error_set(error, "it ends without a list");
	if (!is_between(cutter) || (cutter->in_list && cutter->list_left > 0))
		return error_set(error, "it ends within object %zu", body->taken + 1);
	return body->options.form == BODY_WATCH || cutter->has_list ||
	       error_set(error, "it ends without a list");
}
