/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <string.h>

#include "knamed/kube.h"

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

const char *kube_resource(enum object_kind kind)
{
	return places[kind].resource;
}

const char *kube_path(enum object_kind kind)
{
	return places[kind].path;
}

static void add_parameter(struct text *path, const char *name, const char *value)
{
	bool is_first = path->data[path->size - 1] == '?';

	text_printf(path, "%s%s=", is_first ? "" : "&", name);
	text_add_escaped(path, value);
}

static void add_number(struct text *path, const char *name, unsigned number)
{
	text_printf(path, "&%s=%u", name, number);
}

static void add_term(struct text *selector, const struct selector_term *term)
{
	static const char *const words[] = { [SELECT_IN] = " in (", [SELECT_NOT_IN] = " notin (" };

	text_printf(selector, "%s%s%s", selector->size > 0 ? "," : "",
		    term->op == SELECT_NOT_EXISTS ? "!" : "", term->key);
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
	add_parameter(path, "labelSelector", text.data);
	text_done(&text);
}

static void add_selectors(struct text *path, enum object_kind kind,
			  const struct config_kubernetes *config)
{
	if (kind == OBJECT_NAMESPACE)
		add_labels(path, &config->namespace_labels);
	else if (kind != OBJECT_IMPORT)
		add_labels(path, &config->labels);
	if (kind == OBJECT_POD)
		add_parameter(path, "fieldSelector",
			      "status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown");
}

static void add_list(struct text *text, const struct path *path)
{
	add_selectors(text, path->kind, path->config);
	if (!path->is_whole)
		add_parameter(text, "limit", "500");
	if (path->next != NULL && path->next[0] != '\0')
		add_parameter(text, "continue", path->next);
}

static void add_watch(struct text *text, const struct path *path)
{
	add_parameter(text, "watch", "true");
	add_parameter(text, "allowWatchBookmarks", "true");
	if (path->aim == PATH_STREAM) {
		add_parameter(text, "sendInitialEvents", "true");
		add_parameter(text, "resourceVersionMatch", "NotOlderThan");
	} else {
		add_parameter(text, "resourceVersion", path->version);
	}
	add_number(text, "timeoutSeconds", path->timeout_s);
	add_selectors(text, path->kind, path->config);
}

void path_print(const struct path *path, struct text *ret_text)
{
	text_clear(ret_text);
	text_printf(ret_text, "%s?", places[path->kind].path);
	switch (path->aim) {
	case PATH_STREAM:
	case PATH_WATCH:
		add_watch(ret_text, path);
		break;
	case PATH_LIST:
		add_list(ret_text, path);
		break;
	case PATH_PROBE:
		add_parameter(ret_text, "limit", "1");
		break;
	}
}

#define PROTOBUF "application/vnd.kubernetes.protobuf"
#define JSON "application/json"
#define METADATA ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

const char *path_accept(enum object_kind kind, enum accept_form form, bool is_json_only)
{
	static const char *const any[] = {
		[ACCEPT_LIST] = PROTOBUF ", " JSON,
		[ACCEPT_WATCH] = PROTOBUF ";stream=watch, " JSON,
		[ACCEPT_METADATA] = PROTOBUF METADATA ", " JSON METADATA,
	};
	static const char *const json[] = {
		[ACCEPT_LIST] = JSON,
		[ACCEPT_WATCH] = JSON,
		[ACCEPT_METADATA] = JSON METADATA,
	};

	return is_json_only || kind == OBJECT_IMPORT ? json[form] : any[form];
}
