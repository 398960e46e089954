/* SPDX-License-Identifier: Apache-2.0 */
/* From a name of a cluster's zone to the objects behind it, part by part, as names.md has it. */
#include "explain_objects.h"

#include <stdarg.h>
#include <string.h>

#include "knamed/policy.h"

/* ---- what is told ---- */

void explain_reason(json_t *steps, const char *reason, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_t *step = explain_step(steps, "rule", NULL, "%s", text);
	json_object_set_new(step, "reason", json_string(reason));
}

/* ---- parts ---- */

static void read_part(const struct metadata *metadata, enum metadata_label label,
		      char ret_part[PART_SIZE])
{
	char value[METADATA_ROOM];
	size_t size;
	if (!metadata_write(metadata, label, value, &size))
		size = 0;
	snprintf(ret_part, PART_SIZE, "%.*s", (int)size, value);
}

/* A block without `metadata` has none for queries; here they are asked for. */
static void read_parts(const struct explained_name *name, unsigned zone_labels, struct name_parts *parts)
{
	static char root_text[] = ".";
	struct config_zone root = { root_text };
	struct config_block block = *name->block;
	char problem[PART_SIZE];
	block.metadata = true;
	block.metadata_zones = (struct config_zones){ &root, 1 };
	const struct metadata metadata = { .block = &block, .query = name->query };
	*parts = (struct name_parts){ .left = name->query->label_count - zone_labels };
	read_part(&metadata, METADATA_KIND, parts->kind);
	read_part(&metadata, METADATA_NAMESPACE, parts->namespace_);
	read_part(&metadata, METADATA_SERVICE, parts->service);
	read_part(&metadata, METADATA_ENDPOINT, parts->endpoint);
	read_part(&metadata, METADATA_PORT, parts->port);
	read_part(&metadata, METADATA_PROTOCOL, parts->protocol);
	read_part(&metadata, METADATA_CLUSTER, parts->cluster);
	read_part(&metadata, METADATA_ZONE, parts->zonal);
	read_part(&metadata, METADATA_PARSE_ERROR, problem);
	parts->is_bad = problem[0] != '\0';
}

/* _PORT._PROTO.NAME.svc is that of Service NAME in namespace NAME (names.md 5.3). */
static void take_short_form(const struct explained_name *name, struct name_parts *parts)
{
	bool is_short = parts->endpoint[0] == '_' && parts->service[0] == '_' &&
			!parts->is_import && name->block->kubernetes->shorthand;
	if (!is_short)
		return;
	memcpy(parts->port, parts->endpoint + 1, PART_SIZE - 1);
	memcpy(parts->protocol, parts->service + 1, PART_SIZE - 1);
	memcpy(parts->service, parts->namespace_, PART_SIZE);
	parts->endpoint[0] = '\0';
}

static const char *zone_of(const struct explained_name *name, unsigned *ret_labels)
{
	const struct config_zones *zones =
		name->is_outside ? &name->block->external->zones : &name->block->kubernetes->zones;
	const char *found = NULL;
	*ret_labels = 0;
	for (size_t i = 0; i < zones->count; i++) {
		uint8_t wire[DNS_NAME_MAX], size;
		if (!name_parse(zones->zones[i].text, wire, &size) ||
		    !name_is_under(name->query->lower, wire))
			continue;
		unsigned labels = name_label_count(wire);
		if (found == NULL || labels > *ret_labels) {
			found = zones->zones[i].text;
			*ret_labels = labels;
		}
	}
	return found;
}

static bool is_import_zone(const struct config_kubernetes *kubernetes, const char *zone)
{
	for (size_t i = 0; i < kubernetes->multicluster.count; i++)
		if (strcmp(kubernetes->multicluster.zones[i].text, zone) == 0)
			return true;
	return false;
}

/* ---- namespaces ---- */

/* True: names below it may exist. */
bool explain_namespace(const struct explained_name *name, const char *namespace_, json_t *steps)
{
	const struct object *object = model_get(name->model, OBJECT_NAMESPACE, "", namespace_);
	if (object != NULL && cluster_lists(name->block->kubernetes, namespace_))
		return true;
	if (object != NULL)
		explain_reason(steps, "namespace-not-shown",
			       "namespace %s is not among `namespaces` of the kubernetes directive: "
			       "nothing below it exists here",
			       namespace_);
	else if (explain_is_hidden(name, OBJECT_NAMESPACE, "", namespace_))
		explain_reason(steps, "namespace-not-shown",
			       "namespace %s does not match `namespace_labels`: nothing below it "
			       "exists here",
			       namespace_);
	else
		explain_reason(steps, "no-namespace", "there is no namespace %s", namespace_);
	return false;
}

/* ---- imports ---- */

static void explain_import(const struct explained_name *name, const struct name_parts *parts,
			   json_t *steps)
{
	const struct import *import =
		(const struct import *)model_get(name->model, OBJECT_IMPORT, parts->namespace_,
						 parts->service);
	if (import == NULL) {
		explain_reason(steps, "no-import", "there is no ServiceImport %s in namespace %s",
			       parts->service, parts->namespace_);
		return;
	}
	explain_object_step(name, steps, &import->head, "%s",
			    import->type == IMPORT_HEADLESS ? "Headless" : "ClusterSetIP");
	if (import->type == IMPORT_HEADLESS) {
		struct endpoint_sum sum = explain_slices(name, &import->head, false, steps);
		if (sum.counting == 0)
			explain_reason(steps, "no-ready-endpoints",
				       "no slice of another cluster has a ready endpoint for it");
	} else if (parts->endpoint[0] != '\0') {
		explain_reason(steps, "no-endpoint-names",
			       "a ClusterSetIP import has no names of endpoints");
	} else if (import->address_count == 0) {
		explain_reason(steps, "no-address", "the import has no address yet");
	}
}

/* ---- all of it ---- */

static void explain_below(const struct explained_name *name, struct name_parts *parts, json_t *steps)
{
	bool is_pod = strcmp(parts->kind, "pod") == 0;
	if (parts->is_bad) {
		explain_reason(steps, "no-such-shape",
			       "no name of a cluster has this shape (src/names.md 2)");
		return;
	}
	if (parts->namespace_[0] == '\0') {
		explain_reason(steps, "no-records",
			       "it stands above others and has no records of its own");
		return;
	}
	if (is_pod && name->block->kubernetes->pods == PODS_DISABLED) {
		explain_reason(steps, "pods-disabled", "`pods disabled`: names of pods do not exist");
		return;
	}
	take_short_form(name, parts);
	if (!explain_namespace(name, parts->namespace_, steps))
		return;
	if (parts->service[0] == '\0')
		explain_reason(steps, "no-records",
			       "it is a namespace: it exists, and has no records of its own");
	else if (is_pod)
		explain_pod(name, parts, steps);
	else if (parts->is_import)
		explain_import(name, parts, steps);
	else
		explain_service(name, parts, steps);
}

static bool is_fixed(const struct dns_query *query, unsigned left)
{
	static const char *const names[] = { "\013dns-version", "\003dns", "\002ns\003dns",
					     "\004sync\007_knamed", "\007_knamed" };
	unsigned size = left < query->label_count ? query->labels[left] : query->name_size - 1u;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strlen(names[i]) == size && memcmp(query->lower, names[i], size) == 0)
			return true;
	return false;
}

void explain_objects(const struct explained_name *name, json_t *steps)
{
	struct reverse_name reverse;
	struct name_parts parts;
	unsigned zone_labels;
	const char *zone = zone_of(name, &zone_labels);
	if (zone == NULL || name->model == NULL)
		return;
	if (name->is_not_ready) {
		explain_reason(steps, "unsynced", "what this name needs is not read%s%s",
			       name->view->trouble != NULL ? ": " : "",
			       name->view->trouble != NULL ? name->view->trouble : "");
		return;
	}
	if (name_read_reverse(name->query->lower, &reverse)) {
		explain_reverse(name, &reverse, steps);
		return;
	}
	if (name->is_outside) {
		explain_outside(name, zone_labels, steps);
		return;
	}
	read_parts(name, zone_labels, &parts);
	parts.is_import = is_import_zone(name->block->kubernetes, zone);
	if (parts.left == 0)
		explain_reason(steps, "apex", "it is the zone itself, which has SOA and NS");
	else if (is_fixed(name->query, parts.left))
		explain_reason(steps, "fixed", "it is made by the server, of no object");
	else
		explain_below(name, &parts, steps);
}
