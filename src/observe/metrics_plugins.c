/* SPDX-License-Identifier: Apache-2.0 */
/* Which plugins a server and zone have. Two configurations may say the same while one takes the other's place. */
#include <string.h>

#include "metrics.h"

void metrics_plugin(struct metrics *metrics, const char *server, const char *zone, const char *view,
		    const char *name, const void *context)
{
	pthread_mutex_lock(&metrics->lock);
	size_t i = metrics->plugin_count++;
	metrics->plugins =
		mem_realloc(metrics->plugins, metrics->plugin_count * sizeof(*metrics->plugins));
	metrics->plugins[i] = (struct plugin_label){
		mem_text(server), mem_text(zone), mem_text(view), mem_text(name), context,
	};
	pthread_mutex_unlock(&metrics->lock);
}

static void plugin_done(struct plugin_label *plugin)
{
	mem_free(plugin->server);
	mem_free(plugin->zone);
	mem_free(plugin->view);
	mem_free(plugin->name);
}

void metrics_withdraw_plugins(struct metrics *metrics, const void *context)
{
	size_t kept = 0;
	for (size_t i = 0; i < metrics->plugin_count; i++) {
		if (metrics->plugins[i].context == context)
			plugin_done(&metrics->plugins[i]);
		else
			metrics->plugins[kept++] = metrics->plugins[i];
	}
	metrics->plugin_count = kept;
}

void metrics_free_plugins(struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->plugin_count; i++)
		plugin_done(&metrics->plugins[i]);
	mem_free(metrics->plugins);
}

static bool is_same(const struct plugin_label *a, const struct plugin_label *b)
{
	return strcmp(a->server, b->server) == 0 && strcmp(a->zone, b->zone) == 0 &&
	       strcmp(a->view, b->view) == 0 && strcmp(a->name, b->name) == 0;
}

static bool is_first(const struct metrics *metrics, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_same(&metrics->plugins[i], &metrics->plugins[index]))
			return false;
	return true;
}

void metrics_add_plugins(const struct metrics *metrics, struct text *text)
{
	bool has_head = false;
	for (size_t i = 0; i < metrics->plugin_count; i++) {
		const struct plugin_label *plugin = &metrics->plugins[i];
		if (!is_first(metrics, i))
			continue;
		if (!has_head)
			metrics_add_head(text, "coredns_plugin_enabled", "gauge",
					 "1 for each plugin of a server and zone.");
		has_head = true;
		text_add(text, "coredns_plugin_enabled{");
		metrics_label(text, "name", plugin->name);
		metrics_label(text, "server", plugin->server);
		metrics_label(text, "view", plugin->view);
		metrics_label(text, "zone", plugin->zone);
		text_add(text, "} 1\n");
	}
}
