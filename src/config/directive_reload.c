/* SPDX-License-Identifier: Apache-2.0 */
/* reload [INTERVAL [JITTER]]: how often the Corefile is looked at. It is about the whole process;
 * of several blocks with it the last one decides. */
#include "directives.h"

enum { INTERVAL_MS = 30000, INTERVAL_LEAST_MS = 2000, JITTER_MS = 15000, JITTER_LEAST_MS = 1000 };

/* What is below zero is too little as well. */
static bool read_time(const struct directive *directive, const char *text, uint64_t *ret_ms,
		      struct error *error)
{
	if (text[0] != '-' || !text_to_duration_ms(text + 1, ret_ms))
		return directive_duration(directive, text, ret_ms, error);
	if (*ret_ms > 0)
		*ret_ms = 1;
	return true;
}

static bool read_interval(const struct directive *directive, struct arguments arguments,
			  uint64_t *ret_ms, struct error *error)
{
	if (arguments.count > 0 && !read_time(directive, argument(arguments, 0), ret_ms, error))
		return false;
	return *ret_ms >= INTERVAL_LEAST_MS ||
	       directive_fail(directive, error, "interval value must be greater or equal to 2s");
}

static bool read_jitter(const struct directive *directive, struct arguments arguments,
			uint64_t *ret_ms, struct error *error)
{
	if (arguments.count > 1 && !read_time(directive, argument(arguments, 1), ret_ms, error))
		return false;
	return *ret_ms == 0 || *ret_ms >= JITTER_LEAST_MS ||
	       directive_fail(directive, error, "jitter value must be 0 or greater or equal to 1s");
}

bool directive_reload_read(struct directive *directive, struct error *error)
{
	struct config_reload reload = { INTERVAL_MS, JITTER_MS };
	directive_next(directive);
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count > 2)
		return directive_fail_arguments(directive, error);
	if (!read_interval(directive, arguments, &reload.interval_ms, error) ||
	    !read_jitter(directive, arguments, &reload.jitter_ms, error))
		return false;
	if (reload.jitter_ms > reload.interval_ms / 2)
		reload.jitter_ms = reload.interval_ms / 2;
	if (directive_next(directive))
		directive_note(directive, "reload takes one line without options, this has no effect");
	struct config *config = directive->config;
	config->reload = arena_alloc(config->arena, sizeof(reload));
	*config->reload = reload;
	return true;
}
