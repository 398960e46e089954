/* SPDX-License-Identifier: Apache-2.0 */
/* autopath [ZONES...] @kubernetes | FILE: search lists that are walked here, in place of by clients. */
#include <string.h>

#include "directives.h"
#include "host_file.h"
#include "list.h"
#include "zone.h"

/* As many as the C library walks by tradition: each may be a question to others, and these are bounded. */
enum { SEARCH_MOST = 6 };

#define HOST_FILE "/etc/resolv.conf"

struct search_lines {
	struct arena *arena;
	struct config_zones *search;
};

/* `search A B...` or `domain A`: the last of such lines counts. What is no name is left out. Names
 * behind the sixth are left to clients. */
static void take_line(void *context, char *line)
{
	const struct search_lines *lines = context;
	struct arena *arena = lines->arena;
	struct config_zones *search = lines->search;
	char *word = host_file_word(&line);
	bool is_domain = word != NULL && strcmp(word, "domain") == 0;
	if (word == NULL || (!is_domain && strcmp(word, "search") != 0))
		return;
	*search = (struct config_zones){ 0 };
	while ((word = host_file_word(&line)) != NULL && search->count < SEARCH_MOST) {
		char *zone = config_zone_text(arena, word);
		if (zone == NULL)
			continue;
		search->zones =
			list_grow(arena, search->zones, search->count, sizeof(struct config_zone));
		search->zones[search->count++].text = zone;
		if (is_domain)
			return;
	}
}

static bool search_read(struct arena *arena, const char *path, struct config_zones *ret_search,
			struct error *error)
{
	struct search_lines lines = { arena, ret_search };
	return host_file_read(path, take_line, &lines, error);
}

static bool read_cluster(struct directive *directive, const char *name,
			 struct config_autopath *autopath, struct error *error)
{
	struct error reason;
	if (strcmp(name, "kubernetes") != 0 && directive_is_beside(directive, name))
		return directive_fail(directive, error,
				      "%s does not implement the AutoPather interface", name);
	autopath->by_cluster = strcmp(name, "kubernetes") == 0 && directive_is_beside(directive, name);
	if (!autopath->by_cluster)
		directive_note(directive,
			       "autopath @%s: the block has no such directive, so no search "
			       "list is walked",
			       name);
	else if (!search_read(directive->config->arena, HOST_FILE, &autopath->search, &reason))
		directive_note(directive, "%s: the search list ends with the cluster's", reason.text);
	return true;
}

static bool read_file(struct directive *directive, const char *path,
		      struct config_autopath *autopath, struct error *error)
{
	struct error reason;
	if (!search_read(directive->config->arena, path, &autopath->search, &reason))
		return directive_fail(directive, error, "failed to parse \"%s\": %s", path,
				      reason.text);
	if (autopath->search.count == 0)
		directive_note(directive, "%s has no search list to walk", path);
	return true;
}

/* Of several lines the last one counts. */
bool directive_autopath_read(struct directive *directive, struct error *error)
{
	struct config_autopath *autopath = arena_alloc(directive->config->arena, sizeof(*autopath));
	while (directive_next(directive)) {
		struct arguments words = directive_arguments(directive);
		if (words.count == 0)
			return directive_fail(directive, error, "no resolv-conf specified");
		const char *source = argument(words, words.count - 1);
		*autopath = (struct config_autopath){ 0 };
		words.count--;
		if (!(source[0] == '@' ? read_cluster(directive, source + 1, autopath, error)
				       : read_file(directive, source, autopath, error)) ||
		    !directive_zones(directive, words, directive->block_zones, &autopath->zones, error))
			return false;
		if (directive_next_option(directive))
			return directive_fail_option(directive, error);
	}
	directive->block->autopath = autopath;
	return true;
}
