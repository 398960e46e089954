/* SPDX-License-Identifier: Apache-2.0 */
/* discovery/v1 EndpointSlice in protobuf. */
#include "wire.h"

/* Where the fields of one endpoint go, all but its addresses. */
struct target {
	const char *hostname, *pod_name, *zone;
	bool ready, terminating;
	size_t addresses;
};

static bool read_conditions(struct api_decoder *decoder, const struct wire_field *found,
			    struct target *target)
{
	struct wire_field field;
	struct wire message;

	if (!wire_message(decoder, found, "conditions", &message))
		return false;
	while (wire_next(&message, &field))
		if ((field.number == 1 && !wire_bool(decoder, &field, "ready", &target->ready)) ||
		    (field.number == 3 &&
		     !wire_bool(decoder, &field, "terminating", &target->terminating)))
			return false;
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	return true;
}

static bool read_reference(struct api_decoder *decoder, const struct wire_field *found,
			   struct target *target)
{
	struct wire_field field;
	struct wire message;

	if (!wire_message(decoder, found, "targetRef", &message))
		return false;
	while (wire_next(&message, &field))
		if (field.number == 3 && !wire_text(decoder, &field, "name", &target->pod_name))
			return false;
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	return true;
}

static bool add_address(struct api_decoder *decoder, const struct wire_field *field,
			struct target *target)
{
	struct endpoint_text endpoint = { 0 };
	const char *text;

	if (!wire_item_text(decoder, field, "addresses", target->addresses++, &text))
		return false;
	if (ip_parse(text, &endpoint.address))
		endpoints_add(&decoder->endpoints, &endpoint);
	return true;
}

static bool take_field(struct api_decoder *decoder, const struct wire_field *field,
		       struct target *target)
{
	switch (field->number) {
	case 1:
		return add_address(decoder, field, target);
	case 2:
		return read_conditions(decoder, field, target);
	case 3:
		return wire_text(decoder, field, "hostname", &target->hostname);
	case 4:
		return read_reference(decoder, field, target);
	case 7:
		return wire_text(decoder, field, "zone", &target->zone);
	}
	return true;
}

/* The addresses come first in a message, hence what goes for all of them is set behind it. */
static bool read_endpoint(struct api_decoder *decoder, const struct wire_field *found, size_t index)
{
	const struct decode_options *options = decoder->decoder.options;
	struct endpoints *endpoints = &decoder->endpoints;
	struct target target = { .ready = true };
	size_t first = endpoints->count;
	struct wire_field field;
	struct wire message;

	if (!wire_item(decoder, found, "endpoints", index, &message))
		return false;
	while (wire_next(&message, &field))
		if (!take_field(decoder, &field, &target))
			return false;
	if (!wire_end(decoder, &message))
		return false;
	for (size_t i = first; i < endpoints->count; i++) {
		endpoints->list[i].ready = target.ready;
		endpoints->list[i].terminating = target.terminating;
		endpoints->list[i].hostname = target.hostname;
		endpoints->list[i].pod_name = options->keep_pod_names ? target.pod_name : NULL;
		endpoints->list[i].zone = options->keep_zones ? target.zone : NULL;
	}
	field_leave(&decoder->decoder.fields);
	field_leave(&decoder->decoder.fields);
	return true;
}

bool wire_slice(struct api_decoder *decoder, struct wire object, const struct metadata *metadata,
		struct object **ret_object)
{
	const char *type = "";
	struct wire_field field;
	size_t count = 0;
	bool good = true;

	while (good && wire_next(&object, &field)) {
		if (field.number == 2)
			good = read_endpoint(decoder, &field, count++);
		else if (field.number == 3)
			good = wire_add_port(decoder, &field, true);
		else if (field.number == 4)
			good = wire_text(decoder, &field, "addressType", &type);
	}
	if (!good)
		return false;
	if (type[0] == '\0')
		return field_expected(&decoder->decoder.fields, "addressType", ADDRESS_TYPES, NULL);
	*ret_object = slice_make(decoder->decoder.options, metadata, type, &decoder->ports,
				 &decoder->endpoints);
	return true;
}
