/* SPDX-License-Identifier: Apache-2.0 */
/* Directives about single answers: any, minimal, whoami, chaos, nsid, local, bufsize. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "directives.h"
#include "list.h"

enum {
	TXT_MAX = 255,
	NSID_MAX = 255,
	BUFSIZE_LEAST = 512,
	BUFSIZE_MOST = 4096,
	BUFSIZE_DEFAULT = 1232
};

bool directive_any_read(struct directive *directive, struct error *error)
{
	directive_next(directive);
	directive->block->any = true;
	return directive_expect_end(directive, error);
}

bool directive_minimal_read(struct directive *directive, struct error *error)
{
	directive_next(directive);
	directive->block->minimal = true;
	directive_note(directive,
		       "minimal: replies hold little else in any case, this leaves glue out as well");
	return directive_expect_end(directive, error);
}

bool directive_whoami_read(struct directive *directive, struct error *error)
{
	directive_next(directive);
	directive->block->whoami = true;
	return directive_expect_end(directive, error);
}

/* What fits into one string of a TXT record. */
static char *trim(const struct directive *directive, const char *text)
{
	return arena_text(directive->config->arena, text, strnlen(text, TXT_MAX));
}

/* Sorted, each once. */
static struct words read_authors(const struct directive *directive, struct arguments arguments)
{
	struct words authors = { 0 };
	if (arguments.count < 2)
		return authors;
	size_t count = arguments.count - 1;
	authors.words = arena_alloc(directive->config->arena, count * sizeof(authors.words[0]));
	for (size_t i = 0; i < count; i++)
		authors.words[i] = trim(directive, argument(arguments, i + 1));
	qsort(authors.words, count, sizeof(authors.words[0]), text_compare);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(authors.words[authors.count - 1], authors.words[i]) != 0)
			authors.words[authors.count++] = authors.words[i];
	return authors;
}

bool directive_chaos_read(struct directive *directive, struct error *error)
{
	directive_next(directive);
	struct arguments arguments = directive_arguments(directive);
	struct config_chaos *chaos = arena_alloc(directive->config->arena, sizeof(*chaos));
	if (arguments.count > 0)
		chaos->version = trim(directive, argument(arguments, 0));
	chaos->authors = read_authors(directive, arguments);
	directive->block->chaos = chaos;
	if (directive_next_option(directive))
		return directive_fail_option(directive, error);
	return directive_expect_end(directive, error);
}

static char *host_name(const struct directive *directive)
{
	char name[256];
	if (gethostname(name, sizeof(name)) != 0)
		return directive_copy(directive, "localhost");
	return arena_text(directive->config->arena, name, strnlen(name, sizeof(name)));
}

bool directive_nsid_read(struct directive *directive, struct error *error)
{
	struct config_block *block = directive->block;
	while (directive_next(directive)) {
		if (!directive_once(directive, block->nsid == NULL, error))
			return false;
		struct arguments arguments = directive_arguments(directive);
		struct text text = { 0 };
		for (size_t i = 0; i < arguments.count; i++)
			text_printf(&text, i > 0 ? " %s" : "%s", argument(arguments, i));
		block->nsid = text.data != NULL ? directive_copy(directive, text.data)
						: host_name(directive);
		size_t size = text.size;
		text_done(&text);
		if (size > NSID_MAX)
			return directive_fail(directive, error, "nsid data is longer than %d bytes",
					      NSID_MAX);
	}
	return true;
}

static bool read_local_option(struct directive *directive, struct error *error)
{
	if (!directive_is_at(directive, "localhost_prefix"))
		return directive_fail_option(directive, error);
	const char *value = directive_argument(directive, error);
	if (value == NULL)
		return false;
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return directive_fail(directive, error,
				      "localhost_prefix expects 'on' or 'off', got \"%s\"", value);
	directive->block->local_prefix = strcmp(value, "on") == 0;
	return true;
}

bool directive_local_read(struct directive *directive, struct error *error)
{
	directive->block->local = true;
	directive->block->local_prefix = true;
	while (directive_next(directive)) {
		if (!directive_expect_none(directive, error))
			return false;
		while (directive_next_option(directive))
			if (!read_local_option(directive, error))
				return false;
	}
	return true;
}

bool directive_bufsize_read(struct directive *directive, struct error *error)
{
	uint64_t size = BUFSIZE_DEFAULT;
	directive_next(directive);
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count > 1)
		return directive_fail_arguments(directive, error);
	if (arguments.count == 1 &&
	    !text_to_number(argument(arguments, 0), BUFSIZE_LEAST, BUFSIZE_MOST, &size))
		return directive_fail(directive, error, "bufsize must be in range [%d, %d]: %s",
				      BUFSIZE_LEAST, BUFSIZE_MOST, argument(arguments, 0));
	directive->block->bufsize = (uint16_t)size;
	if (size > BUFSIZE_DEFAULT)
		directive_note(directive,
			       "bufsize %u: replies over UDP are %d bytes at most in any case",
			       (unsigned)size, BUFSIZE_DEFAULT);
	return directive_expect_end(directive, error);
}
