/* SPDX-License-Identifier: Apache-2.0 */
/* log [NAMES...] [FORMAT] { class ... }: lines about queries. */
#include <stdio.h>
#include <string.h>

#include "directives.h"
#include "list.h"
#include "zone.h"

#define COMMON                                                                                     \
	"{remote}:{port} - {>id} \"{type} {class} {name} {proto} {size} {>do} {>bufsize}\" "       \
	"{rcode} {>rflags} {rsize} "                                                               \
	"{duration}"

/* Puts the named formats in the place of {common} and {combined}. */
static char *read_format(const struct directive *directive, const char *format)
{
	static const struct {
		const char *name, *format;
	} named[] = { { "{common}", COMMON }, { "{combined}", COMMON " \"{>opcode}\"" } };
	struct text text = { 0 };
	text_add(&text, "");
	while (*format != 0) {
		size_t i = 0;
		while (i < COUNT_OF(named) &&
		       strncmp(format, named[i].name, strlen(named[i].name)) != 0)
			i++;
		if (i < COUNT_OF(named)) {
			text_add(&text, named[i].format);
			format += strlen(named[i].name);
		} else {
			text_add_n(&text, format++, 1);
		}
	}
	char *copy = directive_copy(directive, text.data);
	text_done(&text);
	return copy;
}

/* Names that no query can have are left out: CoreDNS takes them, and they log nothing. */
static void add_names(const struct directive *directive, struct arguments names,
		      struct config_zones *zones)
{
	struct arena *arena = directive->config->arena;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = argument(names, i);
		char *zone = config_zone_text(arena, name);
		if (zone == NULL || strchr(name, '{') != NULL)
			directive_note(directive, "log takes '%s' for a name, no query has it", name);
		if (zone == NULL)
			continue;
		zones->zones = list_grow(arena, zones->zones, zones->count, sizeof(zones->zones[0]));
		zones->zones[zones->count++].text = zone;
	}
}

static bool read_class(struct directive *directive, unsigned *classes, struct error *error)
{
	static const struct {
		const char *name;
		unsigned classes;
	} known[] = {
		{ "all", LOG_CLASS_ALL },
		{ "denial", LOG_CLASS_DENIAL },
		{ "error", LOG_CLASS_ERROR },
		{ "success", LOG_CLASS_SUCCESS },
	};
	struct arguments names = directive_arguments(directive);
	if (names.count == 0)
		return directive_fail_arguments(directive, error);
	for (size_t i = 0; i < names.count; i++) {
		size_t k = 0;
		while (k < COUNT_OF(known) && strcmp(known[k].name, argument(names, i)) != 0)
			k++;
		if (k == COUNT_OF(known))
			return directive_fail(directive, error, "invalid Class: %s",
					      argument(names, i));
		*classes |= known[k].classes;
	}
	return true;
}

/* Words that read "-" whatever is asked. */
static void remark_words(const struct directive *directive, const char *format)
{
	static const char pod_labels[] = "{/kubernetes/client-label/";
	if (strstr(format, pod_labels) != NULL)
		directive_note(directive, "labels of pods are not kept: %sNAME} reads '-'", pod_labels);
	if (directive->block->metadata)
		return;
	for (const char *at = format; (at = strstr(at, "{/")) != NULL; at++) {
		char word[64];
		if (strncmp(at, "{/log/", 6) == 0)
			continue;
		snprintf(word, sizeof(word), "%.*s}", (int)strcspn(at, "}"), at);
		directive_note(directive, "%s reads '-': the block has no metadata", word);
		return;
	}
}

static bool read_log(struct directive *directive, struct config_log *log, struct error *error)
{
	struct arguments names = directive_arguments(directive);
	const char *format = "{common}";
	bool has_format = names.count > 1 && strchr(argument(names, names.count - 1), '{') != NULL;
	if (has_format)
		format = argument(names, --names.count);
	log->format = read_format(directive, format);
	remark_words(directive, log->format);
	add_names(directive, names, &log->names);
	if (names.count == 0) {
		log->names.zones = arena_alloc(directive->config->arena, sizeof(log->names.zones[0]));
		log->names.zones[log->names.count++].text = directive_copy(directive, ".");
	}
	while (directive_next_option(directive)) {
		if (!directive_is_at(directive, "class"))
			return directive_fail_option(directive, error);
		if (!read_class(directive, &log->classes, error))
			return false;
	}
	if (log->classes == 0)
		log->classes = LOG_CLASS_ALL;
	return true;
}

bool directive_log_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		struct config_log log = { 0 };
		if (!read_log(directive, &log, error))
			return false;
		if (log.names.count == 0)
			continue;
		block->logs = list_grow(directive->config->arena, block->logs, block->log_count,
					sizeof(log));
		block->logs[block->log_count++] = log;
	}
	return true;
}
