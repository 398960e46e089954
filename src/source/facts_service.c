/* SPDX-License-Identifier: Apache-2.0 */
/* Of a Service: selector, targetPorts and address families. */
#include "facts.h"

#include <string.h>

const char *facts_text(struct arena *arena, const char *text)
{
	return text == NULL || text[0] == '\0' ? "" : arena_text(arena, text, strlen(text));
}

struct labels facts_labels(struct arena *arena, const json_t *texts)
{
	struct labels labels = { 0 };
	const char *key;
	json_t *value;

	labels.list = arena_alloc(arena, json_object_size(texts) * sizeof(*labels.list));
	json_object_foreach((json_t *)texts, key, value) labels.list[labels.count++] =
		(struct label){ facts_text(arena, key), facts_text(arena, json_string_value(value)) };
	return labels;
}

static bool read_target(struct fields *fields, const json_t *port, struct arena *arena,
			struct target_port *target)
{
	const json_t *value = json_object_get(port, "targetPort");
	const char *name = "";
	bool there;

	if (value == NULL || json_is_string(value)) {
		if (!field_text(fields, port, "targetPort", &name))
			return false;
	} else if (!json_is_null(value) && !json_is_integer(value)) {
		return field_expected(fields, "targetPort", "a port's number or name", value);
	} else if (!field_port(fields, port, "targetPort", &target->number, &there)) {
		return false;
	}
	target->name = facts_text(arena, name);
	return true;
}

static bool read_targets(struct fields *fields, const json_t *spec, struct arena *arena,
			 struct service_facts *facts)
{
	const json_t *ports = json_object_get(spec, "ports");

	facts->targets = arena_alloc(arena, json_array_size(ports) * sizeof(*facts->targets));
	field_enter(fields, "ports");
	for (size_t i = 0; i < json_array_size(ports); i++) {
		field_enter_item(fields, i);
		if (!read_target(fields, json_array_get(ports, i), arena, &facts->targets[i]))
			return false;
		field_leave(fields);
	}
	field_leave(fields);
	return true;
}

/* ipFamilies if given; else those of the cluster addresses; else both, as the controller does for
 * a service that has no address. */
static bool read_families(struct fields *fields, const json_t *spec, const struct service *service,
			  struct service_facts *facts)
{
	const json_t *list;
	const char *family;

	if (!field_list(fields, spec, "ipFamilies", &list))
		return false;
	field_enter(fields, "ipFamilies");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!item_text(fields, list, i, &family))
			return false;
		facts->ipv4 |= strcmp(family, "IPv4") == 0;
		facts->ipv6 |= strcmp(family, "IPv6") == 0;
	}
	field_leave(fields);
	if (facts->ipv4 || facts->ipv6)
		return true;
	for (size_t i = 0; i < service->address_count; i++) {
		facts->ipv4 |= service->addresses[i].family == 4;
		facts->ipv6 |= service->addresses[i].family == 6;
	}
	if (!facts->ipv4 && !facts->ipv6)
		facts->ipv4 = facts->ipv6 = true;
	return true;
}

bool service_facts_read(struct fields *fields, const json_t *value, const struct service *service,
			struct arena *arena, struct service_facts **ret_facts)
{
	const json_t *spec = json_object_get(value, "spec"), *selector;

	field_enter(fields, "spec");
	if (!field_texts(fields, spec, "selector", FIELD_PLAIN_TEXT, &selector))
		return false;
	struct service_facts *facts = NULL;
	if (service->type != SERVICE_EXTERNAL_NAME && json_object_size(selector) > 0) {
		facts = arena_alloc(arena, sizeof(*facts));
		facts->selector = facts_labels(arena, selector);
		if (!read_targets(fields, spec, arena, facts) ||
		    !read_families(fields, spec, service, facts))
			return false;
	}
	field_leave(fields);
	*ret_facts = facts;
	return true;
}
