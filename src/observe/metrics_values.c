/* SPDX-License-Identifier: Apache-2.0 */
/* Series that other stages declare by name: values read when scraped, counters and histograms.
 * Series of one name form one family, wherever they were declared. The same name and labels are the
 * same series: its counter or histogram is shared; of values read, counters are added up and of
 * gauges the largest is shown, or what was asked for. */
#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "metrics.h"

struct histogram {
	const double *bounds;
	size_t bound_count;
	_Atomic double sum;
	tally_cell buckets[]; /* not cumulative; one more than bounds: +Inf */
};

/* ---- declaring ---- */

static bool is_series(const struct value *value, const char *name, const char *labels)
{
	return strcmp(value->name, name) == 0 && strcmp(value->labels, labels) == 0;
}

static struct value *find_series(const struct metrics *metrics, const char *name, const char *labels)
{
	for (size_t i = 0; i < metrics->value_count; i++)
		if (is_series(&metrics->values[i], name, labels))
			return &metrics->values[i];
	return NULL;
}

static struct value *add_series(struct metrics *metrics, const char *name, const char *type,
				const char *help, const char *labels)
{
	metrics->values =
		mem_realloc(metrics->values, (metrics->value_count + 1) * sizeof(*metrics->values));
	struct value *value = &metrics->values[metrics->value_count++];
	*value = (struct value){
		.name = mem_text(name),
		.type = mem_text(type),
		.help = mem_text(help),
		.labels = mem_text(labels),
	};
	return value;
}

void metrics_gauge(struct metrics *metrics, const char *name, const char *help, const char *labels,
		   enum metrics_merge merge, metrics_read read, void *context)
{
	pthread_mutex_lock(&metrics->lock);
	struct value *value = add_series(metrics, name, "gauge", help, labels);
	value->merge = merge;
	value->read = read;
	value->context = context;
	pthread_mutex_unlock(&metrics->lock);
}

void metrics_value(struct metrics *metrics, const char *name, const char *type, const char *help,
		   const char *labels, metrics_read read, void *context)
{
	pthread_mutex_lock(&metrics->lock);
	struct value *value = add_series(metrics, name, type, help, labels);
	value->merge = strcmp(type, "counter") == 0 ? MERGE_SUM : MERGE_LARGEST;
	value->read = read;
	value->context = context;
	pthread_mutex_unlock(&metrics->lock);
}

tally_cell *metrics_counter(struct metrics *metrics, const char *name, const char *help,
			    const char *labels)
{
	pthread_mutex_lock(&metrics->lock);
	struct value *value = find_series(metrics, name, labels);
	if (value == NULL) {
		value = add_series(metrics, name, "counter", help, labels);
		value->cell = mem_zalloc(sizeof(*value->cell));
	}
	tally_cell *cell = value->cell;
	pthread_mutex_unlock(&metrics->lock);
	assert(cell != NULL);
	return cell;
}

struct histogram *metrics_histogram(struct metrics *metrics, const char *name, const char *help,
				    const char *labels, const double *bounds, size_t bound_count)
{
	pthread_mutex_lock(&metrics->lock);
	struct value *value = find_series(metrics, name, labels);
	if (value == NULL) {
		value = add_series(metrics, name, "histogram", help, labels);
		value->histogram = mem_zalloc(sizeof(*value->histogram) +
					      (bound_count + 1) * sizeof(tally_cell));
		value->histogram->bounds = bounds;
		value->histogram->bound_count = bound_count;
	}
	struct histogram *histogram = value->histogram;
	pthread_mutex_unlock(&metrics->lock);
	assert(histogram != NULL);
	return histogram;
}

void histogram_observe(struct histogram *histogram, double value)
{
	size_t bucket = 0;
	while (bucket < histogram->bound_count && value > histogram->bounds[bucket])
		bucket++;
	tally_add(&histogram->buckets[bucket], 1);
	double sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
	atomic_store_explicit(&histogram->sum, sum + value, memory_order_relaxed);
}

static void value_done(struct value *value)
{
	mem_free(value->name);
	mem_free(value->type);
	mem_free(value->help);
	mem_free(value->labels);
	mem_free(value->cell);
	mem_free(value->histogram);
}

/* A counter that somebody else declares too goes on from where both are now. */
static void hand_over(struct metrics *metrics, const struct value *value)
{
	if (strcmp(value->type, "counter") != 0)
		return;
	for (size_t i = 0; i < metrics->value_count; i++) {
		struct value *other = &metrics->values[i];
		if (other->read == NULL || other->context == value->context ||
		    !is_series(other, value->name, value->labels))
			continue;
		other->before += value->before + value->read(value->context);
		return;
	}
}

static void hand_over_all(struct metrics *metrics, const void *context)
{
	for (size_t i = 0; i < metrics->value_count; i++)
		if (metrics->values[i].read != NULL && metrics->values[i].context == context)
			hand_over(metrics, &metrics->values[i]);
}

void metrics_withdraw(struct metrics *metrics, const void *context)
{
	size_t kept = 0;
	pthread_mutex_lock(&metrics->lock); /* who prints has it, too, while it reads */
	metrics_withdraw_plugins(metrics, context);
	hand_over_all(metrics, context);
	for (size_t i = 0; i < metrics->value_count; i++) {
		struct value *value = &metrics->values[i];
		if (value->read != NULL && value->context == context)
			value_done(value);
		else
			metrics->values[kept++] = *value;
	}
	metrics->value_count = kept;
	pthread_mutex_unlock(&metrics->lock);
}

void metrics_free_values(struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->value_count; i++)
		value_done(&metrics->values[i]);
	mem_free(metrics->values);
}

/* ---- printing ---- */

static void add_name(struct text *text, const struct value *value, const char *suffix)
{
	text_printf(text, "%s%s", value->name, suffix);
	if (value->labels[0] != '\0')
		text_printf(text, "{%s}", value->labels);
	text_add(text, " ");
}

static void add_bucket(struct text *text, const struct value *value, size_t bucket, uint64_t count)
{
	const struct histogram *histogram = value->histogram;
	text_printf(text, "%s_bucket{%s%sle=\"", value->name, value->labels,
		    value->labels[0] != '\0' ? "," : "");
	if (bucket < histogram->bound_count)
		metrics_add_number(text, histogram->bounds[bucket]);
	else
		text_add(text, "+Inf");
	text_printf(text, "\"} %llu\n", (unsigned long long)count);
}

static void add_histogram(struct text *text, const struct value *value)
{
	const struct histogram *histogram = value->histogram;
	uint64_t count = 0;
	for (size_t i = 0; i <= histogram->bound_count; i++) {
		count += tally_count(&histogram->buckets[i]);
		add_bucket(text, value, i, count);
	}
	add_name(text, value, "_sum");
	metrics_add_number(text, atomic_load_explicit(&histogram->sum, memory_order_relaxed));
	text_add(text, "\n");
	add_name(text, value, "_count");
	text_printf(text, "%llu\n", (unsigned long long)count);
}

/* What all declarations of the series at `first` come to. */
static double read_series(const struct metrics *metrics, size_t first)
{
	const struct value *value = &metrics->values[first];
	double number = value->before + value->read(value->context);
	for (size_t i = first + 1; i < metrics->value_count; i++) {
		const struct value *other = &metrics->values[i];
		if (other->read == NULL || !is_series(other, value->name, value->labels))
			continue;
		double more = other->before + other->read(other->context);
		if (value->merge == MERGE_SUM)
			number += more;
		else if (value->merge == MERGE_LEAST ? more < number : more > number)
			number = more;
	}
	return number;
}

static void add_series_text(const struct metrics *metrics, size_t index, struct text *text)
{
	const struct value *value = &metrics->values[index];
	if (value->histogram != NULL) {
		add_histogram(text, value);
	} else if (value->cell != NULL) {
		add_name(text, value, "");
		text_printf(text, "%llu\n",
			    (unsigned long long)atomic_load_explicit(value->cell,
								     memory_order_relaxed));
	} else if (find_series(metrics, value->name, value->labels) == value) {
		add_name(text, value, "");
		metrics_add_number(text, read_series(metrics, index));
		text_add(text, "\n");
	}
}

static bool is_first_of_name(const struct metrics *metrics, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(metrics->values[i].name, metrics->values[index].name) == 0)
			return false;
	return true;
}

void metrics_add_values(const struct metrics *metrics, struct text *text)
{
	for (size_t i = 0; i < metrics->value_count; i++) {
		const struct value *first = &metrics->values[i];
		if (!is_first_of_name(metrics, i))
			continue;
		metrics_add_head(text, first->name, first->type, first->help);
		for (size_t j = i; j < metrics->value_count; j++)
			if (strcmp(metrics->values[j].name, first->name) == 0)
				add_series_text(metrics, j, text);
	}
}
