/* SPDX-License-Identifier: Apache-2.0 */
/* EndpointSlices from pods. Pods whose named ports resolve alike share slices; a slice holds one
 * address family and at most 100 endpoints. */
#include "pod_slices.h"

#include <string.h>

enum { SLICE_ENDPOINTS = 100 };

/* Pods that have the same ports: the slice that is being filled for them. */
struct group {
	struct port *ports;
	uint16_t port_count;
	struct endpoint_text endpoints[SLICE_ENDPOINTS];
	uint32_t endpoint_count;
};

struct making {
	const struct service *service;
	const struct service_facts *facts;
	const struct pod_slices_calls *calls;
	struct group **groups;
	size_t group_count;
	unsigned number; /* of the last slice */
	bool keep_pod_names;
};

static bool has_label(const struct labels *labels, const struct label *wanted)
{
	for (size_t i = 0; i < labels->count; i++)
		if (strcmp(labels->list[i].key, wanted->key) == 0)
			return strcmp(labels->list[i].value, wanted->value) == 0;
	return false;
}

static bool is_selected(const struct pod_facts *pod, const struct labels *selector)
{
	if (pod->done)
		return false;
	for (size_t i = 0; i < selector->count; i++)
		if (!has_label(&pod->labels, &selector->list[i]))
			return false;
	return true;
}

/* The number of a service's port in this pod; false: the pod has no port of that name. */
static bool find_port(const struct pod_facts *pod, const struct port *port,
		      const struct target_port *target, uint16_t *ret_number)
{
	if (target->name[0] == '\0') {
		*ret_number = target->number != 0 ? target->number : port->number;
		return true;
	}
	for (size_t i = 0; i < pod->port_count; i++) {
		if (strcmp(pod->ports[i].name, target->name) == 0 &&
		    pod->ports[i].protocol == port->protocol) {
			*ret_number = pod->ports[i].number;
			return true;
		}
	}
	return false;
}

static uint16_t resolve_ports(const struct making *making, const struct pod_facts *pod,
			      struct port *ret_ports)
{
	uint16_t count = 0;

	for (size_t i = 0; i < making->service->port_count; i++) {
		struct port port = making->service->ports[i];
		port.has_number = true;
		if (find_port(pod, &making->service->ports[i], &making->facts->targets[i], &port.number))
			ret_ports[count++] = port;
	}
	return count;
}

/* Names and protocols come from the same service: the numbers tell, and which ports are there. */
static bool has_ports(const struct group *group, const struct port *ports, uint16_t count)
{
	if (group->port_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (group->ports[i].number != ports[i].number || group->ports[i].name != ports[i].name ||
		    group->ports[i].protocol != ports[i].protocol)
			return false;
	return true;
}

static struct group *group_of(struct making *making, const struct pod_facts *pod)
{
	struct port *ports = mem_alloc(making->service->port_count * sizeof(*ports));
	uint16_t count = resolve_ports(making, pod, ports);

	for (size_t i = 0; i < making->group_count; i++) {
		if (has_ports(making->groups[i], ports, count)) {
			mem_free(ports);
			return making->groups[i];
		}
	}
	struct group *group = mem_zalloc(sizeof(*group));
	group->ports = ports;
	group->port_count = count;
	making->groups = mem_realloc(making->groups, (making->group_count + 1) * sizeof(group));
	making->groups[making->group_count++] = group;
	return group;
}

static void finish_slice(struct making *making, struct group *group, unsigned family)
{
	const struct object *service = &making->service->head;
	struct text name = { 0 };

	do {
		text_clear(&name);
		text_printf(&name, "%s-%u", service->name, ++making->number);
	} while (making->calls->is_taken(making->calls->context, service->namespace_, name.data));
	struct slice slice = {
		.head = { .namespace_ = service->namespace_, .name = name.data },
		.service = service->name,
		.address_type = family == 4 ? ADDRESS_IPV4 : ADDRESS_IPV6,
		.ports = group->ports,
		.port_count = group->port_count,
		.endpoint_count = group->endpoint_count,
	};
	making->calls->take(making->calls->context, slice_new(&slice, group->endpoints));
	group->endpoint_count = 0;
	text_done(&name);
}

static void add_pod(struct making *making, const struct pod_facts *pod, unsigned family)
{
	struct endpoint_text endpoint = {
		.ready = (pod->ready && !pod->terminating) || making->service->publish_not_ready,
		/* only a pod that names this service as its subdomain has a name below it */
		.hostname = strcmp(pod->subdomain, making->service->head.name) == 0 ? pod->hostname
										    : "",
		.pod_name = making->keep_pod_names ? pod->name : "",
	};

	for (size_t i = 0; i < pod->address_count; i++) {
		if (pod->addresses[i].family != family)
			continue;
		struct group *group = group_of(making, pod);
		endpoint.address = pod->addresses[i];
		group->endpoints[group->endpoint_count++] = endpoint;
		if (group->endpoint_count == SLICE_ENDPOINTS)
			finish_slice(making, group, family);
	}
}

static void make_family(struct making *making, const struct pod_list *pods, unsigned family)
{
	for (size_t i = 0; i < pods->count; i++)
		if (is_selected(pods->pods[i], &making->facts->selector))
			add_pod(making, pods->pods[i], family);
	for (size_t i = 0; i < making->group_count; i++) {
		if (making->groups[i]->endpoint_count > 0)
			finish_slice(making, making->groups[i], family);
		mem_free(making->groups[i]->ports);
		mem_free(making->groups[i]);
	}
	making->group_count = 0;
}

void pod_slices_make(struct pod_index *index, const struct service *service,
		     const struct service_facts *facts, bool keep_pod_names,
		     const struct pod_slices_calls *calls)
{
	struct making making = {
		.service = service, .facts = facts, .calls = calls, .keep_pod_names = keep_pod_names
	};
	const struct pod_list *pods =
		pod_index_find(index, service->head.namespace_, &facts->selector);

	if (facts->ipv4)
		make_family(&making, pods, 4);
	if (facts->ipv6)
		make_family(&making, pods, 6);
	mem_free(making.groups);
}
