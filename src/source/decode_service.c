/* SPDX-License-Identifier: Apache-2.0 */
/* Service v1. Its kind: ExternalName if the type says so, else headless if the first clusterIP is
 * `None`, else one with a cluster address, be it a NodePort or a LoadBalancer. */
#include "decode.h"

#include <string.h>

/* clusterIPs, else [clusterIP]. `None` and "" are no addresses and fall out by themselves. */
static bool cluster_addresses(struct fields *fields, const json_t *spec, struct service_fields *service)
{
	if (!field_text(fields, spec, "clusterIP", &service->cluster_ip) ||
	    !decode_addresses(fields, spec, "clusterIPs", NULL, &service->addresses))
		return false;
	const json_t *listed = json_array_get(json_object_get(spec, "clusterIPs"), 0);
	if (listed == NULL)
		addresses_add(&service->addresses, service->cluster_ip);
	else
		service->cluster_ip = json_string_value(listed);
	return true;
}

static bool read_service(struct fields *fields, const json_t *spec, struct service_fields *service)
{
	const json_t *selector;

	if (!field_text(fields, spec, "type", &service->type) ||
	    !field_text(fields, spec, "externalName", &service->external_name) ||
	    !field_bool(fields, spec, "publishNotReadyAddresses", false, &service->publish_not_ready) ||
	    !field_texts(fields, spec, "selector", FIELD_PLAIN_TEXT, &selector) ||
	    !cluster_addresses(fields, spec, service) ||
	    !decode_ports(fields, spec, false, &service->ports))
		return false;
	service->has_selector = json_object_size(selector) > 0;
	return true;
}

/* What neither is an address nor names a host is left out, and so is what no Service needs so many of. */
void externals_add(struct externals *externals, const char *ip, const char *hostname)
{
	struct external external = { .hostname = "" };

	if (externals->count == EXTERNALS_MOST)
		return;
	if (ip[0] == '\0')
		external.hostname = hostname;
	if (!ip_parse(ip, &external.ip) && external.hostname[0] == '\0')
		return;
	externals->list =
		mem_realloc(externals->list, (externals->count + 1) * sizeof(*externals->list));
	externals->list[externals->count++] = external;
}

static bool read_external_ips(struct fields *fields, const json_t *spec, struct externals *externals)
{
	const json_t *list;
	const char *text;

	if (!field_list(fields, spec, "externalIPs", &list))
		return false;
	field_enter(fields, "externalIPs");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!item_text(fields, list, i, &text))
			return false;
		externals_add(externals, text, "");
	}
	field_leave(fields);
	return true;
}

static bool read_ingress(struct fields *fields, const json_t *list, struct externals *externals)
{
	const json_t *item;
	const char *ip, *hostname;

	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!item_object(fields, list, i, &item))
			return false;
		field_enter_item(fields, i);
		if (!field_text(fields, item, "ip", &ip) ||
		    !field_text(fields, item, "hostname", &hostname))
			return false;
		externals_add(externals, ip, hostname);
		field_leave(fields);
	}
	return true;
}

/* status.loadBalancer.ingress */
static bool read_status(struct fields *fields, const json_t *value, struct externals *externals)
{
	const json_t *status, *balancer, *list;

	if (!field_object(fields, value, "status", &status))
		return false;
	field_enter(fields, "status");
	if (!field_object(fields, status, "loadBalancer", &balancer))
		return false;
	field_enter(fields, "loadBalancer");
	if (!field_list(fields, balancer, "ingress", &list))
		return false;
	field_enter(fields, "ingress");
	if (!read_ingress(fields, list, externals))
		return false;
	field_leave(fields);
	field_leave(fields);
	field_leave(fields);
	return true;
}

static bool read_externals(struct fields *fields, const json_t *value, const json_t *spec,
			   struct externals *externals)
{
	field_enter(fields, "spec");
	if (!read_external_ips(fields, spec, externals))
		return false;
	field_leave(fields);
	return read_status(fields, value, externals);
}

static enum service_type type_of(const struct service_fields *fields)
{
	if (strcmp(fields->type, "ExternalName") == 0)
		return SERVICE_EXTERNAL_NAME;
	return strcmp(fields->cluster_ip, "None") == 0 ? SERVICE_HEADLESS : SERVICE_CLUSTER_IP;
}

struct object *service_make(const struct decode_options *options, const struct metadata *metadata,
			    const struct service_fields *fields)
{
	if (!metadata_matches(metadata, options->labels))
		return NULL;

	struct service service = {
		.head = { .namespace_ = metadata->namespace_, .name = metadata->name },
		.type = type_of(fields),
		.publish_not_ready = fields->publish_not_ready || metadata->tolerates_unready,
		.has_selector = fields->has_selector,
		.external_name = "",
		.ports = fields->ports.list,
		.port_count = (uint16_t)fields->ports.count,
		.externals = fields->externals.list,
		.external_count = (uint16_t)fields->externals.count,
	};
	if (service.type == SERVICE_CLUSTER_IP) {
		service.addresses = fields->addresses.list;
		service.address_count = fields->addresses.count;
		service.listed_count = fields->addresses.listed;
	}
	if (service.type == SERVICE_EXTERNAL_NAME)
		service.external_name = fields->external_name;
	return service_new(&service);
}

bool decode_service(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		    struct object **ret_object)
{
	struct service_fields service = { 0 };
	const json_t *spec;

	if (!field_object(&decoder->fields, value, "spec", &spec))
		return false;
	field_enter(&decoder->fields, "spec");
	bool good = read_service(&decoder->fields, spec, &service);
	if (good) {
		field_leave(&decoder->fields);
		good = !decoder->options->keep_externals ||
		       read_externals(&decoder->fields, value, spec, &service.externals);
	}
	if (good)
		*ret_object = service_make(decoder->options, metadata, &service);
	mem_free(service.externals.list);
	mem_free(service.addresses.list);
	mem_free(service.ports.list);
	return good;
}
