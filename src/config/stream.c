/* SPDX-License-Identifier: Apache-2.0 */
/* The parser's cursor over the tokens, and its sentences. */
#include "parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void push(struct token_stack *stack, struct token token)
{
	if (stack->count == stack->room) {
		stack->room = stack->room == 0 ? 64 : 2 * stack->room;
		stack->items = mem_realloc(stack->items, stack->room * sizeof(token));
	}
	stack->items[stack->count++] = token;
}

void stream_insert(struct parser *parser, const struct tokens *tokens)
{
	for (size_t i = tokens->count; i > 0; i--)
		push(&parser->after, tokens->items[i - 1]);
}

void stream_done(struct parser *parser)
{
	mem_free(parser->before.items);
	mem_free(parser->after.items);
}

struct token *stream_token(const struct parser *parser)
{
	return parser->before.count > 0 ? &parser->before.items[parser->before.count - 1] : NULL;
}

const char *stream_text(const struct parser *parser)
{
	const struct token *token = stream_token(parser);
	return token != NULL ? token->text : "";
}

static const struct token *token_after(const struct parser *parser)
{
	return parser->after.count > 0 ? &parser->after.items[parser->after.count - 1] : NULL;
}

bool stream_next(struct parser *parser)
{
	const struct token *next = token_after(parser);
	if (next == NULL)
		return false;
	push(&parser->before, *next);
	parser->after.count--;
	return true;
}

bool stream_next_on_line(struct parser *parser)
{
	const struct token *token = stream_token(parser), *next = token_after(parser);
	return token != NULL && next != NULL && token_is_on_line(token, next) && stream_next(parser);
}

void stream_back(struct parser *parser)
{
	push(&parser->after, *stream_token(parser));
	parser->before.count--;
}

void stream_remove(struct parser *parser)
{
	parser->before.count--;
}

bool stream_at_line_start(const struct parser *parser)
{
	const struct token *token = stream_token(parser);
	return parser->before.count < 2 || token_begins_line(token - 1, token);
}

bool parser_fail(struct parser *parser, const char *format, ...)
{
	char sentence[sizeof(((struct error *)0)->text)];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);

	const struct token *token = stream_token(parser);
	const char *file = token != NULL && token->file != NULL ? token->file : parser->corefile->name;
	return error_set(parser->error, "%s:%u - %s", file, token != NULL ? token->line : 0, sentence);
}

bool parser_fail_arguments(struct parser *parser)
{
	if (strcmp(stream_text(parser), "{") == 0)
		return parser_fail(parser,
				   "Error during parsing: Unexpected token '{', expecting argument");
	return parser_fail(parser,
			   "Error during parsing: Wrong argument count or unexpected line ending after '%s'",
			   stream_text(parser));
}

bool parser_fail_end(struct parser *parser)
{
	return parser_fail(parser, "Error during parsing: Unexpected EOF");
}

const char *parser_fill(struct parser *parser, const char *text)
{
	const char *filled;
	if (environment_fill(parser->arena, &parser->environment_left, text, &filled))
		return filled;
	parser_fail(parser, "Error during parsing: the environment in '%s' has no end", text);
	return NULL;
}
