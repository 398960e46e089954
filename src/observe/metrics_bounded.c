/* SPDX-License-Identifier: Apache-2.0 */
/* Label values that a configuration gives: zones, upstreams. It may have any number of them, and
 * the next one others: who comes late is told together with all that came late. */
#include <string.h>

#include "metrics.h"

/* NULL: there is no more room for it. */
static const char *find(const struct metrics *metrics, const char *name, const char *value, size_t most)
{
	static const char room[] = "";
	size_t count = 0;
	for (size_t i = 0; i < metrics->bounded_count; i++) {
		const struct bounded *bounded = &metrics->bounded[i];
		if (strcmp(bounded->name, name) != 0)
			continue;
		if (strcmp(bounded->value, value) == 0)
			return bounded->value;
		count++;
	}
	return count < most ? room : NULL;
}

static const char *add(struct metrics *metrics, const char *name, const char *value)
{
	size_t i = metrics->bounded_count++;
	metrics->bounded =
		mem_realloc(metrics->bounded, metrics->bounded_count * sizeof(*metrics->bounded));
	metrics->bounded[i] = (struct bounded){ mem_text(name), mem_text(value) };
	return metrics->bounded[i].value;
}

const char *metrics_bounded(struct metrics *metrics, const char *name, const char *value, size_t most)
{
	pthread_mutex_lock(&metrics->lock);
	const char *found = find(metrics, name, value, most);
	if (found != NULL && found[0] == '\0')
		found = add(metrics, name, value);
	pthread_mutex_unlock(&metrics->lock);
	return found != NULL ? found : "others";
}

void metrics_free_bounded(struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->bounded_count; i++) {
		mem_free(metrics->bounded[i].name);
		mem_free(metrics->bounded[i].value);
	}
	mem_free(metrics->bounded);
}
