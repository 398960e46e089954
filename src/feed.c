/* SPDX-License-Identifier: Apache-2.0 */
/* One directive with data feeds one catalog: it reads, watches or receives, and publishes what
 * changed. Servers that have copies of its zones are told. */
#include <string.h>

#include "cluster.h"
#include "knamed/source.h"
#include "notices.h"
#include "pipeline_parts.h"

/* ---- other servers are told what changes ---- */

static char new_zone, told_zone;

static void note_zone(struct feed *feed, const char *origin)
{
	map_put(feed->zones, origin, strlen(origin) + 1, &new_zone);
}

static bool has_catalog(const struct serve_block *block, const struct catalog *catalog)
{
	bool has = false;
	for (size_t i = 0; i < block->file_count && !has; i++)
		has = block->files[i] == catalog;
	for (size_t i = 0; i < block->auto_count && !has; i++)
		has = block->autos[i] == catalog;
	for (size_t i = 0; i < block->secondary_count && !has; i++)
		has = block->secondaries[i].catalog == catalog;
	return has;
}

/* By all blocks in force that have the zone: each has a `transfer` of its own. */
static void tell_zone(const struct feed *feed, const char *origin)
{
	const struct setup *now = feed->pipeline->now;
	for (size_t i = 0; now != NULL && i < now->config->block_count; i++)
		if (has_catalog(&now->blocks[i], feed->catalog))
			notices_send(feed->pipeline->notices, now->blocks[i].config, origin);
}

void feed_tell_zones(struct feed *feed, bool only_new)
{
	size_t position = 0, size;
	const void *origin;
	void *mark;
	if (feed->pipeline->notices == NULL)
		return;
	while (map_next(feed->zones, &position, &origin, &size, &mark)) {
		if (only_new && mark != &new_zone)
			continue;
		tell_zone(feed, origin);
		map_put(feed->zones, origin, size, &told_zone);
	}
}

static void on_changed(void *context)
{
	struct feed *feed = context;
	if (!feed->pipeline->is_started)
		return;
	pipeline_publish(feed->pipeline);
	feed_tell_zones(feed, true);
}

/* ---- file, auto ---- */

static bool take_record(void *context, const struct zone_record *record, struct error *error)
{
	return zone_load_add(context, record->owner, record->type, record->ttl, record->rdata,
			     record->rdata_size, error);
}

static bool load_zone(void *context, const char *origin, const char *path, struct error *error)
{
	struct feed *feed = context;
	uint8_t name[DNS_NAME_MAX], size;
	if (!name_parse(origin, name, &size))
		return error_set(error, "%s: '%s' is no domain name", path, origin);
	struct zone_load *load = zone_load_begin(feed->catalog, origin);
	if (!zone_file_read(path, name, take_record, load, error)) {
		zone_load_abandon(load);
		return false;
	}
	if (!zone_load_end(load, error))
		return false;
	note_zone(feed, origin);
	return true;
}

static void drop_zone(void *context, const char *origin)
{
	struct feed *feed = context;
	catalog_remove_zone(feed->catalog, origin);
	map_remove(feed->zones, origin, strlen(origin) + 1);
}

static struct zone_files_calls calls_of(struct feed *feed)
{
	return (struct zone_files_calls){
		.load = load_zone, .gone = drop_zone, .changed = on_changed, .context = feed
	};
}

/* ---- secondary ---- */

/* A zone on its way from a primary. */
struct coming {
	struct feed *feed;
	struct zone_load *load;
	char *origin;
};

static void *begin_zone(void *context, const char *origin)
{
	struct coming *coming = mem_zalloc(sizeof(*coming));
	coming->feed = context;
	coming->load = zone_load_begin(coming->feed->catalog, origin);
	coming->origin = mem_text(origin);
	return coming;
}

static bool take_zone(void *context, const struct zone_record *record, struct error *error)
{
	return take_record(((struct coming *)context)->load, record, error);
}

static bool end_zone(void *context, struct error *error)
{
	struct coming *coming = context;
	bool good = zone_load_end(coming->load, error);
	if (good)
		note_zone(coming->feed, coming->origin);
	mem_free(coming->origin);
	mem_free(coming);
	return good;
}

static void abandon_zone(void *context)
{
	struct coming *coming = context;
	zone_load_abandon(coming->load);
	mem_free(coming->origin);
	mem_free(coming);
}

static struct secondary *open_secondary(struct feed *feed, const struct config_secondary *config,
					struct error *error)
{
	const struct secondary_calls calls = { .begin = begin_zone,
					       .take = take_zone,
					       .end = end_zone,
					       .abandon = abandon_zone,
					       .gone = drop_zone,
					       .changed = on_changed,
					       .context = feed };
	return secondary_open(feed->pipeline->options.events, config, &calls, error);
}

/* ---- feeds ---- */

static bool open_source(struct feed *feed, const struct source *source, struct error *error)
{
	struct pipeline *pipeline = feed->pipeline;
	struct event_base *events = pipeline->options.events;
	struct zone_files_calls calls = calls_of(feed);
	if (source->kubernetes != NULL) {
		struct pipeline_options options = pipeline->options;
		options.config = feed->config;
		feed->cluster = cluster_open(&options, source->block, pipeline->answers,
					     &(struct cluster_calls){ on_changed, feed }, error);
		if (feed->cluster == NULL)
			return false;
		feed->catalog = cluster_catalog(feed->cluster);
		feed->external = cluster_external(feed->cluster);
		return true;
	}
	feed->catalog = answers_add_static(pipeline->answers);
	if (source->secondary != NULL) {
		feed->secondary = open_secondary(feed, source->secondary, error);
		return feed->secondary != NULL;
	}
	feed->zone_files = source->file != NULL
				   ? zone_files_open_file(events, source->file, &calls, error)
				   : zone_files_open_auto(events, source->auto_, &calls, error);
	return feed->zone_files != NULL;
}

void feed_leave(struct feed *feed)
{
	if (--feed->users > 0)
		return;
	cluster_close(feed->cluster);
	zone_files_close(feed->zone_files);
	secondary_close(feed->secondary);
	answers_remove(feed->external); /* it is made of the other one */
	answers_remove(feed->catalog);
	map_free(feed->zones);
	config_free(feed->config);
	mem_free(feed);
}

bool feed_is_for(const struct feed *feed, const struct source *source)
{
	return strcmp(feed->said->text, source->said->text) == 0 &&
	       (source->kubernetes == NULL ||
		(feed->cluster != NULL && cluster_is_for(feed->cluster, source->block)));
}

struct feed *feed_new(struct setup *setup, const struct source *source, struct error *error)
{
	struct feed *feed = mem_zalloc(sizeof(*feed));
	feed->pipeline = setup->pipeline;
	feed->config = config_hold(setup->config);
	feed->said = source->said;
	feed->zones = map_new();
	if (open_source(feed, source, error))
		return feed;
	feed->users = 1;
	feed_leave(feed);
	return NULL;
}

bool feed_is_ready(const struct feed *feed)
{
	const struct kube *kube = feed->cluster != NULL ? cluster_kube(feed->cluster) : NULL;
	if (feed->secondary != NULL)
		return secondary_is_settled(feed->secondary);
	return kube == NULL || (kube_is_in_step(kube) && !kube_is_stale(kube));
}
