/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, and by whom. Each thread has tallies of its own; what they counted outlives them. A meter is there
 * for as long as somebody uses it: then its labels vanish, and its place is for the next one. */
#include "knamed/observe.h"

#include <assert.h>
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

static void meter_clear(struct meter *meter)
{
	mem_free(meter->server);
	mem_free(meter->zone);
	mem_free(meter->view);
	mem_free(meter->cache_zones);
	*meter = (struct meter){ 0 };
}

static void row_free(struct tally_row *row)
{
	mem_free(row->memory);
	mem_free(row);
}

void metrics_free(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	for (size_t i = 0; i < metrics->meter_count; i++)
		meter_clear(&metrics->meters[i]);
	metrics_free_plugins(metrics);
	metrics_free_values(metrics);
	metrics_free_counts(metrics);
	metrics_free_bounded(metrics);
	for (struct tally_row *row = metrics->rows, *next; row != NULL; row = next) {
		next = row->next;
		row_free(row);
	}
	mem_free(metrics->ended);
	mem_free(metrics->meters);
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

/* ---- meters ---- */

/* A meter in use with these labels; or else a free place; or else the end. */
static size_t find_place(const struct metrics *metrics, const struct meter *wanted)
{
	size_t place = metrics->meter_count;
	for (size_t i = metrics->meter_count; i-- > 0;) {
		const struct meter *meter = &metrics->meters[i];
		if (meter->users == 0)
			place = i;
		else if (meter->is_unshown == wanted->is_unshown &&
			 text_equal(meter->server, wanted->server) &&
			 text_equal(meter->zone, wanted->zone) &&
			 text_equal(meter->view, wanted->view))
			return i;
	}
	return place;
}

static void add_place(struct metrics *metrics)
{
	size_t count = ++metrics->meter_count;
	metrics->meters = mem_realloc(metrics->meters, count * sizeof(*metrics->meters));
	metrics->ended = mem_realloc(metrics->ended, count * sizeof(*metrics->ended));
	metrics->meters[count - 1] = (struct meter){ 0 };
}

/* Takes what wanted holds. */
static unsigned take_meter(struct metrics *metrics, struct meter wanted)
{
	pthread_mutex_lock(&metrics->lock);
	size_t place = find_place(metrics, &wanted);
	if (place == metrics->meter_count)
		add_place(metrics);
	struct meter *meter = &metrics->meters[place];
	if (meter->users == 0) {
		*meter = wanted;
		memset(&metrics->ended[place], 0, sizeof(metrics->ended[place]));
	} else {
		meter_clear(&wanted);
	}
	meter->users++;
	pthread_mutex_unlock(&metrics->lock);
	return (unsigned)place;
}

static struct meter meter_of(const char *server, const char *zone, const char *view)
{
	return (struct meter){
		.server = mem_text(server),
		.zone = mem_text(zone),
		.view = mem_text(view),
	};
}

unsigned metrics_meter(struct metrics *metrics, const char *server, const char *zone, const char *view)
{
	return take_meter(metrics, meter_of(server, zone, view));
}

unsigned metrics_meter_unshown(struct metrics *metrics, const char *server, const char *zone,
			       const char *view)
{
	struct meter meter = meter_of(server, zone, view);
	meter.is_unshown = true;
	return take_meter(metrics, meter);
}

void metrics_meter_leave(struct metrics *metrics, unsigned meter)
{
	pthread_mutex_lock(&metrics->lock);
	assert(metrics->meters[meter].users > 0);
	if (--metrics->meters[meter].users == 0) {
		if (!metrics->meters[meter].is_unshown)
			metrics_add_tally(&metrics->gone, &metrics->ended[meter]);
		meter_clear(&metrics->meters[meter]);
	}
	pthread_mutex_unlock(&metrics->lock);
}

/* ---- tallies ---- */

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

/* A tally is cells and nothing else. */
void metrics_add_tally(struct tally *sum, const struct tally *tally)
{
	static_assert(sizeof(struct tally) % sizeof(tally_cell) == 0, "a tally has no padding");
	tally_cell *to = (tally_cell *)(void *)sum;
	const tally_cell *from = (const tally_cell *)(const void *)tally;
	for (size_t i = 0; i < sizeof(struct tally) / sizeof(tally_cell); i++)
		tally_add(&to[i], tally_count(&from[i]));
}

void metrics_thread_end(struct metrics *metrics, struct tally *tallies)
{
	pthread_mutex_lock(&metrics->lock);
	struct tally_row **link = &metrics->rows;
	while ((*link)->tallies != tallies)
		link = &(*link)->next;
	struct tally_row *row = *link;
	*link = row->next;
	for (size_t i = 0; i < row->count; i++)
		metrics_add_tally(&metrics->ended[i], &row->tallies[i]);
	pthread_mutex_unlock(&metrics->lock);
	row_free(row);
}

static uint64_t requests_of(const struct tally *tally)
{
	const tally_cell *cells = &tally->requests[0][0][0];
	uint64_t sum = 0;
	for (size_t i = 0; i < sizeof(tally->requests) / sizeof(tally_cell); i++)
		sum += tally_count(&cells[i]);
	return sum;
}

uint64_t metrics_requests(struct metrics *metrics)
{
	uint64_t sum = 0;
	pthread_mutex_lock(&metrics->lock);
	for (size_t i = 0; i < metrics->meter_count; i++)
		sum += requests_of(&metrics->ended[i]);
	for (const struct tally_row *row = metrics->rows; row != NULL; row = row->next)
		for (size_t i = 0; i < row->count; i++)
			sum += requests_of(&row->tallies[i]);
	pthread_mutex_unlock(&metrics->lock);
	return sum;
}
