/* SPDX-License-Identifier: Apache-2.0 */
/* ObjectMeta. It is field 1 of every object, and what is not looked at (managedFields may be most
 * of the object) is passed over by its length. */
#include "wire.h"

#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

/* An entry of a map. Its parts may lack; they are "" then. */
struct pair {
	struct wire_field key, value;
};

static bool read_pair(struct api_decoder *decoder, const struct wire_field *field, const char *map,
		      struct pair *ret_pair)
{
	static const struct wire_field nothing = { .type = WIRE_BYTES, .bytes = (const uint8_t *)"" };
	struct pair pair = { nothing, nothing };
	struct wire_field part;
	struct wire message;

	if (!wire_message(decoder, field, map, &message))
		return false;
	while (wire_next(&message, &part)) {
		if (part.number == 1)
			pair.key = part;
		else if (part.number == 2)
			pair.value = part;
	}
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	*ret_pair = pair;
	return true;
}

static bool add_label(struct api_decoder *decoder, const struct wire_field *field)
{
	struct labels *labels = &decoder->labels;
	struct label label;
	struct pair pair;

	if (!read_pair(decoder, field, "labels", &pair) ||
	    !wire_text(decoder, &pair.key, "labels", &label.key))
		return false;
	field_enter(&decoder->decoder.fields, "labels");
	if (!wire_text(decoder, &pair.value, label.key, &label.value))
		return false;
	field_leave(&decoder->decoder.fields);
	if (labels->count == decoder->labels_room) {
		decoder->labels_room = labels->count == 0 ? 16 : labels->count * 2;
		labels->list = mem_realloc(labels->list, decoder->labels_room * sizeof(label));
	}
	labels->list[labels->count++] = label;
	return true;
}

static bool is_text(const struct wire_field *field, const char *text)
{
	return field->type == WIRE_BYTES && field->size == strlen(text) &&
	       memcmp(field->bytes, text, field->size) == 0;
}

static uint64_t read_trigger_time(const struct wire_field *field)
{
	char text[64];

	if (field->type != WIRE_BYTES || field->size >= sizeof(text))
		return 0;
	memcpy(text, field->bytes, field->size);
	text[field->size] = '\0';
	return trigger_time_ns(text);
}

/* Annotations may say anything; three of them are looked at. */
static bool take_annotation(struct api_decoder *decoder, const struct wire_field *field,
			    struct api_metadata *metadata)
{
	struct pair pair;

	if (!read_pair(decoder, field, "annotations", &pair))
		return false;
	if (is_text(&pair.key, ANNOTATION_TRIGGER_TIME))
		metadata->triggered_ns = read_trigger_time(&pair.value);
	else if (is_text(&pair.key, ANNOTATION_INITIAL_END))
		metadata->is_initial_end = is_text(&pair.value, "true");
	else if (is_text(&pair.key, ANNOTATION_TOLERATE_UNREADY))
		metadata->common.tolerates_unready = is_text(&pair.value, "true");
	return true;
}

/* A Time of seconds and, never here, nanoseconds. */
static bool take_creation(struct api_decoder *decoder, const struct wire_field *field,
			  struct api_metadata *metadata)
{
	struct wire_field part;
	struct wire message;

	if (!wire_message(decoder, field, "creationTimestamp", &message))
		return false;
	while (wire_next(&message, &part))
		if (part.number == 1 && part.type == WIRE_NUMBER && part.value < UINT64_MAX / NS_PER_S)
			metadata->created_ns = part.value * NS_PER_S;
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	return true;
}

static bool take_field(struct api_decoder *decoder, const struct wire_field *field,
		       struct api_metadata *metadata)
{
	switch (field->number) {
	case 1:
		return wire_text(decoder, field, "name", &metadata->common.name);
	case 3:
		return wire_text(decoder, field, "namespace", &metadata->common.namespace_);
	case 5:
		return wire_text(decoder, field, "uid", &metadata->uid);
	case 6:
		return wire_text(decoder, field, "resourceVersion", &metadata->version);
	case 8:
		return take_creation(decoder, field, metadata);
	case 9:
		metadata->common.is_deleted = true;
		return true;
	case 11:
		return add_label(decoder, field);
	case 12:
		return take_annotation(decoder, field, metadata);
	}
	return true;
}

static bool read_metadata(struct api_decoder *decoder, const struct wire_field *found,
			  struct api_metadata *metadata)
{
	struct wire_field field;
	struct wire message;

	if (!wire_message(decoder, found, "metadata", &message))
		return false;
	while (wire_next(&message, &field))
		if (!take_field(decoder, &field, metadata))
			return false;
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	return true;
}

bool wire_metadata(struct api_decoder *decoder, struct wire object, struct api_metadata *metadata)
{
	struct wire_field field;
	bool good = true;

	while (good && wire_next(&object, &field))
		if (field.number == 1)
			good = read_metadata(decoder, &field, metadata);
	metadata->common.namespace_ = metadata_namespace(decoder->kind, metadata->common.namespace_);
	metadata->common.pairs = decoder->labels;
	return good && wire_end(decoder, &object);
}
