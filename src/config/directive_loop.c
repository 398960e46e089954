/* SPDX-License-Identifier: Apache-2.0 */
/* loop: what each `forward` of the block sends is looked for among what comes in. */
#include <stdio.h>

#include "directive_forward.h"
#include "directives.h"
#include "list.h"

bool directive_loop_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		if (!directive_once(directive, !block->loop, error))
			return false;
		block->loop = true;
		if (directive_next_argument(directive) || directive_next_option(directive))
			return directive_fail_arguments(directive, error);
	}
	return true;
}

/* "a.b." is below "b." and below "."; both are lower case with a final dot. */
static bool is_below(const char *zone, const char *above)
{
	size_t size = strlen(zone), above_size = strlen(above);
	if (strcmp(above, ".") == 0)
		return true;
	return size >= above_size && strcmp(zone + size - above_size, above) == 0 &&
	       (size == above_size || zone[size - above_size - 1] == '.');
}

/* A zone whose names come to the block and go to the forward; NULL: there is none. */
static const char *zone_both_have(const struct config_block *block, const char *from)
{
	for (size_t i = 0; i < block->address_count; i++)
		if (is_below(from, block->addresses[i].zone))
			return from;
	for (size_t i = 0; i < block->address_count; i++)
		if (is_below(block->addresses[i].zone, from))
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
