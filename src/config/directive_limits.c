/* SPDX-License-Identifier: Apache-2.0 */
/* How long things may take: cancel [DURATION]; timeouts { read, write, idle DURATION; maxtcpqueries N }. And debug. */
#include <string.h>

#include "directives.h"

enum { CANCEL_MS = 5001, TIMEOUT_LEAST_MS = 1000, TIMEOUT_MOST_MS = 24 * 3600 * 1000 };

static bool read_cancel(struct directive *directive, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	uint64_t ms = CANCEL_MS;
	if (arguments.count > 1)
		return directive_fail_arguments(directive, error);
	if (arguments.count == 1) {
		const char *text = argument(arguments, 0);
		bool is_negative = text[0] == '-' && text_to_duration_ms(text + 1, &ms);
		if (!is_negative && !text_to_duration_ms(text, &ms))
			return directive_fail(directive, error, "invalid duration: \"%s\"", text);
		if (is_negative || ms == 0)
			return directive_fail(directive, error, "invalid negative duration: \"%s\"",
					      text);
	}
	if (!directive_is_anywhere(directive, "forward"))
		directive_note(directive, "cancel has no effect: nothing is forwarded, and what is known "
					  "here is answered at once");
	directive->block->cancel_ms = ms;
	return true;
}

bool directive_cancel_read(struct directive *directive, struct error *error)
{
	while (directive_next(directive)) {
		if (!read_cancel(directive, error))
			return false;
		if (directive_next_option(directive))
			return directive_fail_option(directive, error);
	}
	return true;
}

bool directive_debug_read(struct directive *directive, struct error *error)
{
	while (directive_next(directive)) {
		if (directive_next_argument(directive))
			return directive_fail_arguments(directive, error);
		directive->block->debug = true;
	}
	return true;
}

/* ---- timeouts ---- */

/* A number alone is seconds. */
static bool read_timeout(const struct directive *directive, const char *text, uint64_t *ret_ms,
			 struct error *error)
{
	uint64_t ms, seconds;
	const char *digits = text + (text[0] == '-');
	if (text_to_number(digits, 0, UINT32_MAX, &seconds))
		ms = seconds * 1000;
	else if (!text_to_duration_ms(digits, &ms))
		return directive_fail(directive, error, "failed to parse duration '%s'", text);
	if (text[0] == '-' || ms < TIMEOUT_LEAST_MS || ms > TIMEOUT_MOST_MS) {
		struct text shown = { 0 };
		text_add(&shown, text[0] == '-' ? "-" : "");
		text_add_duration(&shown, ms);
		directive_fail(directive, error,
			       "timeout provided '%s' needs to be between 1 second and 24 hours",
			       shown.data);
		text_done(&shown);
		return false;
	}
	*ret_ms = ms;
	return true;
}

/* -1: as many as come. */
static bool read_most(const struct directive *directive, const char *text,
		      struct config_timeouts *timeouts, struct error *error)
{
	uint64_t most = 0;
	bool is_negative = text[0] == '-';
	if (!text_to_number(text + (text[0] == '-' || text[0] == '+'), 0, INT32_MAX, &most))
		return directive_fail(
			directive, error,
			"invalid value for maxtcpqueries '%s': strconv.Atoi: parsing \"%s\": invalid syntax",
			text, text);
	if (most == 0 || (is_negative && most != 1))
		return directive_fail(directive, error,
				      "maxtcpqueries provided '%s%llu' needs to be -1 (unlimited) or a "
				      "positive integer",
				      is_negative && most > 0 ? "-" : "", (unsigned long long)most);
	timeouts->queries_most = is_negative ? 0 : (uint32_t)most;
	return true;
}

static bool read_option(struct directive *directive, struct config_timeouts *timeouts,
			struct error *error)
{
	const char *option = directive_text(directive), *value = directive_argument(directive, error);
	uint64_t ms = 0;
	if (value == NULL)
		return false;
	if (strcmp(option, "maxtcpqueries") == 0)
		return read_most(directive, value, timeouts, error);
	if (!read_timeout(directive, value, &ms, error))
		return false;
	if (strcmp(option, "read") == 0)
		timeouts->read_ms = ms;
	else if (strcmp(option, "write") == 0)
		timeouts->write_ms = ms;
	else if (strcmp(option, "idle") == 0)
		timeouts->idle_ms = ms;
	else
		return directive_fail(directive, error, "unknown option: '%s'", option);
	return true;
}

bool directive_timeouts_read(struct directive *directive, struct error *error)
{
	struct config_timeouts *timeouts = &directive->block->timeouts;
	while (directive_next(directive)) {
		size_t options = 0;
		if (!directive_expect_none(directive, error))
			return false;
		for (; directive_next_option(directive); options++)
			if (!read_option(directive, timeouts, error))
				return false;
		if (options == 0)
			return directive_fail(directive, error,
					      "timeouts block with no timeouts specified");
	}
	return true;
}
