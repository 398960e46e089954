/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of an expression while it is compiled. */
#ifndef KNAMED_POLICY_EXPRESSION_COMPILER_H
#define KNAMED_POLICY_EXPRESSION_COMPILER_H

#include "expression_parts.h"

enum { PENDING_MOST = 256, NO_INDEX = UINT32_MAX };

extern const char *const expression_kinds[]; /* their names */

/* A value that will be on the stack. */
struct operand {
	enum expression_kind kind;
	uint32_t at;	  /* its first instruction */
	bool is_constant; /* which is its only one, and pushes a text */
};

enum pending_kind {
	PENDING_OPERATOR,
	PENDING_GROUP, /* ( */
	PENDING_CALL,  /* NAME( */
	PENDING_LIST,  /* in [ */
	PENDING_THEN,  /* ? */
	PENDING_ELSE,  /* : */
};
struct compiler;
struct function;
struct pending {
	enum pending_kind kind;
	enum word word; /* of an operator */
	bool is_unary, is_negated;
	const struct function *function;
	unsigned arguments;
	uint32_t jump; /* the last instruction that jumps to its end; they form a list */
	struct token token;
};

struct compiler {
	struct lexer lexer;
	struct token token;
	struct expression *expression;
	size_t code_room;
	struct operand operands[EXPRESSION_DEPTH];
	size_t operand_count;
	struct pending pending[PENDING_MOST];
	size_t pending_count;
	const struct expression_names *names; /* NULL: the question alone */
	bool has_to_be_bool;
	struct error *error;
};

/* ---- expression_emit.c: all give false and the sentence when something is wrong ---- */

bool compiler_fail(struct compiler *compiler, const struct token *token, const char *sentence);
/* Of the token at hand. */
bool compiler_fail_unexpected(struct compiler *compiler, const char *expected);
/* left NULL: of an operator with one side. */
bool compiler_fail_types(struct compiler *compiler, const struct pending *pending,
			 const struct operand *left, const struct operand *right);
/* To the next token. */
bool compiler_advance(struct compiler *compiler);
bool compiler_is_at(const struct compiler *compiler, enum word word);

bool emit_deed(struct compiler *compiler, enum deed deed, uint32_t index);
/* A value and the one instruction that makes it. */
bool emit_value(struct compiler *compiler, enum expression_kind kind, struct instruction instruction);
/* Replaces as many operands by what the instruction makes of them. */
bool emit_over(struct compiler *compiler, size_t taken, enum expression_kind kind,
	       struct instruction instruction);
uint32_t emit_here(const struct compiler *compiler);
/* All jumps of the list lead here. */
void emit_landing(struct compiler *compiler, uint32_t jump);
struct operand *operand_top(struct compiler *compiler);
/* The last operand, a constant, becomes part of the instruction that takes it. */
struct value_text operand_take_constant(struct compiler *compiler);
/* NULL: there are too many. */
struct pending *pending_push(struct compiler *compiler, enum pending_kind kind);
struct pending *pending_top(struct compiler *compiler);

/* ---- expression_call.c ---- */

/* The token is a name; behind it comes what the function takes, if it takes something. */
bool call_begin(struct compiler *compiler, bool *wants_value);
bool call_end_argument(struct compiler *compiler, struct pending *call);
bool call_end(struct compiler *compiler, const struct pending *call);

/* ---- expression_operator.c ---- */

unsigned operator_precedence(const struct pending *pending);
/* Emits the operators whose right side ends before one of this precedence. */
bool operators_reduce(struct compiler *compiler, unsigned precedence);

#endif
