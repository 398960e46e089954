/* SPDX-License-Identifier: Apache-2.0 */
/* One API object in JSON, read by jansson. Of a key that stands twice the last counts, as for the API. */
#include <string.h>

#include "api.h"

enum { VALUES_MOST = 1000 * 1000 }; /* reading one takes 30 times the memory that its text does */

/* Counts what parts values, wherever it stands. */
static bool has_too_many_values(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size && size > VALUES_MOST; i++)
		count += text[i] == ',' || text[i] == '{' || text[i] == '[';
	return count > VALUES_MOST;
}

/* Items of a list leave their kind out. */
static bool is_expected(struct api_decoder *decoder, const json_t *value, bool is_metadata_only)
{
	struct fields *fields = &decoder->decoder.fields;
	const char *kind, *expected = object_kind_name(decoder->kind);

	if (!json_is_object(value))
		return field_wrong(fields, "expected an API object");
	if (!field_text(fields, value, "kind", &kind))
		return false;
	if (kind[0] == '\0' || strcmp(kind, expected) == 0 ||
	    (is_metadata_only && strcmp(kind, "PartialObjectMetadata") == 0))
		return true;
	return field_expected(fields, "kind", expected, json_object_get(value, "kind"));
}

static const char *text_of(const json_t *value)
{
	return json_is_string(value) ? json_string_value(value) : "";
}

static bool read_metadata(struct api_decoder *decoder, const json_t *value,
			  struct api_metadata *metadata)
{
	struct fields *fields = &decoder->decoder.fields;
	const json_t *found;

	if (!field_object(fields, value, "metadata", &found))
		return false;
	field_enter(fields, "metadata");
	if (!field_text(fields, found, "uid", &metadata->uid) ||
	    !field_text(fields, found, "resourceVersion", &metadata->version))
		return false;
	field_leave(fields);
	if (!decode_metadata(fields, value, decoder->kind, &metadata->common))
		return false;
	metadata->created_ns = trigger_time_ns(text_of(json_object_get(found, "creationTimestamp")));
	const json_t *annotations = json_object_get(found, "annotations");
	metadata->triggered_ns =
		trigger_time_ns(text_of(json_object_get(annotations, ANNOTATION_TRIGGER_TIME)));
	metadata->is_initial_end =
		field_text_is(json_object_get(annotations, ANNOTATION_INITIAL_END), "true");
	return true;
}

/* The texts outlive the JSON value. */
static void keep_texts(struct texts *texts, struct api_object *object)
{
	object->namespace_ = texts_put(texts, object->namespace_, strlen(object->namespace_));
	object->name = texts_put(texts, object->name, strlen(object->name));
	object->uid = texts_put(texts, object->uid, strlen(object->uid));
}

static bool read_object(struct api_decoder *decoder, const json_t *value, bool is_metadata_only,
			struct api_object *ret_object)
{
	struct api_metadata metadata = { .common = { .namespace_ = "", .name = "" },
					 .uid = "",
					 .version = "" };
	struct object *object = NULL;

	if (!is_expected(decoder, value, is_metadata_only))
		return false;
	bool good = read_metadata(decoder, value, &metadata);
	api_object_tell(&metadata, ret_object);
	if (good && !is_metadata_only)
		good = metadata_is_named(&decoder->decoder.fields, &metadata.common) &&
		       decode_kind(&decoder->decoder, decoder->kind, value, &metadata.common, &object);
	keep_texts(&decoder->texts, ret_object);
	api_object_give(decoder, object, ret_object);
	return good;
}

bool api_decode_json(struct api_decoder *decoder, const char *text, size_t size,
		     bool is_metadata_only, struct api_object *ret_object, struct error *error)
{
	json_error_t problem;

	/* "default" and three NULs may be more than the text was */
	api_decoder_begin(decoder, size + sizeof("default") + 3, ret_object, error);
	if (has_too_many_values(text, size))
		return error_set(error, "more than %d values", VALUES_MOST);
	json_t *value = json_loadb(text, size, JSON_ALLOW_NUL, &problem);
	if (value == NULL)
		return error_set(error, "line %d: %s", problem.line, problem.text);
	bool good = read_object(decoder, value, is_metadata_only, ret_object);
	json_decref(value);
	return good;
}
