/* SPDX-License-Identifier: Apache-2.0 */
/* token -- the words of a Corefile, and where they stand.
 *
 * A token's text is valid UTF-8 without NUL bytes. It may hold blanks and line breaks: quotes and
 * the environment put them there. */
#ifndef KNAMED_CONFIG_TOKEN_H
#define KNAMED_CONFIG_TOKEN_H

#include "knamed/base.h"

struct token {
	const char *text;
	const char *file; /* NULL: the Corefile itself; imported tokens name theirs */
	unsigned line;	  /* where it begins */
	unsigned breaks;  /* line breaks inside the text */
};
struct tokens {
	struct token *items;
	size_t count;
};

/* Cuts text into at most `most` tokens that live in the arena. `name` is for messages, `file` goes
 * into the tokens. */
struct lexer_input {
	const char *name, *file, *text;
	size_t size, most;
};
bool lexer_read(struct arena *arena, const struct lexer_input *input, struct tokens *ret_tokens,
		struct error *error);

/* True if `next`, which stands behind `token`, begins on a later line or in another file. */
bool token_begins_line(const struct token *token, const struct token *next);
/* True if both are of one file and `next` begins on the line where `token` ends. Not the opposite
 * of the above: tokens of a snippet may have smaller line numbers than what stands before them. */
bool token_is_on_line(const struct token *token, const struct token *next);
unsigned text_line_breaks(const char *text);

/* Puts the values of {$NAME} and {%NAME%} into text; values may hold references themselves. What is
 * added is taken from *budget; false if there is no end to it. */
bool environment_fill(struct arena *arena, size_t *budget, const char *text, const char **ret_text);

#endif
