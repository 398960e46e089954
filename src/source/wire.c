/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf's wire form: rows of number, type and value, where a value may be such a row again. */
#include "knamed/source.h"

enum { NUMBER_MOST = (1 << 29) - 1, VARINT_BYTES = 10 };

static bool read_long_varint(struct wire *wire, uint64_t *ret_value)
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

/* Nearly all have one byte. */
static inline bool read_varint(struct wire *wire, uint64_t *ret_value)
{
	if (wire->at == wire->end || *wire->at >= 0x80)
		return read_long_varint(wire, ret_value);
	*ret_value = *wire->at++;
	return true;
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

/* Sets the value; of bytes it is how many they are, and they are there. */
static bool read_value(struct wire *wire, enum wire_type type, uint64_t *ret_value)
{
	switch (type) {
	case WIRE_NUMBER:
		return read_varint(wire, ret_value);
	case WIRE_FIXED64:
		return read_fixed(wire, 8, ret_value);
	case WIRE_BYTES:
		return read_varint(wire, ret_value) && *ret_value <= (size_t)(wire->end - wire->at);
	case WIRE_FIXED32:
		return read_fixed(wire, 4, ret_value);
	}
	return false; /* a group, or no type at all */
}

/* The field is put together once and at its end: a copy of what was just written would wait for it. */
bool wire_next(struct wire *wire, struct wire_field *ret_field)
{
	uint64_t tag, value;

	if (wire->at == wire->end || wire->is_broken)
		return false;
	if (!read_varint(wire, &tag) || tag >> 3 == 0 || tag >> 3 > NUMBER_MOST ||
	    !read_value(wire, (enum wire_type)(tag & 7), &value)) {
		wire->is_broken = true;
		return false;
	}
	ret_field->number = (uint32_t)(tag >> 3);
	ret_field->type = (enum wire_type)(tag & 7);
	ret_field->value = value;
	ret_field->bytes = wire->at;
	ret_field->size = (size_t)value;
	if (ret_field->type == WIRE_BYTES)
		wire->at += value;
	else
		ret_field->size = 0;
	return true;
}
