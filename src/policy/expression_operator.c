/* SPDX-License-Identifier: Apache-2.0 */
/* Operators whose sides are complete: types are checked, instructions follow. */
#include "expression_compiler.h"

#include <string.h>

unsigned operator_precedence(const struct pending *pending)
{
	if (pending->is_unary)
		return pending->word == WORD_NOT ? 50 : 90;
	if (pending->word == WORD_PLUS || pending->word == WORD_MINUS)
		return 30;
	return pending->word == WORD_OR ? 10 : pending->word == WORD_AND ? 15 : 20;
}

static bool reduce_unary(struct compiler *compiler, const struct pending *pending)
{
	const struct operand *operand = operand_top(compiler);
	bool is_not = pending->word == WORD_NOT;
	if (operand->kind != (is_not ? KIND_BOOL : KIND_NUMBER))
		return compiler_fail_types(compiler, pending, NULL, operand);
	if (pending->word == WORD_PLUS)
		return true;
	return emit_over(compiler, 1, operand->kind,
			 (struct instruction){ .deed = is_not ? DO_NOT : DO_NEGATE });
}

/* The left value is not on the stack any more when the right one is made. */
static bool reduce_logic(struct compiler *compiler, const struct pending *pending)
{
	const struct operand left = { .kind = KIND_BOOL }, *right = operand_top(compiler);
	if (right->kind != KIND_BOOL)
		return compiler_fail_types(compiler, pending, &left, right);
	emit_landing(compiler, pending->jump);
	return true;
}

static bool reduce_equal(struct compiler *compiler, enum expression_kind kind, bool is_negated)
{
	static const enum deed deeds[] = {
		[KIND_BOOL] = DO_SAME_BOOL,
		[KIND_NUMBER] = DO_SAME_NUMBER,
		[KIND_TEXT] = DO_SAME_TEXT,
	};
	return emit_over(compiler, 2, KIND_BOOL, (struct instruction){ .deed = deeds[kind] }) &&
	       (!is_negated || emit_deed(compiler, DO_NOT, 0));
}

static bool reduce_matches(struct compiler *compiler, const struct pending *pending)
{
	struct expression *expression = compiler->expression;
	struct error error;
	if (!operand_top(compiler)->is_constant)
		return compiler_fail(compiler, &pending->token, "matches takes its pattern as a text");
	struct value_text pattern = operand_take_constant(compiler);
	struct regex *regex = NULL;
	if (memchr(pattern.text, '\0', pattern.size) != NULL)
		error_set(&error, "a pattern has no zero byte");
	else
		regex = regex_new(pattern.text, &error);
	if (regex == NULL)
		return compiler_fail(compiler, &pending->token, error.text);
	uint32_t index = (uint32_t)expression->regex_count;
	expression->regexes =
		mem_realloc(expression->regexes, (expression->regex_count + 1) * sizeof(regex));
	expression->regexes[expression->regex_count++] = regex;
	return emit_over(compiler, 1, KIND_BOOL,
			 (struct instruction){ .deed = DO_MATCHES, .index = index });
}

static bool reduce_text(struct compiler *compiler, const struct pending *pending)
{
	enum deed deed = pending->word == WORD_CONTAINS ? DO_CONTAINS
			 : pending->word == WORD_STARTS ? DO_STARTS
							: DO_ENDS;
	if (pending->word == WORD_MATCHES
		    ? !reduce_matches(compiler, pending)
		    : !emit_over(compiler, 2, KIND_BOOL, (struct instruction){ .deed = deed }))
		return false;
	return !pending->is_negated || emit_deed(compiler, DO_NOT, 0);
}

static bool reduce_sum(struct compiler *compiler, const struct pending *pending)
{
	const struct operand *right = operand_top(compiler), *left = right - 1;
	enum expression_kind kind = right->kind;
	bool is_join = kind == KIND_TEXT && pending->word == WORD_PLUS;
	if (left->kind != kind || (kind != KIND_NUMBER && !is_join))
		return compiler_fail_types(compiler, pending, left, right);
	return emit_over(compiler, 2, kind,
			 (struct instruction){ .deed = is_join			    ? DO_JOIN
						       : pending->word == WORD_PLUS ? DO_ADD
										    : DO_SUBTRACT });
}

static bool reduce_binary(struct compiler *compiler, const struct pending *pending)
{
	const struct operand *right = operand_top(compiler), *left = right - 1;
	enum expression_kind kind = right->kind;
	bool is_same = left->kind == kind;
	switch (pending->word) {
	case WORD_PLUS:
	case WORD_MINUS:
		return reduce_sum(compiler, pending);
	case WORD_EQUAL:
	case WORD_UNEQUAL:
		return is_same ? reduce_equal(compiler, kind, pending->word == WORD_UNEQUAL)
			       : compiler_fail_types(compiler, pending, left, right);
	case WORD_LESS:
	case WORD_LESS_EQUAL:
	case WORD_MORE:
	case WORD_MORE_EQUAL:
		if (!is_same || kind == KIND_BOOL)
			return compiler_fail_types(compiler, pending, left, right);
		return emit_over(compiler, 2, KIND_BOOL,
				 (struct instruction){ .deed = kind == KIND_TEXT ? DO_ORDER_TEXT
										 : DO_ORDER_NUMBER,
						       .word = pending->word });
	default:
		return is_same && kind == KIND_TEXT
			       ? reduce_text(compiler, pending)
			       : compiler_fail_types(compiler, pending, left, right);
	}
}

bool operators_reduce(struct compiler *compiler, unsigned precedence)
{
	for (struct pending *top; (top = pending_top(compiler)) != NULL &&
				  top->kind == PENDING_OPERATOR &&
				  operator_precedence(top) >= precedence;) {
		const struct pending pending = *top;
		compiler->pending_count--;
		bool is_logic = pending.word == WORD_AND || pending.word == WORD_OR;
		if (pending.is_unary ? !reduce_unary(compiler, &pending)
		    : is_logic	     ? !reduce_logic(compiler, &pending)
				     : !reduce_binary(compiler, &pending))
			return false;
	}
	return true;
}
