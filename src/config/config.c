/* SPDX-License-Identifier: Apache-2.0 */
/* From text to config: parse, addresses, directives, overlap. A step is done for all blocks before
 * the next one, so that of several mistakes the one is named that CoreDNS names. */
#include <string.h>

#include "address.h"
#include "directives.h"
#include "fingerprint.h"
#include "list.h"

/* What a Corefile without a block stands for. */
static const char *built_in_text(struct arena *arena, const char *port)
{
	struct text text = { 0 };
	text_printf(&text, ".:%s {\nwhoami\nlog\n}\n", port);
	const char *copy = arena_text(arena, text.data, text.size);
	text_done(&text);
	return copy;
}

static bool read_addresses(struct config *config, const struct corefile *corefile,
			   const struct address_options *options, struct place **places,
			   struct error *error)
{
	for (size_t i = 0; i < config->block_count; i++)
		if (!addresses_read(config->arena, &corefile->blocks[i].keys, options,
				    &config->blocks[i], &places[i], error))
			return false;
	return true;
}

static bool read_blocks(struct config *config, const struct corefile *corefile,
			const char *default_port, struct error *error)
{
	size_t zones_left = CONFIG_ZONES_MAX;
	struct address_options options = {
		.config = config,
		.corefile = corefile->name,
		.default_port = default_port,
		.zones_left = &zones_left,
	};
	config->block_count = corefile->block_count;
	config->blocks = arena_alloc(config->arena, config->block_count * sizeof(config->blocks[0]));
	struct place **places = arena_alloc(config->arena, config->block_count * sizeof(places[0]));
	return read_addresses(config, corefile, &options, places, error) &&
	       directives_read(corefile, config, &zones_left, error) &&
	       overlap_check(config, places, error);
}

static bool read_all(struct config *config, struct arena *scratch, const char *name,
		     const char *text, const char *default_port, struct error *error)
{
	struct corefile corefile;
	if (!corefile_parse(scratch, name, text, strlen(text), &corefile, error))
		return false;
	config->sha512 = corefile_sha512(config->arena, &corefile);
	for (size_t i = 0; i < corefile.warnings.count; i++)
		config_note(config, "%s", corefile.warnings.words[i]);
	if (corefile.block_count == 0) {
		config_note(config,
			    "%s holds no server block: whoami and log on port %s take its place",
			    name, default_port);
		const char *built_in = built_in_text(scratch, default_port);
		if (!corefile_parse(scratch, "Corefile", built_in, strlen(built_in), &corefile, error))
			return false;
	}
	return read_blocks(config, &corefile, default_port, error);
}

struct config *config_read(const char *name, const char *text, const char *default_port,
			   struct error *error)
{
	struct arena *arena = arena_new(), *scratch = arena_new();
	struct config *config = arena_alloc(arena, sizeof(*config));
	config->arena = arena;
	bool good = read_all(config, scratch, name, text, default_port, error);
	arena_free(scratch);
	if (good)
		return config;
	config_free(config);
	return NULL;
}

struct config *config_hold(struct config *config)
{
	config->holders++;
	return config;
}

void config_free(struct config *config)
{
	if (config == NULL || config->holders-- > 0)
		return;
	for (size_t i = 0; i < config->block_count; i++) {
		struct config_kubernetes *kubernetes = config->blocks[i].kubernetes;
		if (kubernetes == NULL)
			continue;
		selector_done(&kubernetes->labels);
		selector_done(&kubernetes->namespace_labels);
	}
	arena_free(config->arena);
}

bool config_is_debug(const struct config *config)
{
	for (size_t i = 0; i < config->block_count; i++)
		if (config->blocks[i].debug)
			return true;
	return false;
}
