/* SPDX-License-Identifier: Apache-2.0 */
#include "cache_meters.h"

#include "elsewhere.h"

static struct cache_figures figures_of(void *context)
{
	return cache_figures(((struct forwardings *)context)->cache);
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
	{ "knamed_cache_bytes", "gauge", "Memory that a cache has taken.", NULL, read_bytes },
};

void cache_meters_declare(struct forwardings *forwardings, struct metrics *metrics,
			  const char *server, const char *zones)
{
	if (forwardings == NULL || forwardings->cache == NULL)
		return;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		const struct cache_value *value = &values[i];
		struct text labels = { 0 };
		metrics_label(&labels, "server", server);
		if (value->kind != NULL)
			metrics_label(&labels, "type", value->kind);
		metrics_label(&labels, "view", "");
		metrics_label(&labels, "zones", zones);
		metrics_value(metrics, value->name, value->type, value->help, labels.data,
			      value->read, forwardings);
		text_done(&labels);
	}
}

void cache_meters_withdraw(struct forwardings *forwardings, struct metrics *metrics)
{
	if (forwardings != NULL)
		metrics_withdraw(metrics, forwardings);
}
