/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: whole, or page by page of one moment. */
#include <stdio.h>
#include <string.h>

#include "watching.h"

static void pages_free(struct pages *pages)
{
	LIST_REMOVE(pages, entry);
	for (size_t i = 0; i < pages->count; i++)
		state_drop(pages->states[i]);
	mem_free(pages->states);
	mem_free(pages);
}

void api_forget_pages(struct api *api)
{
	while (!LIST_EMPTY(&api->lists))
		pages_free(LIST_FIRST(&api->lists));
}

static struct pages *pages_new(struct request *request)
{
	struct api *api = request->api;
	const struct resource *resource = request->resource;
	struct pages *pages = mem_zalloc(sizeof(*pages));
	pages->id = ++api->list_count;
	pages->version = api->store.version;
	pages->states = mem_zalloc((resource->state_count + 1) * sizeof(*pages->states));
	for (size_t i = 0; i < resource->state_count; i++)
		if (request_selects(request, resource->states[i]->json))
			pages->states[pages->count++] = state_hold(resource->states[i]);
	LIST_INSERT_HEAD(&api->lists, pages, entry);
	return pages;
}

static struct pages *pages_of(struct api *api, const char *token)
{
	char expected[64];
	struct pages *pages;
	LIST_FOREACH(pages, &api->lists, entry)
	{
		snprintf(expected, sizeof(expected), "%u:%zu/+=", pages->id, pages->done);
		if (strcmp(expected, token) == 0)
			return pages;
	}
	return NULL;
}

void listing_answer(struct request *request)
{
	const char *token = query_get(&request->query, "continue");
	struct response response = response_of(request);
	char next[64] = "";
	if (token[0] == '\0' && request_is_too_new(request))
		return;
	struct pages *pages = token[0] == '\0' ? pages_new(request) : pages_of(request->api, token);
	if (pages == NULL) {
		request_refuse(request,
			       &(struct status){ 410, "Expired",
						 "The provided continue parameter is too old", 0 });
		return;
	}
	/* Version 0 is answered from the cache, which knows no limit. */
	uint64_t limit = query_number(&request->query, "limit");
	bool is_any_version =
		token[0] == '\0' && strcmp(query_get(&request->query, "resourceVersion"), "0") == 0;
	size_t left = pages->count - pages->done,
	       count = limit > 0 && limit < left && !is_any_version ? limit : left;
	bool is_selected = query_get(&request->query, "labelSelector")[0] != '\0' ||
			   query_get(&request->query, "fieldSelector")[0] != '\0';
	pages->done += count;
	if (pages->done < pages->count)
		snprintf(next, sizeof(next), "%u:%zu/+=", pages->id, pages->done);
	response_list(&response, pages->states + pages->done - count, count, pages->version, next,
		      is_selected ? 0 : pages->count - pages->done);
	if (pages->done == pages->count)
		pages_free(pages);
}
