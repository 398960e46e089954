/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <unistd.h>

#include "json_text.h"
#include "knamed/dns.h"
#include "knamed/kube.h"
#include "knamed/model.h"
#include "knamed/observe.h"
#include "version.h"

/* ---- what is in force ---- */

static void add_config(const struct state_sources *sources, struct text *text)
{
	json_add_name(text, "config");
	text_add(text, "{");
	json_add_text(text, "sha512", sources->config->sha512);
	json_add_bool(text, "built_in", sources->trouble->is_built_in);
	json_add_text(text, "trouble", sources->trouble->text);
	text_add(text, "}");
}

static void add_ready(const struct state_sources *sources, struct text *text)
{
	struct text unready = { 0 };
	json_add_bool(text, "ready", probes_is_ready(sources->probes, &unready));
	json_add_text(text, "not_ready", unready.data != NULL ? unready.data : "");
	text_done(&unready);
}

/* ---- sources ---- */

static void add_watch(const struct kube *kube, const struct model *model, enum object_kind kind,
		      struct text *text)
{
	struct kube_kind state = kube_kind(kube, kind);
	json_add_comma(text);
	text_add(text, "{");
	json_add_text(text, "kind", object_kind_name(kind));
	json_add_bool(text, "synced", state.is_in_step);
	json_add_bool(text, "following", state.is_following);
	json_add_text(text, "version", state.version);
	json_add_number(text, "objects", (double)model_count(model, kind));
	json_add_number(text, "done", (double)state.done);
	json_add_number(text, "expected", (double)state.expected);
	json_add_age(text, "age_s", state.heard_ns);
	json_add_number(text, "failures", (double)state.failures);
	json_add_text(text, "trouble", state.trouble);
	text_add(text, "}");
}

static void add_watches(const struct kube *kube, const struct model *model, struct text *text)
{
	json_add_name(text, "watches");
	text_add(text, "[");
	for (enum object_kind kind = 0; kube != NULL && kind < OBJECT_KINDS; kind++)
		if (kube_kind(kube, kind).is_watched)
			add_watch(kube, model, kind, text);
	text_add(text, "]");
}

static void add_endpoints(const struct model *model, struct text *text)
{
	size_t position = 0, all = 0, ready = 0;
	for (const struct object *object;
	     (object = model_next(model, OBJECT_SLICE, &position)) != NULL;) {
		const struct slice *slice = (const struct slice *)object;
		all += slice->endpoint_count;
		for (size_t i = 0; i < slice->endpoint_count; i++)
			ready += slice->endpoints[i].ready;
	}
	json_add_number(text, "endpoints", (double)all);
	json_add_number(text, "endpoints_ready", (double)ready);
}

static void add_cluster(const struct state_sources *sources, size_t block, struct text *text)
{
	const struct config_kubernetes *config = sources->config->blocks[block].kubernetes;
	const struct kube *kube = pipeline_kube(sources->pipeline, block);
	const struct model *model = pipeline_model(sources->pipeline, block);
	json_add_comma(text);
	text_add(text, "{");
	json_add_zones(text, &config->zones);
	json_add_text(text, "source", kube != NULL ? "api" : "manifests");
	json_add_bool(text, "synced", kube == NULL || kube_is_in_step(kube));
	json_add_bool(text, "stale", kube != NULL && kube_is_stale(kube));
	json_add_number(text, "namespaces", (double)model_count(model, OBJECT_NAMESPACE));
	json_add_number(text, "services", (double)model_count(model, OBJECT_SERVICE));
	json_add_number(text, "slices", (double)model_count(model, OBJECT_SLICE));
	json_add_number(text, "pods", (double)model_count(model, OBJECT_POD));
	add_endpoints(model, text);
	add_watches(kube, model, text);
	text_add(text, "}");
}

static void add_clusters(const struct state_sources *sources, struct text *text)
{
	json_add_name(text, "clusters");
	text_add(text, "[");
	for (size_t i = 0; i < sources->config->block_count; i++)
		if (sources->config->blocks[i].kubernetes != NULL)
			add_cluster(sources, i, text);
	text_add(text, "]");
}

/* ---- others ---- */

static void add_upstream(const struct serve_upstream *upstream, struct text *text)
{
	const struct upstream_target *target = &upstream->target;
	json_add_comma(text);
	text_add(text, "{");
	json_add_text(text, "from", upstream->from);
	json_add_text(text, "address", target->address);
	json_add_bool(text, "tls", target->is_tls);
	json_add_bool(text, "healthy", !target->is_down && !target->is_quarantined);
	json_add_bool(text, "down", target->is_down);
	json_add_bool(text, "silent", target->is_suspect);
	json_add_bool(text, "quarantined", target->is_quarantined);
	json_add_name(text, "rtt_s");
	if (target->latency_us == 0)
		text_add(text, "null");
	else
		text_printf(text, "%.6f", target->latency_us / 1e6);
	json_add_number(text, "in_flight", target->under_way);
	text_add(text, "}");
}

static void add_upstreams(struct server *server, struct text *text)
{
	enum { MOST = 64 };
	struct serve_upstream upstreams[MOST];
	size_t count = server != NULL ? server_upstreams(server, upstreams, MOST) : 0;
	json_add_name(text, "upstreams");
	text_add(text, "[");
	for (size_t i = 0; i < count; i++)
		add_upstream(&upstreams[i], text);
	text_add(text, "]");
}

static void add_cache(const struct serve_cache *cache, struct text *text)
{
	json_add_comma(text);
	text_add(text, "{");
	json_add_zones(text, &cache->block->cache->zones);
	json_add_number(text, "answers", (double)cache->figures.entries[0]);
	json_add_number(text, "denials", (double)cache->figures.entries[1]);
	json_add_number(text, "evictions",
			(double)(cache->figures.evictions[0] + cache->figures.evictions[1]));
	json_add_number(text, "served_stale", (double)cache->figures.served_stale);
	json_add_number(text, "bytes", (double)cache->figures.bytes);
	text_add(text, "}");
}

static void add_caches(const struct server *server, struct text *text)
{
	enum { MOST = 32 };
	struct serve_cache caches[MOST];
	size_t count = server != NULL ? server_caches(server, caches, MOST) : 0;
	json_add_name(text, "caches");
	text_add(text, "[");
	for (size_t i = 0; i < count; i++)
		add_cache(&caches[i], text);
	text_add(text, "]");
}

/* ---- questions ---- */

void state_print_sampling(const struct state_sources *sources, struct text *text)
{
	struct traffic_sampling sampling = traffic_sampling(sources->traffic);
	json_add_name(text, "sampling");
	text_add(text, "{");
	json_add_number(text, "one_in", sampling.one_in);
	json_add_name(text, "span_s");
	text_printf(text, "%.1f", sampling.span_s);
	json_add_number(text, "lost", (double)sampling.lost);
	text_add(text, "}");
}

static void add_latency(const struct traffic *traffic, struct text *text)
{
	struct traffic_latency latency = traffic_latency(traffic);
	json_add_name(text, "latency_s");
	if (latency.count == 0) {
		text_add(text, "null");
		return;
	}
	text_add(text, "{");
	json_add_number(text, "p50", latency.p50);
	json_add_number(text, "p90", latency.p90);
	json_add_number(text, "p99", latency.p99);
	json_add_number(text, "p999", latency.p999);
	json_add_number(text, "max", latency.most);
	text_add(text, "}");
}

/* Since the start, of all that is asked: those that `rates` tells of are of the last seconds. */
static void add_totals(const struct state_sources *sources, struct text *text)
{
	struct tally *total = mem_zalloc(sizeof(*total));
	uint64_t answers = 0;
	metrics_total(sources->metrics, total);
	for (unsigned rcode = 0; rcode < RCODE_SLOTS; rcode++)
		for (unsigned by = 0; by < ANSWERER_COUNT; by++)
			answers += tally_count(&total->responses[rcode][by]);
	json_add_name(text, "totals");
	text_add(text, "{");
	json_add_number(text, "answers", (double)answers);
	json_add_number(text, "cluster_denials",
			(double)tally_count(&total->responses[RCODE_NXDOMAIN][BY_KUBERNETES]));
	text_add(text, "}");
	mem_free(total);
}

/* ---- the process ---- */

static void add_sandbox(const struct sandbox *sandbox, struct text *text)
{
	json_add_name(text, "sandbox");
	text_add(text, "{");
	json_add_bool(text, "capability", sandbox_has(sandbox, SANDBOX_CAPABILITY));
	json_add_bool(text, "landlock", sandbox_has(sandbox, SANDBOX_LANDLOCK));
	json_add_bool(text, "seccomp", sandbox_has(sandbox, SANDBOX_SECCOMP));
	text_add(text, "}");
}

static void add_memory(struct text *text)
{
	struct process_size memory = process_size();
	json_add_name(text, "memory");
	text_add(text, "{");
	json_add_number(text, "resident_bytes", (double)memory.resident);
	json_add_number(text, "anonymous_bytes", (double)memory.anonymous);
	text_add(text, "}");
	json_add_number(text, "threads", (double)memory.threads);
}

void state_print(const struct state_sources *sources, const struct rates *rates, struct text *text)
{
	text_add(text, "{");
	json_add_text(text, "version", KNAMED_VERSION);
	json_add_text(text, "revision", KNAMED_REVISION);
	json_add_number(text, "pid", (double)getpid());
	json_add_name(text, "uptime_s");
	text_printf(text, "%.3f", (double)(clock_now_ns() - sources->started_ns) / 1e9);
	json_add_number(text, "unix_s", (double)clock_unix_s());
	add_config(sources, text);
	add_ready(sources, text);
	json_add_bool(text, "serving", sources->server != NULL);
	add_clusters(sources, text);
	add_upstreams(sources->server, text);
	add_caches(sources->server, text);
	rates_print(rates, text);
	add_totals(sources, text);
	add_latency(sources->traffic, text);
	state_print_sampling(sources, text);
	add_memory(text);
	add_sandbox(sources->sandbox, text);
	text_add(text, "}\n");
}
