/* SPDX-License-Identifier: Apache-2.0 */
/* hosts [FILE [ZONES...]] { LINES..., ttl, no_reverse, reload, fallthrough, fallthrough_unsupported }
 *
 * As in CoreDNS, whatever is no option is a line of a hosts file, until `fallthrough` was named. A misspelt option is
 * therefore remarked on as a line that does not begin with an address. */
#include <string.h>

#include "directives.h"

enum { TTL_DEFAULT = 3600, TTL_MOST = 65535, RELOAD_DEFAULT_MS = 5000 };

struct reading {
	struct config_hosts *hosts;
	struct text lines;
};

/* A number as Go reads it: digits behind an optional sign. */
static bool read_ttl(struct directive *directive, struct config_hosts *hosts, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return directive_fail(directive, error, "ttl needs a time in second");
	const char *text = argument(arguments, 0);
	const char *digits = text + (text[0] == '-' || text[0] == '+');
	uint64_t ttl;
	if (!text_to_number(digits, 0, INT64_MAX, &ttl))
		return directive_fail(directive, error, "ttl needs a number of second");
	if (text[0] == '-' || ttl == 0 || ttl > TTL_MOST)
		return directive_fail(directive, error, "ttl provided is invalid");
	hosts->ttl = (uint32_t)ttl;
	return true;
}

static bool read_reload(struct directive *directive, struct config_hosts *hosts, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count != 1)
		return directive_fail(directive, error,
				      "reload needs a duration (zero seconds to disable)");
	const char *text = argument(arguments, 0);
	uint64_t ms;
	if (text[0] == '-' && text_to_duration_ms(text + 1, &ms))
		return directive_fail(directive, error, "invalid negative duration for reload '%s'",
				      text);
	return text_to_duration_ms(text, &hosts->reload_ms) ||
	       directive_fail(directive, error, "invalid duration for reload '%s'", text);
}

static void check_line(const struct directive *directive, const char *word, size_t names)
{
	char address[IP_TEXT_SIZE];
	size_t size = strcspn(word, "%"); /* the zone of fe80::1%eth0 is of no use to others */
	struct ip ip;
	if (size < sizeof(address)) {
		memcpy(address, word, size);
		address[size] = 0;
	}
	if (size >= sizeof(address) || !ip_parse(address, &ip))
		directive_note(directive,
			       "the line has no effect: '%s' is neither an option of hosts nor an address",
			       word);
	else if (names == 0)
		directive_note(directive, "the line has no effect: no name stands behind %s", word);
}

static bool read_line(struct directive *directive, struct reading *reading, struct error *error)
{
	if (reading->hosts->falls_through)
		return directive_fail_option(directive, error);
	const char *word = directive_text(directive);
	struct arguments names = directive_arguments(directive);
	check_line(directive, word, names.count);
	text_add(&reading->lines, word);
	for (size_t i = 0; i < names.count; i++)
		text_printf(&reading->lines, " %s", argument(names, i));
	text_add(&reading->lines, "\n");
	return true;
}

static bool read_option(struct directive *directive, struct reading *reading, struct error *error)
{
	struct config_hosts *hosts = reading->hosts;
	if (directive_is_at(directive, "ttl"))
		return read_ttl(directive, hosts, error);
	if (directive_is_at(directive, "reload"))
		return read_reload(directive, hosts, error);
	if (directive_is_at(directive, "fallthrough")) {
		hosts->falls_through = true;
		return directive_fallthrough(directive, &hosts->fallthrough, error);
	}
	if (directive_is_at(directive, "fallthrough_unsupported")) {
		hosts->falls_unsupported = true;
		return directive_expect_none(directive, error);
	}
	if (directive_is_at(directive, "no_reverse")) {
		hosts->reverse = false;
		return true;
	}
	return read_line(directive, reading, error);
}

static bool read_file(struct directive *directive, struct config_hosts *hosts, struct error *error)
{
	struct arguments zones = directive_arguments(directive);
	hosts->path = directive_copy(directive, "/etc/hosts");
	if (zones.count > 0) {
		hosts->path = directive_path(directive, argument(zones, 0));
		zones.items++;
		zones.count--;
		if (!directive_check_path(directive, hosts->path, "File does not exist",
					  "unable to access hosts file", error))
			return false;
	}
	return directive_zones(directive, zones, directive->block_zones, &hosts->zones, error);
}

static bool read_all(struct directive *directive, struct reading *reading, struct error *error)
{
	while (directive_next(directive)) {
		if (!directive_once(directive, directive->block->hosts == NULL, error))
			return false;
		directive->block->hosts = reading->hosts;
		reading->hosts->at = directive_at(directive);
		if (!read_file(directive, reading->hosts, error))
			return false;
		while (directive_next_option(directive))
			if (!read_option(directive, reading, error))
				return false;
	}
	return true;
}

bool directive_hosts_read(struct directive *directive, struct error *error)
{
	struct config_hosts *hosts = arena_alloc(directive->config->arena, sizeof(*hosts));
	*hosts = (struct config_hosts){ .ttl = TTL_DEFAULT,
					.reverse = true,
					.reload_ms = RELOAD_DEFAULT_MS };
	struct reading reading = { .hosts = hosts };
	bool good = read_all(directive, &reading, error);
	if (reading.lines.data != NULL)
		hosts->lines = directive_copy(directive, reading.lines.data);
	text_done(&reading.lines);
	if (good && hosts->falls_unsupported && !hosts->falls_through)
		return directive_fail(directive, error, "fallthrough_unsupported requires fallthrough");
	return good;
}
