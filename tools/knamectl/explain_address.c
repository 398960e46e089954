/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are addresses: of pods, and reverse ones. */
#include <string.h>

#include "explain_objects.h"

/* ---- pods ---- */

static const struct object *find_pod(const struct explained_name *name, const struct ip *ip,
				     const char *namespace_)
{
	const struct object *object;
	size_t position = 0;
	while ((object = model_next(name->model, OBJECT_POD, &position)) != NULL) {
		const struct pod *pod = (const struct pod *)object;
		for (unsigned i = 0; i < pod->address_count; i++)
			if (ip_equal(&pod->addresses[i], ip) &&
			    (namespace_ == NULL || strcmp(object->namespace_, namespace_) == 0))
				return object;
	}
	return NULL;
}

void explain_pod(const struct explained_name *name, const struct name_parts *parts, json_t *steps)
{
	struct ip ip;
	if (parts->endpoint[0] != '\0' || parts->port[0] != '\0') {
		explain_reason(steps, "no-such-shape", "nothing exists below the name of a pod");
		return;
	}
	if (!explain_dashed(parts->service, &ip)) {
		explain_reason(steps, "no-address-label", "'%s' is no address with dashes",
			       parts->service);
		return;
	}
	uint16_t type = name->query->type;
	if (name->block->kubernetes->pods == PODS_VERIFIED) {
		const struct object *pod = find_pod(name, &ip, parts->namespace_);
		const struct object *elsewhere = find_pod(name, &ip, NULL);
		if (pod != NULL)
			explain_object_step(name, steps, pod, "has this address");
		else if (elsewhere != NULL)
			explain_reason(steps, "no-pod",
				       "`pods verified`: no pod of namespace %s has this address; "
				       "one of namespace %s has it",
				       parts->namespace_, elsewhere->namespace_);
		else
			explain_reason(steps, "no-pod",
				       "`pods verified`: no running pod has this address");
		if (pod == NULL)
			return;
	} else {
		explain_step(steps, "rule", NULL,
			     "`pods insecure`: the name is its own answer, no pod is looked for");
	}
	if ((type == TYPE_A && ip.family != 4) || (type == TYPE_AAAA && ip.family != 6) ||
	    (type != TYPE_A && type != TYPE_AAAA && type != TYPE_ANY))
		explain_reason(steps, "other-family", "the address is IPv%u: nothing of this type",
			       (unsigned)ip.family);
}

/* ---- reverse names ---- */

/* Of a namespace that is shown? */
static bool is_shown(const struct explained_name *name, const char *namespace_)
{
	return cluster_lists(name->block->kubernetes, namespace_) &&
	       model_get(name->model, OBJECT_NAMESPACE, "", namespace_) != NULL;
}

static unsigned tell_services(const struct explained_name *name, const struct ip *ip, json_t *steps)
{
	const struct object *object;
	size_t position = 0;
	unsigned told = 0;
	while ((object = model_next(name->model, OBJECT_SERVICE, &position)) != NULL) {
		const struct service *service = (const struct service *)object;
		for (unsigned i = 0; i < service->address_count; i++)
			if (ip_equal(&service->addresses[i], ip)) {
				bool shown = is_shown(name, object->namespace_);
				explain_object_step(name, steps, object, "has this cluster IP%s",
						    shown ? "" : ", but its namespace is not shown");
				told += shown;
			}
	}
	return told;
}

static unsigned tell_endpoints_of(const struct explained_name *name, const struct slice *slice,
				  const struct ip *ip, json_t *steps)
{
	const struct service *service =
		(const struct service *)model_get(name->model, OBJECT_SERVICE,
						  slice->head.namespace_, slice->service);
	for (uint32_t i = 0; i < slice->endpoint_count; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];
		if (!ip_equal(&endpoint->address, ip))
			continue;
		bool counts = service != NULL && is_shown(name, slice->head.namespace_) &&
			      (endpoint->ready || service->publish_not_ready);
		explain_object_step(name, steps, &slice->head, "has this address%s",
				    service == NULL ? ", but no Service: no name"
				    : !is_shown(name, slice->head.namespace_)
					    ? ", but its namespace is not shown"
				    : counts ? ""
					     : ", but the endpoint is not ready: no name until it is");
		return counts;
	}
	return 0;
}

static bool has_external(const struct service *service, const struct ip *ip)
{
	for (unsigned i = 0; i < service->external_count; i++)
		if (ip_equal(&service->externals[i].ip, ip))
			return true;
	return false;
}

static unsigned tell_externals(const struct explained_name *name, const struct ip *ip, json_t *steps)
{
	const struct object *object;
	size_t position = 0;
	unsigned told = 0;
	while ((object = model_next(name->model, OBJECT_SERVICE, &position)) != NULL) {
		if (!has_external((const struct service *)object, ip))
			continue;
		bool shown = is_shown(name, object->namespace_);
		explain_object_step(name, steps, object, "has this address from outside%s",
				    shown ? "" : ", but its namespace is not shown");
		told += shown;
	}
	return told;
}

static unsigned tell_inside(const struct explained_name *name, const struct ip *ip, json_t *steps)
{
	const struct object *object;
	size_t position = 0;
	unsigned told = tell_services(name, ip, steps);
	while ((object = model_next(name->model, OBJECT_SLICE, &position)) != NULL)
		told += tell_endpoints_of(name, (const struct slice *)object, ip, steps);
	return told;
}

void explain_reverse(const struct explained_name *name, const struct reverse_name *reverse,
		     json_t *steps)
{
	char text[IP_TEXT_SIZE];
	if (!reverse->full) {
		explain_reason(steps, "part-of-address",
			       "it is a part of an address: it exists if an address of the cluster "
			       "begins with it, and has no records of its own");
		return;
	}
	unsigned told = name->is_outside ? tell_externals(name, &reverse->ip, steps)
					 : tell_inside(name, &reverse->ip, steps);
	ip_print(&reverse->ip, text);
	if (told == 0 && name->is_outside)
		explain_reason(steps, "no-object-of-address",
			       "no Service has the address %s from outside", text);
	else if (told == 0)
		explain_reason(steps, "no-object-of-address",
			       "no Service and no endpoint that counts has the address %s (pods "
			       "without a Service have no reverse name)",
			       text);
	else if (name->query->type != TYPE_PTR && name->query->type != TYPE_ANY)
		explain_reason(steps, "no-such-type", "a reverse name has PTR records alone");
}
