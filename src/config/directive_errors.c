/* SPDX-License-Identifier: Apache-2.0 */
/* errors [stdout] { stacktrace; consolidate DURATION REGEX [LEVEL] [show_first] }: lines about
 * queries that failed. */
#include "directives.h"
#include "list.h"

/* The words behind the pattern: a level, then show_first. */
static bool read_words(struct directive *directive, struct arguments arguments,
		       struct config_consolidation *rule, struct error *error)
{
	static const char *const levels[] = {
		[ERRORS_DEBUG] = "debug",
		[ERRORS_INFO] = "info",
		[ERRORS_WARNING] = "warning",
		[ERRORS_ERROR] = "error",
	};
	bool has_level = false;
	for (size_t i = 2; i < arguments.count; i++) {
		const char *word = argument(arguments, i);
		size_t level = 0;
		while (level < COUNT_OF(levels) && strcmp(levels[level], word) != 0)
			level++;
		bool is_level = level < COUNT_OF(levels);
		if (is_level && has_level)
			return directive_fail(directive, error,
					      "multiple log levels specified in consolidate");
		if (is_level && rule->shows_first)
			return directive_fail(directive, error,
					      "log level must come before show_first in consolidate");
		if (!is_level && strcmp(word, "show_first") != 0)
			return directive_fail(directive, error, "unknown option in consolidate: %s",
					      word);
		if (is_level)
			rule->level = (enum errors_level)level;
		has_level |= is_level;
		rule->shows_first |= !is_level;
	}
	return true;
}

static bool check_pattern(struct directive *directive, const char *pattern, struct error *error)
{
	struct error reason;
	size_t size = strlen(pattern);
	if (size > REGEX_PATTERN_MAX)
		return directive_fail(directive, error, "regex pattern too long: %zu > %d", size,
				      REGEX_PATTERN_MAX);
	struct regex *regex = regex_new(pattern, &reason);
	if (regex == NULL)
		return directive_fail(directive, error, "%s", reason.text);
	regex_free(regex);
	return true;
}

static bool read_consolidate(struct directive *directive, struct config_errors *errors,
			     struct error *error)
{
	struct config_consolidation rule = { .level = ERRORS_ERROR };
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count < 2 || arguments.count > 4)
		return directive_fail_arguments(directive, error);
	if (!directive_duration(directive, argument(arguments, 0), &rule.period_ms, error) ||
	    !check_pattern(directive, argument(arguments, 1), error) ||
	    !read_words(directive, arguments, &rule, error))
		return false;
	rule.pattern = directive_copy(directive, argument(arguments, 1));
	errors->consolidations =
		list_grow(directive->config->arena, errors->consolidations,
			  errors->consolidation_count, sizeof(*errors->consolidations));
	errors->consolidations[errors->consolidation_count++] = rule;
	return true;
}

static bool read_option(struct directive *directive, struct config_errors *errors, struct error *error)
{
	if (directive_is_at(directive, "consolidate"))
		return read_consolidate(directive, errors, error);
	if (!directive_is_at(directive, "stacktrace"))
		return directive_fail_syntax(directive, error, "Unknown field ");
	directive_note(directive, "stacktrace has no effect: there are no panics to trace");
	return true;
}

static bool read_errors(struct directive *directive, struct config_errors *errors, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count > 1)
		return directive_fail_arguments(directive, error);
	if (arguments.count == 1 && strcmp(argument(arguments, 0), "stdout") != 0)
		return directive_fail(directive, error, "invalid log file: %s",
				      argument(arguments, 0));
	if (arguments.count == 1)
		directive_note(directive, "stdout: lines go to standard output in any case");
	while (directive_next_option(directive))
		if (!read_option(directive, errors, error))
			return false;
	return true;
}

bool directive_errors_read(struct directive *directive, struct error *error)
{
	struct config_errors **errors = &directive->block->errors;
	while (directive_next(directive)) {
		if (!directive_once(directive, *errors == NULL, error))
			return false;
		*errors = arena_alloc(directive->config->arena, sizeof(**errors));
		if (!read_errors(directive, *errors, error))
			return false;
	}
	return true;
}
