/* SPDX-License-Identifier: Apache-2.0 */
/* A server block as queries see it: which of its directives claims which zone, and its rules, compiled. */
#include "block.h"

#include <string.h>

#include "knamed/policy.h"
#include "elsewhere.h"
#include "error_log.h"
#include "query_log.h"

/* A data directive of a block. */
struct claimant {
	const struct config_zones *zones;
	const struct catalog *catalog;
	enum rank rank;
	bool falls_through;
	const struct config_zones *fallthrough; /* NULL: it has no such option */
	const struct serve_secondary *secondary;
};

static bool zone_read(const struct block *block, const char *text, struct zone_name *ret_name,
		      struct error *error)
{
	return zone_name_read(text, ret_name) ||
	       error_set(error, "%s:%u - not a zone: %s", block->config->file, block->config->line,
			 text);
}

static bool falls_compile(struct block *block, const struct config_zones *zones, struct error *error)
{
	struct falls *falls = &block->falls[block->falls_count++];
	falls->zones = mem_zalloc((zones->count + 1) * sizeof(*falls->zones));
	for (; falls->count < zones->count; falls->count++)
		if (!zone_read(block, zones->zones[falls->count].text, &falls->zones[falls->count],
			       error))
			return false;
	return true;
}

static bool add_claims(struct block *block, const struct claimant *claimant, struct error *error)
{
	const struct config_zones *zones = claimant->zones;
	const struct falls *falls = NULL;
	if (claimant->falls_through) {
		falls = &block->falls[block->falls_count];
		if (!falls_compile(block, claimant->fallthrough, error))
			return false;
	}
	block->claims = mem_realloc(block->claims, (block->claim_count + zones->count + 1) *
							   sizeof(*block->claims));
	for (size_t i = 0; i < zones->count; i++) {
		struct claim *claim = &block->claims[block->claim_count];
		*claim = (struct claim){ .catalog = claimant->catalog,
					 .falls = falls,
					 .secondary = claimant->secondary,
					 .rank = claimant->rank };
		if (!zone_read(block, zones->zones[i].text, &claim->zone, error))
			return false;
		block->claim_count++;
	}
	return true;
}

static bool add_cluster(struct block *block, const struct serve_block *source, struct error *error)
{
	const struct config_kubernetes *kubernetes = source->config->kubernetes;
	const struct config_external *external = source->config->external;
	if (source->external != NULL &&
	    !add_claims(block,
			&(struct claimant){ &external->zones, source->external, RANK_EXTERNAL,
					    external->falls_through, &external->fallthrough, NULL },
			error))
		return false;
	return source->kubernetes == NULL ||
	       add_claims(block,
			  &(struct claimant){ &kubernetes->zones, source->kubernetes,
					      RANK_KUBERNETES, kubernetes->falls_through,
					      &kubernetes->fallthrough, NULL },
			  error);
}

static bool add_secondaries(struct block *block, const struct serve_block *source, struct error *error)
{
	for (size_t i = 0; i < source->secondary_count; i++) {
		const struct config_secondary *config = &source->config->secondaries[i];
		const struct serve_secondary *secondary = &source->secondaries[i];
		const struct claimant claimant = { &config->zones,	 secondary->catalog,
						   RANK_SECONDARY,	 config->falls_through,
						   &config->fallthrough, secondary };
		if (!add_claims(block, &claimant, error))
			return false;
	}
	return true;
}

/* In CoreDNS' chain order: k8s_external, kubernetes, file, auto, secondary. */
static bool claims_compile(struct block *block, const struct serve_block *source, struct error *error)
{
	const struct config_block *config = source->config;
	block->falls = mem_zalloc((2 + source->file_count + source->secondary_count) *
				  sizeof(*block->falls));
	if (!add_cluster(block, source, error))
		return false;
	for (size_t i = 0; i < source->file_count; i++) {
		const struct config_file *file = &config->files[i];
		const struct claimant claimant = { &file->zones,       source->files[i],
						   RANK_FILE,	       file->falls_through,
						   &file->fallthrough, NULL };
		if (!add_claims(block, &claimant, error))
			return false;
	}
	for (size_t i = 0; i < source->auto_count; i++) {
		const struct claimant claimant = { .zones = &config->autos[i].zones,
						   .catalog = source->autos[i],
						   .rank = RANK_AUTO };
		if (!add_claims(block, &claimant, error))
			return false;
	}
	return add_secondaries(block, source, error);
}

bool block_compile(const struct making *making, struct block *block,
		   const struct serve_block *source, struct error *error)
{
	const struct serve_options *options = making->options;
	const struct config_block *config = source->config;
	struct policy_options policy = { .block = config,
					 .version = options->version,
					 .events = options->events,
					 .metrics = options->metrics };
	*block = (struct block){
		.config = config,
		.log = query_log_compile(config),
		.udp_size = config->bufsize != 0 ? config->bufsize : DNS_UDP_DEFAULT,
		.errors = error_log_compile(config->errors, options->events),
		.rotate = config->loadbalance &&
			  (config->balance == NULL || config->balance->weights == NULL),
		.orders = config->balance != NULL,
		.minimal = config->minimal,
		.any = config->any,
		.metadata = config->metadata,
		.kubernetes = source->kubernetes,
	};
	if (config->nsid != NULL) {
		block->nsid = config->nsid;
		block->nsid_size = (uint16_t)strlen(config->nsid);
	}
	return (config->view == NULL || view_compile(config->view, &block->view, error)) &&
	       policy_compile(&policy, &block->policy, error) &&
	       forwardings_compile(making->router, making->before, config, &block->forwardings, error) &&
	       claims_compile(block, source, error);
}

void block_own_routes(struct router *router, struct block *block)
{
	static const struct zone_name root = { .size = 1 };
	if (block->policy == NULL || (policy_touches(block->policy, root.name) & TOUCH_ABOVE) == 0)
		return;
	struct served_zone everything = { .zone = root, .block = block };
	block->own = mem_zalloc(sizeof(*block->own));
	routes_compile(block->own, router->answers, &everything, 1);
}

void block_done(struct block *block)
{
	if (block->own != NULL)
		routes_done(block->own);
	mem_free(block->own);
	policy_free(block->policy);
	view_free(block->view);
	query_log_free(block->log);
	error_log_free(block->errors);
	forwardings_free(block->forwardings);
	for (size_t i = 0; i < block->falls_count; i++)
		mem_free(block->falls[i].zones);
	mem_free(block->claims);
	mem_free(block->falls);
}
