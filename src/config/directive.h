/* SPDX-License-Identifier: Apache-2.0 */
/* directive -- one directive of a block on its way from tokens to the config.
 *
 * The tokens are walked as CoreDNS' plugins walk them, so that the same Corefiles are good and the
 * same lines are named when one is bad. */
#ifndef KNAMED_CONFIG_DIRECTIVE_H
#define KNAMED_CONFIG_DIRECTIVE_H

#include "knamed/config.h"
#include "token.h"

struct block_tokens;
struct corefile;
struct directive {
	const char *name;
	const char *corefile;		  /* name of the Corefile, for tokens that name no file */
	const struct block_tokens *lines; /* the block's, of all its directives */
	const struct corefile *whole;	  /* of all blocks */
	const struct tokens *tokens;	  /* this one's */
	size_t at;			  /* tokens taken; the current one is at - 1 */
	unsigned nesting;
	struct config *config; /* for its arena and notes */
	struct config_block *block;
	const struct config_zones *block_zones;
	size_t *zones_left; /* how many more zones the config may name */
};
typedef bool (*directive_read)(struct directive *directive, struct error *error);

/* Moves: to the next token; to the next one of the same line; to the next option in the braces.
 * False: there is none, and braces that end are left behind. */
bool directive_next(struct directive *directive);
bool directive_next_argument(struct directive *directive);
bool directive_next_option(struct directive *directive);
const char *directive_text(const struct directive *directive); /* of the current token */
bool directive_is_at(const struct directive *directive, const char *text);

/* The rest of the line, up to an opening brace. */
struct arguments {
	const struct token *items;
	size_t count;
};
struct arguments directive_arguments(struct directive *directive);
static inline const char *argument(struct arguments arguments, size_t i)
{
	return arguments.items[i].text;
}
/* Exactly one argument, or NULL and the error. */
const char *directive_argument(struct directive *directive, struct error *error);
/* No argument is right here. */
bool directive_expect_none(struct directive *directive, struct error *error);
/* A flag: no argument and no option is right here, and a second line with the same says nothing new. */
bool directive_expect_end(struct directive *directive, struct error *error);

/* "plugin/NAME: file:line - Error during parsing: ..." of the current token. False. */
bool directive_fail(const struct directive *directive, struct error *error, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* "... - Syntax error: Unexpected token 'x', expecting 'EXPECTEDx'", for those who word it so. False. */
bool directive_fail_syntax(const struct directive *directive, struct error *error,
			   const char *expected);
bool directive_fail_arguments(const struct directive *directive, struct error *error);
bool directive_fail_option(const struct directive *directive, struct error *error);
bool directive_fail_unbuilt(const struct directive *directive, const char *option, struct error *error);
/* What an error about the current token begins with, if it is found later. */
char *directive_complaint(const struct directive *directive);
/* Fails at the second line of a directive that stands once. */
bool directive_once(const struct directive *directive, bool is_first, struct error *error);
/* A remark about the current token: "file:line - ..." */
void directive_note(const struct directive *directive, const char *format, ...) PRINTF_LIKE(2, 3);
void config_note(struct config *config, const char *format, ...) PRINTF_LIKE(2, 3);

/* The zones that arguments name, without repetitions; none named: `otherwise`. */
bool directive_zones(struct directive *directive, struct arguments arguments,
		     const struct config_zones *otherwise, struct config_zones *ret_zones,
		     struct error *error);
bool directive_duration(const struct directive *directive, const char *text, uint64_t *ret_ms,
			struct error *error);
/* Another name server: IP, IP:PORT, [IP]:PORT, each with %LINK behind the IP. */
bool directive_peer(const struct directive *directive, const char *text,
		    struct config_peer *ret_peer, struct error *error);
/* What Go says of a text that is no duration. */
char *directive_duration_problem(const struct directive *directive, const char *text);
/* Where the current token stands, for as long as the config lives. */
struct config_at directive_at(const struct directive *directive);
/* The words from the token at `from` up to the current one. */
struct config_said directive_said(const struct directive *directive, size_t from,
				  const struct config_zones *zones);
/* It depends on this too. */
void directive_said_also(const struct directive *directive, struct config_said *said,
			 const char *words);
char *directive_copy(const struct directive *directive, const char *text);
/* `name` behind `root`, if there is one and the name is relative. */
char *directive_path(const struct directive *directive, const char *name);
/* A missing file or directory is remarked on (it may come); one that cannot be looked at is an error. */
bool directive_check_path(const struct directive *directive, const char *path, const char *missing,
			  const char *unable, struct error *error);

#endif
