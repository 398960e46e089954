/* SPDX-License-Identifier: Apache-2.0 */
/* loop: what each `forward` of the block sends is looked for among what comes in. */
#include <stdio.h>

#include "directive_forward.h"
#include "directives.h"
#include "list.h"
#include "zone.h"

bool directive_loop_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		if (!directive_once(directive, !block->loop, error))
			return false;
		block->loop = true;
		if (!directive_is_beside(directive, "forward"))
			directive_note(directive, "loop has no effect: the block forwards nothing");
		if (directive_next_argument(directive) || directive_next_option(directive))
			return directive_fail_arguments(directive, error);
	}
	return true;
}

/* A zone whose names come to the block and go to the forward; NULL: there is none. */
static const char *zone_both_have(const struct config_block *block, const char *from)
{
	for (size_t i = 0; i < block->address_count; i++)
		if (zone_is_below(from, block->addresses[i].zone))
			return from;
	for (size_t i = 0; i < block->address_count; i++)
		if (zone_is_below(block->addresses[i].zone, from))
			return block->addresses[i].zone;
	return NULL;
}

void forward_find_loops(struct directive *directive, struct config_forward *forward)
{
	const struct config_block *block = directive->block;
	struct arena *arena = directive->config->arena;
	const char *zone = block->loop ? zone_both_have(block, forward->from.text) : NULL;
	if (zone == NULL)
		return;
	forward->loop_zone = directive_copy(directive, zone);
	forward->own_hosts = block->bind;
	directive_said_also(directive, &forward->said, "loop");
	for (size_t i = 0; i < block->address_count; i++) {
		char port[8];
		snprintf(port, sizeof(port), "%u", (unsigned)block->addresses[i].port);
		if (!words_contain(&forward->own_ports, port))
			words_add(arena, &forward->own_ports, port);
		directive_said_also(directive, &forward->said, block->addresses[i].text);
	}
	for (size_t i = 0; i < block->bind.count; i++)
		directive_said_also(directive, &forward->said, block->bind.words[i]);
}
