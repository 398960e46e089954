/* SPDX-License-Identifier: Apache-2.0 */
/* One object: what the server has of it, and what only the API server knows (its age). */
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "explain_objects.h"

enum { DAY_S = 86400 };

/* Names of objects are plain; what a question spells otherwise is none. */
static bool is_plain(const char *text)
{
	return *text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.")] == '\0';
}

/* By a list of all namespaces: no more is allowed than that. */
static json_t *find_object(const struct explained_name *name, enum object_kind kind,
			   const char *namespace_, const char *object)
{
	static const char *const paths[OBJECT_KINDS] = {
		[OBJECT_NAMESPACE] = "/api/v1/namespaces",
		[OBJECT_SERVICE] = "/api/v1/services",
		[OBJECT_SLICE] = "/apis/discovery.k8s.io/v1/endpointslices",
		[OBJECT_POD] = "/api/v1/pods",
		[OBJECT_IMPORT] = "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports",
	};
	struct text whole = { 0 };
	if (!is_plain(object) || (namespace_[0] != '\0' && !is_plain(namespace_)))
		return NULL;
	text_printf(&whole, "%s?fieldSelector=metadata.name%%3D%s", paths[kind], object);
	if (namespace_[0] != '\0')
		text_printf(&whole, "%%2Cmetadata.namespace%%3D%s", namespace_);
	json_t *items = cluster_list(name->view, name->block->kubernetes, whole.data);
	json_t *found = json_incref(json_array_get(items, 0));
	json_decref(items);
	text_done(&whole);
	return found;
}

bool explain_is_hidden(const struct explained_name *name, enum object_kind kind,
		       const char *namespace_, const char *object)
{
	json_t *found = find_object(name, kind, namespace_, object);
	json_decref(found);
	return found != NULL;
}

json_t *explain_find(const struct explained_name *name, const struct object *object)
{
	return find_object(name, object->kind, object->namespace_, object->name);
}

static void add_age(json_t *object, const json_t *found)
{
	const json_t *metadata = json_object_get(found, "metadata");
	const char *created = json_string_value(json_object_get(metadata, "creationTimestamp"));
	struct tm parts = { 0 };
	if (created == NULL || strptime(created, "%Y-%m-%dT%H:%M:%SZ", &parts) == NULL)
		return;
	int64_t age = (int64_t)clock_unix_s() - (int64_t)timegm(&parts);
	json_object_set_new(object, "created", json_string(created));
	json_object_set_new(object, "age_s", json_integer(age > 0 ? age : 0));
}

static json_t *describe(const struct explained_name *name, const struct object *object)
{
	json_t *json = json_pack("{s:s,s:s,s:s}", "kind", object_kind_name(object->kind),
				 "namespace", object->namespace_, "name", object->name);
	json_t *found = explain_find(name, object);
	if (object->version != 0)
		json_object_set_new(json, "resourceVersion",
				    json_integer((json_int_t)object->version));
	add_age(json, found);
	json_decref(found);
	return json;
}

static void add_duration(struct text *text, json_int_t age_s)
{
	if (age_s >= 2 * DAY_S)
		text_printf(text, "%lldd", (long long)(age_s / DAY_S));
	else
		text_add_duration(text, (uint64_t)age_s * 1000);
}

void explain_object_step(const struct explained_name *name, json_t *steps,
			 const struct object *object, const char *format, ...)
{
	char sentence[1536];
	struct text text = { 0 };
	json_t *json = describe(name, object), *age = json_object_get(json, "age_s");
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	text_printf(&text, "%s%s%s", object->namespace_, object->namespace_[0] != '\0' ? "/" : "",
		    object->name);
	if (object->version != 0)
		text_printf(&text, " (version %llu%s", (unsigned long long)object->version,
			    age != NULL ? ", made " : ")");
	if (object->version != 0 && age != NULL) {
		add_duration(&text, json_integer_value(age));
		text_add(&text, " ago)");
	}
	text_printf(&text, ": %s", sentence);
	json_t *step = explain_step(steps, object_kind_name(object->kind), NULL, "%s", text.data);
	json_object_set_new(step, "object", json);
	text_done(&text);
}
