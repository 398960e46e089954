/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of protobuf messages, each with the checks that its twin in JSON has. */
#include "wire.h"

#include <string.h>

/* How many bytes a character beginning with this one has; 0: none begins so. */
static unsigned character_size(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* Longer forms than needed, surrogates and what is behind U+10FFFF are no characters (RFC 3629 4). */
static bool is_second(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	}
	return true;
}

static bool is_utf8(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		unsigned count = character_size(bytes[i]);
		if (count == 0 || count > size - i ||
		    (count > 1 && !is_second(bytes[i], bytes[i + 1])))
			return false;
		for (unsigned j = 1; j < count; j++)
			if ((bytes[i + j] & 0xc0) != 0x80)
				return false;
		i += count;
	}
	return true;
}

/* NULL if it is text, else what was expected. */
static const char *wrong_text(const struct wire_field *field)
{
	uint8_t seen = 0;

	if (field->type != WIRE_BYTES)
		return "expected text, not a number";
	if (memchr(field->bytes, '\0', field->size) != NULL)
		return "expected text without NUL";
	for (size_t i = 0; i < field->size; i++)
		seen |= field->bytes[i];
	return seen < 0x80 || is_utf8(field->bytes, field->size) ? NULL : "expected text in UTF-8";
}

bool wire_text(struct api_decoder *decoder, const struct wire_field *field, const char *key,
	       const char **ret_text)
{
	const char *wrong = wrong_text(field);

	if (wrong != NULL) {
		field_enter(&decoder->decoder.fields, key);
		return field_wrong(&decoder->decoder.fields, "%s", wrong);
	}
	*ret_text = texts_put(&decoder->texts, field->bytes, field->size);
	return true;
}

bool wire_item_text(struct api_decoder *decoder, const struct wire_field *field, const char *key,
		    size_t index, const char **ret_text)
{
	const char *wrong = wrong_text(field);

	if (wrong != NULL) {
		field_enter(&decoder->decoder.fields, key);
		field_enter_item(&decoder->decoder.fields, index);
		return field_wrong(&decoder->decoder.fields, "%s", wrong);
	}
	*ret_text = texts_put(&decoder->texts, field->bytes, field->size);
	return true;
}

bool wire_bool(struct api_decoder *decoder, const struct wire_field *field, const char *key,
	       bool *ret_value)
{
	if (field->type != WIRE_NUMBER) {
		field_enter(&decoder->decoder.fields, key);
		return field_wrong(&decoder->decoder.fields, "expected true or false");
	}
	*ret_value = field->value != 0;
	return true;
}

bool wire_message(struct api_decoder *decoder, const struct wire_field *field, const char *key,
		  struct wire *ret_message)
{
	field_enter(&decoder->decoder.fields, key);
	if (field->type != WIRE_BYTES)
		return field_wrong(&decoder->decoder.fields, "expected a mapping, not a number");
	*ret_message = (struct wire){ .at = field->bytes, .end = field->bytes + field->size };
	return true;
}

bool wire_item(struct api_decoder *decoder, const struct wire_field *field, const char *key,
	       size_t index, struct wire *ret_message)
{
	field_enter(&decoder->decoder.fields, key);
	field_enter_item(&decoder->decoder.fields, index);
	if (field->type != WIRE_BYTES)
		return field_wrong(&decoder->decoder.fields, "expected a mapping, not a number");
	*ret_message = (struct wire){ .at = field->bytes, .end = field->bytes + field->size };
	return true;
}

bool wire_end(struct api_decoder *decoder, const struct wire *message)
{
	return !message->is_broken || field_wrong(&decoder->decoder.fields, "broken protobuf");
}

static bool read_number(struct api_decoder *decoder, const struct wire_field *field, struct port *port)
{
	if (field->type != WIRE_NUMBER || field->value > UINT16_MAX) {
		field_enter(&decoder->decoder.fields, "port");
		return field_wrong(&decoder->decoder.fields, "expected a number 0..65535");
	}
	port->number = (uint16_t)field->value;
	port->has_number = true;
	return true;
}

static bool read_port(struct api_decoder *decoder, struct wire message, bool may_lack_number,
		      struct port *port)
{
	const char *protocol = "";
	struct wire_field field;
	bool good = true;

	while (good && wire_next(&message, &field)) {
		if (field.number == 1)
			good = wire_text(decoder, &field, "name", &port->name);
		else if (field.number == 2)
			good = wire_text(decoder, &field, "protocol", &protocol);
		else if (field.number == 3)
			good = read_number(decoder, &field, port);
	}
	if (!good || !wire_end(decoder, &message))
		return false;
	port->protocol = decode_protocol(protocol);
	return port->has_number || may_lack_number ||
	       field_expected(&decoder->decoder.fields, "port", "a number 0..65535", NULL);
}

static void ports_add(struct api_decoder *decoder, const struct port *port)
{
	struct ports *ports = &decoder->ports;

	if (ports->count == decoder->ports_room) {
		decoder->ports_room = ports->count == 0 ? 16 : ports->count * 2;
		ports->list = mem_realloc(ports->list, decoder->ports_room * sizeof(*port));
	}
	ports->list[ports->count++] = *port;
}

bool wire_add_port(struct api_decoder *decoder, const struct wire_field *field, bool may_lack_number)
{
	struct fields *fields = &decoder->decoder.fields;
	struct port port = { .name = "" };
	struct wire message;

	if (decoder->ports.count == PORTS_MOST) {
		field_enter(fields, "ports");
		return field_wrong(fields, "expected at most %d ports", PORTS_MOST);
	}
	if (!wire_item(decoder, field, "ports", decoder->ports.count, &message) ||
	    !read_port(decoder, message, may_lack_number, &port))
		return false;
	ports_add(decoder, &port);
	field_leave(fields);
	field_leave(fields);
	return true;
}
