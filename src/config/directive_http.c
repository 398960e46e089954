/* SPDX-License-Identifier: Apache-2.0 */
/* What is told over HTTP: health, ready, prometheus. An address may be named by several of them and
 * in several blocks; they share a listener. */
#include <string.h>

#include "directives.h"
#include "endpoint.h"

/* [ADDRESS:PORT] behind the directive's name. */
static bool read_place(struct directive *directive, struct config_place *ret_place, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 0)
		return true;
	if (arguments.count > 1)
		return directive_fail_arguments(directive, error);
	return endpoint_place(directive->config->arena, argument(arguments, 0), ret_place) ||
	       directive_fail(directive, error, "expected :PORT or ADDRESS:PORT, got \"%s\"",
			      argument(arguments, 0));
}

static bool read_health_option(struct directive *directive, struct config_health *health,
			       struct error *error)
{
	if (!directive_is_at(directive, "lameduck"))
		return directive_fail_option(directive, error);
	const char *text = directive_argument(directive, error);
	if (text == NULL)
		return false;
	return text_to_duration_ms(text, &health->lameduck_ms) ||
	       directive_fail(directive, error, "unable to parse lameduck duration value: '%s' : %s",
			      text, directive_duration_problem(directive, text));
}

/* It may stand more than once: what a later line says counts. */
bool directive_health_read(struct directive *directive, struct error *error)
{
	struct config_health *health = arena_alloc(directive->config->arena, sizeof(*health));
	health->place =
		(struct config_place){ .address = directive_copy(directive, ""), .port = 8080 };
	directive->block->health = health;
	while (directive_next(directive)) {
		if (!read_place(directive, &health->place, error))
			return false;
		while (directive_next_option(directive))
			if (!read_health_option(directive, health, error))
				return false;
	}
	return true;
}

static bool read_ready_option(struct directive *directive, struct config_ready *ready,
			      struct error *error)
{
	if (!directive_is_at(directive, "monitor"))
		return directive_fail_option(directive, error);
	const char *type = directive_argument(directive, error);
	if (type == NULL)
		return false;
	ready->continuously = strcmp(type, "continuously") == 0;
	return ready->continuously || strcmp(type, "until-ready") == 0 ||
	       directive_fail(directive, error,
			      "monitor type '%s' not supported, must be one of: until-ready, continuously",
			      type);
}

bool directive_ready_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		if (!directive_once(directive, block->ready == NULL, error))
			return false;
		block->ready = arena_alloc(directive->config->arena, sizeof(*block->ready));
		block->ready->place = (struct config_place){ .address = directive_copy(directive, ""),
							     .port = 8181 };
		if (!read_place(directive, &block->ready->place, error))
			return false;
		while (directive_next_option(directive))
			if (!read_ready_option(directive, block->ready, error))
				return false;
	}
	return true;
}

static bool read_prometheus_option(struct directive *directive, struct error *error)
{
	if (directive_is_at(directive, "tls"))
		return directive_fail(directive, error,
				      "tls is not built into knamed: metrics are served over plain HTTP");
	if (!directive_is_at(directive, "runtime_metrics"))
		return directive_fail(directive, error, "unknown option: %s",
				      directive_text(directive));
	directive_note(directive,
		       "runtime_metrics: the series of Go's runtime do not exist here, nothing is added");
	return directive_expect_none(directive, error);
}

bool directive_prometheus_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		if (!directive_once(directive, block->prometheus == NULL, error))
			return false;
		block->prometheus = arena_alloc(directive->config->arena, sizeof(*block->prometheus));
		block->prometheus->place =
			(struct config_place){ .address = directive_copy(directive, "127.0.0.1"),
					       .port = 9153 };
		if (!read_place(directive, &block->prometheus->place, error))
			return false;
		while (directive_next_option(directive))
			if (!read_prometheus_option(directive, error))
				return false;
	}
	return true;
}
