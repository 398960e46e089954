/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted of following an API server, and how fresh it is: arrival to published, and the
 * cluster's own time stamp to published. */
#ifndef KNAMED_KUBE_METERS_H
#define KNAMED_KUBE_METERS_H

#include "body.h"
#include "knamed/kube.h"
#include "trouble.h"

struct meters;
/* metrics NULL gives NULL, which all verbs take for "nothing is counted". zone: the label of what
 * is this cluster's alone; borrowed. */
struct meters *meters_new(struct metrics *metrics, struct kube *kube, const struct model *model,
			  const char *zone);
/* While the kube that they read is still there. */
void meters_free(struct meters *meters);

void meters_event(struct meters *meters, enum object_kind kind, enum body_event event);
void meters_failure(struct meters *meters, enum object_kind kind, enum trouble trouble);
uint64_t meters_failures(const struct meters *meters, enum object_kind kind); /* so far */
void meters_relist(struct meters *meters, enum object_kind kind);
void meters_repair(struct meters *meters, enum object_kind kind);

/* Something came in at arrived_ns and is to be published. */
void meters_arrived(struct meters *meters, uint64_t arrived_ns);
/* A change of endpoints that the cluster says began at triggered_ns (Unix time). Its service may come later. */
void meters_triggered(struct meters *meters, const struct slice *slice, uint64_t triggered_ns);
/* All that arrived is published now. */
void meters_published(struct meters *meters);

#endif
