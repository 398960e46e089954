/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over one directive's tokens, and its sentences. */
#include "directive.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "list.h"

static const struct token *current(const struct directive *directive)
{
	return &directive->tokens->items[directive->at - 1];
}

const char *directive_text(const struct directive *directive)
{
	return current(directive)->text;
}

bool directive_is_at(const struct directive *directive, const char *text)
{
	return strcmp(directive_text(directive), text) == 0;
}

bool directive_next(struct directive *directive)
{
	if (directive->at == directive->tokens->count)
		return false;
	directive->at++;
	return true;
}

static struct config_at at_token(const struct directive *directive, const struct token *token)
{
	const char *file = token->file != NULL ? token->file : directive->corefile;
	struct arena *arena = directive->config->arena;
	return (struct config_at){ arena_text(arena, file, strlen(file)), token->line };
}

struct config_at directive_at(const struct directive *directive)
{
	return at_token(directive, current(directive));
}

/* Words are told apart by their sizes, lines by where they begin. */
struct config_said directive_said(const struct directive *directive, size_t from,
				  const struct config_zones *zones)
{
	const struct token *tokens = directive->tokens->items;
	const char *root = directive->block->root;
	struct text text = { 0 };
	text_printf(&text, "root %s", root != NULL ? root : "");
	for (size_t i = from; i < directive->at; i++)
		text_printf(&text, "%s%zu:%s",
			    i == from || token_is_on_line(&tokens[i - 1], &tokens[i]) ? " " : "\n",
			    strlen(tokens[i].text), tokens[i].text);
	for (size_t i = 0; zones != NULL && i < zones->count; i++)
		text_printf(&text, "\nzone %s", zones->zones[i].text);
	struct config_said said = {
		.text = arena_text(directive->config->arena, text.data, text.size),
		.at = at_token(directive, &tokens[from]),
	};
	text_done(&text);
	return said;
}

void directive_said_also(const struct directive *directive, struct config_said *said, const char *words)
{
	struct text text = { 0 };
	text_printf(&text, "%s\n%s", said->text, words);
	said->text = arena_text(directive->config->arena, text.data, text.size);
	text_done(&text);
}

bool directive_next_argument(struct directive *directive)
{
	const struct token *token = current(directive);
	if (directive->at == directive->tokens->count || !token_is_on_line(token, token + 1))
		return false;
	directive->at++;
	return true;
}

/* Steps into braces that open on this line. */
static bool open_braces(struct directive *directive)
{
	if (!directive_next_argument(directive))
		return false;
	if (!directive_is_at(directive, "{")) {
		directive->at--;
		return false;
	}
	if (!directive_next(directive) || directive_is_at(directive, "}"))
		return false;
	directive->nesting++;
	return true;
}

bool directive_next_option(struct directive *directive)
{
	if (directive->nesting == 0)
		return open_braces(directive);
	if (!directive_next(directive))
		return false;
	if (directive_is_at(directive, "{")) {
		directive->at--;
		return open_braces(directive);
	}
	if (!directive_is_at(directive, "}"))
		return true;
	directive->nesting--;
	return false;
}

struct arguments directive_arguments(struct directive *directive)
{
	struct arguments arguments = { .items = directive->tokens->items + directive->at };
	while (directive_next_argument(directive)) {
		if (directive_is_at(directive, "{")) {
			directive->at--;
			break;
		}
		arguments.count++;
	}
	return arguments;
}

const char *directive_argument(struct directive *directive, struct error *error)
{
	struct arguments arguments = directive_arguments(directive);
	if (arguments.count == 1)
		return argument(arguments, 0);
	directive_fail_arguments(directive, error);
	return NULL;
}

bool directive_expect_none(struct directive *directive, struct error *error)
{
	return directive_arguments(directive).count == 0 || directive_fail_arguments(directive, error);
}

bool directive_expect_end(struct directive *directive, struct error *error)
{
	if (directive_next_argument(directive))
		return directive_fail_arguments(directive, error);
	if (!directive_next(directive))
		return true;
	if (directive_is_at(directive, "{"))
		return directive_fail_option(directive, error);
	directive_note(directive, "%s was named before, this line has no effect", directive->name);
	return true;
}

static const char *file_of(const struct directive *directive)
{
	const struct token *token = current(directive);
	return token->file != NULL ? token->file : directive->corefile;
}

bool directive_fail(const struct directive *directive, struct error *error, const char *format, ...)
{
	char sentence[sizeof(error->text)];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return error_set(error, "plugin/%s: %s:%u - Error during parsing: %s", directive->name,
			 file_of(directive), current(directive)->line, sentence);
}

bool directive_fail_syntax(const struct directive *directive, struct error *error, const char *expected)
{
	return error_set(error,
			 "plugin/%s: %s:%u - Syntax error: Unexpected token '%s', expecting '%s%s'",
			 directive->name, file_of(directive), current(directive)->line,
			 directive_text(directive), expected, directive_text(directive));
}

char *directive_complaint(const struct directive *directive)
{
	struct error error;
	directive_fail(directive, &error, "%s", "");
	return directive_copy(directive, error.text);
}

bool directive_fail_arguments(const struct directive *directive, struct error *error)
{
	if (directive_is_at(directive, "{"))
		return directive_fail(directive, error, "Unexpected token '{', expecting argument");
	return directive_fail(directive, error,
			      "Wrong argument count or unexpected line ending after '%s'",
			      directive_text(directive));
}

bool directive_fail_option(const struct directive *directive, struct error *error)
{
	return directive_fail(directive, error, "unknown property '%s'", directive_text(directive));
}

bool directive_fail_unbuilt(const struct directive *directive, const char *option, struct error *error)
{
	return directive_fail(directive, error, "%s is not built into knamed", option);
}

bool directive_once(const struct directive *directive, bool is_first, struct error *error)
{
	return is_first || directive_fail(directive, error,
					  "this plugin can only be used once per Server Block");
}

/* place: what stands in front of the sentence. */
static void note_add(struct config *config, struct text *place, const char *format, va_list arguments)
{
	char sentence[1024];
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	text_add(place, sentence);
	for (size_t i = 0; i < place->size; i++)
		if ((unsigned char)place->data[i] < ' ')
			place->data[i] = ' ';
	words_add(config->arena, &config->notes, place->data);
	text_done(place);
}

void config_note(struct config *config, const char *format, ...)
{
	struct text place = { 0 };
	va_list arguments;
	va_start(arguments, format);
	note_add(config, &place, format, arguments);
	va_end(arguments);
}

void directive_note(const struct directive *directive, const char *format, ...)
{
	struct text place = { 0 };
	va_list arguments;
	text_printf(&place, "%s:%u - ", file_of(directive), current(directive)->line);
	va_start(arguments, format);
	note_add(directive->config, &place, format, arguments);
	va_end(arguments);
}
