/* SPDX-License-Identifier: Apache-2.0 */
/* The table of directives. What is known and not built is refused with a sentence of its own: a
 * directive that is read and does nothing would be worse than none. */
#include "directives.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

/* In the order of CoreDNS 1.15, which is the order of set-up and of the handlers. */
static const struct entry {
	const char *name;
	directive_read read;
	const char *purpose; /* of those that are not built */
} table[] = {
	{ "root", directive_root_read, NULL },
	{ "metadata", directive_metadata_read, NULL },
	{ "geoip", NULL, "looks clients up in a map of the world" },
	{ "cancel", directive_cancel_read, NULL },
	{ "proxyproto", NULL, "takes client addresses from a proxy in front" },
	{ "quic", NULL, "limits DNS over QUIC" },
	{ "grpc_server", NULL, "limits DNS over gRPC" },
	{ "https", NULL, "limits DNS over HTTPS" },
	{ "https3", NULL, "limits DNS over HTTP/3" },
	{ "timeouts", directive_timeouts_read, NULL },
	{ "multisocket", directive_multisocket_read, NULL },
	{ "reload", directive_reload_read, NULL },
	{ "nsid", directive_nsid_read, NULL },
	{ "bufsize", directive_bufsize_read, NULL },
	{ "bind", directive_bind_read, NULL },
	{ "debug", directive_debug_read, NULL },
	{ "trace", NULL, "sends traces to a collector" },
	{ "ready", directive_ready_read, NULL },
	{ "health", directive_health_read, NULL },
	{ "pprof", NULL, "serves profiles of the process" },
	{ "shed", NULL, "drops queries under overload" },
	{ "prometheus", directive_prometheus_read, NULL },
	{ "admin", directive_admin_read, NULL }, /* ours alone */
	{ "errors", directive_errors_read, NULL },
	{ "log", directive_log_read, NULL },
	{ "dnstap", NULL, "sends copies of messages to a socket" },
	{ "local", directive_local_read, NULL },
	{ "dns64", directive_dns64_read, NULL },
	{ "siit", NULL, "translates between IPv4 and IPv6 addresses" },
	{ "any", directive_any_read, NULL },
	{ "chaos", directive_chaos_read, NULL },
	{ "loadbalance", directive_loadbalance_read, NULL },
	{ "tsig", NULL, "checks and signs messages with shared keys" },
	{ "rewrite", directive_rewrite_read, NULL },
	{ "autopath", directive_autopath_read, NULL },
	{ "acl", directive_acl_read, NULL },
	{ "cache", directive_cache_read, NULL },
	{ "header", directive_header_read, NULL },
	{ "dnssec", NULL, "signs answers on the fly" },
	{ "tls", NULL, "serves DNS over TLS" },
	{ "minimal", directive_minimal_read, NULL },
	{ "template", directive_template_read, NULL },
	{ "transfer", directive_transfer_read, NULL },
	{ "dynupdate", NULL, "takes dynamic updates" },
	{ "hosts", directive_hosts_read, NULL },
	{ "route53", NULL, "takes zones from AWS" },
	{ "azure", NULL, "takes zones from Azure" },
	{ "clouddns", NULL, "takes zones from Google Cloud" },
	{ "k8s_external", directive_k8s_external_read, NULL },
	{ "kubernetes", directive_kubernetes_read, NULL },
	{ "file", directive_file_read, NULL },
	{ "auto", directive_auto_read, NULL },
	{ "secondary", directive_secondary_read, NULL },
	{ "etcd", NULL, "answers from keys in etcd" },
	{ "loop", directive_loop_read, NULL },
	{ "forward", directive_forward_read, NULL },
	{ "grpc", NULL, "asks other resolvers over gRPC" },
	{ "erratic", NULL, "answers badly on purpose" },
	{ "whoami", directive_whoami_read, NULL },
	{ "on", NULL, "runs commands at start and stop" },
	{ "sign", NULL, "signs zone files" },
	{ "view", directive_view_read, NULL },
	{ "nomad", NULL, "answers from a Nomad cluster" },
};

/* Those that answer names, in the order in which they are asked. */
static const char *const handlers[] = {
	"template",   "hosts",	 "route53", "azure",	 "clouddns", "k8s_external",
	"kubernetes", "file",	 "auto",    "secondary", "etcd",     "forward",
	"grpc",	      "erratic", "whoami",  "nomad",
};

/* Of those that are built, the ones that no query comes by. */
static const char *const settings[] = { "root",	 "timeouts", "multisocket", "reload", "bind",
					"debug", "ready",    "health",	    "admin" };

static const struct entry *entry_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

bool directive_is_known(const char *name)
{
	return entry_of(name) != NULL;
}

bool config_directive_is_in_chain(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (strcmp(settings[i], name) == 0)
			return false;
	return true;
}

const struct config_at *config_directive_at(const struct config_block *block, const char *name)
{
	for (size_t i = 0; i < block->directive_count; i++)
		if (strcmp(block->directives[i].name, name) == 0)
			return &block->directives[i].at;
	return NULL;
}

/* How many handlers are asked up to this one and with it. */
static size_t handlers_until(const char *name)
{
	size_t i = 0;
	while (i < COUNT_OF(handlers) && strcmp(handlers[i], name) != 0)
		i++;
	return i + 1;
}

static const struct tokens *tokens_of(const struct block_tokens *block, const char *name)
{
	for (size_t i = 0; i < block->directive_count; i++)
		if (strcmp(block->directives[i].name, name) == 0)
			return &block->directives[i].tokens;
	return NULL;
}

static bool has_handler_behind(const struct directive *directive)
{
	for (size_t i = handlers_until(directive->name); i < COUNT_OF(handlers); i++)
		if (tokens_of(directive->lines, handlers[i]) != NULL)
			return true;
	return false;
}

bool directive_is_beside(const struct directive *directive, const char *name)
{
	return tokens_of(directive->lines, name) != NULL;
}

bool directive_is_anywhere(const struct directive *directive, const char *name)
{
	for (size_t i = 0; i < directive->whole->block_count; i++)
		if (tokens_of(&directive->whole->blocks[i], name) != NULL)
			return true;
	return false;
}

struct config_zones directive_zones_beside(const struct directive *directive, const char *name)
{
	struct config_zones zones = { 0 };
	struct directive beside = *directive;
	size_t zones_left = *directive->zones_left;
	struct error ignored;
	beside.tokens = tokens_of(directive->lines, name);
	beside.at = beside.nesting = 0;
	beside.zones_left = &zones_left;
	if (beside.tokens != NULL && directive_next(&beside))
		directive_zones(&beside, directive_arguments(&beside), directive->block_zones,
				&zones, &ignored);
	return zones;
}

bool directive_fallthrough(struct directive *directive, struct config_zones *ret_zones,
			   struct error *error)
{
	static const struct config_zones none = { 0 };
	struct arguments zones = directive_arguments(directive);
	if (!has_handler_behind(directive))
		directive_note(directive,
			       "fallthrough has nothing behind it: what is denied stays denied");
	return directive_zones(directive, zones, &none, ret_zones, error);
}

/* Zones of the block's addresses, each once. */
static struct config_zones zones_of_block(struct arena *arena, const struct config_block *block)
{
	struct config_zones zones = { 0 };
	struct map *known = map_new();
	for (size_t i = 0; i < block->address_count; i++) {
		char *zone = block->addresses[i].zone;
		if (map_get(known, zone, strlen(zone)) != NULL)
			continue;
		map_put(known, zone, strlen(zone), zone);
		zones.zones = list_grow(arena, zones.zones, zones.count, sizeof(zones.zones[0]));
		zones.zones[zones.count++].text = zone;
	}
	map_free(known);
	return zones;
}

static void note_entry(const struct directive *directive)
{
	struct config_block *block = directive->block;
	struct directive first = *directive;
	directive_next(&first);
	block->directives = list_grow(directive->config->arena, block->directives,
				      block->directive_count, sizeof(block->directives[0]));
	block->directives[block->directive_count++] =
		(struct config_directive){ directive->name, directive_at(&first) };
}

static bool read_entry(const struct entry *entry, struct directive *directive, struct error *error)
{
	if (entry->read != NULL) {
		note_entry(directive);
		return entry->read(directive, error);
	}
	directive_next(directive);
	return directive_fail(directive, error, "%s, which %s, is not built into knamed",
			      entry->name, entry->purpose);
}

bool directives_read(const struct corefile *corefile, struct config *config, size_t *zones_left,
		     struct error *error)
{
	struct config_zones *zones = arena_alloc(config->arena, config->block_count * sizeof(*zones));
	for (size_t i = 0; i < config->block_count; i++)
		zones[i] = zones_of_block(config->arena, &config->blocks[i]);

	for (size_t e = 0; e < COUNT_OF(table); e++) {
		for (size_t i = 0; i < config->block_count; i++) {
			struct directive directive = {
				.name = table[e].name,
				.corefile = corefile->name,
				.lines = &corefile->blocks[i],
				.whole = corefile,
				.tokens = tokens_of(&corefile->blocks[i], table[e].name),
				.config = config,
				.block = &config->blocks[i],
				.block_zones = &zones[i],
				.zones_left = zones_left,
			};
			if (directive.tokens != NULL && !read_entry(&table[e], &directive, error))
				return false;
		}
	}
	return true;
}

void config_directives_print(struct text *ret_text)
{
	const char *names[COUNT_OF(table)];
	size_t count = 0;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].read != NULL)
			names[count++] = table[i].name;
	qsort(names, count, sizeof(names[0]), text_compare);
	for (size_t i = 0; i < count; i++)
		text_printf(ret_text, "%s\n", names[i]);
}
