/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes [ZONES...] { options }: names of a cluster. */
#include <string.h>

#include "directive_kubernetes.h"
#include "directives.h"
#include "list.h"
#include "parser.h"
#include "knamed/dns.h"
#include "zone.h"

enum {
	TTL_DEFAULT = 5,
	TTL_MAX = 3600,
	DENIAL_TTL_MOST = 5,
	STARTUP_TIMEOUT_MS = 5000,
	AUDIT_MS = 300 * 1000
};

static bool read_flag(struct reading *reading, bool *ret_flag, struct error *error)
{
	*ret_flag = true;
	return directive_expect_none(reading->directive, error);
}

static bool read_endpoint_pod_names(struct reading *reading, struct error *error)
{
	return read_flag(reading, &reading->kubernetes->endpoint_pod_names, error);
}

static bool read_noendpoints(struct reading *reading, struct error *error)
{
	return read_flag(reading, &reading->kubernetes->no_endpoints, error);
}

static bool read_zonal(struct reading *reading, struct error *error)
{
	return read_flag(reading, &reading->kubernetes->zonal, error);
}

static bool read_pods(struct reading *reading, struct error *error)
{
	static const char *const modes[] = {
		[PODS_DISABLED] = "disabled",
		[PODS_INSECURE] = "insecure",
		[PODS_VERIFIED] = "verified",
	};
	const char *mode = directive_argument(reading->directive, error);
	if (mode == NULL)
		return false;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		if (strcmp(mode, modes[i]) == 0) {
			reading->kubernetes->pods = (enum pods_mode)i;
			return true;
		}
	}
	return directive_fail(reading->directive, error,
			      "wrong value for pods: %s,  must be one of: disabled, verified, insecure",
			      mode);
}

static bool read_namespaces(struct reading *reading, struct error *error)
{
	struct arguments names = directive_arguments(reading->directive);
	if (names.count == 0)
		return directive_fail_arguments(reading->directive, error);
	for (size_t i = 0; i < names.count; i++)
		words_add(reading->directive->config->arena, &reading->kubernetes->namespaces,
			  argument(names, i));
	return true;
}

/* The arguments are one expression; a second line of the same option takes the place of the first. */
static bool read_selector(struct reading *reading, const char *what, struct selector *ret_selector,
			  struct error *error)
{
	struct arguments words = directive_arguments(reading->directive);
	if (words.count == 0)
		return directive_fail_arguments(reading->directive, error);
	struct text text = { 0 };
	for (size_t i = 0; i < words.count; i++)
		text_printf(&text, i > 0 ? " %s" : "%s", argument(words, i));
	struct selector selector;
	struct error reason;
	bool good = selector_read(text.data, &selector, &reason);
	if (good) {
		selector_done(ret_selector);
		*ret_selector = selector;
	} else {
		directive_fail(reading->directive, error,
			       "unable to parse %s selector value: '%s': %s", what, text.data,
			       reason.text);
	}
	text_done(&text);
	return good;
}

static bool read_labels(struct reading *reading, struct error *error)
{
	return read_selector(reading, "label", &reading->kubernetes->labels, error);
}

static bool read_namespace_labels(struct reading *reading, struct error *error)
{
	reading->has_namespace_labels = true;
	return read_selector(reading, "namespace_label", &reading->kubernetes->namespace_labels, error);
}

static bool read_seconds(struct reading *reading, const char *option, uint32_t *ret_seconds,
			 struct error *error)
{
	const char *text = directive_argument(reading->directive, error);
	uint64_t seconds;
	if (text == NULL)
		return false;
	if (!text_to_number(text, 0, TTL_MAX, &seconds))
		return directive_fail(reading->directive, error, "%s must be in range [0, %d]: %s",
				      option, TTL_MAX, text);
	*ret_seconds = (uint32_t)seconds;
	return true;
}

static bool read_ttl(struct reading *reading, struct error *error)
{
	return read_seconds(reading, "ttl", &reading->kubernetes->ttl, error);
}

static bool read_denial_ttl(struct reading *reading, struct error *error)
{
	reading->has_denial_ttl = true;
	return read_seconds(reading, "denial_ttl", &reading->kubernetes->denial_ttl, error);
}

static bool read_ignore(struct reading *reading, struct error *error)
{
	const char *what = directive_argument(reading->directive, error);
	if (what == NULL)
		return false;
	if (strcmp(what, "empty_service") != 0)
		return directive_fail(reading->directive, error,
				      "unable to parse ignore value: '%s'", what);
	reading->kubernetes->ignore_empty_service = true;
	return true;
}

/* OPTION on, or another word. */
static bool read_either(struct reading *reading, const char *option, const char *word,
			bool *ret_is_on, struct error *error)
{
	const char *value = directive_argument(reading->directive, error);
	if (value == NULL)
		return false;
	if (strcmp(value, "on") != 0 && strcmp(value, word) != 0)
		return directive_fail(reading->directive, error,
				      "%s expects 'on' or '%s', got \"%s\"", option, word, value);
	*ret_is_on = strcmp(value, "on") == 0;
	return true;
}

static bool read_shorthand(struct reading *reading, struct error *error)
{
	return read_either(reading, "shorthand", "off", &reading->kubernetes->shorthand, error);
}

static bool read_search_junk(struct reading *reading, struct error *error)
{
	return read_either(reading, "search_junk", "off", &reading->kubernetes->denies_junk, error);
}

static bool read_ipv6(struct reading *reading, struct error *error)
{
	bool is_on = true;
	if (!read_either(reading, "ipv6", "auto", &is_on, error))
		return false;
	reading->kubernetes->ipv6_auto = !is_on;
	return true;
}

static bool read_multicluster(struct reading *reading, struct error *error)
{
	static const struct config_zones none = { 0 };
	struct arguments zones = directive_arguments(reading->directive);
	if (zones.count == 0)
		directive_note(reading->directive, "multicluster names no zone and has no effect");
	return directive_zones(reading->directive, zones, &none, &reading->kubernetes->multicluster,
			       error);
}

static bool read_fallthrough(struct reading *reading, struct error *error)
{
	struct config_kubernetes *kubernetes = reading->kubernetes;
	kubernetes->falls_through = true;
	return directive_fallthrough(reading->directive, &kubernetes->fallthrough, error);
}

/* Options that CoreDNS took once and takes no more: old Corefiles have them. */
static bool skip_legacy(struct reading *reading, struct error *error)
{
	(void)error;
	directive_note(reading->directive, "%s is an option of the past and has no effect",
		       directive_text(reading->directive));
	directive_arguments(reading->directive);
	return true;
}

static const struct option {
	const char *name;
	bool (*read)(struct reading *reading, struct error *error);
} options[] = {
	{ "apiserver_burst", api_read_limit },
	{ "apiserver_max_inflight", api_read_limit },
	{ "apiserver_qps", api_read_qps },
	{ "audit", api_read_audit },
	{ "denial_ttl", read_denial_ttl },
	{ "endpoint", api_read_endpoint },
	{ "endpoint_pod_names", read_endpoint_pod_names },
	{ "fallthrough", read_fallthrough },
	{ "ignore", read_ignore },
	{ "ipv6", read_ipv6 },
	{ "kubeconfig", api_read_kubeconfig },
	{ "labels", read_labels },
	{ "manifests", api_read_manifests },
	{ "multicluster", read_multicluster },
	{ "namespace_labels", read_namespace_labels },
	{ "namespaces", read_namespaces },
	{ "noendpoints", read_noendpoints },
	{ "pods", read_pods },
	{ "resyncperiod", skip_legacy },
	{ "search_junk", read_search_junk },
	{ "shorthand", read_shorthand },
	{ "snapshot", api_read_snapshot },
	{ "startup_timeout", api_read_startup_timeout },
	{ "tls", api_read_tls },
	{ "ttl", read_ttl },
	{ "upstream", skip_legacy },
	{ "zonal", read_zonal },
};

static bool read_option(struct reading *reading, struct error *error)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (directive_is_at(reading->directive, options[i].name))
			return options[i].read(reading, error);
	return directive_fail_option(reading->directive, error);
}

static bool zones_contain(const struct config_zones *zones, const char *zone)
{
	for (size_t i = 0; i < zones->count; i++)
		if (strcmp(zones->zones[i].text, zone) == 0)
			return true;
	return false;
}

static bool check_zones(const struct directive *directive, const struct config_zones *zones,
			struct error *error)
{
	for (size_t i = 0; i < zones->count; i++)
		if (!name_text_is_reverse(zones->zones[i].text))
			return true;
	return directive_fail(directive, error, "non-reverse zone name must be used");
}

static bool refuse_multicluster(const struct directive *directive, const struct config_zones *zones,
				const char *zone, struct error *error)
{
	struct text text = { 0 };
	for (size_t i = 0; i < zones->count; i++)
		text_printf(&text, i > 0 ? " %s" : "%s", zones->zones[i].text);
	directive_fail(directive, error,
		       "is not authoritative for the multicluster zone %s (authoritative zones: [%s])",
		       zone, text.data);
	text_done(&text);
	return false;
}

static bool check_multicluster(const struct directive *directive,
			       const struct config_kubernetes *kubernetes, struct error *error)
{
	for (size_t i = 0; i < kubernetes->multicluster.count; i++) {
		const char *zone = kubernetes->multicluster.zones[i].text;
		if (!zones_contain(&kubernetes->zones, zone))
			return refuse_multicluster(directive, &kubernetes->zones, zone, error);
	}
	return true;
}

/* Somebody in the block reads who asks, which needs a watch of pods. */
static void remark_clients(const struct reading *reading)
{
	const struct directive *directive = reading->directive;
	if (!directive->block->metadata || reading->kubernetes->pods == PODS_VERIFIED)
		return;
	for (size_t i = 0; i < directive->lines->directive_count; i++) {
		const struct tokens *tokens = &directive->lines->directives[i].tokens;
		for (size_t j = 0; j < tokens->count; j++) {
			if (strstr(tokens->items[j].text, "kubernetes/client-") == NULL)
				continue;
			directive_note(directive,
				       "kubernetes/client-... is not known: it needs pods verified");
			return;
		}
	}
}

/* What options say together. The current token is the one that ends them. */
static bool finish(struct reading *reading, struct error *error)
{
	struct directive *directive = reading->directive;
	struct config_kubernetes *kubernetes = reading->kubernetes;
	if (kubernetes->namespaces.count > 0 && reading->has_namespace_labels)
		return directive_fail(directive, error,
				      "namespaces and namespace_labels cannot both be set");
	if (!check_multicluster(directive, kubernetes, error))
		return false;
	if (kubernetes->zonal && kubernetes->no_endpoints)
		return directive_fail(directive, error,
				      "zonal requires the endpoint cache; remove noendpoints");
	if (!reading->has_denial_ttl)
		kubernetes->denial_ttl =
			kubernetes->ttl < DENIAL_TTL_MOST ? kubernetes->ttl : DENIAL_TTL_MOST;
	remark_clients(reading);
	return api_finish(reading, error);
}

static bool read_one(struct directive *directive, struct error *error)
{
	struct config_kubernetes *kubernetes = directive->block->kubernetes;
	struct reading reading = { .directive = directive, .kubernetes = kubernetes };
	struct arguments zones = directive_arguments(directive);
	if (!directive_zones(directive, zones, directive->block_zones, &kubernetes->zones, error) ||
	    !check_zones(directive, &kubernetes->zones, error))
		return false;
	while (directive_next_option(directive))
		if (!read_option(&reading, error))
			return false;
	return finish(&reading, error);
}

bool directive_kubernetes_read(struct directive *directive, struct error *error)
{
	struct config_kubernetes **kubernetes = &directive->block->kubernetes;
	while (directive_next(directive)) {
		if (!directive_once(directive, *kubernetes == NULL, error))
			return false;
		*kubernetes = arena_alloc(directive->config->arena, sizeof(**kubernetes));
		**kubernetes = (struct config_kubernetes){
			.ttl = TTL_DEFAULT,
			.shorthand = true,
			.denies_junk = true,
			.startup_timeout_ms = STARTUP_TIMEOUT_MS,
			.audit_ms = AUDIT_MS,
		};
		if (!read_one(directive, error))
			return false;
		(*kubernetes)->said = directive_said(directive, 0, &(*kubernetes)->zones);
		if (directive->block->metadata) /* who asks is kept for it */
			directive_said_also(directive, &(*kubernetes)->said, "metadata");
		if (directive->block->external != NULL) { /* it is told what the outside sees */
			(*kubernetes)->keeps_externals = true;
			directive_said_also(directive, &(*kubernetes)->said,
					    directive->block->external->said.text);
		}
	}
	return true;
}
