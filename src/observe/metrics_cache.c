/* SPDX-License-Identifier: Apache-2.0 */
/* What caches were asked, as CoreDNS names it. A cache has meters of several zones; its series are their sums. */
#include <string.h>

#include "metrics.h"

void metrics_cache(struct metrics *metrics, unsigned meter, const char *zones)
{
	pthread_mutex_lock(&metrics->lock);
	struct meter *own = &metrics->meters[meter];
	mem_free(own->cache_zones);
	own->cache_zones = zones != NULL ? mem_text(zones) : NULL;
	pthread_mutex_unlock(&metrics->lock);
}

static bool is_same_cache(const struct meter *a, const struct meter *b)
{
	return b->cache_zones != NULL && strcmp(a->server, b->server) == 0 &&
	       strcmp(a->view, b->view) == 0 && strcmp(a->cache_zones, b->cache_zones) == 0;
}

static bool is_first_of_cache(const struct metrics *metrics, size_t index)
{
	if (metrics->meters[index].cache_zones == NULL)
		return false;
	for (size_t i = 0; i < index; i++)
		if (is_same_cache(&metrics->meters[index], &metrics->meters[i]))
			return false;
	return true;
}

static struct cache_counts counts_of(const struct metrics *metrics, const struct tally *sums,
				     size_t first)
{
	struct cache_counts counts = { 0 };
	for (size_t i = first; i < metrics->meter_count; i++) {
		if (!is_same_cache(&metrics->meters[first], &metrics->meters[i]))
			continue;
		for (unsigned kind = 0; kind < 2; kind++)
			counts.hits[kind] += tally_count(&sums[i].cache_hits[kind]);
		counts.misses += tally_count(&sums[i].cache_misses);
	}
	return counts;
}

static void add_count(struct text *text, const char *name, const char *kind,
		      const struct meter *meter, uint64_t count)
{
	text_printf(text, "%s{", name);
	metrics_label(text, "server", meter->server);
	if (kind != NULL)
		metrics_label(text, "type", kind);
	metrics_label(text, "view", meter->view);
	metrics_label(text, "zones", meter->cache_zones);
	text_printf(text, "} %llu\n", (unsigned long long)count);
}

static void add_hits(const struct metrics *metrics, const struct tally *sums, struct text *text)
{
	static const char name[] = "coredns_cache_hits_total";
	static const char *const kinds[] = { "success", "denial" };
	metrics_add_head(text, name, "counter", "Questions that a cache answered.");
	for (size_t i = 0; i < metrics->meter_count; i++) {
		if (!is_first_of_cache(metrics, i))
			continue;
		struct cache_counts counts = counts_of(metrics, sums, i);
		for (unsigned kind = 0; kind < COUNT_OF(kinds); kind++)
			add_count(text, name, kinds[kind], &metrics->meters[i], counts.hits[kind]);
	}
}

static void add_sums(const struct metrics *metrics, const struct tally *sums, struct text *text,
		     const char *name, const char *help, bool with_hits)
{
	metrics_add_head(text, name, "counter", help);
	for (size_t i = 0; i < metrics->meter_count; i++) {
		if (!is_first_of_cache(metrics, i))
			continue;
		struct cache_counts counts = counts_of(metrics, sums, i);
		uint64_t hits = with_hits ? counts.hits[0] + counts.hits[1] : 0;
		add_count(text, name, NULL, &metrics->meters[i], hits + counts.misses);
	}
}

void metrics_add_caches(const struct metrics *metrics, const struct tally *sums, struct text *text)
{
	size_t caches = 0;
	for (size_t i = 0; i < metrics->meter_count; i++)
		caches += metrics->meters[i].cache_zones != NULL;
	if (caches == 0)
		return;
	add_hits(metrics, sums, text);
	add_sums(metrics, sums, text, "coredns_cache_misses_total",
		 "Questions that a cache did not answer.", false);
	add_sums(metrics, sums, text, "coredns_cache_requests_total",
		 "Questions that a cache was asked.", true);
}
