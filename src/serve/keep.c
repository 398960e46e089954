/* SPDX-License-Identifier: Apache-2.0 */
/* Equal directives are found by the words that they were read from. What a cache holds is also its
 * block's `forward` lines' doing: it stays while the same servers are asked for the same names. */
#include "keep.h"

#include <string.h>

#include "away.h"

static bool is_said_alike(const struct config_said *a, const struct config_said *b)
{
	return strcmp(a->text, b->text) == 0;
}

static struct config *hold(struct config *config)
{
	return config != NULL ? config_hold(config) : NULL;
}

/* ---- upstreams ---- */

static struct kept_upstream *find_upstream(const struct forwardings *forwardings,
					   const struct config_forward *directive, unsigned number)
{
	for (size_t i = 0; forwardings != NULL && i < forwardings->count; i++) {
		struct kept_upstream *kept = forwardings->list[i].kept;
		if (kept->taken != number && is_said_alike(&kept->directive->said, &directive->said))
			return kept;
	}
	return NULL;
}

static struct kept_upstream *kept_upstream_new(const struct router *router,
					       const struct config_forward *directive)
{
	struct kept_upstream *kept = mem_zalloc(sizeof(*kept));
	kept->directive = directive;
	kept->config = hold(router->config);
	return kept;
}

struct kept_upstream *kept_upstream_for(const struct router *router, const struct router *before,
					const struct config_forward *directive)
{
	struct kept_upstream *kept = NULL;
	for (size_t i = 0; before != NULL && i < before->block_count && kept == NULL; i++)
		kept = find_upstream(before->blocks[i].forwardings, directive, router->number);
	if (kept == NULL)
		kept = kept_upstream_new(router, directive);
	kept->users++;
	kept->taken = router->number;
	return kept;
}

void kept_upstream_leave(struct kept_upstream *kept)
{
	if (kept == NULL || --kept->users > 0)
		return;
	if (kept->upstream != NULL)
		away_close(kept->away, kept);
	config_free(kept->config);
	mem_free(kept);
}

/* ---- caches ---- */

static bool is_same_list(const struct config_zones *a, const struct config_zones *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (strcmp(a->zones[i].text, b->zones[i].text) != 0)
			return false;
	return a->count == b->count;
}

static bool is_same_target(const struct config_target *a, const struct config_target *b)
{
	return text_equal(a->file, b->file) && text_equal(a->host, b->host) && a->tls == b->tls &&
	       text_equal(a->tls_name, b->tls_name) &&
	       (a->file != NULL || (ip_equal(&a->ip, &b->ip) && a->port == b->port));
}

static bool are_same_targets(const struct config_target *a, size_t a_count,
			     const struct config_target *b, size_t b_count)
{
	for (size_t i = 0; i < a_count && i < b_count; i++)
		if (!is_same_target(&a[i], &b[i]))
			return false;
	return a_count == b_count;
}

static bool asks_the_same(const struct config_forward *a, const struct config_forward *b)
{
	return are_same_targets(a->targets, a->target_count, b->targets, b->target_count) &&
	       are_same_targets(a->resolvers, a->resolver_count, b->resolvers, b->resolver_count) &&
	       strcmp(a->from.text, b->from.text) == 0 && is_same_list(&a->except, &b->except);
}

static bool fills_the_same(const struct config_block *a, const struct config_block *b)
{
	for (size_t i = 0; i < a->forward_count && i < b->forward_count; i++)
		if (!asks_the_same(&a->forwards[i], &b->forwards[i]))
			return false;
	return a->forward_count == b->forward_count && is_said_alike(&a->cache->said, &b->cache->said);
}

static struct kept_cache *find_cache(const struct router *before, const struct config_block *block,
				     unsigned number)
{
	for (size_t i = 0; before != NULL && i < before->block_count; i++) {
		const struct forwardings *forwardings = before->blocks[i].forwardings;
		struct kept_cache *kept = forwardings != NULL ? forwardings->kept : NULL;
		if (kept != NULL && kept->taken != number && fills_the_same(kept->block, block))
			return kept;
	}
	return NULL;
}

static void add_figures(struct cache_figures *sum, const struct cache_figures *figures)
{
	for (unsigned i = 0; i < 2; i++)
		sum->evictions[i] += figures->evictions[i];
	sum->drops += figures->drops;
	sum->prefetches += figures->prefetches;
	sum->served_stale += figures->served_stale;
}

/* What the cache of the same address counted goes on in the new one. */
static void take_figures(struct kept_cache *kept, const struct router *before)
{
	for (size_t i = 0; before != NULL && i < before->block_count; i++) {
		const struct block *old = &before->blocks[i];
		if (old->forwardings == NULL || old->forwardings->kept == NULL ||
		    strcmp(old->config->addresses[0].text, kept->block->addresses[0].text) != 0)
			continue;
		struct cache_figures figures = cache_figures(old->forwardings->cache);
		add_figures(&kept->before, &figures);
		add_figures(&kept->before, &old->forwardings->kept->before);
		return;
	}
}

struct kept_cache *kept_cache_for(const struct router *router, const struct router *before,
				  const struct config_block *block)
{
	struct kept_cache *kept = find_cache(before, block, router->number);
	if (kept == NULL) {
		kept = mem_zalloc(sizeof(*kept));
		kept->cache = cache_new(block->cache);
		kept->block = block;
		kept->config = hold(router->config);
		take_figures(kept, before);
	}
	kept->users++;
	kept->taken = router->number;
	return kept;
}

void kept_cache_leave(struct kept_cache *kept)
{
	if (kept == NULL || --kept->users > 0)
		return;
	cache_free(kept->cache);
	config_free(kept->config);
	mem_free(kept);
}
