/* SPDX-License-Identifier: Apache-2.0 */
/* ServiceImport multicluster.x-k8s.io/v1alpha1: a service of the whole cluster set. */
#include "decode.h"

#include <string.h>

static bool read_type(struct fields *fields, const json_t *spec, enum import_type *ret_type)
{
	const char *type;

	if (!field_text(fields, spec, "type", &type))
		return false;
	if (strcmp(type, "ClusterSetIP") != 0 && strcmp(type, "Headless") != 0)
		return field_expected(fields, "type", "ClusterSetIP or Headless",
				      json_object_get(spec, "type"));
	*ret_type = strcmp(type, "Headless") == 0 ? IMPORT_HEADLESS : IMPORT_CLUSTER_SET_IP;
	return true;
}

bool decode_import(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		   struct object **ret_object)
{
	struct import import = { .head = { .namespace_ = metadata->namespace_,
					   .name = metadata->name } };
	struct addresses addresses = { 0 };
	struct ports ports = { 0 };
	const json_t *spec;

	if (!field_object(&decoder->fields, value, "spec", &spec))
		return false;
	field_enter(&decoder->fields, "spec");
	bool good = read_type(&decoder->fields, spec, &import.type) &&
		    decode_addresses(&decoder->fields, spec, "ips", NULL, &addresses) &&
		    decode_ports(&decoder->fields, spec, false, &ports);
	if (good) {
		field_leave(&decoder->fields);
		import.addresses = addresses.list;
		import.address_count = addresses.count;
		import.listed_count = addresses.listed;
		import.ports = ports.list;
		import.port_count = (uint16_t)ports.count;
		*ret_object = decoder->options->keep_imports ? import_new(&import) : NULL;
	}
	mem_free(addresses.list);
	mem_free(ports.list);
	return good;
}
