/* SPDX-License-Identifier: Apache-2.0 */
/* cluster -- one `kubernetes` directive at work: manifests or an API server fill a model, the model a catalog. */
#ifndef KNAMED_CLUSTER_H
#define KNAMED_CLUSTER_H

#include "knamed/kube.h"
#include "pipeline.h"

struct cluster_calls {
	void (*changed)(void *context); /* publish what is in the catalog now */
	void *context;
};

struct cluster;
/* The block has a `kubernetes`. Where options have no events everything is read once, before it returns. */
struct cluster *cluster_open(const struct pipeline_options *options,
			     const struct config_block *block, struct answers *answers,
			     const struct cluster_calls *calls, struct error *error);
void cluster_close(struct cluster *cluster);
struct catalog *cluster_catalog(const struct cluster *cluster);
struct catalog *cluster_external(const struct cluster *cluster); /* of `k8s_external`; NULL: none */
/* Whether another block with an equal directive would get the same: it is reached at the same place. */
bool cluster_is_for(const struct cluster *cluster, const struct config_block *block);
/* The fingerprint of the config in force, for sync._knamed. */
void cluster_tell_config(struct cluster *cluster, const char *sha512);
const struct model *cluster_model(const struct cluster *cluster);
const struct kube *cluster_kube(const struct cluster *cluster); /* NULL: manifests */

#endif
