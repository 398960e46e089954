/* SPDX-License-Identifier: Apache-2.0 */
/* Names of `k8s_external`: SVC.NS.ZONE by the addresses that a Service has from outside (names.md 15). */
#include "explain_objects.h"

#include <string.h>

/* ---- parts ---- */

static void copy_label(const struct dns_query *query, unsigned index, char ret_text[PART_SIZE])
{
	const uint8_t *label = query->lower + query->labels[index];
	snprintf(ret_text, PART_SIZE, "%.*s", (int)label[0], (const char *)label + 1);
}

/* [_PORT._PROTO | HOST].SVC.NS, from behind. False: it is longer, or has another shape. */
static bool read_parts(const struct dns_query *query, unsigned left, struct name_parts *parts)
{
	char first[PART_SIZE], second[PART_SIZE];
	*parts = (struct name_parts){ .left = left };
	if (left > 4)
		return false;
	copy_label(query, left - 1, parts->namespace_);
	if (left > 1)
		copy_label(query, left - 2, parts->service);
	if (left == 3)
		copy_label(query, 0, parts->endpoint);
	if (left < 4)
		return true;
	copy_label(query, 0, first);
	copy_label(query, 1, second);
	memcpy(parts->port, first + 1, PART_SIZE - 1);
	memcpy(parts->protocol, second + 1, PART_SIZE - 1);
	return first[0] == '_' && second[0] == '_';
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);
	return size > end_size && text[size - end_size - 1] == '.' &&
	       text_equal_fold(text + size - end_size, end);
}

/* The server's own names: APEX, what stands above it, and ns1.APEX. */
static bool is_fixed(const struct explained_name *name, unsigned left)
{
	const char *apex = name->block->external->apex;
	char text[NAME_TEXT_SIZE] = "", label[PART_SIZE];
	size_t size = 0;
	for (unsigned i = 0; i < left && size < sizeof(text); i++) {
		copy_label(name->query, i, label);
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s", i > 0 ? "." : "",
					 label);
	}
	bool is_server = strncmp(text, "ns1.", 4) == 0 && text_equal_fold(text + 4, apex);
	return is_server || text_equal_fold(text, apex) || ends_with(apex, text);
}

/* ---- Services ---- */

struct seen {
	bool has_ipv4, has_ipv6, has_name;
};

static struct seen tell_externals(const struct explained_name *name, const struct service *service,
				  json_t *steps)
{
	struct seen seen = { 0 };
	struct text text = { 0 };
	for (unsigned i = 0; i < service->external_count; i++) {
		const struct external *external = &service->externals[i];
		char ip[IP_TEXT_SIZE];
		uint8_t wire[DNS_NAME_MAX], size;
		seen.has_ipv4 |= external->ip.family == 4;
		seen.has_ipv6 |= external->ip.family == 6;
		seen.has_name |=
			external->ip.family == 0 && name_parse(external->hostname, wire, &size);
		if (external->ip.family != 0)
			ip_print(&external->ip, ip);
		text_printf(&text, " %s", external->ip.family != 0 ? ip : external->hostname);
	}
	if (service->external_count > 0)
		explain_object_step(name, steps, &service->head, "from outside it has%s", text.data);
	else
		explain_object_step(name, steps, &service->head, "it has no address from outside");
	text_done(&text);
	return seen;
}

/* By its addresses, or by the name of its load balancer. */
static void explain_seen(const struct explained_name *name, const struct name_parts *parts,
			 const struct service *service, const struct seen *seen, json_t *steps)
{
	struct service shown = *service; /* its own ports count, whatever kind it is */
	uint16_t type = name->query->type;
	bool is_alias = !seen->has_ipv4 && !seen->has_ipv6;
	shown.type = SERVICE_CLUSTER_IP;
	if (parts->port[0] != '\0' || parts->protocol[0] != '\0')
		explain_port(name, parts, &shown, NULL, steps);
	else if (parts->endpoint[0] == '_')
		explain_endpoint(name, parts, &shown, steps);
	else if (parts->endpoint[0] != '\0')
		explain_reason(steps, "no-endpoint-name",
			       "it is seen by its addresses from outside: nothing but ports stands in "
			       "front of its name");
	else if (!is_alias && type == TYPE_SRV && service->port_count == 0)
		explain_reason(steps, "no-ports", "the Service has no ports");
	else if (!is_alias && type != TYPE_SRV &&
		 !explain_is_address_type(type, seen->has_ipv4, seen->has_ipv6))
		explain_no_family(type, "the Service, from outside,", seen->has_ipv4, steps);
}

/* By its endpoints, as in the cluster. */
static void explain_endpoints(const struct explained_name *name, const struct name_parts *parts,
			      const struct service *service, json_t *steps)
{
	struct endpoint_sum sum =
		explain_slices(name, &service->head, service->publish_not_ready, steps);
	if (parts->port[0] != '\0' || parts->protocol[0] != '\0')
		explain_port(name, parts, service, &sum, steps);
	else if (parts->endpoint[0] != '\0')
		explain_endpoint(name, parts, service, steps);
	else
		explain_headless(name, &sum, service, steps);
}

static void explain_shown(const struct explained_name *name, const struct name_parts *parts,
			  json_t *steps)
{
	const struct config_external *config = name->block->external;
	const struct service *service =
		(const struct service *)model_get(name->model, OBJECT_SERVICE, parts->namespace_,
						  parts->service);
	if (service == NULL) {
		explain_no_service(name, parts, steps);
		return;
	}
	struct seen seen = tell_externals(name, service, steps);
	bool is_headless = service->type == SERVICE_HEADLESS;
	if (seen.has_ipv4 || seen.has_ipv6 || seen.has_name)
		explain_seen(name, parts, service, &seen, steps);
	else if (service->external_count > 0)
		explain_reason(steps, "no-external", "what its load balancer is called is no DNS name");
	else if (is_headless && config->headless)
		explain_endpoints(name, parts, service, steps);
	else
		explain_reason(steps, "no-external",
			       "the Service has neither externalIPs nor an address of a load "
			       "balancer%s",
			       is_headless ? " (`headless` of k8s_external would show its endpoints)"
					   : "");
}

void explain_outside(const struct explained_name *name, unsigned zone_labels, json_t *steps)
{
	const char *apex = name->block->external->apex;
	unsigned left = name->query->label_count - zone_labels;
	struct name_parts parts;
	if (left == 0) {
		explain_reason(steps, "apex", "it is the zone itself, which has SOA and NS");
		return;
	}
	if (is_fixed(name, left)) {
		explain_reason(steps, "fixed", "it is made by the server, of no object");
		return;
	}
	if (!read_parts(name->query, left, &parts)) {
		explain_reason(steps, "no-such-shape",
			       "no name of k8s_external has this shape (src/names.md 15)");
		return;
	}
	if (text_equal_fold(apex, parts.namespace_) || ends_with(apex, parts.namespace_)) {
		explain_reason(steps, "namespace-not-shown",
			       "namespace %s is called as the names of the server: it is not seen",
			       parts.namespace_);
		return;
	}
	if (!explain_namespace(name, parts.namespace_, steps))
		return;
	if (left == 1)
		explain_reason(steps, "no-records",
			       "it is a namespace: it exists, and has no records of its own");
	else
		explain_shown(name, &parts, steps);
}
