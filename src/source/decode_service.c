/* SPDX-License-Identifier: Apache-2.0 */
/* Service v1. Its kind: ExternalName if the type says so, else headless if the first clusterIP is
 * `None`, else one with a cluster address, be it a NodePort or a LoadBalancer. */
#include "decode.h"

#include <string.h>

static bool tolerates_unready(const struct metadata *metadata)
{
	const json_t *annotation =
		json_object_get(metadata->annotations,
				"service.alpha.kubernetes.io/tolerate-unready-endpoints");

	return json_is_string(annotation) && strcmp(json_string_value(annotation), "true") == 0;
}

/* clusterIPs, else [clusterIP]. `None` and "" are no addresses and fall out by themselves. */
static bool cluster_addresses(struct fields *fields, const json_t *spec,
			      struct addresses *addresses, bool *ret_none)
{
	const char *first;

	if (!field_text(fields, spec, "clusterIP", &first) ||
	    !decode_addresses(fields, spec, "clusterIPs", NULL, addresses))
		return false;
	const json_t *listed = json_array_get(json_object_get(spec, "clusterIPs"), 0);
	if (listed == NULL)
		addresses_add(addresses, first);
	else
		first = json_string_value(listed);
	*ret_none = strcmp(first, "None") == 0;
	return true;
}

static bool read_service(struct fields *fields, const json_t *spec, struct service *service,
			 struct addresses *addresses, struct ports *ports)
{
	const char *type;
	bool is_none, publish;

	if (!field_text(fields, spec, "type", &type) ||
	    !field_text(fields, spec, "externalName", &service->external_name) ||
	    !field_bool(fields, spec, "publishNotReadyAddresses", false, &publish) ||
	    !cluster_addresses(fields, spec, addresses, &is_none) ||
	    !decode_ports(fields, spec, false, ports))
		return false;
	service->publish_not_ready |= publish;
	if (strcmp(type, "ExternalName") == 0)
		service->type = SERVICE_EXTERNAL_NAME;
	else if (is_none)
		service->type = SERVICE_HEADLESS;
	else
		service->type = SERVICE_CLUSTER_IP;
	return true;
}

static struct object *make_service(struct service *service, const struct addresses *addresses,
				   const struct ports *ports)
{
	if (service->type == SERVICE_CLUSTER_IP) {
		service->addresses = addresses->list;
		service->address_count = addresses->count;
		service->listed_count = addresses->listed;
	}
	if (service->type != SERVICE_EXTERNAL_NAME)
		service->external_name = "";
	service->ports = ports->list;
	service->port_count = ports->count;
	return service_new(service);
}

bool decode_service(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		    struct object **ret_object)
{
	struct service service = { .head = { .namespace_ = metadata->namespace_,
					     .name = metadata->name },
				   .publish_not_ready = tolerates_unready(metadata) };
	struct addresses addresses = { 0 };
	struct ports ports = { 0 };
	const json_t *spec;

	if (!field_object(&decoder->fields, value, "spec", &spec))
		return false;
	field_enter(&decoder->fields, "spec");
	bool good = read_service(&decoder->fields, spec, &service, &addresses, &ports);
	if (good) {
		field_leave(&decoder->fields);
		bool wanted = metadata_matches(metadata, decoder->options->labels);
		*ret_object = wanted ? make_service(&service, &addresses, &ports) : NULL;
	}
	mem_free(addresses.list);
	mem_free(ports.list);
	return good;
}
