/* SPDX-License-Identifier: Apache-2.0 */
/* From a JSON value to its kind's reader: apiVersion, kind, metadata and selectors are the same for
 * all. */
#include "decode.h"

#include <string.h>

static const struct known_kind {
	const char *name, *group, *version;
	bool (*decode)(struct decoder *, const json_t *, const struct metadata *, struct object **);
} known_kinds[OBJECT_KINDS] = {
	[OBJECT_NAMESPACE] = { "Namespace", "", "v1", NULL },
	[OBJECT_SERVICE] = { "Service", "", "v1", decode_service },
	[OBJECT_SLICE] = { "EndpointSlice", "discovery.k8s.io/", "v1", decode_slice },
	[OBJECT_POD] = { "Pod", "", "v1", decode_pod },
	[OBJECT_IMPORT] = { "ServiceImport", "multicluster.x-k8s.io/", "v1alpha1", decode_import },
};

/* "apps/v1" -> "apps/" has size 5; the core group "v1" has none. */
static size_t group_size(const char *api_version)
{
	const char *slash = strchr(api_version, '/');

	return slash == NULL ? 0 : (size_t)(slash + 1 - api_version);
}

static bool find_kind(struct fields *fields, const json_t *value,
		      const struct decode_defaults *defaults, enum object_kind *ret_kind)
{
	const char *kind, *version;

	if (!field_text(fields, value, "apiVersion", &version) ||
	    !field_text(fields, value, "kind", &kind))
		return false;
	version = version[0] == '\0' ? defaults->api_version : version;
	kind = kind[0] == '\0' ? defaults->kind : kind;
	if (kind[0] == '\0')
		return field_expected(fields, "kind", "the kind of the object", NULL);
	if (version[0] == '\0')
		return field_expected(fields, "apiVersion", "a group and a version", NULL);

	size_t size = group_size(version);
	for (enum object_kind i = 0; i < OBJECT_KINDS; i++) {
		const struct known_kind *known = &known_kinds[i];
		if (strcmp(kind, known->name) != 0 || strlen(known->group) != size ||
		    memcmp(version, known->group, size) != 0)
			continue;
		if (strcmp(version + size, known->version) != 0) {
			field_enter(fields, "apiVersion");
			return field_wrong(fields, "expected %s%s", known->group, known->version);
		}
		*ret_kind = i;
		return true;
	}
	*ret_kind = OBJECT_KINDS;
	return true;
}

static bool read_metadata(struct fields *fields, const json_t *value, enum object_kind kind,
			  struct metadata *metadata)
{
	const json_t *found;

	if (!field_object(fields, value, "metadata", &found))
		return false;
	field_enter(fields, "metadata");
	if (!field_text(fields, found, "namespace", &metadata->namespace_) ||
	    !field_text(fields, found, "name", &metadata->name) ||
	    !field_texts(fields, found, "labels", &metadata->labels) ||
	    !field_texts(fields, found, "annotations", &metadata->annotations))
		return false;
	if (metadata->name[0] == '\0')
		return field_expected(fields, "name", "a name", NULL);
	field_leave(fields);
	if (kind == OBJECT_NAMESPACE)
		metadata->namespace_ = "";
	else if (metadata->namespace_[0] == '\0')
		metadata->namespace_ = "default"; /* where the API puts what names none */
	return true;
}

/* Other kinds are not looked into, but for the namespace they are in. */
static const char *foreign_namespace(const json_t *value)
{
	const char *name =
		json_string_value(json_object_get(json_object_get(value, "metadata"), "namespace"));

	return name == NULL ? "" : name;
}

static const char *label_get(const void *context, const char *key)
{
	const struct metadata *metadata = context;

	const json_t *value = json_object_get(metadata->labels, key);
	return json_is_null(value) ? "" : json_string_value(value); /* as the API reads null */
}

bool metadata_matches(const struct metadata *metadata, const struct selector *selector)
{
	return selector == NULL || selector->count == 0 ||
	       selector_matches(selector, label_get, metadata);
}

const char *metadata_label(const struct metadata *metadata, const char *key)
{
	const char *value = label_get(metadata, key);

	return value == NULL ? "" : value;
}

/* The API server gives every namespace its name as a label. */
static const char *namespace_label_get(const void *context, const char *key)
{
	const struct metadata *metadata = context;

	return strcmp(key, "kubernetes.io/metadata.name") == 0 ? metadata->name
							       : label_get(context, key);
}

static struct object *decode_namespace(const struct decoder *decoder, const struct metadata *metadata)
{
	const struct selector *selector = decoder->options->namespace_labels;

	if (selector != NULL && selector->count > 0 &&
	    !selector_matches(selector, namespace_label_get, metadata))
		return NULL;
	return namespace_new(metadata->name);
}

bool decode_object(struct decoder *decoder, const json_t *value,
		   const struct decode_defaults *defaults, struct decoded *ret_decoded)
{
	struct decoded decoded = { 0 };

	decoder->fields.at.count = 0;
	if (!json_is_object(value))
		return field_wrong(&decoder->fields, "expected an API object");
	if (!find_kind(&decoder->fields, value, defaults, &decoded.kind))
		return false;
	if (decoded.kind == OBJECT_KINDS) {
		decoded.metadata =
			(struct metadata){ .namespace_ = foreign_namespace(value), .name = "" };
		*ret_decoded = decoded;
		return true;
	}
	if (!read_metadata(&decoder->fields, value, decoded.kind, &decoded.metadata))
		return false;
	if (decoded.kind == OBJECT_NAMESPACE)
		decoded.object = decode_namespace(decoder, &decoded.metadata);
	else if (!known_kinds[decoded.kind].decode(decoder, value, &decoded.metadata, &decoded.object))
		return false;
	*ret_decoded = decoded;
	return true;
}
