/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <inttypes.h>
#include <malloc.h>

#include <event2/event.h>

#include "knamed/observe.h"
#include "knamed/source.h"

struct cluster {
	const struct config_kubernetes *config;
	struct catalog *catalog;
	struct model *model;
	struct manifests *manifests; /* one of the two is NULL */
	struct kube *kube;
	struct event_base *waiting; /* of who reads once; NULL: of the server's loop */
	struct cluster_calls calls;
};

static const char **zone_texts(const struct config_zones *zones)
{
	const char **texts = mem_zalloc((zones->count + 1) * sizeof(char *));
	for (size_t i = 0; i < zones->count; i++)
		texts[i] = zones->zones[i].text;
	return texts;
}

static struct catalog *catalog_of_cluster(struct answers *answers,
					  const struct config_kubernetes *kubernetes,
					  const struct ip *local, size_t local_count, uint16_t port)
{
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
		.ttl = kubernetes->ttl,
		.denial_ttl = kubernetes->denial_ttl,
		.endpoint_pod_names = kubernetes->endpoint_pod_names,
		.no_endpoints = kubernetes->no_endpoints,
		.ignore_empty_service = kubernetes->ignore_empty_service,
		.shorthand = kubernetes->shorthand,
		.zonal = kubernetes->zonal,
		.local_addresses = local,
		.local_address_count = local_count,
		.port = port,
	};
	struct catalog *catalog = answers_add_cluster(answers, &options);
	mem_free(zones);
	mem_free(imports);
	return catalog;
}

/* ---- an API server ---- */

static void on_kube_changed(void *context)
{
	struct cluster *cluster = context;
	catalog_set_synced(cluster->catalog, kube_is_in_step(cluster->kube));
	cluster->calls.changed(cluster->calls.context);
	if (cluster->waiting != NULL && kube_is_in_step(cluster->kube))
		event_base_loopbreak(cluster->waiting);
}

static bool open_kube(struct cluster *cluster, const struct pipeline_options *options,
		      struct event_base *events, struct error *error)
{
	const struct kube_options kube = {
		.events = events,
		.config = cluster->config,
		.model = cluster->model,
		.metrics = options->metrics,
		.agent = options->agent != NULL ? options->agent : "knamed",
		.calls = { on_kube_changed, cluster },
	};
	catalog_set_synced(cluster->catalog, false);
	cluster->kube = kube_open(&kube, error);
	return cluster->kube != NULL;
}

/* What the first kind that is not there yet says of itself. */
static bool tell_trouble(const struct cluster *cluster, struct error *error)
{
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		struct kube_kind state = kube_kind(cluster->kube, kind);
		if (state.is_watched && !state.is_in_step)
			return error_set(error, "plugin/kubernetes: %s: %s", object_kind_name(kind),
					 state.trouble[0] != '\0' ? state.trouble : "not read in time");
	}
	return error_set(error, "plugin/kubernetes: not in step in time");
}

/* Follows the API server until everything is there, and no longer. */
static bool read_kube(struct cluster *cluster, const struct pipeline_options *options,
		      struct error *error)
{
	struct timeval wait = { options->api_wait_s, 0 };
	cluster->waiting = event_base_new();
	bool good = open_kube(cluster, options, cluster->waiting, error);
	if (good && !kube_is_in_step(cluster->kube)) {
		event_base_loopexit(cluster->waiting, &wait);
		event_base_dispatch(cluster->waiting);
		good = kube_is_in_step(cluster->kube) || tell_trouble(cluster, error);
	}
	kube_close(cluster->kube);
	cluster->kube = NULL;
	event_base_free(cluster->waiting);
	cluster->waiting = NULL;
	return good;
}

/* ---- any source ---- */

static bool open_source(struct cluster *cluster, const struct pipeline_options *options,
			struct error *error)
{
	if (cluster->config->manifests == NULL && options->events != NULL)
		return open_kube(cluster, options, options->events, error);
	if (cluster->config->manifests == NULL)
		return options->api_wait_s == 0 || read_kube(cluster, options, error);
	if (options->events == NULL)
		return manifests_read(cluster->config, cluster->model, error);
	cluster->manifests = manifests_open(options->events, cluster->config, cluster->model,
					    cluster->calls.changed, cluster->calls.context, error);
	return cluster->manifests != NULL;
}

struct cluster *cluster_open(const struct pipeline_options *options,
			     const struct config_block *block, struct answers *answers,
			     const struct cluster_calls *calls, struct error *error)
{
	struct cluster *cluster = mem_zalloc(sizeof(*cluster));
	struct ip found[64];
	const struct ip *local = options->local_addresses;
	size_t local_count = options->local_address_count;
	if (local == NULL) {
		local_count = serve_local_addresses(block, found, COUNT_OF(found));
		local = found;
	}
	cluster->config = block->kubernetes;
	cluster->calls = *calls;
	cluster->catalog = catalog_of_cluster(answers, block->kubernetes, local, local_count,
					      block->addresses[0].port);
	cluster->model = model_new();
	model_listen(cluster->model, catalog_listener(cluster->catalog));
	if (open_source(cluster, options, error))
		return cluster;
	cluster_close(cluster);
	return NULL;
}

void cluster_close(struct cluster *cluster)
{
	if (cluster == NULL)
		return;
	manifests_close(cluster->manifests);
	kube_close(cluster->kube);
	model_free(cluster->model);
	mem_free(cluster);
}

struct catalog *cluster_catalog(const struct cluster *cluster)
{
	return cluster->catalog;
}

const struct kube *cluster_kube(const struct cluster *cluster)
{
	return cluster->kube;
}
