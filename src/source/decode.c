/* SPDX-License-Identifier: Apache-2.0 */
/* From a JSON value to its kind's reader: apiVersion, kind, metadata and selectors are the same for
 * all. */
#include "decode.h"

#include <string.h>

const char *metadata_namespace(enum object_kind kind, const char *said)
{
	if (kind == OBJECT_NAMESPACE)
		return "";
	return said[0] == '\0' ? "default" : said; /* where the API puts what names none */
}

/* Annotations may say anything, with NUL in it, too. */
static bool read_annotations(struct fields *fields, const json_t *found, struct metadata *metadata)
{
	const json_t *annotations;

	if (!field_texts(fields, found, "annotations", FIELD_ANY_TEXT, &annotations))
		return false;
	const json_t *value = json_object_get(annotations, ANNOTATION_TOLERATE_UNREADY);
	metadata->tolerates_unready = field_text_is(value, "true");
	return true;
}

bool decode_metadata(struct fields *fields, const json_t *value, enum object_kind kind,
		     struct metadata *metadata)
{
	const json_t *found;

	if (!field_object(fields, value, "metadata", &found))
		return false;
	field_enter(fields, "metadata");
	if (!field_text(fields, found, "namespace", &metadata->namespace_))
		return false;
	metadata->namespace_ = metadata_namespace(kind, metadata->namespace_);
	if (!field_text(fields, found, "name", &metadata->name) ||
	    !field_texts(fields, found, "labels", FIELD_PLAIN_TEXT, &metadata->labels) ||
	    !read_annotations(fields, found, metadata))
		return false;
	const json_t *deletion = json_object_get(found, "deletionTimestamp");
	metadata->is_deleted = deletion != NULL && !json_is_null(deletion);
	field_leave(fields);
	return true;
}

bool metadata_is_named(struct fields *fields, const struct metadata *metadata)
{
	if (metadata->name[0] != '\0')
		return true;
	field_enter(fields, "metadata");
	return field_expected(fields, "name", "a name", NULL);
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

	for (size_t i = metadata->pairs.count; i > 0; i--)
		if (strcmp(metadata->pairs.list[i - 1].key, key) == 0)
			return metadata->pairs.list[i - 1].value;
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

struct object *namespace_make(const struct decode_options *options, const struct metadata *metadata)
{
	const struct selector *selector = options->namespace_labels;

	if (selector != NULL && selector->count > 0 &&
	    !selector_matches(selector, namespace_label_get, metadata))
		return NULL;
	return namespace_new(metadata->name);
}

static bool decode_namespace(struct decoder *decoder, const json_t *value,
			     const struct metadata *metadata, struct object **ret_object)
{
	(void)value;
	*ret_object = namespace_make(decoder->options, metadata);
	return true;
}

static const struct known_kind {
	const char *name, *group, *version;
	bool (*decode)(struct decoder *, const json_t *, const struct metadata *, struct object **);
} known_kinds[OBJECT_KINDS] = {
	[OBJECT_NAMESPACE] = { "Namespace", "", "v1", decode_namespace },
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

bool decode_kind(struct decoder *decoder, enum object_kind kind, const json_t *value,
		 const struct metadata *metadata, struct object **ret_object)
{
	return known_kinds[kind].decode(decoder, value, metadata, ret_object);
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
	if (!decode_metadata(&decoder->fields, value, decoded.kind, &decoded.metadata) ||
	    !metadata_is_named(&decoder->fields, &decoded.metadata) ||
	    !decode_kind(decoder, decoded.kind, value, &decoded.metadata, &decoded.object))
		return false;
	*ret_decoded = decoded;
	return true;
}
