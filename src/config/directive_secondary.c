/* SPDX-License-Identifier: Apache-2.0 */
/* secondary [ZONES...] { transfer from ADDRESS..., fallthrough [ZONES...] }: zones of other servers. */
#include <string.h>

#include "directives.h"
#include "list.h"

static bool add_primary(struct directive *directive, const char *text,
			struct config_peers *primaries, struct error *error)
{
	struct config_peer primary;
	if (strcmp(text, "*") == 0)
		return directive_fail(directive, error, "can't use '*' in transfer from");
	if (!directive_peer(directive, text, &primary, error))
		return false;
	if (primaries->count == PRIMARIES_MOST)
		return directive_fail(directive, error, "transfer from more than %d addresses",
				      PRIMARIES_MOST);
	primaries->list = list_grow(directive->config->arena, primaries->list, primaries->count,
				    sizeof(primary));
	primaries->list[primaries->count++] = primary;
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
		if (!add_primary(directive, argument(addresses, i), &secondary->primaries, error))
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
	return secondary->primaries.count > 0 ||
	       directive_fail(directive, error, "secondary zones require a transfer from property");
}

/* What a line says of names that are not there is for all lines of the block (CoreDNS). */
bool directive_secondary_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	struct config_secondary secondary = { .falls_through = false };
	while (directive_next(directive)) {
		size_t first = directive->at - 1;
		secondary.primaries = (struct config_peers){ .count = 0 };
		if (!read_secondary(directive, &secondary, error))
			return false;
		secondary.said = directive_said(directive, first, &secondary.zones);
		block->secondaries = list_grow(directive->config->arena, block->secondaries,
					       block->secondary_count, sizeof(secondary));
		block->secondaries[block->secondary_count++] = secondary;
	}
	for (size_t i = 0; i < block->secondary_count; i++) {
		block->secondaries[i].falls_through = secondary.falls_through;
		block->secondaries[i].fallthrough = secondary.fallthrough;
	}
	return true;
}
