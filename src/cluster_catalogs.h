/* SPDX-License-Identifier: Apache-2.0 */
/* What a block's `kubernetes` and `k8s_external` say, as catalogs to be filled. */
#ifndef KNAMED_CLUSTER_CATALOGS_H
#define KNAMED_CLUSTER_CATALOGS_H

#include "knamed/answers.h"
#include "knamed/config.h"

/* What it has of the block beside its `kubernetes` is compared in cluster_is_for(). */
struct catalog *cluster_catalog_new(struct answers *answers, const struct config_block *block,
				    const struct ip *local, size_t local_count);
/* The same cluster from outside. */
struct catalog *cluster_external_new(struct catalog *inside, const struct config_external *external);

#endif
