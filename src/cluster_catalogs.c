/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster_catalogs.h"

static const char **zone_texts(const struct config_zones *zones)
{
	const char **texts = mem_zalloc((zones->count + 1) * sizeof(char *));
	for (size_t i = 0; i < zones->count; i++)
		texts[i] = zones->zones[i].text;
	return texts;
}

struct catalog *cluster_catalog_new(struct answers *answers, const struct config_block *block,
				    const struct ip *local, size_t local_count)
{
	const struct config_kubernetes *kubernetes = block->kubernetes;
	const char **zones = zone_texts(&kubernetes->zones),
		   **imports = zone_texts(&kubernetes->multicluster);
	static const enum cluster_pods pods[] = {
		[PODS_DISABLED] = CLUSTER_PODS_DISABLED, [PODS_INSECURE] = CLUSTER_PODS_INSECURE, [PODS_VERIFIED] = CLUSTER_PODS_VERIFIED
	};
	struct cluster_options options = {
		.zones = zones,
		.zone_count = kubernetes->zones.count,
		.multicluster = imports,
		.multicluster_count = kubernetes->multicluster.count,
		.namespaces = (const char *const *)kubernetes->namespaces.words,
		.namespace_count = kubernetes->namespaces.count,
		.pods = pods[kubernetes->pods],
		.keep_clients = block->metadata || block->admin != NULL,
		.ttl = kubernetes->ttl,
		.denial_ttl = kubernetes->denial_ttl,
		.endpoint_pod_names = kubernetes->endpoint_pod_names,
		.no_endpoints = kubernetes->no_endpoints,
		.ignore_empty_service = kubernetes->ignore_empty_service,
		.shorthand = kubernetes->shorthand,
		.zonal = kubernetes->zonal,
		.local_addresses = local,
		.local_address_count = local_count,
		.port = block->addresses[0].port,
	};
	struct catalog *catalog = answers_add_cluster(answers, &options);
	mem_free(zones);
	mem_free(imports);
	return catalog;
}

struct catalog *cluster_external_new(struct catalog *inside, const struct config_external *external)
{
	const char **zones = zone_texts(&external->zones);
	struct catalog *catalog =
		answers_add_outside(inside, &(struct outside_options){
						    .zones = zones,
						    .zone_count = external->zones.count,
						    .apex = external->apex,
						    .ttl = external->ttl,
						    .headless = external->headless,
					    });
	mem_free(zones);
	return catalog;
}
