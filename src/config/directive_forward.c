/* SPDX-License-Identifier: Apache-2.0 */
/* forward FROM TO... { options } as CoreDNS reads it. The options come first: what TO means depends on them. */
#include "directive_forward.h"

#include <string.h>

#include "directives.h"
#include "list.h"
#include "zone.h"

enum {
	TARGETS_WRITTEN_MOST = 15,
	EXPIRE_MS = 10000,
	READ_TIMEOUT_MS = 2000,
	HEALTH_CHECK_MS = 500,
	MAX_FAILS = 2,
	LOOKUP_LEAST_MS = 5000,
};

static struct config_forward usual(const struct directive *directive)
{
	return (struct config_forward){
		.policy = FORWARD_RANDOM,
		.max_fails = MAX_FAILS,
		.expire_ms = EXPIRE_MS,
		.read_timeout_ms = READ_TIMEOUT_MS,
		.health_check_ms = HEALTH_CHECK_MS,
		.health_recursion = true,
		.health_domain = directive_copy(directive, "."),
		.hosts_file = directive_copy(directive, "/etc/hosts"),
		.resolver_file = directive_copy(directive, "/etc/resolv.conf"),
		.lookup_least_ms = LOOKUP_LEAST_MS,
	};
}

/* A name, or a network of which only the first zone counts. */
static bool read_from(struct directive *directive, struct config_forward *forward, struct error *error)
{
	struct error reason;
	struct zone_word zone;
	const char *scheme;
	if (!directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	const char *text = directive_text(directive);
	if (!zone_word_read(directive->config->arena, zone_word_skip_scheme(text, &scheme), &zone,
			    &reason))
		return directive_fail(directive, error, "unable to normalize '%s'", text);
	forward->from.text = zone.zones.words[0];
	if (zone.zones.count > 1)
		directive_note(directive,
			       "Unsupported CIDR notation: '%s' expands to multiple zones. Using only '%s'.",
			       text, forward->from.text);
	return true;
}

static bool check_ages(const struct directive *directive, const struct config_forward *forward,
		       struct error *error)
{
	struct text age = { 0 }, expire = { 0 };
	if (forward->max_age_ms == 0 || forward->max_age_ms >= forward->expire_ms)
		return true;
	text_add_duration(&age, forward->max_age_ms);
	text_add_duration(&expire, forward->expire_ms);
	directive_fail(directive, error, "max_age (%s) must not be less than expire (%s)", age.data,
		       expire.data);
	text_done(&age);
	text_done(&expire);
	return false;
}

static bool has_anyone(const struct config_forward *forward)
{
	for (size_t i = 0; i < forward->target_count; i++) {
		struct resolv_conf conf = { .count = 0 };
		const char *file = forward->targets[i].file;
		if (file == NULL || (resolv_conf_read(file, &conf, NULL) && conf.count > 0))
			return true;
	}
	return false;
}

/* At the line of the directive, which is in charge of all its targets. */
static bool read_targets(struct directive *directive, struct arguments words, size_t at,
			 struct config_forward *forward, struct error *error)
{
	size_t end = directive->at;
	bool good = true;
	directive->at = at;
	for (size_t i = 0; i < words.count && good; i++)
		good = forward_add_target(directive, argument(words, i), forward, error);
	if (good && !has_anyone(forward))
		good = directive_fail(directive, error, "no valid upstream addresses found");
	if (good && words.count > TARGETS_WRITTEN_MOST)
		good = directive_fail(directive, error, "more than %d TOs configured: %zu",
				      TARGETS_WRITTEN_MOST, words.count);
	directive->at = end;
	return good;
}

static bool has_tls(const struct config_forward *forward)
{
	for (size_t i = 0; i < forward->target_count; i++)
		if (forward->targets[i].tls)
			return true;
	return false;
}

/* About the option's own line: options begin one. */
static void note_option(struct directive *directive, size_t first, const char *option,
			const char *sentence)
{
	const struct token *tokens = directive->tokens->items;
	size_t end = directive->at;
	for (size_t i = first + 1; i < end; i++) {
		if (strcmp(tokens[i].text, option) != 0 ||
		    token_is_on_line(&tokens[i - 1], &tokens[i]))
			continue;
		directive->at = i + 1;
		directive_note(directive, "%s", sentence);
		break;
	}
	directive->at = end;
}

static void note_options(struct directive *directive, size_t first, const struct config_forward *forward)
{
	if (!has_tls(forward)) {
		note_option(directive, first, "tls", "tls has no effect: no TO begins with tls://");
		note_option(directive, first, "tls_servername",
			    "tls_servername has no effect: no TO begins with tls://");
	}
	if (forward->force_tcp)
		note_option(directive, first, "prefer_udp",
			    "prefer_udp has no effect beside force_tcp");
}

static bool read_one(struct directive *directive, struct config_forward *forward, struct error *error)
{
	size_t first = directive->at - 1;
	if (!read_from(directive, forward, error))
		return false;
	struct arguments words = directive_arguments(directive);
	size_t at = directive->at;
	if (words.count == 0)
		return directive_fail_arguments(directive, error);
	while (directive_next_option(directive))
		if (!forward_read_option(directive, forward, error))
			return false;
	if (!check_ages(directive, forward, error) ||
	    !read_targets(directive, words, at, forward, error))
		return false;
	note_options(directive, first, forward);
	return true;
}

bool directive_forward_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		size_t first = directive->at - 1;
		block->forwards = list_grow(directive->config->arena, block->forwards,
					    block->forward_count, sizeof(block->forwards[0]));
		struct config_forward *forward = &block->forwards[block->forward_count++];
		*forward = usual(directive);
		if (!read_one(directive, forward, error))
			return false;
		forward->said = directive_said(directive, first, NULL);
		forward_find_loops(directive, forward);
	}
	return true;
}
