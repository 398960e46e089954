/* SPDX-License-Identifier: Apache-2.0 */
/* loadbalance [round_robin] { prefer CIDR... } and loadbalance weighted FILE { reload }: which address comes first. */
#include <string.h>

#include "directives.h"
#include "list.h"

enum { RELOAD_DEFAULT_MS = 30000 };

static bool read_reload(struct directive *directive, struct config_balance *balance, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return directive_fail(directive, error, "reload duration value is missing");
	if (arguments.count > 1)
		return directive_fail(directive, error, "unexpected argument");
	return text_to_duration_ms(argument(arguments, 0), &balance->reload_ms) ||
	       directive_fail(directive, error, "invalid reload duration '%s'",
			      argument(arguments, 0));
}

/* The last line decides: what was preferred before counts no longer. */
static bool read_weighted(struct directive *directive, struct arguments arguments, struct error *error)
{
	if (arguments.count < 2)
		return directive_fail(directive, error, "missing weight file argument");
	if (arguments.count > 2)
		return directive_fail(directive, error, "unexpected argument(s)");
	struct config_balance *balance = arena_alloc(directive->config->arena, sizeof(*balance));
	balance->weights = directive_path(directive, argument(arguments, 1));
	balance->reload_ms = RELOAD_DEFAULT_MS;
	directive->block->balance = balance;
	while (directive_next_option(directive)) {
		if (!directive_is_at(directive, "reload"))
			return directive_fail_option(directive, error);
		if (!read_reload(directive, balance, error))
			return false;
	}
	return true;
}

static bool read_prefer(struct directive *directive, struct error *error)
{
	struct arena *arena = directive->config->arena;
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0) {
		directive_note(directive, "prefer names no network and has no effect");
		return true;
	}
	if (directive->block->balance == NULL)
		directive->block->balance = arena_alloc(arena, sizeof(*directive->block->balance));
	struct config_balance *balance = directive->block->balance;
	for (size_t i = 0; i < arguments.count; i++) {
		const char *word = argument(arguments, i);
		struct config_network network;
		if (strchr(word, '/') == NULL || !ip_parse_cidr(word, &network.ip, &network.bits))
			return directive_fail(directive, error,
					      "invalid CIDR \"%s\": invalid CIDR address: %s", word,
					      word);
		balance->preferred = list_grow(arena, balance->preferred, balance->preferred_count,
					       sizeof(network));
		balance->preferred[balance->preferred_count++] = network;
	}
	return true;
}

static bool read_round_robin(struct directive *directive, struct error *error)
{
	struct config_balance *balance = directive->block->balance;
	if (balance != NULL)
		balance->weights = NULL;
	while (directive_next_option(directive)) {
		if (!directive_is_at(directive, "prefer"))
			return directive_fail_option(directive, error);
		if (!read_prefer(directive, error))
			return false;
	}
	return true;
}

bool directive_loadbalance_read(struct directive *directive, struct error *error)
{
	directive->block->loadbalance = true;
	while (directive_next(directive)) {
		struct arguments arguments = directive_arguments(directive);
		const char *policy = arguments.count > 0 ? argument(arguments, 0) : "round_robin";
		bool is_weighted = strcmp(policy, "weighted") == 0;
		if (!is_weighted && strcmp(policy, "round_robin") != 0)
			return directive_fail(directive, error, "unknown policy: %s", policy);
		if (!is_weighted && arguments.count > 1)
			return directive_fail(directive, error, "unknown property for %s", policy);
		if (is_weighted ? !read_weighted(directive, arguments, error)
				: !read_round_robin(directive, error))
			return false;
	}
	return true;
}
