/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a router out of server blocks: each is compiled once (block.c), then its zones are put on
 * every address and port that it listens on. */
#include "block.h"

#include <stdio.h>

#include "knamed/policy.h"
#include "error_log.h"
#include "search_junk.h"

/* ---- listeners ---- */

static struct listener *listener_at(struct router *router, const struct place *place)
{
	for (size_t i = 0; i < router->listener_count; i++)
		if (place_equal(&router->listeners[i].place, place))
			return &router->listeners[i];
	router->listeners = mem_realloc(router->listeners,
					(router->listener_count + 1) * sizeof(*router->listeners));
	struct listener *listener = &router->listeners[router->listener_count++];
	*listener = (struct listener){ .place = *place };
	return listener;
}

static void add_timeouts(struct config_timeouts *timeouts, const struct config_timeouts *more)
{
	if (more->read_ms > 0)
		timeouts->read_ms = more->read_ms;
	if (more->write_ms > 0)
		timeouts->write_ms = more->write_ms;
	if (more->idle_ms > 0)
		timeouts->idle_ms = more->idle_ms;
	if (more->queries_most > 0)
		timeouts->queries_most = more->queries_most;
}

static bool listener_add_zone(struct listener *listener, const struct block *block,
			      const char *zone, struct error *error)
{
	struct served_zone served = { .block = block, .view = block->view };
	if (!zone_name_read(zone, &served.zone))
		return error_set(error, "%s:%u - not a zone: %s", block->config->file,
				 block->config->line, zone);
	for (size_t i = 0; i < listener->zone_count; i++) {
		const struct served_zone *other = &listener->zones[i];
		if (!name_equal_fold(other->zone.name, served.zone.name) || other->view != NULL ||
		    served.view != NULL)
			continue;
		char host[PLACE_TEXT_SIZE];
		place_print_host(&listener->place, host);
		return error_set(error, "cannot serve dns://%s:%u%s%s - it is already defined", zone,
				 (unsigned)listener->place.port, host[0] != '\0' ? " on " : "", host);
	}
	listener->zones =
		mem_realloc(listener->zones, (listener->zone_count + 1) * sizeof(*listener->zones));
	listener->zones[listener->zone_count++] = served;
	add_timeouts(&listener->timeouts, &block->config->timeouts);
	if (listener->workers == 0)
		listener->workers = block->config->multisocket;
	listener->wants_addresses |= block->policy != NULL || block->view != NULL ||
				     block->log != NULL || block->config->secondary_count > 0;
	listener->asks_others |= block->forwardings != NULL;
	return true;
}

static bool block_listen(struct router *router, const struct block *block, struct error *error)
{
	struct places places;
	if (!places_of_block(block->config, &places, error))
		return false;
	bool is_good = true;
	for (size_t i = 0; i < places.count && is_good; i++) {
		for (size_t j = 0; j < block->config->address_count && is_good; j++) {
			const struct config_address *address = &block->config->addresses[j];
			places.list[i].port = address->port;
			is_good = listener_add_zone(listener_at(router, &places.list[i]), block,
						    address->zone, error);
		}
	}
	mem_free(places.list);
	return is_good;
}

static unsigned note_meter(struct router *router, unsigned meter)
{
	if (meter >= router->meter_count)
		router->meter_count = meter + 1;
	return meter;
}

/* Questions to a block without `prometheus` are not shown: the label `zone` is the longest zone among those with it. */
static void zone_declare(struct router *router, struct served_zone *served, const char *server)
{
	const struct config_block *config = served->block->config;
	const char *view = config->view != NULL ? config->view->name : "";
	char zone[NAME_TEXT_SIZE];
	name_print(served->zone.name, zone);
	if (config->prometheus == NULL) {
		unsigned meter = metrics_meter_unshown(router->metrics, server, zone, view);
		served->meter = note_meter(router, meter);
		return;
	}
	served->meter = note_meter(router, metrics_meter(router->metrics, server, zone, view));
	for (size_t i = 0; i < config->directive_count; i++)
		if (config_directive_is_in_chain(config->directives[i].name))
			metrics_plugin(router->metrics, server, zone, view,
				       config->directives[i].name, router->blocks);
}

void listener_name(const struct listener *listener, char ret_name[LISTENER_NAME_SIZE])
{
	char text[PLACE_TEXT_SIZE];
	place_print(&listener->place, text);
	snprintf(ret_name, LISTENER_NAME_SIZE, "dns://%s", text);
}

static void listener_declare(struct router *router, struct listener *listener)
{
	char server[LISTENER_NAME_SIZE];
	listener_name(listener, server);
	listener->dropped_meter =
		note_meter(router, metrics_meter(router->metrics, server, "dropped", ""));
	for (size_t i = 0; i < listener->zone_count; i++)
		zone_declare(router, &listener->zones[i], server);
}

static void listener_leave(struct router *router, const struct listener *listener)
{
	metrics_meter_leave(router->metrics, listener->dropped_meter);
	for (size_t i = 0; i < listener->zone_count; i++)
		metrics_meter_leave(router->metrics, listener->zones[i].meter);
}

static double read_given_up(void *context)
{
	(void)context;
	return (double)regex_given_up();
}

static double read_localhost_requests(void *context)
{
	const struct router *router = context;
	uint64_t sum = 0;
	for (size_t i = 0; i < router->block_count; i++)
		if (router->blocks[i].policy != NULL)
			sum += policy_localhost_requests(router->blocks[i].policy);
	return (double)sum;
}

static bool has_rules(const struct block *block)
{
	static const uint8_t root[] = { 0 };
	return block->policy != NULL && policy_touches(block->policy, root) != 0;
}

/* ---- the router ---- */

static bool blocks_compile(const struct making *making, struct error *error)
{
	struct router *router = making->router;
	for (size_t i = 0; i < making->options->block_count; i++) {
		struct block *block = &router->blocks[i];
		router->block_count++;
		if (!block_compile(making, block, &making->options->blocks[i], error) ||
		    !block_listen(router, block, error))
			return false;
		block_own_routes(router, block);
		router->has_lines |= block->log != NULL || block->errors != NULL ||
				     block->config->transfer_count > 0;
		router->has_rules |= has_rules(block);
		router->has_patterns |= has_rules(block) || block->view != NULL ||
					error_log_has_patterns(block->errors);
	}
	return true;
}

static void router_declare(struct router *router)
{
	for (size_t i = 0; i < router->listener_count; i++)
		listener_declare(router, &router->listeners[i]);
	upstream_declare(router->metrics);
	policy_declare(router->metrics, router);
	metrics_value(router->metrics, "knamed_regex_given_up_total", "counter",
		      "Searches with a regular expression that took too long and found nothing.",
		      "", read_given_up, router);
	metrics_value(router->metrics, "coredns_local_localhost_requests_total", "counter",
		      "Counter of localhost.<domain> requests.", "", read_localhost_requests, router);
	router->is_declared = true;
}

struct router *router_after(const struct serve_options *options, const struct router *before,
			    struct error *error)
{
	static unsigned routers;
	struct router *router = mem_zalloc(sizeof(*router));
	struct making making = { router, before, options };
	router->number = ++routers;
	router->config = options->config != NULL ? config_hold(options->config) : NULL;
	router->answers = options->answers;
	router->metrics = options->metrics;
	router->traffic = options->traffic;
	router->blocks = mem_zalloc((options->block_count + 1) * sizeof(*router->blocks));
	if (!blocks_compile(&making, error)) {
		router_free(router);
		return NULL;
	}
	router_declare(router);
	router->junk = search_junk_compile(router->blocks, router->block_count);
	for (size_t i = 0; i < router->block_count; i++)
		router->blocks[i].junk = router->junk;
	for (size_t i = 0; i < router->listener_count; i++) {
		struct listener *listener = &router->listeners[i];
		routes_compile(&listener->routes, router->answers, listener->zones,
			       listener->zone_count);
	}
	return router;
}

struct router *router_new(const struct serve_options *options, struct error *error)
{
	struct router *router = router_after(options, NULL, error);
	if (router != NULL)
		router_show(router);
	return router;
}

void router_free(struct router *router)
{
	if (router == NULL)
		return;
	router_hide(router);
	asker_free(router->away_asker);
	metrics_withdraw(router->metrics, router);
	for (size_t i = 0; i < router->block_count; i++)
		block_done(&router->blocks[i]);
	for (size_t i = 0; i < router->listener_count; i++) {
		if (router->is_declared)
			listener_leave(router, &router->listeners[i]);
		routes_done(&router->listeners[i].routes);
		mem_free(router->listeners[i].zones);
	}
	search_junk_free(router->junk);
	config_free(router->config);
	mem_free(router->listeners);
	mem_free(router->blocks);
	mem_free(router);
}

const struct listener *router_listener(const struct router *router, const struct place *place)
{
	for (size_t i = 0; i < router->listener_count; i++)
		if (place_equal(&router->listeners[i].place, place))
			return &router->listeners[i];
	return NULL;
}

size_t listener_families(const struct router *router, const struct listener *listener,
			 int ret_families[LISTENER_FAMILIES])
{
	const struct place *place = &listener->place;
	const struct place ipv4 = { .ip.family = 4, .port = place->port };
	size_t count = 0;
	if (place->ip.family == 4 || (place->ip.family == 0 && router_listener(router, &ipv4) == NULL))
		ret_families[count++] = AF_INET;
	if (place->ip.family != 4)
		ret_families[count++] = AF_INET6;
	return count;
}

void router_begin_thread(const struct router *router)
{
	if (router->has_patterns)
		regex_prepare_thread();
}

const struct listener *router_find(const struct router *router, const struct ip *local, uint16_t port)
{
	const struct listener *wildcard = NULL;
	for (size_t i = 0; i < router->listener_count; i++) {
		const struct listener *listener = &router->listeners[i];
		if (listener->place.port != port)
			continue;
		if (ip_equal(&listener->place.ip, local))
			return listener;
		bool is_nearer = wildcard == NULL || listener->place.ip.family == local->family;
		if (place_is_wildcard(&listener->place) && is_nearer)
			wildcard = listener;
	}
	return wildcard;
}
