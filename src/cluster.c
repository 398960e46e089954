/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "cluster_catalogs.h"
#include "knamed/observe.h"
#include "knamed/source.h"

/* How often the text of sync._knamed is made anew: at most, and when nothing but bookmarks comes. */
enum { SYNC_LEAST_MS = 1000, SYNC_IDLE_S = 30 };

struct cluster {
	const struct config_block *block;
	const struct config_kubernetes *config; /* of it */
	struct catalog *catalog;
	struct catalog *external; /* the same from outside; NULL: no `k8s_external` */
	struct model *model;
	struct manifests *manifests; /* one of the two is NULL */
	struct kube *kube;
	struct lingering *linger;   /* of a followed API server */
	struct event_base *waiting; /* of who reads once; NULL: of the server's loop */
	struct event *sync_timer;   /* for the next text of sync._knamed */
	char *config_digest;
	uint64_t sync_ns;  /* when that text was made */
	bool is_sync_soon; /* the timer runs for a change */
	struct cluster_calls calls;
};

/* Both say the same of the same cluster. */
static void tell_catalogs(struct cluster *cluster, bool is_synced, bool is_stale)
{
	catalog_set_synced(cluster->catalog, is_synced);
	catalog_set_stale(cluster->catalog, is_stale);
	if (cluster->external == NULL)
		return;
	catalog_set_synced(cluster->external, is_synced);
	catalog_set_stale(cluster->external, is_stale);
}

/* ---- an API server ---- */

static void print_time(uint64_t heard_ns, char ret_text[32])
{
	time_t then = (time_t)(clock_unix_s() - (clock_now_ns() - heard_ns) / 1000000000u);
	struct tm parts;

	strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &parts));
}

static char *kind_text(const struct cluster *cluster, enum object_kind kind)
{
	struct kube_kind state = kube_kind(cluster->kube, kind);
	struct text text = { 0 };
	char heard[32] = "never";

	if (state.heard_ns != 0)
		print_time(state.heard_ns, heard);
	text_printf(&text, "%s version=%s heard=%s objects=%zu%s", object_kind_name(kind),
		    state.version[0] != '\0' ? state.version : "none", heard,
		    kube_object_count(cluster->kube, kind), state.is_following ? "" : " not-followed");
	return text.data;
}

/* Times stand in it as such: an age would have to be written anew each second. */
static void tell_sync(struct cluster *cluster)
{
	bool is_stale = kube_is_stale(cluster->kube), is_in_step = kube_is_in_step(cluster->kube);
	char *texts[OBJECT_KINDS + 2] = {
		mem_text(is_stale     ? "state=stale"
			 : is_in_step ? "state=in-step"
				      : "state=unsynced"),
		cluster->config_digest,
	};
	size_t count = 2;

	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		if (kube_kind(cluster->kube, kind).is_watched)
			texts[count++] = kind_text(cluster, kind);
	catalog_set_sync_text(cluster->catalog, (const char *const *)texts, count);
	cluster->sync_ns = clock_now_ns();
	for (size_t i = 0; i < count; i++)
		if (i != 1)
			mem_free(texts[i]);
}

static void on_sync_timer(evutil_socket_t fd, short what, void *context)
{
	struct cluster *cluster = context;

	(void)fd;
	(void)what;
	cluster->is_sync_soon = false;
	tell_sync(cluster);
	cluster->calls.changed(cluster->calls.context);
	const struct timeval idle = { SYNC_IDLE_S, 0 };
	evtimer_add(cluster->sync_timer, &idle);
}

/* At most once a second, however much happens; and now and then when only bookmarks come. */
static void tell_sync_soon(struct cluster *cluster)
{
	if (cluster->sync_timer == NULL)
		return;
	const struct timeval soon = { SYNC_LEAST_MS / 1000, 0 };
	bool is_due = clock_now_ns() - cluster->sync_ns >= SYNC_LEAST_MS * UINT64_C(1000000);
	if (is_due)
		tell_sync(cluster);
	else if (!cluster->is_sync_soon)
		evtimer_add(cluster->sync_timer, &soon);
	cluster->is_sync_soon = !is_due;
}

static void on_kube_changed(void *context)
{
	struct cluster *cluster = context;
	tell_catalogs(cluster, kube_is_in_step(cluster->kube), kube_is_stale(cluster->kube));
	tell_sync_soon(cluster);
	cluster->calls.changed(cluster->calls.context);
	if (cluster->waiting != NULL && kube_is_in_step(cluster->kube))
		event_base_loopbreak(cluster->waiting);
}

static void on_kube_arrived(void *context)
{
	struct cluster *cluster = context;
	catalog_prepare(cluster->catalog);
	if (cluster->external != NULL)
		catalog_prepare(cluster->external);
}

static void on_lingered(void *context)
{
	struct cluster *cluster = context;
	cluster->calls.changed(cluster->calls.context);
}

/* Others publish too: the text of sync._knamed, other directives. */
static bool is_held(void *context)
{
	const struct cluster *cluster = context;

	return cluster->kube != NULL && kube_is_held(cluster->kube);
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
		.calls = { on_kube_changed, on_kube_arrived, cluster },
	};
	tell_catalogs(cluster, false, false);
	catalog_hold_while(cluster->catalog, is_held, cluster);
	if (cluster->external != NULL)
		catalog_hold_while(cluster->external, is_held, cluster);
	cluster->kube = kube_open(&kube, error);
	if (cluster->kube == NULL)
		return false;
	tell_catalogs(cluster, kube_is_in_step(cluster->kube), kube_is_stale(cluster->kube));
	return true;
}

static void set_digest(struct cluster *cluster, const char *sha512)
{
	struct text digest = { 0 };
	text_printf(&digest, "config=%.16s", sha512);
	mem_free(cluster->config_digest);
	cluster->config_digest = digest.data;
}

static bool follow_kube(struct cluster *cluster, const struct pipeline_options *options,
			struct error *error)
{
	if (!open_kube(cluster, options, options->events, error))
		return false;
	set_digest(cluster, options->config->sha512);
	cluster->sync_timer = evtimer_new(options->events, on_sync_timer, cluster);
	on_sync_timer(-1, 0, cluster);
	return true;
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

/* Then nothing is known, and nothing is denied. */
static bool is_not_to_be_asked(struct cluster *cluster, const struct pipeline_options *options)
{
	if (options->api_wait_s > 0)
		return false;
	tell_catalogs(cluster, false, false);
	return true;
}

static bool open_source(struct cluster *cluster, const struct pipeline_options *options,
			struct error *error)
{
	if (cluster->config->manifests == NULL && options->events != NULL)
		return follow_kube(cluster, options, error);
	if (cluster->config->manifests == NULL)
		return is_not_to_be_asked(cluster, options) || read_kube(cluster, options, error);
	if (options->events == NULL)
		return manifests_read(cluster->config, cluster->model, error);
	cluster->manifests = manifests_open(options->events, cluster->config, cluster->model,
					    cluster->calls.changed, cluster->calls.context, error);
	return cluster->manifests != NULL;
}

/* The order matters: the outside is made of what the cluster knows. */
static void on_object(void *context, const struct object *before, const struct object *after)
{
	const struct cluster *cluster = context;
	struct model_listener inside = catalog_listener(cluster->catalog);
	inside.changed(inside.context, before, after);
	if (cluster->external == NULL)
		return;
	struct model_listener outside = catalog_listener(cluster->external);
	outside.changed(outside.context, before, after);
}

/* An API server's slices change one after the other; files do so as a whole. */
static void listen_to_model(struct cluster *cluster, const struct pipeline_options *options)
{
	const struct lingering_options linger = {
		.events = options->events,
		.model = cluster->model,
		.to = { on_object, cluster },
		.calls = { .changed = on_lingered, .context = cluster },
	};
	if (cluster->config->manifests != NULL || options->events == NULL) {
		model_listen(cluster->model, linger.to);
		return;
	}
	cluster->linger = lingering_new(&linger);
	model_listen(cluster->model, lingering_listener(cluster->linger));
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
	cluster->block = block;
	cluster->config = block->kubernetes;
	cluster->calls = *calls;
	cluster->catalog = cluster_catalog_new(answers, block, local, local_count);
	if (block->external != NULL)
		cluster->external = cluster_external_new(cluster->catalog, block->external);
	cluster->model = model_new();
	listen_to_model(cluster, options);
	if (open_source(cluster, options, error))
		return cluster;
	struct catalog *catalog = cluster->catalog, *external = cluster->external;
	cluster_close(cluster);
	answers_remove(external); /* it is made of the other one */
	answers_remove(catalog);
	return NULL;
}

void cluster_close(struct cluster *cluster)
{
	if (cluster == NULL)
		return;
	manifests_close(cluster->manifests);
	kube_close(cluster->kube);
	if (cluster->sync_timer != NULL)
		event_free(cluster->sync_timer);
	mem_free(cluster->config_digest);
	model_free(cluster->model);
	lingering_free(cluster->linger);
	mem_free(cluster);
}

static bool is_same_list(const struct words *a, const struct words *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->words[i], b->words[i]) != 0)
			return false;
	return a->count == b->count;
}

bool cluster_is_for(const struct cluster *cluster, const struct config_block *block)
{
	const struct config_block *own = cluster->block;
	return own->addresses[0].port == block->addresses[0].port &&
	       own->metadata == block->metadata && (own->admin == NULL) == (block->admin == NULL) &&
	       is_same_list(&own->bind, &block->bind) &&
	       is_same_list(&own->bind_except, &block->bind_except);
}

void cluster_tell_config(struct cluster *cluster, const char *sha512)
{
	if (cluster->sync_timer == NULL)
		return;
	set_digest(cluster, sha512);
	tell_sync_soon(cluster);
}

struct catalog *cluster_catalog(const struct cluster *cluster)
{
	return cluster->catalog;
}

struct catalog *cluster_external(const struct cluster *cluster)
{
	return cluster->external;
}

const struct model *cluster_model(const struct cluster *cluster)
{
	return cluster->model;
}

const struct kube *cluster_kube(const struct cluster *cluster)
{
	return cluster->kube;
}
