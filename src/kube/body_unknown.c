/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope of every object in protobuf: "k8s\0", then what it is and its bytes. Kinds that have
 * no message come in it as JSON. */
#include "body_parts.h"

#include <stdio.h>
#include <string.h>

bool word_is(struct word word, const char *text)
{
	return word.size == strlen(text) && word.size > 0 && memcmp(word.text, text, word.size) == 0;
}

const char *word_print(struct word word, char room[WORD_ROOM])
{
	size_t size = word.size < WORD_ROOM ? word.size : WORD_ROOM - 1;

	for (size_t i = 0; i < size; i++)
		room[i] = (char)(word.text[i] > ' ' && word.text[i] <= '~' ? word.text[i] : '?');
	room[size] = '\0';
	return room;
}

bool body_check_kind(const struct body *body, struct word kind, const char *suffix, struct error *error)
{
	const char *asked = object_kind_name(body->options.kind);
	char expected[32], partial[32];

	snprintf(expected, sizeof(expected), "%s%s", asked, suffix);
	snprintf(partial, sizeof(partial), "PartialObjectMetadata%s", suffix);
	if (kind.size == 0 || word_is(kind, expected) ||
	    (body->options.is_metadata_only && word_is(kind, partial)))
		return true;
	return error_set(error, "expected kind %s, not %s", expected,
			 word_print(kind, (char[WORD_ROOM]){ 0 }));
}

bool unknown_kind(const uint8_t *bytes, size_t size, struct word *ret_kind, struct error *error)
{
	struct wire wire = { .at = bytes, .end = bytes + size };
	struct word kind = { NULL, 0 };
	struct wire_field field;

	while (wire_next(&wire, &field))
		if (field.number == 2 && field.type == WIRE_BYTES)
			kind = (struct word){ field.bytes, field.size };
	if (wire.is_broken)
		return error_set(error, "bad protobuf: the object's type is broken");
	*ret_kind = kind;
	return true;
}

bool unknown_type(struct word type, enum body_encoding *ret_encoding, struct error *error)
{
	char text[WORD_ROOM];

	if (type.size == 0) {
		*ret_encoding = BODY_PROTOBUF;
		return true;
	}
	word_print(type, text);
	return body_encoding_of(text, ret_encoding) ||
	       error_set(error, "an object is encoded as '%s', which is not read", text);
}

static bool take_part(const struct wire_field *field, struct unknown *unknown, struct error *error)
{
	if (field->type != WIRE_BYTES)
		return true;
	switch (field->number) {
	case 1:
		return unknown_kind(field->bytes, field->size, &unknown->kind, error);
	case 2:
		unknown->bytes = field->bytes;
		unknown->size = field->size;
		return true;
	case 3:
		return field->size == 0 ||
		       error_set(error, "an object is compressed, which is not read");
	case 4:
		return unknown_type((struct word){ field->bytes, field->size }, &unknown->encoding,
				    error);
	}
	return true;
}

bool unknown_open(const uint8_t *bytes, size_t size, struct unknown *ret_unknown, struct error *error)
{
	static const uint8_t nothing[1];
	struct unknown unknown = { .encoding = BODY_PROTOBUF, .bytes = nothing };
	struct wire_field field;

	if (size > 0 && bytes[0] == '{') {
		*ret_unknown = (struct unknown){ .encoding = BODY_JSON, .bytes = bytes, .size = size };
		return true;
	}
	if (size < UNKNOWN_MAGIC_SIZE || memcmp(bytes, UNKNOWN_MAGIC, UNKNOWN_MAGIC_SIZE) != 0)
		return error_set(error, "bad protobuf: an object does not begin with \"k8s\"");
	struct wire wire = { .at = bytes + UNKNOWN_MAGIC_SIZE, .end = bytes + size };
	while (wire_next(&wire, &field))
		if (!take_part(&field, &unknown, error))
			return false;
	if (wire.is_broken)
		return error_set(error, "bad protobuf: an object's envelope is broken");
	*ret_unknown = unknown;
	return true;
}
