/* SPDX-License-Identifier: Apache-2.0 */
/* "[scheme://]zone[:port]" in front of a block. */
#include "address.h"

#include <string.h>

#include "directive.h"
#include "list.h"

enum { PORT_MAX = 65535 };

struct reading {
	struct arena *arena;
	const struct address_options *options;
	struct config_block *block;
	struct place *places;
	struct place place; /* of the address at hand */
	struct error *error;
};

static bool fail(struct reading *reading, const char *reason)
{
	return error_set(reading->error, "%s:%u - error inspecting server blocks: %s",
			 reading->place.file, reading->place.line, reason);
}

static bool read_port(struct reading *reading, const struct zone_word *zone, uint16_t *ret_port)
{
	const char *otherwise = reading->options->default_port;
	uint64_t port = zone->has_port && zone->port >= 0 ? (uint64_t)zone->port : UINT64_MAX;
	if (!zone->has_port && !text_to_number(otherwise, 0, PORT_MAX, &port))
		return error_set(reading->error, "%s:%u - address %s: invalid port",
				 reading->place.file, reading->place.line, otherwise);
	if (port > PORT_MAX)
		return error_set(reading->error, "%s:%u - address %lld: invalid port",
				 reading->place.file, reading->place.line, (long long)zone->port);
	*ret_port = (uint16_t)port;
	return true;
}

static void address_add(struct reading *reading, char *zone, uint16_t port)
{
	struct config_block *block = reading->block;
	struct text text = { 0 };
	text_printf(&text, "dns://%s:%u", zone, port);
	block->addresses = list_grow(reading->arena, block->addresses, block->address_count,
				     sizeof(block->addresses[0]));
	reading->places = list_grow(reading->arena, reading->places, block->address_count,
				    sizeof(reading->places[0]));
	reading->places[block->address_count] = reading->place;
	block->addresses[block->address_count++] = (struct config_address){
		.zone = zone,
		.port = port,
		.text = arena_text(reading->arena, text.data, text.size),
	};
	text_done(&text);
}

/* What CoreDNS takes for a name, though it was hardly meant as one: "example.org:53{", "fd00::1". */
static void remark(const struct reading *reading, const char *zone)
{
	if (strpbrk(zone, ":{}") != NULL)
		config_note(reading->options->config,
			    "%s:%u - the zone is '%s': is a blank, a port or a mask missing?",
			    reading->place.file, reading->place.line, zone);
}

static bool read_key(struct reading *reading, const char *key)
{
	struct zone_word zone;
	struct error reason;
	const char *scheme, *word = zone_word_skip_scheme(key, &scheme);
	uint16_t port = 0;
	if (strcmp(scheme, "dns") != 0)
		return error_set(reading->error,
				 "%s:%u - cannot serve %s - %s:// is not built into knamed",
				 reading->place.file, reading->place.line, key, scheme);
	if (!zone_word_read(reading->arena, word, &zone, &reason))
		return fail(reading, reason.text);
	if (!read_port(reading, &zone, &port))
		return false;
	if (zone.zones.count > *reading->options->zones_left)
		return fail(reading, "too many zones");
	*reading->options->zones_left -= zone.zones.count;
	for (size_t i = 0; i < zone.zones.count; i++) {
		remark(reading, zone.zones.words[i]);
		address_add(reading, zone.zones.words[i], port);
	}
	return true;
}

bool addresses_read(struct arena *arena, const struct tokens *keys,
		    const struct address_options *options, struct config_block *block,
		    struct place **ret_places, struct error *error)
{
	struct reading reading = { .arena = arena, .options = options, .block = block, .error = error };
	for (size_t i = 0; i < keys->count; i++) {
		const struct token *key = &keys->items[i];
		const char *file = key->file != NULL ? key->file : options->corefile;
		reading.place = (struct place){ .file = arena_text(arena, file, strlen(file)),
						.line = key->line };
		if (i == 0) {
			block->file = reading.place.file;
			block->line = reading.place.line;
		}
		if (!read_key(&reading, key->text))
			return false;
	}
	*ret_places = reading.places;
	return true;
}
