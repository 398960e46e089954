/* SPDX-License-Identifier: Apache-2.0 */
#include "readyz.h"

#include <string.h>

#include "knamed/kube.h"
#include "knamed/observe.h"

static bool is_followed(const struct kube *kube)
{
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		struct kube_kind state = kube_kind(kube, kind);
		if (state.is_watched && !state.is_following)
			return false;
	}
	return true;
}

bool readyz_block_is_ready(const struct pipeline *pipeline, size_t block, bool continuously)
{
	const struct kube *kube = pipeline_kube(pipeline, block);
	return kube == NULL || (kube_is_in_step(kube) && (!continuously || is_followed(kube)));
}

/* ---- JSON ---- */

/* A zone with all its octets escaped is the longest. */
static void add_string(struct text *text, const char *string)
{
	enum { LONGEST = 4 * 256, MOST_PER_OCTET = 6 };
	char json[MOST_PER_OCTET * LONGEST + 3];
	size_t size = strnlen(string, LONGEST);
	text_add_n(text, json, log_json_string(json, sizeof(json), string, size));
}

static void add_bool(struct text *text, const char *name, bool value)
{
	text_printf(text, "\"%s\":%s", name, value ? "true" : "false");
}

static void add_kind(struct text *text, const char *name, const struct kube_kind *kind)
{
	text_printf(text, "{\"kind\":\"%s\",", name);
	add_bool(text, "watched", kind->is_watched);
	if (kind->is_watched) {
		text_add(text, ",");
		add_bool(text, "in_step", kind->is_in_step);
		text_add(text, ",");
		add_bool(text, "following", kind->is_following);
		text_add(text, ",\"version\":");
		add_string(text, kind->version);
		text_printf(text, ",\"done\":%zu,\"expected\":%zu,\"age_s\":", kind->done,
			    kind->expected);
		if (kind->heard_ns == 0)
			text_add(text, "null");
		else
			text_printf(text, "%.3f", (double)(clock_now_ns() - kind->heard_ns) / 1e9);
		text_add(text, ",\"trouble\":");
		add_string(text, kind->trouble);
	}
	text_add(text, "}");
}

static void add_kinds(struct text *text, const struct kube *kube)
{
	text_add(text, ",\"kinds\":[");
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		struct kube_kind state = kube_kind(kube, kind);
		text_add(text, kind > 0 ? "," : "");
		add_kind(text, object_kind_name(kind), &state);
	}
	text_add(text, "]");
}

static void add_kubernetes(struct text *text, const struct readyz *state,
			   const struct config_kubernetes *config, const struct pipeline *pipeline,
			   size_t block)
{
	const struct kube *kube = pipeline != NULL ? pipeline_kube(pipeline, block) : NULL;
	text_add(text, "{\"zones\":[");
	for (size_t i = 0; i < config->zones.count; i++) {
		text_add(text, i > 0 ? "," : "");
		add_string(text, config->zones.zones[i].text);
	}
	text_add(text, "],");
	add_bool(text, "ready",
		 pipeline != NULL && readyz_block_is_ready(pipeline, block, state->continuously));
	text_add(text, ",");
	add_bool(text, "stale", kube != NULL && kube_is_stale(kube));
	if (kube != NULL)
		add_kinds(text, kube);
	text_add(text, "}");
}

static void add_config(struct text *text, const struct config_trouble *trouble)
{
	text_add(text, "\"config\":{");
	add_bool(text, "built_in", trouble->is_built_in);
	text_add(text, ",\"trouble\":");
	add_string(text, trouble->text);
	text_add(text, "}");
}

void readyz_print(const struct readyz *state, const struct config *config,
		  const struct pipeline *pipeline, struct text *text)
{
	bool is_first = true;
	text_add(text, "{");
	add_bool(text, "ready", state->is_ready);
	text_add(text, ",");
	add_bool(text, "serving", state->is_serving);
	text_add(text, ",");
	add_config(text, state->trouble);
	text_add(text, ",\"kubernetes\":[");
	for (size_t i = 0; i < config->block_count; i++) {
		if (config->blocks[i].kubernetes == NULL)
			continue;
		text_add(text, is_first ? "" : ",");
		is_first = false;
		add_kubernetes(text, state, config->blocks[i].kubernetes, pipeline, i);
	}
	text_add(text, "]}\n");
}
