/* SPDX-License-Identifier: Apache-2.0 */
/* core/v1 Service in protobuf. */
#include "wire.h"

struct spec {
	struct service_fields fields;
	const char *cluster_ip,
		*first_listed; /* of clusterIP; of clusterIPs, NULL if there are none */
	size_t listed, external_ips;
};

static bool add_listed(struct api_decoder *decoder, const struct wire_field *field, struct spec *spec)
{
	const char *text;

	if (!wire_item_text(decoder, field, "clusterIPs", spec->listed++, &text))
		return false;
	if (spec->first_listed == NULL)
		spec->first_listed = text;
	addresses_add(&decoder->addresses, text);
	return true;
}

static bool add_external_ip(struct api_decoder *decoder, const struct wire_field *field,
			    struct spec *spec)
{
	const char *text;

	if (!decoder->decoder.options->keep_externals)
		return true;
	if (!wire_item_text(decoder, field, "externalIPs", spec->external_ips++, &text))
		return false;
	externals_add(&decoder->externals, text, "");
	return true;
}

static bool take_field(struct api_decoder *decoder, const struct wire_field *field, struct spec *spec)
{
	struct service_fields *fields = &spec->fields;

	switch (field->number) {
	case 1:
		return wire_add_port(decoder, field, false);
	case 2:
		fields->has_selector = true;
		return true;
	case 3:
		return wire_text(decoder, field, "clusterIP", &spec->cluster_ip);
	case 4:
		return wire_text(decoder, field, "type", &fields->type);
	case 5:
		return add_external_ip(decoder, field, spec);
	case 10:
		return wire_text(decoder, field, "externalName", &fields->external_name);
	case 13:
		return wire_bool(decoder, field, "publishNotReadyAddresses",
				 &fields->publish_not_ready);
	case 18:
		return add_listed(decoder, field, spec);
	}
	return true;
}

static bool read_spec(struct api_decoder *decoder, const struct wire_field *found, struct spec *spec)
{
	struct wire_field field;
	struct wire message;

	if (!wire_message(decoder, found, "spec", &message))
		return false;
	while (wire_next(&message, &field))
		if (!take_field(decoder, &field, spec))
			return false;
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	return true;
}

static bool read_ingress_item(struct api_decoder *decoder, struct wire message)
{
	const char *ip = "", *hostname = "";
	struct wire_field field;
	bool good = true;

	while (good && wire_next(&message, &field)) {
		if (field.number == 1)
			good = wire_text(decoder, &field, "ip", &ip);
		else if (field.number == 2)
			good = wire_text(decoder, &field, "hostname", &hostname);
	}
	if (!good || !wire_end(decoder, &message))
		return false;
	externals_add(&decoder->externals, ip, hostname);
	return true;
}

static bool read_balancer(struct api_decoder *decoder, struct wire message, size_t *items)
{
	struct wire_field field;
	struct wire item;

	while (wire_next(&message, &field)) {
		if (field.number != 1)
			continue;
		if (!wire_item(decoder, &field, "ingress", (*items)++, &item) ||
		    !read_ingress_item(decoder, item))
			return false;
		field_leave(&decoder->decoder.fields);
		field_leave(&decoder->decoder.fields);
	}
	return wire_end(decoder, &message);
}

/* status.loadBalancer.ingress. It counts behind spec.externalIPs wherever it stands. */
static bool read_status(struct api_decoder *decoder, const struct wire_field *found, size_t *items)
{
	struct wire_field field;
	struct wire message, balancer;

	if (!wire_message(decoder, found, "status", &message))
		return false;
	while (wire_next(&message, &field)) {
		if (field.number != 1)
			continue;
		if (!wire_message(decoder, &field, "loadBalancer", &balancer) ||
		    !read_balancer(decoder, balancer, items))
			return false;
		field_leave(&decoder->decoder.fields);
	}
	if (!wire_end(decoder, &message))
		return false;
	field_leave(&decoder->decoder.fields);
	return true;
}

static bool read_externals(struct api_decoder *decoder, struct wire object)
{
	struct wire_field field;
	size_t items = 0;

	while (wire_next(&object, &field))
		if (field.number == 3 && !read_status(decoder, &field, &items))
			return false;
	return true;
}

bool wire_service(struct api_decoder *decoder, struct wire object, const struct metadata *metadata,
		  struct object **ret_object)
{
	struct spec spec = { .fields = { .type = "", .external_name = "" }, .cluster_ip = "" };
	struct wire_field field;
	struct wire rest = object;

	while (wire_next(&rest, &field))
		if (field.number == 2 && !read_spec(decoder, &field, &spec))
			return false;
	if (decoder->decoder.options->keep_externals && !read_externals(decoder, object))
		return false;
	if (spec.first_listed == NULL)
		addresses_add(&decoder->addresses, spec.cluster_ip);
	spec.fields.cluster_ip = spec.first_listed == NULL ? spec.cluster_ip : spec.first_listed;
	spec.fields.addresses = decoder->addresses;
	spec.fields.ports = decoder->ports;
	spec.fields.externals = decoder->externals;
	*ret_object = service_make(decoder->decoder.options, metadata, &spec.fields);
	return true;
}
