/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include "cluster.h"
#include "knamed/observe.h"
#include "knamed/source.h"

/* What feeds one catalog. */
struct feed {
	struct pipeline *pipeline;
	struct catalog *catalog;
	struct cluster *cluster; /* of a `kubernetes`; then no zone_files */
	struct zone_files *zone_files;
};

struct pipeline {
	struct answers *answers;
	struct feed *feeds;
	size_t feed_count;
	struct serve_block *blocks;
	struct catalog **catalogs; /* of files and autos, block after block */
	size_t block_count;
	tally_cell *editions; /* published; NULL: not counted */
	bool is_started;      /* changes are published one by one from then on */
};

static void publish(struct pipeline *pipeline)
{
	if (answers_publish(pipeline->answers) && pipeline->editions != NULL)
		tally_add(pipeline->editions, 1);
}

static void on_changed(void *context)
{
	struct feed *feed = context;
	if (feed->pipeline->is_started)
		publish(feed->pipeline);
}

static void complain(void *context, const char *text)
{
	(void)context;
	log_line(LOG_WARNING, "kubernetes", "%s", text);
}

/* ---- kubernetes ---- */

static bool open_kubernetes(struct feed *feed, const struct pipeline_options *options,
			    const struct config_block *block, struct error *error)
{
	const struct cluster_calls calls = { on_changed, feed };
	feed->cluster = cluster_open(options, block, feed->pipeline->answers, &calls, error);
	if (feed->cluster == NULL)
		return false;
	feed->catalog = cluster_catalog(feed->cluster);
	return true;
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
	return zone_load_end(load, error);
}

static void drop_zone(void *context, const char *origin)
{
	catalog_remove_zone(((struct feed *)context)->catalog, origin);
}

static struct zone_files_calls calls_of(struct feed *feed)
{
	return (struct zone_files_calls){
		.load = load_zone, .gone = drop_zone, .changed = on_changed, .context = feed
	};
}

static bool open_file(struct feed *feed, struct event_base *events, const struct config_file *file,
		      struct error *error)
{
	struct zone_files_calls calls = calls_of(feed);
	feed->catalog = answers_add_static(feed->pipeline->answers);
	feed->zone_files = zone_files_open_file(events, file, &calls, error);
	return feed->zone_files != NULL;
}

static bool open_auto(struct feed *feed, struct event_base *events, const struct config_auto *auto_,
		      struct error *error)
{
	struct zone_files_calls calls = calls_of(feed);
	feed->catalog = answers_add_static(feed->pipeline->answers);
	feed->zone_files = zone_files_open_auto(events, auto_, &calls, error);
	return feed->zone_files != NULL;
}

/* ---- all blocks ---- */

static struct feed *next_feed(struct pipeline *pipeline)
{
	struct feed *feed = &pipeline->feeds[pipeline->feed_count++];
	feed->pipeline = pipeline;
	return feed;
}

static bool open_block(struct pipeline *pipeline, const struct pipeline_options *options,
		       const struct config_block *config, struct serve_block *block,
		       struct catalog ***catalogs, struct error *error)
{
	block->config = config;
	if (config->kubernetes != NULL) {
		struct feed *feed = next_feed(pipeline);
		if (!open_kubernetes(feed, options, config, error))
			return false;
		block->kubernetes = feed->catalog;
	}
	block->files = *catalogs;
	for (size_t i = 0; i < config->file_count; i++, block->file_count++) {
		struct feed *feed = next_feed(pipeline);
		if (!open_file(feed, options->events, &config->files[i], error))
			return false;
		*(*catalogs)++ = feed->catalog;
	}
	block->autos = *catalogs;
	for (size_t i = 0; i < config->auto_count; i++, block->auto_count++) {
		struct feed *feed = next_feed(pipeline);
		if (!open_auto(feed, options->events, &config->autos[i], error))
			return false;
		*(*catalogs)++ = feed->catalog;
	}
	return true;
}

struct pipeline *pipeline_new(const struct pipeline_options *options, struct error *error)
{
	const struct config *config = options->config;
	struct pipeline *pipeline = mem_zalloc(sizeof *pipeline);
	size_t feeds = 0;
	for (size_t i = 0; i < config->block_count; i++)
		feeds += 1 + config->blocks[i].file_count + config->blocks[i].auto_count;
	pipeline->answers = answers_new();
	if (options->metrics != NULL)
		pipeline->editions =
			metrics_counter(options->metrics, "knamed_published_editions_total",
					"Editions of the answers that were published.", "");
	answers_complain_to(pipeline->answers, complain, NULL);
	pipeline->feeds = mem_zalloc((feeds + 1) * sizeof *pipeline->feeds);
	pipeline->catalogs = mem_zalloc((feeds + 1) * sizeof(struct catalog *));
	pipeline->blocks = mem_zalloc((config->block_count + 1) * sizeof *pipeline->blocks);
	pipeline->block_count = config->block_count;
	struct catalog **catalogs = pipeline->catalogs;
	for (size_t i = 0; i < config->block_count; i++) {
		if (!open_block(pipeline, options, &config->blocks[i], &pipeline->blocks[i],
				&catalogs, error)) {
			pipeline_free(pipeline);
			return NULL;
		}
	}
	pipeline->is_started = true;
	publish(pipeline);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	for (size_t i = 0; i < pipeline->feed_count; i++) {
		cluster_close(pipeline->feeds[i].cluster);
		zone_files_close(pipeline->feeds[i].zone_files);
	}
	answers_free(pipeline->answers);
	mem_free(pipeline->feeds);
	mem_free(pipeline->catalogs);
	mem_free(pipeline->blocks);
	mem_free(pipeline);
}

struct answers *pipeline_answers(const struct pipeline *pipeline)
{
	return pipeline->answers;
}

const struct serve_block *pipeline_blocks(const struct pipeline *pipeline, size_t *ret_count)
{
	*ret_count = pipeline->block_count;
	return pipeline->blocks;
}

const struct kube *pipeline_kube(const struct pipeline *pipeline, size_t block)
{
	const struct catalog *catalog = pipeline->blocks[block].kubernetes;
	for (size_t i = 0; i < pipeline->feed_count; i++)
		if (pipeline->feeds[i].cluster != NULL && pipeline->feeds[i].catalog == catalog)
			return cluster_kube(pipeline->feeds[i].cluster);
	return NULL;
}
