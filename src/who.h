/* SPDX-License-Identifier: Apache-2.0 */
/* who -- what the cluster knows of a question that was asked: the pod behind the client, the
 * namespace that is meant, and whether it was a search list that made the name. Control thread. */
#ifndef KNAMED_WHO_H
#define KNAMED_WHO_H

#include "knamed/traffic.h"
#include "pipeline.h"

struct who;
struct who *who_new(const struct pipeline *pipeline, const struct config *config);
void who_free(struct who *who);
void who_use(struct who *who, const struct config *config); /* it is in force, in the pipeline too */

/* "namespace/name" of the pod that has the address: where `pods verified` and `metadata` or `admin` keep it. */
bool who_find_pod(const struct who *who, const struct ip *ip, struct text *ret_pod);
/* The namespace in the middle of NAME.NAMESPACE.svc.ZONE; false: there is none. */
bool who_find_namespace(const struct who *who, const struct sample *sample,
			char ret_namespace[NAMESPACE_SIZE]);
/* A denied name that only a search list can have made. ret_namespace is whose it is, "" if that is not known: it stands in
 * the first name of a walk, and is remembered for the client's next ones. */
bool who_is_wasted(struct who *who, const struct sample *sample, char ret_namespace[NAMESPACE_SIZE]);

#endif
