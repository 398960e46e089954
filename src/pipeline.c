/* SPDX-License-Identifier: Apache-2.0 */
/* A config's directives become feeds, each of one catalog. The next config takes over those that it has too. */
#include "pipeline.h"

#include <string.h>

#include "cluster.h"
#include "knamed/observe.h"
#include "knamed/source.h"
#include "notices.h"

/* What feeds one catalog. Setups share it while their directives say the same. */
struct feed {
	struct pipeline *pipeline;
	struct config *config; /* held: the directive is in it */
	const struct config_said *said;
	struct catalog *catalog;
	struct catalog *external; /* of a `kubernetes` beside a `k8s_external` */
	struct cluster *cluster;  /* one of the three is set */
	struct zone_files *zone_files;
	struct secondary *secondary;
	struct map *zones; /* of files and primaries, by origin: &new_zone or &told_zone */
	unsigned users;
	const struct setup *taken_by; /* the newest of them */
};

struct setup {
	struct pipeline *pipeline;
	struct config *config; /* held */
	struct feed **feeds;
	size_t feed_count;
	struct serve_block *blocks;
	struct catalog **catalogs;	     /* of files and autos, block after block */
	struct serve_secondary *secondaries; /* the same */
	size_t secondary_count;
};

struct pipeline {
	struct pipeline_options options;
	struct answers *answers;
	struct setup *now;	 /* in force */
	struct notices *notices; /* NULL: nobody is told of changes */
	tally_cell *editions;	 /* published; NULL: not counted */
	bool is_started;	 /* changes are published one by one from then on */
};

static void publish(struct pipeline *pipeline)
{
	if (answers_publish(pipeline->answers) && pipeline->editions != NULL)
		tally_add(pipeline->editions, 1);
}

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

static void tell_zones(struct feed *feed, bool only_new)
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
	publish(feed->pipeline);
	tell_zones(feed, true);
}

static void complain(void *context, const char *text)
{
	(void)context;
	log_line(LOG_WARNING, "kubernetes", "%s", text);
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

static bool notify_secondary(void *context, const uint8_t *zone, const struct ip *from)
{
	return secondary_notify(context, zone, from);
}

/* ---- feeds ---- */

/* A directive of a block: one of the four is set. */
struct source {
	const struct config_block *block;
	const struct config_kubernetes *kubernetes;
	const struct config_file *file;
	const struct config_auto *auto_;
	const struct config_secondary *secondary;
	const struct config_said *said;
};

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

static void feed_leave(struct feed *feed)
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

static bool is_fed_by(const struct feed *feed, const struct source *source)
{
	return strcmp(feed->said->text, source->said->text) == 0 &&
	       (source->kubernetes == NULL ||
		(feed->cluster != NULL && cluster_is_for(feed->cluster, source->block)));
}

/* What the setup in force has for an equal directive. */
static struct feed *find_feed(const struct setup *setup, const struct source *source)
{
	const struct setup *now = setup->pipeline->now;
	for (size_t i = 0; now != NULL && i < now->feed_count; i++)
		if (now->feeds[i]->taken_by != setup && is_fed_by(now->feeds[i], source))
			return now->feeds[i];
	return NULL;
}

static struct feed *feed_new(struct setup *setup, const struct source *source, struct error *error)
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

static struct catalog *add_feed(struct setup *setup, const struct source *source, struct error *error)
{
	struct feed *feed = find_feed(setup, source);
	if (feed == NULL)
		feed = feed_new(setup, source, error);
	if (feed == NULL)
		return NULL;
	feed->users++;
	feed->taken_by = setup;
	setup->feeds[setup->feed_count++] = feed;
	return feed->catalog;
}

/* ---- setups ---- */

/* They stand behind those of the blocks before. */
static bool add_secondaries(struct setup *setup, const struct config_block *config,
			    struct serve_block *block, struct error *error)
{
	struct serve_secondary *secondaries = setup->secondaries + setup->secondary_count;
	block->secondaries = secondaries;
	for (size_t i = 0; i < config->secondary_count; i++) {
		const struct config_secondary *secondary = &config->secondaries[i];
		const struct source source = { .block = config,
					       .secondary = secondary,
					       .said = &secondary->said };
		struct catalog *catalog = add_feed(setup, &source, error);
		if (catalog == NULL)
			return false;
		secondaries[i] = (struct serve_secondary){
			.catalog = catalog,
			.notify = notify_secondary,
			.context = setup->feeds[setup->feed_count - 1]->secondary,
		};
		block->secondary_count++;
		setup->secondary_count++;
	}
	return true;
}

static bool add_block(struct setup *setup, const struct config_block *config,
		      struct serve_block *block, struct catalog ***catalogs, struct error *error)
{
	struct source source = { .block = config };
	block->config = config;
	if (config->kubernetes != NULL) {
		source.kubernetes = config->kubernetes;
		source.said = &config->kubernetes->said;
		block->kubernetes = add_feed(setup, &source, error);
		if (block->kubernetes == NULL)
			return false;
		block->external = setup->feeds[setup->feed_count - 1]->external;
	}
	block->files = *catalogs;
	for (size_t i = 0; i < config->file_count; i++, block->file_count++) {
		source = (struct source){ .block = config, .file = &config->files[i] };
		source.said = &source.file->said;
		if ((*(*catalogs)++ = add_feed(setup, &source, error)) == NULL)
			return false;
	}
	block->autos = *catalogs;
	for (size_t i = 0; i < config->auto_count; i++, block->auto_count++) {
		source = (struct source){ .block = config, .auto_ = &config->autos[i] };
		source.said = &source.auto_->said;
		if ((*(*catalogs)++ = add_feed(setup, &source, error)) == NULL)
			return false;
	}
	return add_secondaries(setup, config, block, error);
}

struct setup *pipeline_setup(struct pipeline *pipeline, struct config *config, struct error *error)
{
	struct setup *setup = mem_zalloc(sizeof(*setup));
	size_t feeds = 0;
	for (size_t i = 0; i < config->block_count; i++)
		feeds += 1 + config->blocks[i].file_count + config->blocks[i].auto_count +
			 config->blocks[i].secondary_count;
	setup->pipeline = pipeline;
	setup->config = config_hold(config);
	setup->feeds = mem_zalloc((feeds + 1) * sizeof(struct feed *));
	setup->catalogs = mem_zalloc((feeds + 1) * sizeof(struct catalog *));
	setup->secondaries = mem_zalloc((feeds + 1) * sizeof(*setup->secondaries));
	setup->blocks = mem_zalloc((config->block_count + 1) * sizeof(*setup->blocks));
	struct catalog **catalogs = setup->catalogs;
	for (size_t i = 0; i < config->block_count; i++) {
		if (!add_block(setup, &config->blocks[i], &setup->blocks[i], &catalogs, error)) {
			setup_free(setup);
			return NULL;
		}
	}
	if (pipeline->is_started)
		publish(pipeline);
	return setup;
}

void setup_free(struct setup *setup)
{
	if (setup == NULL)
		return;
	for (size_t i = 0; i < setup->feed_count; i++)
		feed_leave(setup->feeds[i]);
	mem_free(setup->feeds);
	mem_free(setup->catalogs);
	mem_free(setup->secondaries);
	mem_free(setup->blocks);
	config_free(setup->config);
	mem_free(setup);
}

const struct serve_block *setup_blocks(const struct setup *setup, size_t *ret_count)
{
	*ret_count = setup->config->block_count;
	return setup->blocks;
}

static bool feed_is_ready(const struct feed *feed)
{
	const struct kube *kube = feed->cluster != NULL ? cluster_kube(feed->cluster) : NULL;
	if (feed->secondary != NULL)
		return secondary_is_settled(feed->secondary);
	return kube == NULL || (kube_is_in_step(kube) && !kube_is_stale(kube));
}

bool setup_is_ready(const struct setup *setup)
{
	for (size_t i = 0; i < setup->feed_count; i++)
		if (setup->feeds[i]->users == 1 && !feed_is_ready(setup->feeds[i]))
			return false;
	return true;
}

struct setup *pipeline_use(struct pipeline *pipeline, struct setup *setup)
{
	struct setup *before = pipeline->now;
	pipeline->now = setup;
	for (size_t i = 0; i < setup->feed_count; i++) {
		tell_zones(setup->feeds[i], false);
		if (setup->feeds[i]->cluster != NULL)
			cluster_tell_config(setup->feeds[i]->cluster, setup->config->sha512);
	}
	return before;
}

/* ---- all of it ---- */

struct pipeline *pipeline_new(const struct pipeline_options *options, struct error *error)
{
	struct pipeline *pipeline = mem_zalloc(sizeof *pipeline);
	pipeline->options = *options;
	pipeline->answers = answers_new();
	if (options->events != NULL)
		pipeline->notices = notices_new(options->events);
	if (options->metrics != NULL)
		pipeline->editions =
			metrics_counter(options->metrics, "knamed_published_editions_total",
					"Editions of the answers that were published.", "");
	answers_complain_to(pipeline->answers, complain, NULL);
	struct setup *setup = pipeline_setup(pipeline, options->config, error);
	if (setup == NULL) {
		pipeline_free(pipeline);
		return NULL;
	}
	pipeline_use(pipeline, setup);
	pipeline->is_started = true;
	publish(pipeline);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	pipeline->is_started = false;
	setup_free(pipeline->now);
	notices_free(pipeline->notices);
	answers_free(pipeline->answers);
	mem_free(pipeline);
}

struct answers *pipeline_answers(const struct pipeline *pipeline)
{
	return pipeline->answers;
}

const struct serve_block *pipeline_blocks(const struct pipeline *pipeline, size_t *ret_count)
{
	return setup_blocks(pipeline->now, ret_count);
}

const struct kube *pipeline_kube(const struct pipeline *pipeline, size_t block)
{
	const struct setup *now = pipeline->now;
	const struct catalog *catalog = now->blocks[block].kubernetes;
	for (size_t i = 0; i < now->feed_count; i++)
		if (now->feeds[i]->cluster != NULL && now->feeds[i]->catalog == catalog)
			return cluster_kube(now->feeds[i]->cluster);
	return NULL;
}
