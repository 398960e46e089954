/* SPDX-License-Identifier: Apache-2.0 */
/* Values of metadata are made when somebody reads them: of the question's labels, of the pod that
 * has the client's address, or of what was told with the answer. */
#include <string.h>

#include "policy.h"

static const char *const labels[METADATA_COUNT] = {
	[METADATA_CLIENT_NAMESPACE] = "kubernetes/client-namespace",
	[METADATA_CLIENT_POD] = "kubernetes/client-pod-name",
	[METADATA_CLUSTER] = "kubernetes/cluster",
	[METADATA_ENDPOINT] = "kubernetes/endpoint",
	[METADATA_KIND] = "kubernetes/kind",
	[METADATA_NAMESPACE] = "kubernetes/namespace",
	[METADATA_PARSE_ERROR] = "kubernetes/parse-error",
	[METADATA_PORT] = "kubernetes/port-name",
	[METADATA_PROTOCOL] = "kubernetes/protocol",
	[METADATA_SERVICE] = "kubernetes/service",
	[METADATA_ZONE] = "kubernetes/zone",
	[METADATA_VIEW] = "view/name",
	[METADATA_UPSTREAM] = "forward/upstream",
	[METADATA_WILDCARD] = "zone/wildcard",
	[METADATA_ANSWERER] = "knamed/plugin",
	[METADATA_EXTENDED_ERROR] = "knamed/ede",
};

bool metadata_find(const char *label, size_t size, enum metadata_label *ret_label)
{
	for (unsigned i = 0; i < METADATA_COUNT; i++) {
		if (strlen(labels[i]) != size || memcmp(labels[i], label, size) != 0)
			continue;
		*ret_label = (enum metadata_label)i;
		return true;
	}
	return false;
}

/* The longest of the zones that the name is in; NULL: it is in none. */
static const char *zone_of(const struct config_zones *zones, const struct dns_query *query,
			   unsigned *ret_labels)
{
	const char *longest = NULL;
	*ret_labels = 0;
	for (size_t i = 0; i < zones->count; i++) {
		uint8_t name[DNS_NAME_MAX], size;
		if (!name_parse(zones->zones[i].text, name, &size) ||
		    !name_is_under(query->lower, name))
			continue;
		unsigned count = name_label_count(name);
		if (longest != NULL && count <= *ret_labels)
			continue;
		longest = zones->zones[i].text;
		*ret_labels = count;
	}
	return longest;
}

/* ---- the parts of a name of the cluster ---- */

/* Labels of the question from the left, first and behind the last; equal: it has no such part. */
struct part {
	unsigned first, end;
};
struct parts {
	struct part list[METADATA_COUNT];
	bool is_bad;
};

static void set_part(struct parts *parts, enum metadata_label label, unsigned at)
{
	parts->list[label] = (struct part){ at, at + 1 };
}

static const uint8_t *label_at(const struct dns_query *query, unsigned i)
{
	return query->lower + query->labels[i];
}

static bool label_is(const struct dns_query *query, unsigned i, const char *text)
{
	const uint8_t *label = label_at(query, i);
	return label[0] == strlen(text) && memcmp(label + 1, text, label[0]) == 0;
}

static bool is_branch(const struct dns_query *query, unsigned i)
{
	return label_is(query, i, "svc") || label_is(query, i, "pod");
}

/* ZONE.pin._zone or ZONE.prefer._zone: the zone may be several labels. */
static bool read_zonal(const struct dns_query *query, unsigned left, struct parts *parts)
{
	if (!label_is(query, left - 1, "_zone") ||
	    (!label_is(query, left - 2, "pin") && !label_is(query, left - 2, "prefer")))
		return false;
	parts->list[METADATA_ZONE] = (struct part){ 0, left - 2 };
	return true;
}

static bool is_multicluster(const struct config_kubernetes *config, const char *zone)
{
	for (size_t i = 0; i < config->multicluster.count; i++)
		if (strcmp(config->multicluster.zones[i].text, zone) == 0)
			return true;
	return false;
}

/* What stands in front of the service, `left` labels. False: nothing that is known. */
static bool read_front(const struct metadata *metadata, const char *zone, unsigned left,
		       struct parts *parts)
{
	const struct config_kubernetes *config = metadata->block->kubernetes;
	const struct dns_query *query = metadata->query;
	bool is_import = is_multicluster(config, zone);
	bool is_port = left == 2 &&
		       (!is_import || label_at(query, 0)[1] == '_' || label_at(query, 1)[1] == '_');
	if (left > 2)
		return config->zonal && !is_import && label_is(query, left + 2, "svc") &&
		       read_zonal(query, left, parts);
	set_part(parts, is_port ? METADATA_PORT : METADATA_ENDPOINT, 0);
	if (left == 2)
		set_part(parts, is_port ? METADATA_PROTOCOL : METADATA_CLUSTER, 1);
	return true;
}

/* False: the name is in no zone of the cluster. */
static bool read_parts(const struct metadata *metadata, struct parts *ret_parts)
{
	const struct config_kubernetes *config = metadata->block->kubernetes;
	const struct dns_query *query = metadata->query;
	unsigned zone_labels;
	*ret_parts = (struct parts){ 0 };
	const char *zone = config == NULL ? NULL : zone_of(&config->zones, query, &zone_labels);
	if (zone == NULL)
		return false;
	unsigned left = query->label_count - zone_labels;
	if (left == 0 || (left == 1 && is_branch(query, 0)))
		return true;
	set_part(ret_parts, METADATA_KIND, left - 1);
	if (left >= 2)
		set_part(ret_parts, METADATA_NAMESPACE, left - 2);
	if (left >= 3)
		set_part(ret_parts, METADATA_SERVICE, left - 3);
	ret_parts->is_bad = !is_branch(query, left - 1) ||
			    (left > 3 && !read_front(metadata, zone, left - 3, ret_parts));
	return true;
}

/* ---- values ---- */

static size_t write_text(const char *text, char ret_value[METADATA_ROOM])
{
	size_t size = strlen(text);
	if (size > METADATA_ROOM)
		size = METADATA_ROOM;
	memcpy(ret_value, text, size);
	return size;
}

static size_t write_labels(const struct dns_query *query, struct part part, bool is_stripped,
			   char ret_value[METADATA_ROOM])
{
	uint8_t name[DNS_NAME_MAX];
	char text[NAME_TEXT_SIZE];
	if (part.first == part.end)
		return 0;
	const uint8_t *first = label_at(query, part.first), *last = label_at(query, part.end - 1);
	size_t size = (size_t)(last + last[0] + 1 - first);
	memcpy(name, first, size);
	name[size] = 0;
	name_print(name, text);
	text[strlen(text) - 1] = '\0'; /* the final dot */
	return write_text(is_stripped && text[0] == '_' ? text + 1 : text, ret_value);
}

static bool write_part(const struct metadata *metadata, enum metadata_label label,
		       char ret_value[METADATA_ROOM], size_t *ret_size)
{
	struct parts parts;
	if (!read_parts(metadata, &parts))
		return false;
	if (label == METADATA_PARSE_ERROR)
		*ret_size = write_text("invalid query name", ret_value);
	if (parts.is_bad || label == METADATA_PARSE_ERROR)
		return parts.is_bad && label == METADATA_PARSE_ERROR;
	struct part part = parts.list[label];
	bool is_stripped = label == METADATA_PORT || label == METADATA_PROTOCOL;
	*ret_size = write_labels(metadata->query, part, is_stripped, ret_value);
	if (label == METADATA_CLUSTER)
		return part.first != part.end;
	return label != METADATA_ZONE || metadata->block->kubernetes->zonal;
}

static bool write_client(const struct metadata *metadata, enum metadata_label label,
			 char ret_value[METADATA_ROOM], size_t *ret_size)
{
	struct catalog_pod pod;
	if (metadata->kubernetes == NULL ||
	    !catalog_find_pod(metadata->kubernetes, metadata->edition, metadata->client, &pod))
		return false;
	*ret_size = write_text(label == METADATA_CLIENT_POD ? pod.name : pod.namespace_, ret_value);
	return true;
}

static bool has_any(const struct metadata *metadata)
{
	unsigned count;
	return metadata->block->metadata &&
	       zone_of(&metadata->block->metadata_zones, metadata->query, &count) != NULL;
}

bool metadata_write(const struct metadata *metadata, enum metadata_label label,
		    char ret_value[METADATA_ROOM], size_t *ret_size)
{
	*ret_size = 0;
	if (!has_any(metadata))
		return false;
	if (label <= METADATA_CLIENT_POD)
		return write_client(metadata, label, ret_value, ret_size);
	if (label <= METADATA_ZONE)
		return write_part(metadata, label, ret_value, ret_size);
	const char *told = label < METADATA_COUNT ? metadata->told[label] : NULL;
	if (told != NULL)
		*ret_size = write_text(told, ret_value);
	return told != NULL;
}
