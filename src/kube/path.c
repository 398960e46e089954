/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *path, *resource;
} places[OBJECT_KINDS] = {
	[OBJECT_NAMESPACE] = { "/api/v1/namespaces", "namespaces" },
	[OBJECT_SERVICE] = { "/api/v1/services", "services" },
	[OBJECT_SLICE] = { "/apis/discovery.k8s.io/v1/endpointslices",
			   "endpointslices.discovery.k8s.io" },
	[OBJECT_POD] = { "/api/v1/pods", "pods" },
	[OBJECT_IMPORT] = { "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports",
			    "serviceimports.multicluster.x-k8s.io" },
};

const char *path_resource(enum object_kind kind)
{
	return places[kind].resource;
}

void path_add_escaped(struct text *path, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;
		if (isalnum(c) || strchr("-._~", c) != NULL)
			text_add_n(path, value, 1);
		else
			text_printf(path, "%%%02X", c);
	}
}

static void add_term(struct text *selector, const struct selector_term *term)
{
	static const char *const words[] = { [SELECT_IN] = " in (", [SELECT_NOT_IN] = " notin (" };

	if (selector->size > 0)
		text_add(selector, ",");
	if (term->op == SELECT_NOT_EXISTS)
		text_add(selector, "!");
	text_add(selector, term->key);
	if (term->op == SELECT_EXISTS || term->op == SELECT_NOT_EXISTS)
		return;
	text_add(selector, words[term->op]);
	for (size_t i = 0; i < term->values.count; i++)
		text_printf(selector, "%s%s", i > 0 ? "," : "", term->values.words[i]);
	text_add(selector, ")");
}

static void add_labels(struct text *path, const struct selector *selector)
{
	struct text text = { 0 };

	if (selector->count == 0)
		return;
	for (size_t i = 0; i < selector->count; i++)
		add_term(&text, &selector->terms[i]);
	text_add(path, "labelSelector=");
	path_add_escaped(path, text.data);
	text_done(&text);
}

void path_print(enum object_kind kind, const struct config_kubernetes *config, struct text *ret_path)
{
	text_clear(ret_path);
	text_printf(ret_path, "%s?", places[kind].path);
	if (kind == OBJECT_NAMESPACE)
		add_labels(ret_path, &config->namespace_labels);
	else if (kind != OBJECT_IMPORT)
		add_labels(ret_path, &config->labels);
	if (kind != OBJECT_POD)
		return;
	text_add(ret_path, config->labels.count > 0 ? "&fieldSelector=" : "fieldSelector=");
	path_add_escaped(ret_path,
			 "status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown");
}
