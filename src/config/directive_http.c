/* SPDX-License-Identifier: Apache-2.0 */
/* What is told over HTTP: health, ready, prometheus, admin. An address may be named by several of
 * them and in several blocks; they share a listener. */
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

/* ---- admin ---- */

static bool is_everywhere(const struct config_place *place)
{
	return place->address[0] == '\0';
}

static bool overlaps(const struct config_place *place, const struct config_place *other)
{
	return place->port == other->port && (is_everywhere(place) || is_everywhere(other) ||
					      strcmp(place->address, other->address) == 0);
}

/* Who of the others listens there; NULL: nobody. Two listeners of one place would take turns. */
static const char *find_overlap(const struct config *config, const struct config_place *place)
{
	for (size_t i = 0; i < config->block_count; i++) {
		const struct config_block *block = &config->blocks[i];
		if (block->health != NULL && overlaps(&block->health->place, place))
			return "health";
		if (block->ready != NULL && overlaps(&block->ready->place, place))
			return "ready";
		if (block->prometheus != NULL && overlaps(&block->prometheus->place, place))
			return "prometheus";
		if (block->admin != NULL && overlaps(&block->admin->place, place) &&
		    strcmp(block->admin->place.address, place->address) != 0)
			return "another admin";
	}
	return NULL;
}

static bool is_for_this_machine_only(const struct config_place *place)
{
	struct ip ip;
	return ip_parse(place->address, &ip) && ip_is_loopback(&ip);
}

static bool check_admin_place(struct directive *directive, const struct config_place *place,
			      struct error *error)
{
	const char *other = find_overlap(directive->config, place);
	if (other != NULL)
		return directive_fail(directive, error,
				      "admin needs a port of its own, and %s listens on %u", other,
				      (unsigned)place->port);
	if (!is_for_this_machine_only(place))
		directive_note(directive,
			       "admin: whoever reaches port %u sees who asks for what; keep it to "
			       "localhost and use kubectl port-forward",
			       (unsigned)place->port);
	return true;
}

bool directive_admin_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		struct config_admin *admin = arena_alloc(directive->config->arena, sizeof(*admin));
		if (!directive_once(directive, block->admin == NULL, error))
			return false;
		admin->place =
			(struct config_place){ .address = directive_copy(directive, "127.0.0.1"),
					       .port = 9154 };
		if (!read_place(directive, &admin->place, error) ||
		    !check_admin_place(directive, &admin->place, error))
			return false;
		block->admin = admin;
		if (directive_next_option(directive))
			return directive_fail_option(directive, error);
	}
	return true;
}
