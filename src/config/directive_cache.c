/* SPDX-License-Identifier: Apache-2.0 */
/* cache [TTL] [ZONES...] { success, denial, prefetch, serve_stale, serve_stale_policy, servfail,
 * disable, keepttl } as CoreDNS reads it; memory SIZE is ours. */
#include "directive_cache.h"

#include <string.h>

#include "directives.h"
#include "list.h"
#include "zone.h"

enum {
	CAPACITY = 9984,
	SUCCESS_MOST_S = 3600,
	DENIAL_MOST_S = 1800,
	LEAST_S = 5,
	TTL_MOST_S = 0x7fffffff,   /* RFC 2181 8 */
	SERVFAIL_MOST_MS = 300000, /* RFC 2308 7.1 */
	HITS_MOST = 0xffff,
	PERCENT_LEAST = 10,
	PERCENT_MOST = 90,
};
#define MEMORY_LEAST (1ull << 20)
#define MEMORY_MOST (16ull << 30)

static struct config_cache usual(void)
{
	struct config_cache cache = {
		.success = { .capacity = CAPACITY, .most_s = SUCCESS_MOST_S, .least_s = LEAST_S },
		.denial = { .capacity = CAPACITY, .most_s = DENIAL_MOST_S, .least_s = LEAST_S },
		.prefetch_within_ms = 60000,
		.prefetch_percent = 10,
		.servfail_s = LEAST_S,
	};
	stale_usual(&cache);
	return cache;
}

/* ---- values ---- */

static bool read_integer(const struct directive *directive, const char *text, int64_t *ret_number,
			 struct error *error)
{
	return text_to_integer(text, ret_number) ||
	       directive_fail(directive, error, "strconv.Atoi: parsing \"%s\": invalid syntax", text);
}

/* The upper bound of TTLs, above zero. */
static bool take_most(const struct directive *directive, int64_t ttl, uint32_t *ret_most_s,
		      struct error *error)
{
	if (ttl <= 0)
		return directive_fail(directive, error,
				      "cache TTL can not be zero or negative: %lld", (long long)ttl);
	*ret_most_s = ttl < TTL_MOST_S ? (uint32_t)ttl : TTL_MOST_S;
	return true;
}

/* ---- success and denial ---- */

static bool read_bounds(const struct directive *directive, struct arguments arguments,
			struct config_cache_kind *kind, struct error *error)
{
	int64_t number;
	if (arguments.count > 1 && !(read_integer(directive, argument(arguments, 1), &number, error) &&
				     take_most(directive, number, &kind->most_s, error)))
		return false;
	if (arguments.count <= 2)
		return true;
	if (!read_integer(directive, argument(arguments, 2), &number, error))
		return false;
	if (number < 0)
		return directive_fail(directive, error, "cache min TTL can not be negative: %lld",
				      (long long)number);
	kind->least_s = number < TTL_MOST_S ? (uint32_t)number : TTL_MOST_S;
	return true;
}

/* success CAPACITY [TTL [MIN]] */
static bool read_kind(struct directive *directive, struct config_cache_kind *kind, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	int64_t capacity = 0;
	if (arguments.count == 0)
		return directive_fail_arguments(directive, error);
	if (!read_integer(directive, argument(arguments, 0), &capacity, error))
		return false;
	if (arguments.count > 3)
		directive_note(directive, "what stands behind the third number has no effect");
	kind->capacity = capacity < 0 ? 0 : capacity < UINT32_MAX ? (uint32_t)capacity : UINT32_MAX;
	return read_bounds(directive, arguments, kind, error);
}

/* Old Corefiles keep the cluster's names out of the cache by hand. */
static void note_disable(const struct directive *directive, const char *kind, const char *zone)
{
	const struct config_zones own = directive_zones_beside(directive, "kubernetes");
	for (size_t i = 0; i < own.count; i++) {
		if (!zone_is_below(zone, own.zones[i].text))
			continue;
		directive_note(directive,
			       "disable %s %s: what kubernetes answers is not cached in any case",
			       kind, zone);
		return;
	}
}

/* disable success|denial [ZONES...]; a second line about the same kind replaces the first. */
static bool read_disable(struct directive *directive, struct config_cache *cache, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	struct arena *arena = directive->config->arena;
	struct config_zones zones = { 0 };
	if (arguments.count == 0)
		return directive_fail_arguments(directive, error);
	for (size_t i = 1; i < arguments.count; i++) {
		char *zone = config_zone_text(arena, argument(arguments, i));
		if (zone == NULL)
			return directive_fail(directive, error, "invalid disabled zone: %s",
					      argument(arguments, i));
		zones.zones = list_grow(arena, zones.zones, zones.count, sizeof(zones.zones[0]));
		zones.zones[zones.count++].text = zone;
	}
	bool is_success = strcmp(argument(arguments, 0), "success") == 0;
	if (!is_success && strcmp(argument(arguments, 0), "denial") != 0)
		return directive_fail(directive, error,
				      "cache type for disable must be \"success\" or \"denial\"");
	struct config_cache_kind *kind = is_success ? &cache->success : &cache->denial;
	for (size_t i = 0; i < zones.count; i++)
		note_disable(directive, argument(arguments, 0), zones.zones[i].text);
	kind->disabled = true;
	kind->disabled_zones = zones;
	return true;
}

/* ---- prefetch ---- */

static bool read_percent(const struct directive *directive, const char *text, uint32_t *ret_percent,
			 struct error *error)
{
	size_t size = strlen(text);
	int64_t percent;
	if (size == 0 || text[size - 1] != '%')
		return directive_fail(directive, error,
				      "last character of percentage should be `%%`, but is: '%c'",
				      size > 0 ? text[size - 1] : ' ');
	const char *digits = arena_text(directive->config->arena, text, size - 1);
	if (!read_integer(directive, digits, &percent, error))
		return false;
	if (percent < PERCENT_LEAST || percent > PERCENT_MOST)
		return directive_fail(directive, error,
				      "percentage should fall in range [%d, %d]: %lld",
				      PERCENT_LEAST, PERCENT_MOST, (long long)percent);
	*ret_percent = (uint32_t)percent;
	return true;
}

/* prefetch AMOUNT [DURATION [PERCENT%]] */
static bool read_prefetch(struct directive *directive, struct config_cache *cache, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	int64_t amount = 0;
	if (arguments.count == 0 || arguments.count > 3)
		return directive_fail_arguments(directive, error);
	if (!read_integer(directive, argument(arguments, 0), &amount, error))
		return false;
	if (amount < 0)
		return directive_fail(directive, error, "prefetch amount should be positive: %lld",
				      (long long)amount);
	if (arguments.count > 1 && !directive_duration(directive, argument(arguments, 1),
						       &cache->prefetch_within_ms, error))
		return false;
	if (arguments.count > 2 &&
	    !read_percent(directive, argument(arguments, 2), &cache->prefetch_percent, error))
		return false;
	cache->prefetch = amount < HITS_MOST ? (uint32_t)amount : HITS_MOST;
	return true;
}

/* ---- the rest ---- */

/* servfail DURATION */
static bool read_servfail(struct directive *directive, struct config_cache *cache, struct error *error)
{
	static const struct duration_words words = { "", "invalid negative ttl for servfail" };
	const char *text = directive_argument(directive, error);
	uint64_t ms;
	if (text == NULL || !cache_duration(directive, text, &words, &ms, error))
		return false;
	if (ms > SERVFAIL_MOST_MS)
		return directive_fail(directive, error,
				      "caching SERVFAIL responses over 5 minutes is not permitted");
	cache->servfail_s = (uint32_t)(ms / 1000);
	return true;
}

/* memory SIZE, as Kubernetes writes sizes: 64Mi */
static bool read_memory(struct directive *directive, uint64_t *ret_size, struct error *error)
{
	static const char *const units[] = { "", "Ki", "Mi", "Gi" };
	const char *text = directive_argument(directive, error);
	if (text == NULL)
		return false;
	size_t digits = strspn(text, "0123456789");
	const char *number = arena_text(directive->config->arena, text, digits);
	for (unsigned i = 0; i < COUNT_OF(units); i++) {
		uint64_t unit = 1ull << 10 * i;
		if (strcmp(text + digits, units[i]) == 0 &&
		    text_to_number(number, (MEMORY_LEAST + unit - 1) / unit, MEMORY_MOST / unit,
				   ret_size)) {
			*ret_size *= unit;
			return true;
		}
	}
	return directive_fail(directive, error,
			      "memory is a size from 1Mi to 16Gi, like 64Mi, and not \"%s\"", text);
}

static bool read_option(struct directive *directive, struct config_cache *cache,
			struct stale_reading *stale, struct error *error)
{
	if (directive_is_at(directive, "success"))
		return read_kind(directive, &cache->success, error);
	if (directive_is_at(directive, "denial"))
		return read_kind(directive, &cache->denial, error);
	if (directive_is_at(directive, "prefetch"))
		return read_prefetch(directive, cache, error);
	if (directive_is_at(directive, "serve_stale"))
		return stale_read(directive, cache, stale, error);
	if (directive_is_at(directive, "serve_stale_policy"))
		return stale_policy_read(directive, cache, stale, error);
	if (directive_is_at(directive, "servfail"))
		return read_servfail(directive, cache, error);
	if (directive_is_at(directive, "disable"))
		return read_disable(directive, cache, error);
	if (directive_is_at(directive, "memory"))
		return read_memory(directive, &cache->memory_size, error);
	if (!directive_is_at(directive, "keepttl"))
		return directive_fail_option(directive, error);
	cache->keep_ttl = true;
	return directive_expect_none(directive, error);
}

/* [TTL] [ZONES...]: what is no number is a zone, which surprises who writes a unit. */
static bool read_line(struct directive *directive, struct config_cache *cache, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	int64_t ttl;
	uint64_t ignored;
	if (arguments.count > 0 && text_to_integer(argument(arguments, 0), &ttl)) {
		if (!take_most(directive, ttl, &cache->success.most_s, error))
			return false;
		cache->denial.most_s = cache->success.most_s;
		arguments.items++;
		arguments.count--;
	} else if (arguments.count > 0 && text_to_duration_ms(argument(arguments, 0), &ignored)) {
		directive_note(directive,
			       "\"%s\" is the name of a zone here, and nothing else is cached: a TTL is "
			       "written in seconds, without a unit",
			       argument(arguments, 0));
	}
	return directive_zones(directive, arguments, directive->block_zones, &cache->zones, error);
}

bool directive_cache_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		struct stale_reading stale = { 0 };
		if (!directive_once(directive, block->cache == NULL, error))
			return false;
		block->cache = arena_alloc(directive->config->arena, sizeof(*block->cache));
		*block->cache = usual();
		if (!directive_is_beside(directive, "forward") &&
		    !directive_is_beside(directive, "hosts"))
			directive_note(directive, "cache has no effect: the block forwards nothing, and "
						  "what it answers itself needs no cache");
		if (!read_line(directive, block->cache, error))
			return false;
		while (directive_next_option(directive))
			if (!read_option(directive, block->cache, &stale, error))
				return false;
		if (!stale_finish(directive, &stale, error))
			return false;
		block->cache->said = directive_said(directive, 0, &block->cache->zones);
	}
	return true;
}
