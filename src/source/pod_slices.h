/* SPDX-License-Identifier: Apache-2.0 */
/* EndpointSlices for a Service that selects pods, as the controller of a cluster would make
 * them. */
#ifndef KNAMED_SOURCE_POD_SLICES_H
#define KNAMED_SOURCE_POD_SLICES_H

#include "pod_index.h"

struct pod_slices_calls {
	bool (*is_taken)(void *context, const char *namespace_,
			 const char *name);		   /* a slice of that name is given */
	void (*take)(void *context, struct object *slice); /* takes the reference */
	void *context;
};
void pod_slices_make(struct pod_index *index, const struct service *service,
		     const struct service_facts *facts, bool keep_pod_names,
		     const struct pod_slices_calls *calls);

#endif
