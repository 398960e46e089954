/* SPDX-License-Identifier: Apache-2.0 */
/* A denial at or below a headless service may become untrue with the next pod, so it is kept for a
 * second at most: of its own name, its hosts, its SRV names, and its short form. */
#include "denial.h"

#include <string.h>

#include "knamed/dns.h"

/* The labels of `name` left of `zone`, from the zone outwards, lower case; 0 if it is not below. */
static unsigned labels_read(const char *zone, const char *name,
			    char labels[DNS_LABELS_MAX][DNS_LABEL_MAX + 1])
{
	uint8_t wire[DNS_NAME_MAX], zone_wire[DNS_NAME_MAX], size;
	if (!name_parse(name, wire, &size) || !name_parse(zone, zone_wire, &size))
		return 0;
	name_lower(wire, name_size(wire));
	unsigned count = name_label_count(wire) - name_label_count(zone_wire);
	const uint8_t *at = wire;
	for (unsigned i = count; i-- > 0; at += 1 + *at) {
		memcpy(labels[i], at + 1, *at);
		labels[i][*at] = '\0';
	}
	return count;
}

static bool is_exposed(const struct config_kubernetes *kubernetes, const char *namespace_)
{
	for (size_t i = 0; i < kubernetes->namespaces.count; i++) {
		if (strcmp(kubernetes->namespaces.words[i], namespace_) == 0)
			return true;
	}
	return kubernetes->namespaces.count == 0;
}

static bool is_multicluster(const struct config_kubernetes *kubernetes, const char *zone)
{
	for (size_t i = 0; i < kubernetes->multicluster.count; i++) {
		if (strcmp(kubernetes->multicluster.zones[i].text, zone) == 0)
			return true;
	}
	return false;
}

static bool is_headless(const struct model *model, bool imported, const char *namespace_,
			const char *name)
{
	if (imported) {
		const struct object *import = model_get(model, OBJECT_IMPORT, namespace_, name);
		return import != NULL && ((const struct import *)import)->type == IMPORT_HEADLESS;
	}
	const struct object *object = model_get(model, OBJECT_SERVICE, namespace_, name);
	return object != NULL && ((const struct service *)object)->type == SERVICE_HEADLESS;
}

struct denial_ttls denial_ttls(const struct model *model, const struct config_kubernetes *kubernetes,
			       const char *zone, const char *name)
{
	char labels[DNS_LABELS_MAX][DNS_LABEL_MAX + 1];
	unsigned count = labels_read(zone, name, labels);
	uint32_t ttl = kubernetes->denial_ttl, short_ttl = ttl < 1 ? ttl : 1;
	struct denial_ttls usual = { ttl, ttl }, soon = { short_ttl, short_ttl },
			   either = { short_ttl, ttl };
	if (count < 3 || strcmp(labels[0], "svc") != 0 || !is_exposed(kubernetes, labels[1]))
		return usual;
	const char *namespace_ = labels[1], *service = labels[2];
	bool imported = is_multicluster(kubernetes, zone);
	if (service[0] != '_' || !kubernetes->shorthand)
		return is_headless(model, imported, namespace_, service) ? soon : usual;
	if (count > 4 || !is_headless(model, imported, namespace_, namespace_))
		return usual;
	return count == 4 ? soon : either; /* nothing is said of the empty name above the short form */
}
