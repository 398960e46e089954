/* SPDX-License-Identifier: Apache-2.0 */
/* `knamectl dump`: prints what a Corefile's manifests and zone files say, record by record, as a
 * zone file. Names that are computed for each query (`pods insecure`) are not in it. */
#include <stdio.h>
#include <string.h>

#include "command_words.h"
#include "knamectl.h"
#include "pipeline.h"

enum { API_WAIT_S = 60 };

static const char usage[] = "usage: knamectl dump [-conf FILE] [NAMESPACE/SERVICE]\n"
			    "Without -conf: ./Corefile. Exit: 0, or 1 when a file is bad or the "
			    "service has no records.\n";

struct dump_options {
	struct flags flags;
	const char *namespace_, *service;
};

/* False: usage is wanted. */
static bool options_read(int argc, char **argv, struct dump_options *options)
{
	options->flags.port = "53";
	for (int i = 1; i < argc; i++) {
		const char *word = option_word(argv[i]);
		char *slash = strchr(argv[i], '/');
		if (strcmp(word, "-conf") == 0 && i + 1 < argc)
			options->flags.conf = argv[++i];
		else if (strncmp(word, "-conf=", 6) == 0)
			options->flags.conf = word + 6;
		else if (*word != '-' && slash != NULL && options->service == NULL) {
			*slash = '\0';
			options->namespace_ = argv[i];
			options->service = slash + 1;
		} else
			return false;
	}
	return true;
}

static void print_line(void *context, const char *line)
{
	size_t *count = context;
	(*count)++;
	puts(line);
}

/* SERVICE.NAMESPACE.svc.ZONE in wire form; false if that is no name. */
static bool service_name(const struct dump_options *options, const char *zone,
			 uint8_t ret_name[DNS_NAME_MAX])
{
	uint8_t zone_name[DNS_NAME_MAX], svc[DNS_NAME_MAX], namespace_[DNS_NAME_MAX], size;
	return name_parse(zone, zone_name, &size) && name_prepend("svc", 3, zone_name, svc, &size) &&
	       name_prepend(options->namespace_, strlen(options->namespace_), svc, namespace_, &size) &&
	       name_prepend(options->service, strlen(options->service), namespace_, ret_name, &size);
}

/* All zones of the catalog, or one service's names in each zone that has services. */
static void dump_cluster(const struct serve_block *block, const struct dump_options *options,
			 size_t *count)
{
	const struct config_zones *zones = &block->config->kubernetes->zones;
	if (options->service == NULL)
		catalog_dump(block->kubernetes, NULL, print_line, count);
	for (size_t i = 0; options->service != NULL && i < zones->count; i++) {
		uint8_t name[DNS_NAME_MAX];
		if (!name_text_is_reverse(zones->zones[i].text) &&
		    service_name(options, zones->zones[i].text, name))
			catalog_dump(block->kubernetes, name, print_line, count);
	}
}

static void dump_block(const struct serve_block *block, const struct dump_options *options,
		       size_t *count)
{
	if (block->kubernetes != NULL)
		dump_cluster(block, options, count);
	if (block->external != NULL && options->service == NULL)
		catalog_dump(block->external, NULL, print_line, count);
	for (size_t i = 0; options->service == NULL && i < block->file_count; i++)
		catalog_dump(block->files[i], NULL, print_line, count);
	for (size_t i = 0; options->service == NULL && i < block->auto_count; i++)
		catalog_dump(block->autos[i], NULL, print_line, count);
}

/* The sources are read once, by the very code that the server runs. */
static bool dump(struct config *config, const struct dump_options *options, struct error *error)
{
	struct pipeline *pipeline =
		pipeline_new(&(struct pipeline_options){ .config = config, .api_wait_s = API_WAIT_S },
			     error);
	if (pipeline == NULL)
		return false;
	size_t block_count, count = 0;
	const struct serve_block *blocks = pipeline_blocks(pipeline, &block_count);
	for (size_t i = 0; i < block_count; i++)
		dump_block(&blocks[i], options, &count);
	pipeline_free(pipeline);
	if (count == 0 && options->service != NULL)
		return error_set(error, "no records of %s/%s", options->namespace_, options->service);
	return true;
}

int knamectl_dump(int argc, char **argv)
{
	struct dump_options options = { 0 };
	struct error error = { 0 };
	bool is_help = argc == 2 && word_is_help(argv[1]);
	if (is_help || !options_read(argc, argv, &options)) {
		fputs(usage, is_help ? stdout : stderr);
		return is_help ? 0 : 1;
	}
	struct config *config = config_load(&options.flags, &error);
	bool good = config != NULL && dump(config, &options, &error);
	if (config != NULL)
		config_free(config);
	if (!good)
		fprintf(stderr, "knamectl dump: %s\n", error.text);
	return good ? 0 : 1;
}
