/* SPDX-License-Identifier: Apache-2.0 */
/* core/v1 Pod in protobuf. */
#include "wire.h"

struct status {
	const char *phase, *pod_ip;
	size_t listed; /* items of podIPs */
};

static bool add_listed(struct api_decoder *decoder, const struct wire_field *found,
		       struct status *status)
{
	const char *text = "";
	struct wire_field field;
	struct wire message;

	if (!wire_item(decoder, found, "podIPs", status->listed++, &message))
		return false;
	while (wire_next(&message, &field))
		if (field.number == 1 && !wire_text(decoder, &field, "ip", &text))
			return false;
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	field_leave(&decoder->decoder.fields);
	addresses_add(&decoder->addresses, text);
	return true;
}

static bool take_field(struct api_decoder *decoder, const struct wire_field *field,
		       struct status *status)
{
	switch (field->number) {
	case 1:
		return wire_text(decoder, field, "phase", &status->phase);
	case 6:
		return wire_text(decoder, field, "podIP", &status->pod_ip);
	case 12:
		return add_listed(decoder, field, status);
	}
	return true;
}

static bool read_status(struct api_decoder *decoder, const struct wire_field *found,
			struct status *status)
{
	struct wire_field field;
	struct wire message;

	if (!wire_message(decoder, found, "status", &message))
		return false;
	while (wire_next(&message, &field))
		if (!take_field(decoder, &field, status))
			return false;
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	return true;
}

bool wire_pod(struct api_decoder *decoder, struct wire object, const struct metadata *metadata,
	      struct object **ret_object)
{
	struct status status = { "", "", 0 };
	struct wire_field field;

	while (wire_next(&object, &field))
		if (field.number == 3 && !read_status(decoder, &field, &status))
			return false;
	if (status.listed == 0)
		addresses_add(&decoder->addresses, status.pod_ip);
	*ret_object = pod_make(decoder->decoder.options, metadata, status.phase, &decoder->addresses);
	return true;
}
