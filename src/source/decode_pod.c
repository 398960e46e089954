/* SPDX-License-Identifier: Apache-2.0 */
/* Pod v1, for `pods verified`: name and addresses of a pod that is not done and not being
 * deleted. */
#include "decode.h"

#include <string.h>

static bool read_status(struct fields *fields, const json_t *status, const char **ret_phase,
			struct addresses *addresses)
{
	const char *first;

	if (!field_text(fields, status, "phase", ret_phase) ||
	    !field_text(fields, status, "podIP", &first) ||
	    !decode_addresses(fields, status, "podIPs", "ip", addresses))
		return false;
	if (json_array_size(json_object_get(status, "podIPs")) == 0)
		addresses_add(addresses, first);
	return true;
}

struct object *pod_make(const struct decode_options *options, const struct metadata *metadata,
			const char *phase, const struct addresses *addresses)
{
	bool is_done = strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0 ||
		       strcmp(phase, "Unknown") == 0;

	if (is_done || metadata->is_deleted || !options->keep_pods ||
	    !metadata_matches(metadata, options->labels))
		return NULL;
	return pod_new(
		&(struct pod){ .head = { .namespace_ = metadata->namespace_, .name = metadata->name },
			       .addresses = addresses->list,
			       .address_count = addresses->count });
}

bool decode_pod(struct decoder *decoder, const json_t *value, const struct metadata *metadata,
		struct object **ret_object)
{
	struct addresses addresses = { 0 };
	const json_t *status;
	const char *phase;

	if (!field_object(&decoder->fields, value, "status", &status))
		return false;
	field_enter(&decoder->fields, "status");
	bool good = read_status(&decoder->fields, status, &phase, &addresses);
	if (good) {
		field_leave(&decoder->fields);
		*ret_object = pod_make(decoder->options, metadata, phase, &addresses);
	}
	mem_free(addresses.list);
	return good;
}
