/* SPDX-License-Identifier: Apache-2.0 */
/* Names of Services: what the Service is, and the rule of names.md that gives or denies what was asked. */
#include "explain_objects.h"

#include <string.h>

static const char *type_name(const struct service *service)
{
	switch (service->type) {
	case SERVICE_CLUSTER_IP:
		return "ClusterIP";
	case SERVICE_HEADLESS:
		return "headless";
	case SERVICE_EXTERNAL_NAME:
		break;
	}
	return "ExternalName";
}

static const char *const protocols[] = { "tcp", "udp", "sctp", "other" };

static void add_ports(struct text *text, const struct port *ports, size_t count)
{
	text_add(text, count > 0 ? ", ports" : ", no ports");
	for (size_t i = 0; i < count; i++)
		text_printf(text, " %s/%u/%s", ports[i].name[0] != '\0' ? ports[i].name : "(unnamed)",
			    (unsigned)ports[i].number, protocols[ports[i].protocol]);
}

static void tell_service(const struct explained_name *name, const struct service *service, json_t *steps)
{
	struct text text = { 0 };
	text_printf(&text, "%s", type_name(service));
	for (unsigned i = 0; i < service->address_count; i++) {
		char ip[IP_TEXT_SIZE];
		ip_print(&service->addresses[i], ip);
		text_printf(&text, " %s", ip);
	}
	if (service->type == SERVICE_EXTERNAL_NAME)
		text_printf(&text, " %s", service->external_name);
	else
		add_ports(&text, service->ports, service->port_count);
	if (service->publish_not_ready)
		text_add(&text, ", publishes endpoints that are not ready");
	explain_object_step(name, steps, &service->head, "%s", text.data);
	text_done(&text);
}

/* Others that somebody may have meant. */
static void tell_namesakes(const struct explained_name *name, const char *service, json_t *steps)
{
	const struct object *object;
	size_t position = 0;
	unsigned told = 0;
	while (told < 3 && (object = model_next(name->model, OBJECT_SERVICE, &position)) != NULL) {
		if (!text_equal_fold(object->name, service))
			continue;
		explain_step(steps, "hint", NULL, "there is a Service %s in namespace %s", service,
			     object->namespace_);
		told++;
	}
}

void explain_no_service(const struct explained_name *name, const struct name_parts *parts, json_t *steps)
{
	if (name->block->kubernetes->labels.count > 0 &&
	    explain_is_hidden(name, OBJECT_SERVICE, parts->namespace_, parts->service))
		explain_reason(steps, "service-not-shown",
			       "Service %s/%s does not match `labels` of the kubernetes directive",
			       parts->namespace_, parts->service);
	else
		explain_reason(steps, "no-service", "there is no Service %s in namespace %s",
			       parts->service, parts->namespace_);
	tell_namesakes(name, parts->service, steps);
}

static void explain_external_name(const struct name_parts *parts, const struct service *service,
				  json_t *steps)
{
	struct ip ip;
	char text[PART_SIZE + 2];
	snprintf(text, sizeof(text), "%s", service->external_name);
	if (text[0] != '\0' && text[strlen(text) - 1] == '.')
		text[strlen(text) - 1] = '\0';
	if (parts->endpoint[0] != '\0' || parts->port[0] != '\0')
		explain_reason(steps, "below-external-name",
			       "nothing exists below the name of an ExternalName service");
	else if (text[0] == '\0')
		explain_reason(steps, "external-name-empty", "externalName is empty: no record");
	else if (ip_parse(text, &ip))
		explain_reason(steps, "external-name-is-address",
			       "externalName is an address, not a name: no record can say that");
}

void explain_no_family(uint16_t type, const char *of_what, bool has_ipv4, json_t *steps)
{
	char text[16];
	dns_type_print(type, text);
	if (type == TYPE_A || type == TYPE_AAAA)
		explain_reason(steps, "other-family", "%s has %s addresses alone: nothing of type %s",
			       of_what, has_ipv4 ? "IPv4" : "IPv6", text);
	else
		explain_reason(steps, "no-such-type", "%s has no records of type %s", of_what, text);
}

bool explain_is_address_type(uint16_t type, bool has_ipv4, bool has_ipv6)
{
	return (type == TYPE_A && has_ipv4) || (type == TYPE_AAAA && has_ipv6) || type == TYPE_ANY;
}

static void explain_cluster_ip(const struct explained_name *name, const struct service *service,
			       json_t *steps)
{
	bool has_ipv4 = false, has_ipv6 = false;
	uint16_t type = name->query->type;
	for (unsigned i = 0; i < service->address_count; i++) {
		has_ipv4 |= service->addresses[i].family == 4;
		has_ipv6 |= service->addresses[i].family == 6;
	}
	if (name->block->kubernetes->ignore_empty_service) {
		struct endpoint_sum sum =
			explain_slices(name, &service->head, service->publish_not_ready, steps);
		if (sum.counting == 0) {
			explain_reason(steps, "empty-service",
				       "the Service has no ready endpoint, and `ignore "
				       "empty_service` hides such ones");
			return;
		}
	}
	if (service->address_count == 0)
		explain_reason(steps, "no-address", "the Service has no cluster IP yet");
	else if (type == TYPE_SRV && service->port_count == 0)
		explain_reason(steps, "no-ports", "the Service has no ports");
	else if (type != TYPE_SRV && !explain_is_address_type(type, has_ipv4, has_ipv6))
		explain_no_family(type, "the Service", has_ipv4, steps);
}

void explain_headless(const struct explained_name *name, const struct endpoint_sum *sum,
		      const struct service *service, json_t *steps)
{
	uint16_t type = name->query->type;
	if (name->block->kubernetes->no_endpoints)
		explain_reason(steps, "noendpoints",
			       "`noendpoints`: endpoints are not read, a headless Service has no names");
	else if (sum->slices == 0)
		explain_reason(steps, "no-endpoints",
			       "the Service is headless and has no EndpointSlice: %s",
			       service->has_selector ? "its selector fits no pod"
						     : "it has no selector, and nobody made one");
	else if (sum->counting == 0 && sum->endpoints == 0 && sum->hidden > 0)
		explain_reason(steps, "no-endpoints",
			       "the Service is headless, and all its slices are of a type that is "
			       "no IP address");
	else if (sum->counting == 0)
		explain_reason(steps, "no-ready-endpoints",
			       "the Service is headless and none of its %u endpoints is ready: it "
			       "has no name until one is (publishNotReadyAddresses changes that)",
			       sum->endpoints);
	else if (type != TYPE_SRV && !explain_is_address_type(type, sum->ipv4 > 0, sum->ipv6 > 0))
		explain_no_family(type, "the Service", sum->ipv4 > 0, steps);
}

static bool is_port_name(const struct name_parts *parts)
{
	return parts->port[0] != '\0' || parts->protocol[0] != '\0';
}

void explain_service(const struct explained_name *name, const struct name_parts *parts, json_t *steps)
{
	const struct service *service =
		(const struct service *)model_get(name->model, OBJECT_SERVICE, parts->namespace_,
						  parts->service);
	struct endpoint_sum sum = { 0 };
	if (service == NULL) {
		explain_no_service(name, parts, steps);
		return;
	}
	tell_service(name, service, steps);
	if (service->type == SERVICE_EXTERNAL_NAME) {
		explain_external_name(parts, service, steps);
		return;
	}
	bool wants_endpoints = service->type == SERVICE_HEADLESS || parts->endpoint[0] != '\0';
	if (wants_endpoints)
		sum = explain_slices(name, &service->head, service->publish_not_ready, steps);
	if (is_port_name(parts))
		explain_port(name, parts, service, &sum, steps);
	else if (parts->endpoint[0] != '\0')
		explain_endpoint(name, parts, service, steps);
	else if (service->type == SERVICE_HEADLESS)
		explain_headless(name, &sum, service, steps);
	else
		explain_cluster_ip(name, service, steps);
}
