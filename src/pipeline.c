/* SPDX-License-Identifier: Apache-2.0 */
/* A config's directives become feeds, each of one catalog. The next config takes over those that it has too. */
#include "pipeline_parts.h"

#include "cluster.h"
#include "knamed/source.h"
#include "notices.h"

void pipeline_publish(struct pipeline *pipeline)
{
	if (answers_publish(pipeline->answers) && pipeline->editions != NULL)
		tally_add(pipeline->editions, 1);
}

/* ---- setups ---- */

static bool notify_secondary(void *context, const uint8_t *zone, const struct ip *from)
{
	return secondary_notify(context, zone, from);
}

/* What the setup in force has for an equal directive. */
static struct feed *find_feed(const struct setup *setup, const struct source *source)
{
	const struct setup *now = setup->pipeline->now;
	for (size_t i = 0; now != NULL && i < now->feed_count; i++)
		if (now->feeds[i]->taken_by != setup && feed_is_for(now->feeds[i], source))
			return now->feeds[i];
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
		pipeline_publish(pipeline);
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
		feed_tell_zones(setup->feeds[i], false);
		if (setup->feeds[i]->cluster != NULL)
			cluster_tell_config(setup->feeds[i]->cluster, setup->config->sha512);
	}
	return before;
}

/* ---- all of it ---- */

static void complain(void *context, const char *text)
{
	(void)context;
	log_line(LOG_WARNING, "kubernetes", "%s", text);
}

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
	pipeline_publish(pipeline);
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

static const struct cluster *find_cluster(const struct pipeline *pipeline, size_t block)
{
	const struct setup *now = pipeline->now;
	const struct catalog *catalog = now->blocks[block].kubernetes;
	for (size_t i = 0; i < now->feed_count; i++)
		if (now->feeds[i]->cluster != NULL && now->feeds[i]->catalog == catalog)
			return now->feeds[i]->cluster;
	return NULL;
}

const struct kube *pipeline_kube(const struct pipeline *pipeline, size_t block)
{
	const struct cluster *cluster = find_cluster(pipeline, block);
	return cluster != NULL ? cluster_kube(cluster) : NULL;
}

const struct model *pipeline_model(const struct pipeline *pipeline, size_t block)
{
	const struct cluster *cluster = find_cluster(pipeline, block);
	return cluster != NULL ? cluster_model(cluster) : NULL;
}
