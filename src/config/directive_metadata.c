/* SPDX-License-Identifier: Apache-2.0 */
/* metadata [ZONES...]: facts about a query, handed from directive to directive. */
#include "directives.h"

bool directive_metadata_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	directive_next(directive);
	struct arguments zones = directive_arguments(directive);
	if (!directive_zones(directive, zones, directive->block_zones, &block->metadata_zones, error))
		return false;
	block->metadata = true;
	if (directive_next_option(directive) || directive_next(directive))
		return directive_fail_arguments(directive, error);
	return true;
}
