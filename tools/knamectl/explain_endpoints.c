/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints: how many count, and which are left out and why; their names, their ports, their addresses. */
#include "explain_objects.h"

#include <string.h>

enum { LEFT_OUT_TOLD = 10 };

static bool slice_is_of(const struct slice *slice, const struct object *owner)
{
	const char *name = owner->kind == OBJECT_IMPORT ? slice->import : slice->service;
	return strcmp(slice->head.namespace_, owner->namespace_) == 0 &&
	       strcmp(name, owner->name) == 0;
}

/* The server does not keep names of pods unless it needs them; the API server knows them. */
static const char *pod_of(const json_t *object, const struct ip *ip)
{
	size_t i;
	json_t *endpoint;
	struct ip found;
	json_array_foreach(json_object_get(object, "endpoints"), i, endpoint)
	{
		const json_t *addresses = json_object_get(endpoint, "addresses");
		const char *address = json_string_value(json_array_get(addresses, 0));
		const char *pod = json_string_value(
			json_object_get(json_object_get(endpoint, "targetRef"), "name"));
		if (address != NULL && ip_parse(address, &found) && ip_equal(&found, ip))
			return pod;
	}
	return NULL;
}

static void add_left_out(struct text *text, const struct slice *slice,
			 const struct endpoint *endpoint, const json_t *object)
{
	char ip[IP_TEXT_SIZE];
	const char *pod = pod_of(object, &endpoint->address);
	ip_print(&endpoint->address, ip);
	if (pod == NULL)
		pod = slice_string(slice, endpoint->pod_name);
	if (*pod == '\0')
		pod = slice_string(slice, endpoint->hostname);
	text_printf(text, "%s %s%s%s%s: not ready%s", text->size > 0 ? ";" : "", ip,
		    *pod != '\0' ? " (" : "", pod, *pod != '\0' ? ")" : "",
		    endpoint->terminating ? ", its pod is terminating" : "");
}

static void tell_slice(const struct explained_name *name, const struct slice *slice,
		       bool publishes_not_ready, struct endpoint_sum *sum, json_t *steps)
{
	struct text left_out = { 0 };
	json_t *object = NULL;
	unsigned counting = 0, missing = 0;
	sum->slices++;
	if (slice->address_type == ADDRESS_OTHER) {
		sum->hidden++;
		explain_object_step(name, steps, &slice->head,
				    "its addresses are no IP addresses: it is ignored");
		return;
	}
	for (uint32_t i = 0; i < slice->endpoint_count; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];
		bool counts = endpoint->ready || publishes_not_ready;
		counting += counts;
		sum->ipv4 += counts && endpoint->address.family == 4;
		sum->ipv6 += counts && endpoint->address.family == 6;
		if (counts || missing++ >= LEFT_OUT_TOLD)
			continue;
		if (object == NULL)
			object = explain_find(name, &slice->head);
		add_left_out(&left_out, slice, endpoint, object);
	}
	json_decref(object);
	if (missing > LEFT_OUT_TOLD)
		text_printf(&left_out, "; and %u more", missing - LEFT_OUT_TOLD);
	sum->endpoints += slice->endpoint_count;
	sum->counting += counting;
	explain_object_step(name, steps, &slice->head, "%u of %u endpoints count%s%s", counting,
			    (unsigned)slice->endpoint_count, missing > 0 ? "; left out:" : "",
			    missing > 0 ? left_out.data : "");
	text_done(&left_out);
}

struct endpoint_sum explain_slices(const struct explained_name *name, const struct object *owner,
				   bool publishes_not_ready, json_t *steps)
{
	struct endpoint_sum sum = { 0 };
	const struct object *object;
	size_t position = 0;
	while ((object = model_next(name->model, OBJECT_SLICE, &position)) != NULL)
		if (slice_is_of((const struct slice *)object, owner))
			tell_slice(name, (const struct slice *)object, publishes_not_ready, &sum,
				   steps);
	return sum;
}

/* ---- names of endpoints ---- */

static bool is_label(const char *text)
{
	return *text != '\0' && strlen(text) <= DNS_LABEL_MAX && strchr(text, '.') == NULL;
}

/* Its own name; NULL: its address with dashes. */
static const char *host_of(const struct explained_name *name, const struct slice *slice,
			   const struct endpoint *endpoint)
{
	const char *host = slice_string(slice, endpoint->hostname);
	const char *pod = slice_string(slice, endpoint->pod_name);
	if (*host != '\0')
		return host;
	return name->block->kubernetes->endpoint_pod_names && is_label(pod) ? pod : NULL;
}

struct found_endpoints {
	unsigned counting, not_ready, named_otherwise;
	const char *other_name;
};

static void look_at(const struct explained_name *name, const struct slice *slice,
		    const struct endpoint *endpoint, const char *host, bool publishes_not_ready,
		    struct found_endpoints *found)
{
	struct ip ip;
	const char *own = host_of(name, slice, endpoint);
	bool is_address = explain_dashed(host, &ip) && ip_equal(&ip, &endpoint->address);
	bool is_it = own != NULL ? text_equal_fold(own, host) : is_address;
	if (is_it && (endpoint->ready || publishes_not_ready))
		found->counting++;
	else if (is_it)
		found->not_ready++;
	if (own != NULL && is_address) {
		found->named_otherwise++;
		found->other_name = own;
	}
}

void explain_endpoint(const struct explained_name *name, const struct name_parts *parts,
		      const struct service *service, json_t *steps)
{
	struct found_endpoints found = { 0 };
	const struct object *object;
	size_t position = 0;
	if (parts->endpoint[0] == '_') {
		explain_reason(steps, "no-records",
			       "a protocol's name exists if a named port of it does, and has no "
			       "records of its own");
		return;
	}
	while ((object = model_next(name->model, OBJECT_SLICE, &position)) != NULL) {
		const struct slice *slice = (const struct slice *)object;
		if (!slice_is_of(slice, &service->head) || slice->address_type == ADDRESS_OTHER)
			continue;
		for (uint32_t i = 0; i < slice->endpoint_count; i++)
			look_at(name, slice, &slice->endpoints[i], parts->endpoint,
				service->publish_not_ready, &found);
	}
	if (found.counting > 0)
		return;
	if (found.not_ready > 0)
		explain_reason(steps, "endpoint-not-ready",
			       "the endpoint %s is there, but not ready: it has no name until it is",
			       parts->endpoint);
	else if (found.named_otherwise > 0)
		explain_reason(steps, "endpoint-named-otherwise",
			       "the endpoint of this address is called %s, and only that",
			       found.other_name);
	else if (service->type == SERVICE_CLUSTER_IP)
		explain_reason(steps, "no-endpoint-name",
			       "the Service has a cluster IP, and none of its endpoints is called %s",
			       parts->endpoint);
	else
		explain_reason(steps, "no-endpoint", "no endpoint of the Service is called %s",
			       parts->endpoint);
}

/* ---- ports ---- */

struct found_port {
	bool has_name, has_both, has_unnamed;
	struct text known;
};

static void look_at_ports(const struct name_parts *parts, const struct port *ports, size_t count,
			  struct found_port *found)
{
	static const char *const protocols[] = { "tcp", "udp", "sctp", "other" };
	for (size_t i = 0; i < count; i++) {
		const char *protocol = protocols[ports[i].protocol];
		bool is_name = text_equal_fold(ports[i].name, parts->port);
		found->has_name |= is_name;
		found->has_both |= is_name && text_equal_fold(protocol, parts->protocol);
		found->has_unnamed |= ports[i].name[0] == '\0';
		if (ports[i].name[0] != '\0')
			text_printf(&found->known, " _%s._%s", ports[i].name, protocol);
	}
}

void explain_port(const struct explained_name *name, const struct name_parts *parts,
		  const struct service *service, const struct endpoint_sum *sum, json_t *steps)
{
	struct found_port found = { 0 };
	const struct object *object;
	size_t position = 0;
	text_add(&found.known, "");
	if (service->type == SERVICE_CLUSTER_IP)
		look_at_ports(parts, service->ports, service->port_count, &found);
	while (service->type == SERVICE_HEADLESS &&
	       (object = model_next(name->model, OBJECT_SLICE, &position)) != NULL) {
		const struct slice *slice = (const struct slice *)object;
		if (slice_is_of(slice, &service->head))
			look_at_ports(parts, slice->ports, slice->port_count, &found);
	}
	const char *known = found.known.size > 0 ? found.known.data : " none";
	if (service->type == SERVICE_HEADLESS && sum->counting == 0)
		explain_reason(steps, "no-ready-endpoints",
			       "the Service is headless and has no ready endpoint: its ports have no "
			       "names until it has");
	else if (!found.has_name)
		explain_reason(steps, "no-port", "no port is called %s; there are:%s%s",
			       parts->port, known,
			       found.has_unnamed ? " (ports without a name have no SRV name)" : "");
	else if (!found.has_both)
		explain_reason(steps, "no-port",
			       "the port %s has another protocol than %s; there are:%s",
			       parts->port, parts->protocol, known);
	else if (name->query->type != TYPE_SRV && name->query->type != TYPE_ANY)
		explain_reason(steps, "no-such-type", "a name of a port has SRV records alone");
	text_done(&found.known);
}
