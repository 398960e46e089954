/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, and by whom. Each thread has tallies of its own; they outlive it, so that no count is lost. */
#include "knamed/observe.h"

#include <stdalign.h>
#include <string.h>

#include "metrics.h"

enum { CACHE_LINE = 64 };

struct metrics *metrics_new(void)
{
	struct metrics *metrics = mem_zalloc(sizeof(*metrics));
	pthread_mutex_init(&metrics->lock, NULL);
	return metrics;
}

static void free_rows(struct tally_row *row)
{
	for (struct tally_row *next; row != NULL; row = next) {
		next = row->next;
		mem_free(row->memory);
		mem_free(row);
	}
}

void metrics_free(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	for (size_t i = 0; i < metrics->meter_count; i++) {
		mem_free(metrics->meters[i].server);
		mem_free(metrics->meters[i].zone);
		mem_free(metrics->meters[i].view);
		mem_free(metrics->meters[i].cache_zones);
	}
	for (size_t i = 0; i < metrics->plugin_count; i++) {
		mem_free(metrics->plugins[i].server);
		mem_free(metrics->plugins[i].zone);
		mem_free(metrics->plugins[i].view);
		mem_free(metrics->plugins[i].name);
	}
	metrics_free_values(metrics);
	metrics_free_counts(metrics);
	free_rows(metrics->rows);
	mem_free(metrics->meters);
	mem_free(metrics->plugins);
	mem_free(metrics->version);
	mem_free(metrics->revision);
	pthread_mutex_destroy(&metrics->lock);
	mem_free(metrics);
}

void metrics_build(struct metrics *metrics, const char *version, const char *revision)
{
	pthread_mutex_lock(&metrics->lock);
	mem_free(metrics->version);
	mem_free(metrics->revision);
	metrics->version = mem_text(version);
	metrics->revision = mem_text(revision);
	pthread_mutex_unlock(&metrics->lock);
}

static size_t find_meter(const struct metrics *metrics, const char *server, const char *zone,
			 const char *view)
{
	size_t i = 0;
	for (; i < metrics->meter_count; i++) {
		const struct meter *meter = &metrics->meters[i];
		if (meter->server != NULL && strcmp(meter->server, server) == 0 &&
		    strcmp(meter->zone, zone) == 0 && strcmp(meter->view, view) == 0)
			break;
	}
	return i;
}

static void add_meter(struct metrics *metrics, struct meter meter)
{
	metrics->meters =
		mem_realloc(metrics->meters, (metrics->meter_count + 1) * sizeof(*metrics->meters));
	metrics->meters[metrics->meter_count++] = meter;
}

unsigned metrics_meter(struct metrics *metrics, const char *server, const char *zone, const char *view)
{
	pthread_mutex_lock(&metrics->lock);
	size_t i = find_meter(metrics, server, zone, view);
	if (i == metrics->meter_count)
		add_meter(metrics,
			  (struct meter){ mem_text(server), mem_text(zone), mem_text(view), NULL });
	pthread_mutex_unlock(&metrics->lock);
	return (unsigned)i;
}

unsigned metrics_meter_unshown(struct metrics *metrics)
{
	pthread_mutex_lock(&metrics->lock);
	size_t i = 0;
	while (i < metrics->meter_count && metrics->meters[i].server != NULL)
		i++;
	if (i == metrics->meter_count)
		add_meter(metrics, (struct meter){ NULL, NULL, NULL, NULL });
	pthread_mutex_unlock(&metrics->lock);
	return (unsigned)i;
}

struct tally *metrics_thread(struct metrics *metrics)
{
	struct tally_row *row = mem_zalloc(sizeof(*row));
	pthread_mutex_lock(&metrics->lock);
	row->count = metrics->meter_count;
	/* A cache line of nobody's at both ends: a neighbour's writes must not slow the counting. */
	row->memory = mem_zalloc(row->count * sizeof(struct tally) + 2 * (size_t)CACHE_LINE);
	row->tallies = (struct tally *)(((uintptr_t)row->memory + CACHE_LINE) &
					~(uintptr_t)(CACHE_LINE - 1));
	row->next = metrics->rows;
	metrics->rows = row;
	pthread_mutex_unlock(&metrics->lock);
	return row->tallies;
}

void metrics_plugin(struct metrics *metrics, const char *server, const char *zone, const char *view,
		    const char *name)
{
	pthread_mutex_lock(&metrics->lock);
	size_t i = metrics->plugin_count++;
	metrics->plugins =
		mem_realloc(metrics->plugins, metrics->plugin_count * sizeof(*metrics->plugins));
	metrics->plugins[i] = (struct plugin_label){
		mem_text(server),
		mem_text(zone),
		mem_text(view),
		mem_text(name),
	};
	pthread_mutex_unlock(&metrics->lock);
}
