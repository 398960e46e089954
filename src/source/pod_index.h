/* SPDX-License-Identifier: Apache-2.0 */
/* Pods by namespace and label, so that a selector need not look at all of them. */
#ifndef KNAMED_SOURCE_POD_INDEX_H
#define KNAMED_SOURCE_POD_INDEX_H

#include "facts.h"

struct pod_list {
	const struct pod_facts **pods;
	size_t count, room;
};
struct pod_index;
struct pod_index *pod_index_new(void);
void pod_index_free(struct pod_index *index);
/* `facts` is borrowed as long as the index lives. */
void pod_index_add(struct pod_index *index, const char *namespace_, const struct pod_facts *facts);
/* The shortest list that holds all pods which match: each has one of the selector's labels at
 * least. */
const struct pod_list *pod_index_find(struct pod_index *index, const char *namespace_,
				      const struct labels *selector);

#endif
