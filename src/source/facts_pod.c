/* SPDX-License-Identifier: Apache-2.0 */
/* Of a Pod: labels, addresses, readiness, host name and the named ports of its containers. */
#include "facts.h"

#include <string.h>

static bool is_condition_ready(const json_t *condition)
{
	const char *type = json_string_value(json_object_get(condition, "type"));
	const char *status = json_string_value(json_object_get(condition, "status"));

	return type != NULL && status != NULL && strcmp(type, "Ready") == 0 &&
	       strcmp(status, "True") == 0;
}

static bool read_status(struct fields *fields, const json_t *value, struct arena *arena,
			struct pod_facts *facts)
{
	struct addresses addresses = { 0 };
	const json_t *status, *conditions;
	const char *phase, *first;

	if (!field_object(fields, value, "status", &status))
		return false;
	field_enter(fields, "status");
	if (!field_list(fields, status, "conditions", &conditions) ||
	    !field_text(fields, status, "phase", &phase) ||
	    !field_text(fields, status, "podIP", &first))
		return false;
	bool good = decode_addresses(fields, status, "podIPs", "ip", &addresses);
	if (good) {
		if (json_array_size(json_object_get(status, "podIPs")) == 0)
			addresses_add(&addresses, first);
		facts->address_count = addresses.count;
		facts->addresses = arena_alloc(arena, addresses.count * sizeof(struct ip));
		if (addresses.count > 0)
			memcpy(facts->addresses, addresses.list, addresses.count * sizeof(struct ip));
		field_leave(fields);
	}
	mem_free(addresses.list);
	for (size_t i = 0; i < json_array_size(conditions); i++)
		facts->ready |= is_condition_ready(json_array_get(conditions, i));
	facts->done = strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
	return good;
}

static bool read_port(struct fields *fields, const json_t *item, struct arena *arena,
		      struct container_port *port)
{
	const char *name, *protocol;
	bool there;

	if (!field_text(fields, item, "name", &name) ||
	    !field_text(fields, item, "protocol", &protocol) ||
	    !field_port(fields, item, "containerPort", &port->number, &there))
		return false;
	port->name = facts_text(arena, name);
	port->protocol = decode_protocol(protocol);
	return true;
}

static bool read_ports(struct fields *fields, const json_t *container, struct arena *arena,
		       struct pod_facts *facts)
{
	const json_t *ports, *item;

	if (!field_list(fields, container, "ports", &ports))
		return false;
	field_enter(fields, "ports");
	for (size_t i = 0; i < json_array_size(ports); i++) {
		if (!item_object(fields, ports, i, &item))
			return false;
		field_enter_item(fields, i);
		if (!read_port(fields, item, arena, &facts->ports[facts->port_count++]))
			return false;
		field_leave(fields);
	}
	field_leave(fields);
	return true;
}

static size_t count_ports(const json_t *containers)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(containers); i++)
		count += json_array_size(json_object_get(json_array_get(containers, i), "ports"));
	return count;
}

/* An init container's ports count only if it keeps running beside the others. */
static bool is_sidecar(const json_t *container)
{
	const char *policy = json_string_value(json_object_get(container, "restartPolicy"));

	return policy != NULL && strcmp(policy, "Always") == 0;
}

static bool read_containers(struct fields *fields, const json_t *spec, const char *key,
			    bool only_sidecars, struct arena *arena, struct pod_facts *facts)
{
	const json_t *containers, *item;

	if (!field_list(fields, spec, key, &containers))
		return false;
	field_enter(fields, key);
	for (size_t i = 0; i < json_array_size(containers); i++) {
		if (!item_object(fields, containers, i, &item))
			return false;
		if (only_sidecars && !is_sidecar(item))
			continue;
		field_enter_item(fields, i);
		if (!read_ports(fields, item, arena, facts))
			return false;
		field_leave(fields);
	}
	field_leave(fields);
	return true;
}

static bool read_spec(struct fields *fields, const json_t *value, struct arena *arena,
		      struct pod_facts *facts)
{
	const char *hostname, *subdomain;
	const json_t *spec;

	if (!field_object(fields, value, "spec", &spec))
		return false;
	field_enter(fields, "spec");
	size_t count = count_ports(json_object_get(spec, "containers")) +
		       count_ports(json_object_get(spec, "initContainers"));
	facts->ports = arena_alloc(arena, count * sizeof(*facts->ports));
	if (!field_text(fields, spec, "hostname", &hostname) ||
	    !field_text(fields, spec, "subdomain", &subdomain) ||
	    !read_containers(fields, spec, "containers", false, arena, facts) ||
	    !read_containers(fields, spec, "initContainers", true, arena, facts))
		return false;
	field_leave(fields);
	facts->hostname = facts_text(arena, hostname);
	facts->subdomain = facts_text(arena, subdomain);
	return true;
}

bool pod_facts_read(struct fields *fields, const json_t *value, struct arena *arena,
		    struct pod_facts **ret_facts)
{
	struct pod_facts *facts = arena_alloc(arena, sizeof(*facts));
	const json_t *metadata = json_object_get(value, "metadata");
	const json_t *deletion = json_object_get(metadata, "deletionTimestamp");

	if (!read_status(fields, value, arena, facts) || !read_spec(fields, value, arena, facts))
		return false;
	facts->name = facts_text(arena, json_string_value(json_object_get(metadata, "name")));
	facts->labels = facts_labels(arena, json_object_get(metadata, "labels"));
	facts->terminating = deletion != NULL && !json_is_null(deletion);
	*ret_facts = facts;
	return true;
}
