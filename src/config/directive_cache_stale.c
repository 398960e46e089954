/* SPDX-License-Identifier: Apache-2.0 */
/* serve_stale [DURATION] [immediate [TTL [RECHECK]] | verify [TIMEOUT [TTL [RECHECK]]]] and
 * serve_stale_policy, as CoreDNS reads them. Ours: without serve_stale, what has run out is shown
 * when upstreams fail; `serve_stale off` ends that. */
#include "directive_cache.h"

#include <string.h>

enum { RECHECK_MOST_MS = 300000, STALE_DEFAULT_MS = 3600000 };

void stale_usual(struct config_cache *cache)
{
	cache->serves_stale = true;
	cache->stale_ms = 86400000;
	cache->stale_verify_ms = 400;
	cache->stale_recheck_ms = 1000;
	cache->stale_ttl_s = 30;
}

bool cache_duration(const struct directive *directive, const char *text,
		    const struct duration_words *words, uint64_t *ret_ms, struct error *error)
{
	bool has_sign = text[0] == '-';
	uint64_t ms;
	if (!text_to_duration_ms(text + has_sign, &ms) || (has_sign && text[1] == '+'))
		return directive_fail(directive, error, "%s%s", words->prefix,
				      directive_duration_problem(directive, text));
	if (has_sign && ms > 0)
		return directive_fail(directive, error, "%s", words->negative);
	*ret_ms = ms;
	return true;
}

static bool read_ttl(const struct directive *directive, const char *text, uint32_t *ret_ttl_s,
		     struct error *error)
{
	static const struct duration_words words = { "invalid serve_stale response TTL: ",
						     "invalid negative response TTL for serve_stale" };
	uint64_t ms = 0;
	if (!cache_duration(directive, text, &words, &ms, error))
		return false;
	if (ms % 1000 != 0)
		return directive_fail(directive, error,
				      "serve_stale response TTL must be a whole number of seconds");
	if (ms / 1000 > UINT32_MAX)
		return directive_fail(directive, error,
				      "serve_stale response TTL exceeds the DNS TTL range");
	*ret_ttl_s = (uint32_t)(ms / 1000);
	return true;
}

static bool read_recheck(const struct directive *directive, const char *text, uint64_t *ret_ms,
			 struct error *error)
{
	static const struct duration_words words = { "invalid serve_stale failure recheck: ",
						     "invalid negative failure recheck for serve_stale" };
	uint64_t ms = 0;
	if (!cache_duration(directive, text, &words, &ms, error))
		return false;
	if (ms > RECHECK_MOST_MS)
		return directive_fail(directive, error,
				      "serve_stale failure recheck cannot exceed 5 minutes");
	*ret_ms = ms;
	return true;
}

/* [TTL [RECHECK]] from the i-th argument on. */
static bool read_tail(const struct directive *directive, struct arguments arguments, size_t i,
		      struct config_cache *cache, struct error *error)
{
	if (arguments.count > i + 2)
		return directive_fail_arguments(directive, error);
	if (arguments.count > i &&
	    !read_ttl(directive, argument(arguments, i), &cache->stale_ttl_s, error))
		return false;
	return arguments.count <= i + 1 ||
	       read_recheck(directive, argument(arguments, i + 1), &cache->stale_recheck_ms, error);
}

static bool read_verify(const struct directive *directive, struct arguments arguments,
			struct config_cache *cache, struct error *error)
{
	static const struct duration_words words = { "invalid serve_stale verify timeout: ",
						     "invalid negative timeout for serve_stale verify" };
	cache->stale_at_once = false;
	cache->stale_verifies = true;
	if (arguments.count > 2 && !cache_duration(directive, argument(arguments, 2), &words,
						   &cache->stale_verify_ms, error))
		return false;
	return read_tail(directive, arguments, 3, cache, error);
}

static bool read_mode(const struct directive *directive, struct arguments arguments,
		      struct config_cache *cache, struct error *error)
{
	const char *mode = argument(arguments, 1);
	if (text_equal_fold(mode, "verify"))
		return read_verify(directive, arguments, cache, error);
	if (text_equal_fold(mode, "immediate"))
		return read_tail(directive, arguments, 2, cache, error);
	return directive_fail(directive, error, "invalid value for serve_stale refresh mode: %s", mode);
}

bool stale_read(struct directive *directive, struct config_cache *cache,
		struct stale_reading *reading, struct error *error)
{
	static const struct duration_words words = { "", "invalid negative duration for serve_stale" };
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count > 5)
		return directive_fail_arguments(directive, error);
	reading->is_named = true;
	cache->stale_at_once = true;
	cache->stale_verifies = false;
	cache->stale_ms = STALE_DEFAULT_MS;
	cache->stale_verify_ms = cache->stale_recheck_ms = cache->stale_ttl_s = 0;
	bool is_off = arguments.count == 1 && strcmp(argument(arguments, 0), "off") == 0;
	if (is_off)
		cache->stale_ms = 0;
	if (!is_off && arguments.count > 0 &&
	    !cache_duration(directive, argument(arguments, 0), &words, &cache->stale_ms, error))
		return false;
	cache->serves_stale = cache->stale_ms > 0;
	return arguments.count < 2 || read_mode(directive, arguments, cache, error);
}

bool stale_policy_read(struct directive *directive, struct config_cache *cache,
		       struct stale_reading *reading, struct error *error)
{
	if (reading->has_policy)
		return directive_fail(directive, error,
				      "serve_stale_policy can only be specified once");
	reading->has_policy = true;
	const char *policy = directive_argument(directive, error);
	if (policy == NULL)
		return false;
	if (!text_equal_fold(policy, "prefer_positive"))
		return directive_fail(directive, error, "invalid serve_stale_policy: %s", policy);
	cache->stale_prefers_positive = true;
	return true;
}

bool stale_finish(const struct directive *directive, const struct stale_reading *reading,
		  struct error *error)
{
	return !reading->has_policy || reading->is_named ||
	       directive_fail(directive, error, "serve_stale_policy requires serve_stale");
}
