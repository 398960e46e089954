/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and operands as they come, and the sentences of what is wrong. */
#include "expression_compiler.h"

#include <stdio.h>
#include <string.h>

const char *const expression_kinds[] = {
	[KIND_BOOL] = "bool",
	[KIND_NUMBER] = "number",
	[KIND_TEXT] = "string",
};

/* ---- sentences ---- */

bool compiler_fail(struct compiler *compiler, const struct token *token, const char *sentence)
{
	return error_set(compiler->error, "%s (1:%zu)", sentence, token->at + 1);
}

bool compiler_fail_unexpected(struct compiler *compiler, const char *expected)
{
	const struct token *token = &compiler->token;
	char sentence[200];
	int size = token->size < 40 ? (int)token->size : 40;
	if (token->kind == TOKEN_END)
		snprintf(sentence, sizeof(sentence), "unexpected end, expected %s", expected);
	else
		snprintf(sentence, sizeof(sentence), "unexpected %.*s, expected %s", size,
			 compiler->lexer.text + token->at, expected);
	return compiler_fail(compiler, token, sentence);
}

static const char *spelling(enum word word)
{
	static const char *const words[] = {
		[WORD_PLUS] = "+",
		[WORD_MINUS] = "-",
		[WORD_OR] = "or",
		[WORD_AND] = "and",
		[WORD_EQUAL] = "==",
		[WORD_UNEQUAL] = "!=",
		[WORD_LESS] = "<",
		[WORD_LESS_EQUAL] = "<=",
		[WORD_MORE] = ">",
		[WORD_MORE_EQUAL] = ">=",
		[WORD_IN] = "in",
		[WORD_MATCHES] = "matches",
		[WORD_CONTAINS] = "contains",
		[WORD_STARTS] = "startsWith",
		[WORD_ENDS] = "endsWith",
	};
	return words[word];
}

bool compiler_fail_types(struct compiler *compiler, const struct pending *pending,
			 const struct operand *left, const struct operand *right)
{
	char sentence[200];
	if (left == NULL)
		snprintf(sentence, sizeof(sentence), "invalid operation: %s (mismatched type %s)",
			 pending->word == WORD_NOT ? "not" : "-", expression_kinds[right->kind]);
	else
		snprintf(sentence, sizeof(sentence),
			 "invalid operation: %s (mismatched types %s and %s)", spelling(pending->word),
			 expression_kinds[left->kind], expression_kinds[right->kind]);
	return compiler_fail(compiler, &pending->token, sentence);
}

/* ---- instructions and operands ---- */

static bool emit(struct compiler *compiler, struct instruction instruction)
{
	struct expression *expression = compiler->expression;
	if (expression->code_count == EXPRESSION_CODE_MOST)
		return compiler_fail(compiler, &compiler->token, "expression is too long");
	if (expression->code_count == compiler->code_room) {
		compiler->code_room = compiler->code_room > 0 ? 2 * compiler->code_room : 16;
		expression->code =
			mem_realloc(expression->code, compiler->code_room * sizeof(instruction));
	}
	expression->code[expression->code_count++] = instruction;
	return true;
}

bool emit_deed(struct compiler *compiler, enum deed deed, uint32_t index)
{
	return emit(compiler, (struct instruction){ .deed = deed, .index = index });
}

uint32_t emit_here(const struct compiler *compiler)
{
	return (uint32_t)compiler->expression->code_count;
}

static bool push_operand(struct compiler *compiler, enum expression_kind kind, uint32_t at,
			 bool is_constant)
{
	if (compiler->operand_count == EXPRESSION_DEPTH)
		return compiler_fail(compiler, &compiler->token, "expression is nested too deeply");
	compiler->operands[compiler->operand_count++] = (struct operand){ kind, at, is_constant };
	return true;
}

struct operand *operand_top(struct compiler *compiler)
{
	return &compiler->operands[compiler->operand_count - 1];
}

bool emit_value(struct compiler *compiler, enum expression_kind kind, struct instruction instruction)
{
	bool is_constant = instruction.deed == DO_PUSH && kind == KIND_TEXT;
	return push_operand(compiler, kind, emit_here(compiler), is_constant) &&
	       emit(compiler, instruction);
}

bool emit_over(struct compiler *compiler, size_t taken, enum expression_kind kind,
	       struct instruction instruction)
{
	compiler->operand_count -= taken;
	uint32_t at = compiler->operands[compiler->operand_count].at;
	return emit(compiler, instruction) && push_operand(compiler, kind, at, false);
}

struct value_text operand_take_constant(struct compiler *compiler)
{
	struct expression *expression = compiler->expression;
	compiler->operand_count--;
	return expression->code[--expression->code_count].value.text;
}

void emit_landing(struct compiler *compiler, uint32_t jump)
{
	struct instruction *code = compiler->expression->code;
	while (jump != NO_INDEX) {
		uint32_t before = code[jump].index;
		code[jump].index = emit_here(compiler);
		jump = before;
	}
}

struct pending *pending_push(struct compiler *compiler, enum pending_kind kind)
{
	if (compiler->pending_count == PENDING_MOST) {
		compiler_fail(compiler, &compiler->token, "expression is nested too deeply");
		return NULL;
	}
	struct pending *pending = &compiler->pending[compiler->pending_count++];
	*pending = (struct pending){ .kind = kind, .jump = NO_INDEX, .token = compiler->token };
	return pending;
}

struct pending *pending_top(struct compiler *compiler)
{
	return compiler->pending_count > 0 ? &compiler->pending[compiler->pending_count - 1] : NULL;
}

bool compiler_advance(struct compiler *compiler)
{
	struct error error;
	return lexer_next(&compiler->lexer, &compiler->token, &error) ||
	       compiler_fail(compiler, &compiler->token, error.text);
}

bool compiler_is_at(const struct compiler *compiler, enum word word)
{
	return compiler->token.kind == TOKEN_WORD && compiler->token.word == word;
}
