/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf's wire form: rows of number, type and value, where a value may be such a row again. */
#include "knamed/source.h"

enum { NUMBER_MOST = (1 << 29) - 1, VARINT_BYTES = 10 };

static bool read_varint(struct wire *wire, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < VARINT_BYTES && wire->at < wire->end; i++) {
		uint8_t byte = *wire->at++;
		if (i == VARINT_BYTES - 1 && byte > 1) /* more than 64 bits */
			return false;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static bool read_fixed(struct wire *wire, unsigned size, uint64_t *ret_value)
{
	uint64_t value = 0;

	if ((size_t)(wire->end - wire->at) < size)
		return false;
	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)wire->at[i] << (8 * i);
	wire->at += size;
	*ret_value = value;
	return true;
}

static bool read_bytes(struct wire *wire, struct wire_field *field)
{
	uint64_t size;

	if (!read_varint(wire, &size) || size > (size_t)(wire->end - wire->at))
		return false;
	field->bytes = wire->at;
	field->size = (size_t)size;
	wire->at += size;
	return true;
}

static bool read_field(struct wire *wire, struct wire_field *field)
{
	uint64_t tag;

	if (!read_varint(wire, &tag) || tag >> 3 == 0 || tag >> 3 > NUMBER_MOST)
		return false;
	field->number = (uint32_t)(tag >> 3);
	field->type = (enum wire_type)(tag & 7);
	switch (field->type) {
	case WIRE_NUMBER:
		return read_varint(wire, &field->value);
	case WIRE_FIXED64:
		return read_fixed(wire, 8, &field->value);
	case WIRE_BYTES:
		return read_bytes(wire, field);
	case WIRE_FIXED32:
		return read_fixed(wire, 4, &field->value);
	}
	return false; /* a group, or no type at all */
}

bool wire_next(struct wire *wire, struct wire_field *ret_field)
{
	if (wire->at == wire->end || wire->is_broken)
		return false;

	struct wire_field field = { 0 };
	wire->is_broken = !read_field(wire, &field);
	if (wire->is_broken)
		return false;
	*ret_field = field;
	return true;
}
