/* SPDX-License-Identifier: Apache-2.0 */
/* EndpointSlice discovery.k8s.io/v1: one endpoint per address. Slices of other address types than
 * IPv4 and IPv6 keep none (names of hosts are no addresses). */
#include "decode.h"

#include <string.h>

void endpoints_add(struct endpoints *endpoints, const struct endpoint_text *endpoint)
{
	if (endpoints->count == endpoints->room) {
		endpoints->room = endpoints->room == 0 ? 128 : endpoints->room * 2;
		endpoints->list = mem_realloc(endpoints->list, endpoints->room * sizeof(*endpoint));
	}
	endpoints->list[endpoints->count++] = *endpoint;
}

/* The fields of one endpoint but for its addresses. */
static bool read_endpoint(struct decoder *decoder, const json_t *item, struct endpoint_text *endpoint)
{
	struct fields *fields = &decoder->fields;
	const json_t *conditions, *target;

	if (!field_text(fields, item, "hostname", &endpoint->hostname) ||
	    !field_text(fields, item, "zone", &endpoint->zone) ||
	    !field_object(fields, item, "conditions", &conditions) ||
	    !field_object(fields, item, "targetRef", &target))
		return false;
	field_enter(fields, "conditions");
	if (!field_bool(fields, conditions, "ready", true, &endpoint->ready) ||
	    !field_bool(fields, conditions, "terminating", false, &endpoint->terminating))
		return false;
	field_leave(fields);
	field_enter(fields, "targetRef");
	if (!field_text(fields, target, "name", &endpoint->pod_name))
		return false;
	field_leave(fields);
	if (!decoder->options->keep_zones)
		endpoint->zone = NULL;
	if (!decoder->options->keep_pod_names)
		endpoint->pod_name = NULL;
	return true;
}

static bool add_addresses(struct fields *fields, const json_t *item, struct endpoint_text *endpoint,
			  struct endpoints *endpoints)
{
	const json_t *list;
	const char *text;

	if (!field_list(fields, item, "addresses", &list))
		return false;
	field_enter(fields, "addresses");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!item_text(fields, list, i, &text))
			return false;
		if (ip_parse(text, &endpoint->address))
			endpoints_add(endpoints, endpoint);
	}
	field_leave(fields);
	return true;
}

static bool read_endpoints(struct decoder *decoder, const json_t *value, struct endpoints *endpoints)
{
	struct fields *fields = &decoder->fields;
	const json_t *list, *item;

	if (!field_list(fields, value, "endpoints", &list))
		return false;
	field_enter(fields, "endpoints");
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct endpoint_text endpoint = { 0 };
		if (!item_object(fields, list, i, &item))
			return false;
		field_enter_item(fields, i);
		if (!read_endpoint(decoder, item, &endpoint) ||
		    !add_addresses(fields, item, &endpoint, endpoints))
			return false;
		field_leave(fields);
	}
	field_leave(fields);
	return true;
}

static bool is_wanted(const struct decode_options *options, const struct metadata *metadata,
		      const struct slice *slice)
{
	if (!options->keep_slices || !metadata_matches(metadata, options->labels))
		return false;
	return options->keep_imports || slice->service[0] != '\0' || slice->import[0] == '\0';
}

static enum address_type address_type_of(const char *text)
{
	if (strcmp(text, "IPv4") == 0)
		return ADDRESS_IPV4;
	return strcmp(text, "IPv6") == 0 ? ADDRESS_IPV6 : ADDRESS_OTHER;
}

struct object *slice_make(const struct decode_options *options, const struct metadata *metadata,
			  const char *address_type, const struct ports *ports,
			  const struct endpoints *endpoints)
{
	struct slice slice = {
		.head = { .namespace_ = metadata->namespace_, .name = metadata->name },
		.service = metadata_label(metadata, "kubernetes.io/service-name"),
		.import = metadata_label(metadata, "multicluster.kubernetes.io/service-name"),
		.cluster = metadata_label(metadata, "multicluster.kubernetes.io/source-cluster"),
		.address_type = address_type_of(address_type),
		.ports = ports->list,
		.port_count = (uint16_t)ports->count,
	};

	if (!is_wanted(options, metadata, &slice))
		return NULL;
	if (slice.address_type != ADDRESS_OTHER)
		slice.endpoint_count = (uint32_t)endpoints->count;
	return slice_new(&slice, endpoints->list);
}

bool decode_slice(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		  struct object **ret_object)
{
	struct endpoints endpoints = { 0 };
	struct ports ports = { 0 };
	const char *type;

	if (!field_text(&decoder->fields, value, "addressType", &type))
		return false;
	if (type[0] == '\0')
		return field_expected(&decoder->fields, "addressType", ADDRESS_TYPES, NULL);
	bool good = decode_ports(&decoder->fields, value, true, &ports) &&
		    read_endpoints(decoder, value, &endpoints);
	if (good)
		*ret_object = slice_make(decoder->options, metadata, type, &ports, &endpoints);
	mem_free(endpoints.list);
	mem_free(ports.list);
	return good;
}
