/* SPDX-License-Identifier: Apache-2.0 */
/* directive_cache -- the options of `cache` about what has run out, apart from the others. */
#ifndef KNAMED_CONFIG_DIRECTIVE_CACHE_H
#define KNAMED_CONFIG_DIRECTIVE_CACHE_H

#include "directive.h"

/* A duration; in front of what is wrong with it, and what is said of one below zero. */
struct duration_words {
	const char *prefix, *negative;
};
bool cache_duration(const struct directive *directive, const char *text,
		    const struct duration_words *words, uint64_t *ret_ms, struct error *error);

/* Which of the options were there. */
struct stale_reading {
	bool is_named, has_policy;
};
void stale_usual(struct config_cache *cache); /* without options */
bool stale_read(struct directive *directive, struct config_cache *cache,
		struct stale_reading *reading, struct error *error);
bool stale_policy_read(struct directive *directive, struct config_cache *cache,
		       struct stale_reading *reading, struct error *error);
bool stale_finish(const struct directive *directive, const struct stale_reading *reading,
		  struct error *error);

#endif
