/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens into server blocks, as CoreDNS groups them: a block may do without braces if it is the only one, a comma
 * joins addresses over lines, a directive ends with its line or with the brace that it opened. */
#include "parser.h"

#include <string.h>

#include "directives.h"
#include "list.h"

static bool is(const char *text, const char *other)
{
	return strcmp(text, other) == 0;
}

static bool fail_syntax(struct parser *parser, const char *expected)
{
	return parser_fail(parser, "Syntax error: Unexpected token '%s', expecting '%s'",
			   stream_text(parser), expected);
}

static void tokens_add(struct parser *parser, struct tokens *tokens, struct token token)
{
	tokens->items = list_grow(parser->arena, tokens->items, tokens->count, sizeof(token));
	tokens->items[tokens->count++] = token;
}

/* Adds an address. True if a comma says that another one follows. */
static bool key_add(struct parser *parser, struct block_tokens *block, const char *text)
{
	struct token key = *stream_token(parser);
	size_t size = strlen(text);
	bool has_comma = text[size - 1] == ',';
	key.text = arena_text(parser->arena, text, has_comma ? size - 1 : size);
	tokens_add(parser, &block->keys, key);
	return has_comma;
}

enum keys_verdict { KEYS_FAILED, KEYS_READ, KEYS_AT_END };

static enum keys_verdict keys_at_end(struct parser *parser, bool is_expecting)
{
	if (!is_expecting)
		return KEYS_AT_END;
	parser_fail_end(parser);
	return KEYS_FAILED;
}

/* Reads the addresses from the current token on; then it is "{" or the first one of the next line. */
static enum keys_verdict read_keys(struct parser *parser, struct block_tokens *block)
{
	for (bool is_expecting = false;;) {
		const char *text = parser_fill(parser, stream_text(parser));
		if (text == NULL)
			return KEYS_FAILED;
		if (is(text, "import") && stream_at_line_start(parser)) {
			if (!parser_import(parser))
				return KEYS_FAILED;
			if (!stream_next(parser))
				return keys_at_end(parser, is_expecting);
			continue;
		}
		if (is(text, "{")) {
			if (!is_expecting)
				return KEYS_READ;
			parser_fail(parser,
				    "Error during parsing: Expected another address but had '{' - "
				    "check for extra comma");
			return KEYS_FAILED;
		}
		if (*text != 0)
			is_expecting = key_add(parser, block, text);
		if (!stream_next(parser))
			return keys_at_end(parser, is_expecting);
		if (!is_expecting && stream_at_line_start(parser))
			return KEYS_READ;
	}
}

static struct tokens *tokens_of_directive(struct parser *parser, struct block_tokens *block,
					  const char *name)
{
	for (size_t i = 0; i < block->directive_count; i++)
		if (is(block->directives[i].name, name))
			return &block->directives[i].tokens;
	block->directives = list_grow(parser->arena, block->directives, block->directive_count,
				      sizeof(block->directives[0]));
	struct directive_tokens *fresh = &block->directives[block->directive_count++];
	*fresh = (struct directive_tokens){ .name = name };
	return &fresh->tokens;
}

/* Fills the environment in and keeps the token. */
static bool take_token(struct parser *parser, struct tokens *tokens)
{
	struct token *token = stream_token(parser);
	const char *text = parser_fill(parser, token->text);
	if (text == NULL)
		return false;
	if (text != token->text) {
		token->text = text;
		token->breaks = text_line_breaks(text);
	}
	tokens_add(parser, tokens, *token);
	return true;
}

/* `proxy` was what `forward` is (CoreDNS before 1.5). */
static const char *name_of_today(struct parser *parser, const char *name)
{
	struct text note = { 0 };
	if (!is(name, "proxy"))
		return name;
	const struct token *token = stream_token(parser);
	text_printf(&note, "%s:%u - proxy is read as forward, which took its place",
		    token->file != NULL ? token->file : parser->corefile->name, token->line);
	words_add(parser->arena, &parser->corefile->warnings, note.data);
	text_done(&note);
	return "forward";
}

/* From the directive's name to the end of its line or of its body. */
static bool read_directive(struct parser *parser, struct block_tokens *block)
{
	const char *name = parser_fill(parser, stream_text(parser));
	if (name == NULL)
		return false;
	name = name_of_today(parser, name);
	if (!directive_is_known(name))
		return parser_fail(parser, "Error during parsing: Unknown directive '%s'", name);
	struct tokens *tokens = tokens_of_directive(parser, block, name);
	tokens_add(parser, tokens, *stream_token(parser));

	size_t nesting = 0;
	while (stream_next(parser)) {
		const char *text = stream_text(parser);
		if (is(text, "{")) {
			nesting++;
		} else if (nesting == 0 && stream_at_line_start(parser)) {
			stream_back(parser);
			break;
		} else if (is(text, "}")) {
			if (nesting == 0)
				return parser_fail(parser,
						   "Error during parsing: Unexpected '}' because no matching "
						   "opening brace");
			nesting--;
		} else if (is(text, "import") && stream_at_line_start(parser)) {
			if (!parser_import(parser))
				return false;
			continue;
		}
		if (!take_token(parser, tokens))
			return false;
	}
	return nesting == 0 || parser_fail_end(parser);
}

static bool read_directives(struct parser *parser, struct block_tokens *block)
{
	while (stream_next(parser)) {
		const char *text = stream_text(parser);
		if (is(text, "}"))
			return true;
		bool good = is(text, "import") ? parser_import(parser) : read_directive(parser, block);
		if (!good)
			return false;
	}
	return true;
}

static bool read_body(struct parser *parser, struct block_tokens *block)
{
	bool has_brace = is(stream_text(parser), "{");
	if (!has_brace)
		stream_back(parser);
	if (!read_directives(parser, block))
		return false;
	return !has_brace || is(stream_text(parser), "}") || fail_syntax(parser, "}");
}

/* The name of a block whose only address is "(name)", or NULL. */
static const char *snippet_name(struct parser *parser, const struct block_tokens *block)
{
	if (block->keys.count != 1)
		return NULL;
	const char *key = block->keys.items[0].text;
	size_t size = strlen(key);
	if (size < 2 || key[0] != '(' || key[size - 1] != ')')
		return NULL;
	return arena_text(parser->arena, key + 1, size - 2);
}

static bool read_snippet_tokens(struct parser *parser, struct snippet *snippet)
{
	if (!is(stream_text(parser), "{"))
		return fail_syntax(parser, "{");
	for (size_t nesting = 1; stream_next(parser);) {
		const char *text = stream_text(parser);
		if (is(text, "}") && --nesting == 0)
			return true;
		if (is(text, "{"))
			nesting++;
		tokens_add(parser, &snippet->tokens, *stream_token(parser));
		snippet->bytes += strlen(text) + 1;
	}
	return fail_syntax(parser, "}");
}

/* A snippet that imports itself never ends; a longer circle is stopped by the count of expansions. */
static bool refuse_self_import(struct parser *parser, const struct snippet *snippet, const char *name)
{
	const struct tokens *tokens = &snippet->tokens;
	for (size_t i = 0; i + 1 < tokens->count; i++) {
		bool starts_line = i == 0 || tokens->items[i - 1].line != tokens->items[i].line;
		if (!starts_line || !is(tokens->items[i].text, "import"))
			continue;
		const char *target = parser_fill(parser, tokens->items[i + 1].text);
		if (target == NULL)
			return false;
		if (is(target, name))
			return parser_fail(parser,
					   "Error during parsing: maximum snippet import depth (%d) exceeded",
					   SNIPPET_EXPANSIONS_MAX);
	}
	return true;
}

static bool read_snippet(struct parser *parser, const char *name)
{
	if (map_get(parser->snippets, name, strlen(name)) != NULL)
		return parser_fail(parser,
				   "Error during parsing: redeclaration of previously declared snippet %s",
				   name);
	struct snippet *snippet = arena_alloc(parser->arena, sizeof(*snippet));
	if (!read_snippet_tokens(parser, snippet) || !refuse_self_import(parser, snippet, name))
		return false;
	map_put(parser->snippets, name, strlen(name), snippet);
	return true;
}

static void block_add(struct parser *parser, const struct block_tokens *block)
{
	struct corefile *corefile = parser->corefile;
	if (block->keys.count == 0)
		return;
	corefile->blocks = list_grow(parser->arena, corefile->blocks, corefile->block_count,
				     sizeof(corefile->blocks[0]));
	corefile->blocks[corefile->block_count++] = *block;
}

static bool read_block(struct parser *parser)
{
	struct block_tokens block = { 0 };
	enum keys_verdict keys = read_keys(parser, &block);
	if (keys == KEYS_FAILED)
		return false;
	if (keys == KEYS_READ) {
		const char *name = snippet_name(parser, &block);
		if (name != NULL)
			return read_snippet(parser, name);
		if (!read_body(parser, &block))
			return false;
	}
	block_add(parser, &block);
	return true;
}

static bool read_blocks(struct parser *parser, const char *text, size_t size)
{
	struct lexer_input input = {
		.name = parser->corefile->name, .text = text, .size = size, .most = parser->tokens_left
	};
	struct tokens tokens = { 0 };
	if (!lexer_read(parser->arena, &input, &tokens, parser->error))
		return false;
	parser->tokens_left -= tokens.count;
	stream_insert(parser, &tokens);
	while (stream_next(parser))
		if (!read_block(parser))
			return false;
	return true;
}

bool corefile_parse(struct arena *arena, const char *name, const char *text, size_t size,
		    struct corefile *ret_corefile, struct error *error)
{
	struct corefile corefile = { .name = name };
	struct parser parser = {
		.arena = arena,
		.corefile = &corefile,
		.snippets = map_new(),
		.tokens_left = COREFILE_TOKENS_MAX,
		.import_left = COREFILE_IMPORT_MAX,
		.environment_left = COREFILE_ENVIRONMENT_MAX,
		.error = error,
	};
	bool good = read_blocks(&parser, text, size);
	stream_done(&parser);
	map_free(parser.snippets);
	if (good)
		*ret_corefile = corefile;
	return good;
}
