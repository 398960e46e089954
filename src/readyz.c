/* SPDX-License-Identifier: Apache-2.0 */
#include "readyz.h"

#include "json_text.h"
#include "knamed/kube.h"

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

static void add_kind(struct text *text, const char *name, const struct kube_kind *kind)
{
	json_add_comma(text);
	text_add(text, "{");
	json_add_text(text, "kind", name);
	json_add_bool(text, "watched", kind->is_watched);
	if (kind->is_watched) {
		json_add_bool(text, "in_step", kind->is_in_step);
		json_add_bool(text, "following", kind->is_following);
		json_add_text(text, "version", kind->version);
		json_add_number(text, "done", (double)kind->done);
		json_add_number(text, "expected", (double)kind->expected);
		json_add_age(text, "age_s", kind->heard_ns);
		json_add_text(text, "trouble", kind->trouble);
	}
	text_add(text, "}");
}

static void add_kinds(struct text *text, const struct kube *kube)
{
	json_add_name(text, "kinds");
	text_add(text, "[");
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
		struct kube_kind state = kube_kind(kube, kind);
		add_kind(text, object_kind_name(kind), &state);
	}
	text_add(text, "]");
}

static void add_kubernetes(struct text *text, const struct readyz *state,
			   const struct config_kubernetes *config, const struct pipeline *pipeline,
			   size_t block)
{
	const struct kube *kube = pipeline != NULL ? pipeline_kube(pipeline, block) : NULL;
	json_add_comma(text);
	text_add(text, "{");
	json_add_zones(text, &config->zones);
	json_add_bool(text, "ready",
		      pipeline != NULL && readyz_block_is_ready(pipeline, block, state->continuously));
	json_add_bool(text, "stale", kube != NULL && kube_is_stale(kube));
	if (kube != NULL)
		add_kinds(text, kube);
	text_add(text, "}");
}

static void add_config(struct text *text, const struct config_trouble *trouble)
{
	json_add_name(text, "config");
	text_add(text, "{");
	json_add_bool(text, "built_in", trouble->is_built_in);
	json_add_text(text, "trouble", trouble->text);
	text_add(text, "}");
}

void readyz_print(const struct readyz *state, const struct config *config,
		  const struct pipeline *pipeline, struct text *text)
{
	text_add(text, "{");
	json_add_bool(text, "ready", state->is_ready);
	json_add_bool(text, "serving", state->is_serving);
	json_add_bool(text, "shutdown", state->is_leaving);
	add_config(text, state->trouble);
	json_add_name(text, "kubernetes");
	text_add(text, "[");
	for (size_t i = 0; i < config->block_count; i++)
		if (config->blocks[i].kubernetes != NULL)
			add_kubernetes(text, state, config->blocks[i].kubernetes, pipeline, i);
	text_add(text, "]}\n");
}
