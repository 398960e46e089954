/* SPDX-License-Identifier: Apache-2.0 */
/* What the caches in force hold and did, for the page of metrics. */
#include "elsewhere.h"

/* Where nobody is asked nothing is kept: what we know ourselves is faster than a cache. */
static struct cache_figures figures_of(void *context)
{
	const struct forwardings *forwardings = ((const struct block *)context)->forwardings;
	if (forwardings == NULL)
		return (struct cache_figures){ 0 };
	const struct kept_cache *kept = forwardings->kept;
	struct cache_figures figures = cache_figures(kept->cache);
	for (unsigned i = 0; i < 2; i++)
		figures.evictions[i] += kept->before.evictions[i];
	figures.drops += kept->before.drops;
	figures.prefetches += kept->before.prefetches;
	figures.served_stale += kept->before.served_stale;
	return figures;
}

static double read_answers(void *context)
{
	return (double)figures_of(context).entries[0];
}

static double read_denials(void *context)
{
	return (double)figures_of(context).entries[1];
}

static double read_evicted_answers(void *context)
{
	return (double)figures_of(context).evictions[0];
}

static double read_evicted_denials(void *context)
{
	return (double)figures_of(context).evictions[1];
}

static double read_drops(void *context)
{
	return (double)figures_of(context).drops;
}

static double read_prefetches(void *context)
{
	return (double)figures_of(context).prefetches;
}

static double read_stale(void *context)
{
	return (double)figures_of(context).served_stale;
}

static double read_bytes(void *context)
{
	return (double)figures_of(context).bytes;
}

static const struct cache_value {
	const char *name, *type, *help, *kind; /* the label `type`; NULL: none */
	metrics_read read;
} values[] = {
	{ "coredns_cache_entries", "gauge", "Entries of a cache.", "success", read_answers },
	{ "coredns_cache_entries", "gauge", "Entries of a cache.", "denial", read_denials },
	{ "coredns_cache_evictions_total", "counter", "Entries that made room for others.",
	  "success", read_evicted_answers },
	{ "coredns_cache_evictions_total", "counter", "Entries that made room for others.",
	  "denial", read_evicted_denials },
	{ "coredns_cache_drops_total", "counter", "Replies that were to another question.", NULL,
	  read_drops },
	{ "coredns_cache_prefetch_total", "counter", "Entries asked for again before they ran out.",
	  NULL, read_prefetches },
	{ "coredns_cache_served_stale_total", "counter", "Answers from entries that had run out.",
	  NULL, read_stale },
};

static void declare(struct block *block, struct metrics *metrics, const char *server, const char *zones)
{
	const struct config_view *view = block->config->view;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		const struct cache_value *value = &values[i];
		struct text labels = { 0 };
		metrics_label(&labels, "server", server);
		if (value->kind != NULL)
			metrics_label(&labels, "type", value->kind);
		metrics_label(&labels, "view", view != NULL ? view->name : "");
		metrics_label(&labels, "zones", zones);
		metrics_value(metrics, value->name, value->type, value->help, labels.data,
			      value->read, block);
		text_done(&labels);
	}
	metrics_gauge(metrics, "knamed_cache_bytes", "Memory that caches have taken.", "",
		      MERGE_SUM, read_bytes, block);
}

static bool is_first_of_block(const struct listener *listener, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (listener->zones[i].block == listener->zones[index].block)
			return false;
	return true;
}

/* The label `zones` of a cache: "a.,b.". */
static void cache_show(struct router *router, const struct served_zone *served, const char *server,
		       bool is_first)
{
	const struct config_zones *zones = &served->block->config->cache->zones;
	struct text label = { 0 };
	text_add(&label, "");
	for (size_t i = 0; i < zones->count; i++)
		text_printf(&label, "%s%s", i > 0 ? "," : "", zones->zones[i].text);
	metrics_cache(router->metrics, served->meter, label.data);
	if (is_first)
		declare(&router->blocks[served->block - router->blocks], router->metrics, server,
			label.data);
	text_done(&label);
}

static void listener_show(struct router *router, const struct listener *listener)
{
	char server[LISTENER_NAME_SIZE];
	listener_name(listener, server);
	for (size_t i = 0; i < listener->zone_count; i++) {
		const struct served_zone *served = &listener->zones[i];
		const struct config_block *config = served->block->config;
		if (config->cache != NULL)
			cache_show(router, served, server, is_first_of_block(listener, i));
		else
			metrics_cache(router->metrics, served->meter, NULL);
	}
}

void router_show(struct router *router)
{
	for (size_t i = 0; i < router->listener_count; i++)
		listener_show(router, &router->listeners[i]);
}

void router_hide(struct router *router)
{
	/* caches, and with the first block all plugins */
	for (size_t i = 0; i < router->block_count; i++)
		metrics_withdraw(router->metrics, &router->blocks[i]);
}
