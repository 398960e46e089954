/* SPDX-License-Identifier: Apache-2.0 */
/* parser -- tokens grouped into server blocks and their directives, imports and environment filled in.
 *
 *   text --lexer--> tokens --parser (import, snippets, environment)--> blocks { keys, directives { tokens } }
 *
 * Nothing here knows what a directive means. Results live in the arena. */
#ifndef KNAMED_CONFIG_PARSER_H
#define KNAMED_CONFIG_PARSER_H

#include "knamed/config.h"
#include "token.h"

/* All lines of a block that begin with `name`, one behind the other. */
struct directive_tokens {
	const char *name;
	struct tokens tokens;
};
struct block_tokens {
	struct tokens keys; /* addresses as written, commas taken off */
	struct directive_tokens *directives;
	size_t directive_count;
};
struct corefile {
	const char *name;
	struct block_tokens *blocks;
	size_t block_count;
	struct words warnings;
};

/* What one Corefile may take at most. */
enum {
	COREFILE_SIZE_MAX = 4 << 20,  /* bytes of one file */
	COREFILE_TOKENS_MAX = 500000, /* of all files, imports counted as often as they are used */
	COREFILE_IMPORT_MAX = 64 << 20, /* bytes of all imports, counted likewise */
	COREFILE_ENVIRONMENT_MAX = 4 << 20,
	SNIPPET_EXPANSIONS_MAX = 10000,
	FILE_EXPANSIONS_MAX = 100000,
};

/* `text` must outlive nothing: all is copied. Fills ret_corefile; false with "file:line - ..." */
bool corefile_parse(struct arena *arena, const char *name, const char *text, size_t size,
		    struct corefile *ret_corefile, struct error *error);

/* Private to parser.c, stream.c and import.c. */

/* The tokens with a cursor: `before` ends with the current one, `after` holds what comes, the next
 * one last. An import costs what it brings, wherever it stands. */
struct token_stack {
	struct token *items;
	size_t count, room;
};
struct parser {
	struct arena *arena;
	struct corefile *corefile;
	struct token_stack before, after;
	struct map *snippets; /* name -> struct snippet */
	size_t tokens_left, import_left, environment_left;
	unsigned snippet_expansions, file_expansions;
	struct error *error;
};
struct snippet {
	struct tokens tokens;
	size_t bytes;
};

void stream_done(struct parser *parser);
struct token *stream_token(const struct parser *parser); /* the current one; NULL before the first */
const char *stream_text(const struct parser *parser);	 /* its text, "" before the first */
bool stream_next(struct parser *parser);
bool stream_next_on_line(struct parser *parser);
void stream_back(struct parser *parser);
bool stream_at_line_start(const struct parser *parser);
/* Takes the current token away. */
void stream_remove(struct parser *parser);
/* Puts tokens behind the current one. */
void stream_insert(struct parser *parser, const struct tokens *tokens);

/* "file:line - Error during parsing: ..." of the current token. False. */
bool parser_fail(struct parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);
bool parser_fail_arguments(struct parser *parser);
bool parser_fail_end(struct parser *parser);
/* NULL and the error if the environment has no end. */
const char *parser_fill(struct parser *parser, const char *text);
/* The current token is `import`: puts what it names in the place of the line. The current token is
 * then the one before it. */
bool parser_import(struct parser *parser);

#endif
