/* SPDX-License-Identifier: Apache-2.0 */
/* metrics -- what metrics.c collects and metrics_print.c writes. */
#ifndef KNAMED_OBSERVE_METRICS_H
#define KNAMED_OBSERVE_METRICS_H

#include <pthread.h>

#include "knamed/observe.h"

struct meter {
	char *server, *zone, *view; /* NULL: nobody's */
	bool is_unshown;	    /* its questions are */
	char *cache_zones;	    /* NULL: no cache is behind it */
	size_t users;		    /* 0: its place may be given to others */
};

/* The tallies of one thread; `memory` is what to free, `tallies` stands on cache lines of its own. */
struct tally_row {
	struct tally_row *next;
	struct tally *tallies;
	size_t count;
	void *memory;
};

struct plugin_label {
	char *server, *zone, *view, *name;
	const void *context;
};

/* One series; its number is read, or it is a counter's cell, or a histogram. */
struct value {
	char *name, *type, *help, *labels;
	metrics_read read;
	void *context;
	enum metrics_merge merge;
	double before; /* of a counter that is read: what others counted that are gone */
	tally_cell *cell;
	struct histogram *histogram;
};

/* A label's value that is shown as it is. */
struct bounded {
	char *name, *value;
};

struct metrics {
	pthread_mutex_t lock;
	char *version, *revision; /* NULL: not told */
	struct meter *meters;
	size_t meter_count;
	struct tally_row *rows;
	struct tally *ended; /* by meter: what threads counted whose rows are gone */
	struct tally gone;   /* of meters that were shown and are no more */
	struct plugin_label *plugins;
	size_t plugin_count;
	struct bounded *bounded;
	size_t bounded_count;
	struct value *values;
	size_t value_count;
	struct counts *counts;
	struct past_count *past_counts;
	double boot_unix_s; /* 0: not asked yet */
};

/* Adds up two tallies; the first is the caller's alone. */
void metrics_add_tally(struct tally *sum, const struct tally *tally);
/* Takes back what was declared with this context; the caller has the lock. */
void metrics_withdraw_plugins(struct metrics *metrics, const void *context);
void metrics_free_plugins(struct metrics *metrics);
void metrics_add_plugins(const struct metrics *metrics, struct text *text);
/* A number as Prometheus reads it: shortest text that gives the same number back. */
void metrics_add_number(struct text *text, double number);
/* "# HELP" and "# TYPE" lines. */
void metrics_add_head(struct text *text, const char *name, const char *type, const char *help);
/* Questions to caches, from the sums of all tallies by meter. */
struct cache_counts {
	uint64_t hits[2], misses;
};
void metrics_add_caches(const struct metrics *metrics, const struct tally *sums, struct text *text);
/* Answers by where they come from, of all meters: a fixed number of series. */
void metrics_add_sources(const struct metrics *metrics, const struct tally *sums, struct text *text);
void metrics_free_bounded(struct metrics *metrics);
void metrics_free_values(struct metrics *metrics);
void metrics_add_values(const struct metrics *metrics, struct text *text);
void metrics_free_counts(struct metrics *metrics);
void metrics_add_counts(const struct metrics *metrics, struct text *text);
/* process_* and go_goroutines, from /proc. What cannot be read is left out. */
void metrics_add_process(struct metrics *metrics, struct text *text);

#endif
