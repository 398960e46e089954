/* SPDX-License-Identifier: Apache-2.0 */
/* Counters whose labels are found out while counting. A key takes a seat of a small table, without
 * a lock and for good; threads count in different stripes, so that they do not wait for each
 * other's cache lines. Labels are written when scraped; series with the same labels are one. */
#include <assert.h>
#include <string.h>

#include "metrics.h"

enum { SEATS = 2048, PROBES = 16, STRIPES = 8 };

enum seat_state { SEAT_FREE, SEAT_TAKEN /* being written */, SEAT_READY };
struct seat {
	_Atomic unsigned state;
	unsigned meter;
	uint64_t what;
};
struct counts {
	struct metrics *metrics;
	struct counts *next;
	char *name, *help;
	counts_labels labels;
	void *context;
	struct seat seats[SEATS];
	_Atomic uint64_t cells[STRIPES][SEATS];
};

/* Of counters that are gone. They go on where they were if they are declared again. */
struct past_count {
	struct past_count *next;
	char *name, *help, *labels;
	uint64_t count;
};

struct counts *metrics_counts(struct metrics *metrics, const char *name, const char *help,
			      counts_labels labels, void *context)
{
	struct counts *counts = mem_zalloc(sizeof(*counts));
	counts->metrics = metrics;
	counts->name = mem_text(name);
	counts->help = mem_text(help);
	counts->labels = labels;
	counts->context = context;
	pthread_mutex_lock(&metrics->lock);
	counts->next = metrics->counts;
	metrics->counts = counts;
	pthread_mutex_unlock(&metrics->lock);
	return counts;
}

/* ---- counting ---- */

static unsigned own_stripe(void)
{
	static _Atomic unsigned threads;
	static _Thread_local unsigned number; /* from 1 */
	if (number == 0)
		number = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed);
	return number % STRIPES;
}

static size_t first_seat(unsigned meter, uint64_t what)
{
	uint64_t mixed = (what + meter) * 0x9e3779b97f4a7c15u;
	return (mixed ^ mixed >> 32) % SEATS;
}

/* A key that is just being written by another thread gets a seat of its own; both are added up. */
static bool take_seat(struct seat *seat, unsigned meter, uint64_t what)
{
	unsigned state = atomic_load_explicit(&seat->state, memory_order_acquire);
	if (state == SEAT_READY)
		return seat->meter == meter && seat->what == what;
	unsigned expected = SEAT_FREE;
	if (state != SEAT_FREE || !atomic_compare_exchange_strong(&seat->state, &expected, SEAT_TAKEN))
		return false;
	seat->meter = meter;
	seat->what = what;
	atomic_store_explicit(&seat->state, SEAT_READY, memory_order_release);
	return true;
}

void counts_add(struct counts *counts, unsigned meter, uint64_t what)
{
	size_t first = first_seat(meter, what);
	for (size_t i = 0; i < PROBES; i++) {
		size_t at = (first + i) % SEATS;
		if (take_seat(&counts->seats[at], meter, what)) {
			atomic_fetch_add_explicit(&counts->cells[own_stripe()][at], 1,
						  memory_order_relaxed);
			return;
		}
	}
}

/* ---- adding up ---- */

static uint64_t count_of_seat(const struct counts *counts, size_t seat)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < STRIPES; i++)
		sum += atomic_load_explicit(&counts->cells[i][seat], memory_order_relaxed);
	return sum;
}

static void past_add(struct past_count **list, const char *name, const char *help,
		     const char *labels, uint64_t count)
{
	while (*list != NULL &&
	       (strcmp((*list)->name, name) != 0 || strcmp((*list)->labels, labels) != 0))
		list = &(*list)->next;
	if (*list == NULL) {
		*list = mem_zalloc(sizeof(**list));
		(*list)->name = mem_text(name);
		(*list)->help = mem_text(help);
		(*list)->labels = mem_text(labels);
	}
	(*list)->count += count;
}

static void past_free(struct past_count *past)
{
	for (struct past_count *next; past != NULL; past = next) {
		next = past->next;
		mem_free(past->name);
		mem_free(past->help);
		mem_free(past->labels);
		mem_free(past);
	}
}

static void add_counts(const struct counts *counts, struct past_count **list)
{
	const struct metrics *metrics = counts->metrics;
	struct text labels = { 0 };
	for (size_t i = 0; i < SEATS; i++) {
		const struct seat *seat = &counts->seats[i];
		if (atomic_load_explicit(&seat->state, memory_order_acquire) != SEAT_READY)
			continue;
		const struct meter *meter = &metrics->meters[seat->meter];
		uint64_t count = count_of_seat(counts, i);
		if (meter->server == NULL || count == 0)
			continue;
		text_clear(&labels);
		text_add(&labels, "");
		const struct counts_place place = { meter->server, meter->zone, meter->view };
		counts->labels(counts->context, seat->what, &place, &labels);
		past_add(list, counts->name, counts->help, labels.data, count);
	}
	text_done(&labels);
}

void counts_free(struct counts *counts)
{
	if (counts == NULL)
		return;
	struct metrics *metrics = counts->metrics;
	pthread_mutex_lock(&metrics->lock);
	struct counts **link = &metrics->counts;
	while (*link != counts)
		link = &(*link)->next;
	*link = counts->next;
	add_counts(counts, &metrics->past_counts);
	pthread_mutex_unlock(&metrics->lock);
	mem_free(counts->name);
	mem_free(counts->help);
	mem_free(counts);
}

void metrics_free_counts(struct metrics *metrics)
{
	assert(metrics->counts == NULL);
	past_free(metrics->past_counts);
}

/* ---- printing ---- */

static bool is_first_of_name(const struct past_count *list, const struct past_count *count)
{
	for (; list != count; list = list->next)
		if (strcmp(list->name, count->name) == 0)
			return false;
	return true;
}

void metrics_add_counts(const struct metrics *metrics, struct text *text)
{
	struct past_count *sums = NULL;
	for (const struct past_count *past = metrics->past_counts; past != NULL; past = past->next)
		past_add(&sums, past->name, past->help, past->labels, past->count);
	for (const struct counts *counts = metrics->counts; counts != NULL; counts = counts->next)
		add_counts(counts, &sums);
	for (const struct past_count *sum = sums; sum != NULL; sum = sum->next) {
		if (!is_first_of_name(sums, sum))
			continue;
		metrics_add_head(text, sum->name, "counter", sum->help);
		for (const struct past_count *same = sum; same != NULL; same = same->next)
			if (strcmp(same->name, sum->name) == 0)
				text_printf(text, "%s{%s} %llu\n", same->name, same->labels,
					    (unsigned long long)same->count);
	}
	past_free(sums);
}
