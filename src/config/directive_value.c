/* SPDX-License-Identifier: Apache-2.0 */
/* Values that several directives take: zones, durations, paths. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "directive.h"
#include "list.h"
#include "path.h"
#include "zone.h"

char *directive_copy(const struct directive *directive, const char *text)
{
	return arena_text(directive->config->arena, text, strlen(text));
}

char *directive_path(const struct directive *directive, const char *name)
{
	return path_under(directive->config->arena, directive->block->root, name);
}

bool directive_check_path(const struct directive *directive, const char *path, const char *missing,
			  const char *unable, struct error *error)
{
	struct stat status;
	if (stat(path, &status) == 0)
		return true;
	if (errno != ENOENT)
		return directive_fail(directive, error, "%s '%s': stat %s: %s", unable, path, path,
				      errno_words(directive->config->arena, errno));
	directive_note(directive, "%s: %s", missing, path);
	return true;
}

static bool is_unit(const char *text, size_t size)
{
	static const char *const units[] = { "ns", "us", "µs", "μs", "ms", "s", "m", "h" };
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (strlen(units[i]) == size && memcmp(units[i], text, size) == 0)
			return true;
	return false;
}

char *directive_duration_problem(const struct directive *directive, const char *text)
{
	static const char digits[] = "0123456789";
	struct text problem = { 0 };
	const char *at = text + (text[0] == '-' || text[0] == '+');
	do {
		size_t whole = strspn(at, digits);
		size_t fraction = at[whole] == '.' ? strspn(at + whole + 1, digits) : 0;
		if (whole + fraction == 0)
			break;
		at += whole + (at[whole] == '.') + fraction;
		size_t size = strcspn(at, ".0123456789");
		if (size == 0)
			text_printf(&problem, "time: missing unit in duration \"%s\"", text);
		else if (!is_unit(at, size))
			text_printf(&problem, "time: unknown unit \"%.*s\" in duration \"%s\"",
				    (int)size, at, text);
		at += size;
	} while (problem.size == 0 && *at != '\0');
	if (problem.size == 0)
		text_printf(&problem, "time: invalid duration \"%s\"", text);
	char *copy = directive_copy(directive, problem.data);
	text_done(&problem);
	return copy;
}

bool directive_duration(const struct directive *directive, const char *text, uint64_t *ret_ms,
			struct error *error)
{
	return text_to_duration_ms(text, ret_ms) ||
	       directive_fail(directive, error, "%s", directive_duration_problem(directive, text));
}

/* Adds the zones of one argument that are not there yet. */
static bool zones_add(struct directive *directive, const char *word, struct map *known,
		      struct config_zones *zones, struct error *error)
{
	struct arena *arena = directive->config->arena;
	struct zone_word zone;
	struct error reason;
	const char *scheme;
	if (!zone_word_read(arena, zone_word_skip_scheme(word, &scheme), &zone, &reason))
		return directive_fail(directive, error, "%s", reason.text);
	for (size_t i = 0; i < zone.zones.count; i++) {
		char *text = zone.zones.words[i];
		if (map_get(known, text, strlen(text)) != NULL)
			continue;
		if (*directive->zones_left == 0)
			return directive_fail(directive, error, "more than %d zones", CONFIG_ZONES_MAX);
		--*directive->zones_left;
		map_put(known, text, strlen(text), text);
		zones->zones = list_grow(arena, zones->zones, zones->count, sizeof(zones->zones[0]));
		zones->zones[zones->count++].text = text;
	}
	return true;
}

bool directive_zones(struct directive *directive, struct arguments arguments,
		     const struct config_zones *otherwise, struct config_zones *ret_zones,
		     struct error *error)
{
	if (arguments.count == 0) {
		*ret_zones = *otherwise;
		return true;
	}
	struct config_zones zones = { 0 };
	struct map *known = map_new();
	bool good = true;
	for (size_t i = 0; good && i < arguments.count; i++)
		good = zones_add(directive, argument(arguments, i), known, &zones, error);
	map_free(known);
	if (good)
		*ret_zones = zones;
	return good;
}
