/* SPDX-License-Identifier: Apache-2.0 */
/* What the EndpointSlice controller would look at, kept beside the model for Services that come
 * without slices. */
#ifndef KNAMED_SOURCE_FACTS_H
#define KNAMED_SOURCE_FACTS_H

#include "decode.h"

struct container_port {
	const char *name;
	enum protocol protocol;
	uint16_t number;
};
struct pod_facts {
	const char *name, *hostname, *subdomain;
	struct labels labels;
	struct ip *addresses;
	struct container_port *ports;
	uint8_t address_count;
	size_t port_count;
	bool ready;	  /* condition Ready is True */
	bool terminating; /* has a deletionTimestamp */
	bool done;	  /* phase Succeeded or Failed */
};

/* targetPort: a name to look up in the pod, or a number (0: as the service's port). */
struct target_port {
	const char *name;
	uint16_t number;
};
struct service_facts {
	struct labels selector;	     /* never empty */
	struct target_port *targets; /* one per port of the service */
	bool ipv4, ipv6;	     /* address families to make slices of */
};

/* Everything is copied into the arena. False leaves fields->at on what is wrong. */
bool pod_facts_read(struct fields *fields, const json_t *value, struct arena *arena,
		    struct pod_facts **ret_facts);
/* *ret_facts is NULL for a service whose endpoints nobody makes: ExternalName or without
 * selector. */
bool service_facts_read(struct fields *fields, const json_t *value, const struct service *service,
			struct arena *arena, struct service_facts **ret_facts);

/* Parts of both: a copy of the text ("" for NULL, costs nothing) and of an object whose values are
 * text. */
const char *facts_text(struct arena *arena, const char *text);
struct labels facts_labels(struct arena *arena, const json_t *texts);

#endif
