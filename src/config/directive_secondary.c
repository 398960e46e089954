/* SPDX-License-Identifier: Apache-2.0 */
/* secondary [ZONES...] { transfer from ADDRESS..., fallthrough [ZONES...] }: zones of other servers. */
#include <string.h>

#include "directives.h"
#include "endpoint.h"
#include "list.h"

enum { PORT_DNS = 53 };

/* "10.0.0.1", "2001:db8::1", "10.0.0.1:5353", "[2001:db8::1]:5353" */
static bool read_address(struct directive *directive, const char *text,
			 struct config_primary *ret_primary, struct error *error)
{
	struct config_place place;
	ret_primary->port = PORT_DNS;
	if (ip_parse(text, &ret_primary->ip))
		return true;
	if (!endpoint_place(directive->config->arena, text, &place) ||
	    !ip_parse(place.address, &ret_primary->ip))
		return directive_fail(directive, error, "must specify an IP address: `%s'", text);
	ret_primary->port = place.port;
	return true;
}

static bool add_primary(struct directive *directive, const char *text,
			struct config_secondary *secondary, struct error *error)
{
	struct config_primary primary;
	if (strcmp(text, "*") == 0)
		return directive_fail(directive, error, "can't use '*' in transfer from");
	if (!read_address(directive, text, &primary, error))
		return false;
	if (secondary->primary_count == PRIMARIES_MOST)
		return directive_fail(directive, error, "transfer from more than %d addresses",
				      PRIMARIES_MOST);
	secondary->primaries = list_grow(directive->config->arena, secondary->primaries,
					 secondary->primary_count, sizeof(primary));
	secondary->primaries[secondary->primary_count++] = primary;
	return true;
}

static bool read_transfer(struct directive *directive, struct config_secondary *secondary,
			  struct error *error)
{
	if (!directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	if (!directive_is_at(directive, "from"))
		return directive_fail(directive, error, "unknown property %s",
				      directive_text(directive));
	struct arguments addresses = directive_arguments(directive);
	if (addresses.count == 0)
		return directive_fail_arguments(directive, error);
	for (size_t i = 0; i < addresses.count; i++)
		if (!add_primary(directive, argument(addresses, i), secondary, error))
			return false;
	return true;
}

static bool read_option(struct directive *directive, struct config_secondary *secondary,
			struct error *error)
{
	if (directive_is_at(directive, "transfer"))
		return read_transfer(directive, secondary, error);
	if (directive_is_at(directive, "catalog"))
		return directive_fail_unbuilt(directive, "catalog", error);
	if (!directive_is_at(directive, "fallthrough"))
		return directive_fail_option(directive, error);
	secondary->falls_through = true;
	return directive_fallthrough(directive, &secondary->fallthrough, error);
}

static bool read_secondary(struct directive *directive, struct config_secondary *secondary,
			   struct error *error)
{
	struct arguments zones = directive_arguments(directive);
	if (!directive_zones(directive, zones, directive->block_zones, &secondary->zones, error))
		return false;
	while (directive_next_option(directive))
		if (!read_option(directive, secondary, error))
			return false;
	return secondary->primary_count > 0 ||
	       directive_fail(directive, error, "secondary zones require a transfer from property");
}

bool directive_secondary_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		size_t first = directive->at - 1;
		struct config_secondary secondary = { .primary_count = 0 };
		if (!read_secondary(directive, &secondary, error))
			return false;
		secondary.said = directive_said(directive, first, &secondary.zones);
		block->secondaries = list_grow(directive->config->arena, block->secondaries,
					       block->secondary_count, sizeof(secondary));
		block->secondaries[block->secondary_count++] = secondary;
	}
	return true;
}
