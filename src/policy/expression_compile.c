/* SPDX-License-Identifier: Apache-2.0 */
/* From tokens to instructions, in one pass and without recursion: what waits for its right side (operators, brackets,
 * both halves of a choice) lies on one list, the types of the values so far on another. */
#include "expression_compiler.h"

#include <string.h>

/* ---- choices: CONDITION ? A : B ---- */

static bool begin_choice(struct compiler *compiler)
{
	if (!operators_reduce(compiler, 0))
		return false;
	if (operand_top(compiler)->kind != KIND_BOOL)
		return compiler_fail(compiler, &compiler->token,
				     "non-bool expression used as condition");
	struct pending *choice = pending_push(compiler, PENDING_THEN);
	if (choice == NULL)
		return false;
	choice->jump = emit_here(compiler);
	compiler->operand_count--;
	return emit_deed(compiler, DO_BRANCH, NO_INDEX);
}

/* Both halves are there. Their value stands where that of the first was. */
static bool end_choices(struct compiler *compiler)
{
	if (!operators_reduce(compiler, 0))
		return false;
	for (struct pending *top; (top = pending_top(compiler)) != NULL && top->kind == PENDING_ELSE;) {
		struct operand *one = operand_top(compiler) - 1;
		if (one->kind != one[1].kind)
			return compiler_fail(compiler, &top->token,
					     "both sides of : must be of one type");
		emit_landing(compiler, top->jump);
		one->is_constant = false;
		compiler->operand_count--;
		compiler->pending_count--;
	}
	return true;
}

static bool turn_choice(struct compiler *compiler)
{
	if (!end_choices(compiler))
		return false;
	struct pending *choice = pending_top(compiler);
	if (choice == NULL || choice->kind != PENDING_THEN)
		return compiler_fail_unexpected(compiler, "an operator or the end");
	uint32_t branch = choice->jump;
	choice->kind = PENDING_ELSE;
	choice->token = compiler->token;
	choice->jump = emit_here(compiler);
	if (!emit_deed(compiler, DO_JUMP, NO_INDEX))
		return false;
	emit_landing(compiler, branch);
	return true;
}

/* ---- lists: VALUE in [A, B] ---- */

static bool begin_list(struct compiler *compiler, bool is_negated)
{
	const struct token in = compiler->token;
	if (!compiler_advance(compiler))
		return false;
	if (!compiler_is_at(compiler, WORD_LIST_OPEN))
		return compiler_fail_unexpected(compiler, "[ behind in");
	struct pending *list = pending_push(compiler, PENDING_LIST);
	if (list == NULL)
		return false;
	list->token = in;
	list->word = WORD_IN;
	list->is_negated = is_negated;
	return true;
}

static bool end_item(struct compiler *compiler, struct pending *list)
{
	static const enum deed deeds[] = {
		[KIND_BOOL] = DO_ITEM_BOOL,
		[KIND_NUMBER] = DO_ITEM_NUMBER,
		[KIND_TEXT] = DO_ITEM_TEXT,
	};
	const struct operand *item = operand_top(compiler), *left = item - 1;
	if (item->kind != left->kind)
		return compiler_fail_types(compiler, list, left, item);
	uint32_t before = list->jump;
	list->jump = emit_here(compiler);
	compiler->operand_count--;
	return emit_deed(compiler, deeds[item->kind], before);
}

/* The value that was looked for gives way to the result. */
static bool end_list(struct compiler *compiler, const struct pending *list)
{
	if (!emit_over(compiler, 1, KIND_BOOL, (struct instruction){ .deed = DO_NO_ITEM }))
		return false;
	emit_landing(compiler, list->jump);
	return !list->is_negated || emit_deed(compiler, DO_NOT, 0);
}

/* ---- brackets ---- */

static bool take_comma(struct compiler *compiler)
{
	if (!end_choices(compiler))
		return false;
	struct pending *top = pending_top(compiler);
	if (top != NULL && top->kind == PENDING_CALL)
		return call_end_argument(compiler, top);
	if (top != NULL && top->kind == PENDING_LIST)
		return end_item(compiler, top);
	return compiler_fail_unexpected(compiler, "an operator or the end");
}

static bool take_close(struct compiler *compiler)
{
	if (!end_choices(compiler))
		return false;
	struct pending *top = pending_top(compiler);
	if (top == NULL || (top->kind != PENDING_GROUP && top->kind != PENDING_CALL))
		return compiler_fail_unexpected(compiler, "an operator or the end");
	const struct pending pending = *top;
	compiler->pending_count--;
	if (pending.kind == PENDING_GROUP)
		return true;
	struct pending call = pending;
	return call_end_argument(compiler, &call) && call_end(compiler, &call);
}

static bool take_list_close(struct compiler *compiler)
{
	if (!end_choices(compiler))
		return false;
	struct pending *top = pending_top(compiler);
	if (top == NULL || top->kind != PENDING_LIST)
		return compiler_fail_unexpected(compiler, "an operator or the end");
	struct pending list = *top;
	compiler->pending_count--;
	return end_item(compiler, &list) && end_list(compiler, &list);
}

/* ---- the two places of a token ---- */

static bool put_bool(struct compiler *compiler, bool is_true)
{
	return emit_value(compiler, KIND_BOOL,
			  (struct instruction){ .deed = DO_PUSH, .value.is_true = is_true });
}

/* A variable; false in ret_is_one if there is none of the name. */
static bool take_variable(struct compiler *compiler, const char *name, size_t size, bool *ret_is_one)
{
	const struct expression_names *names = compiler->names;
	size_t i = 0, count = names != NULL ? names->count : 0;
	while (i < count &&
	       (strlen(names->names[i]) != size || memcmp(names->names[i], name, size) != 0))
		i++;
	*ret_is_one = i < count;
	return i == count ||
	       (emit_value(compiler, names->kinds[i],
			   (struct instruction){ .deed = DO_VARIABLE, .index = (uint32_t)i }) &&
		compiler_advance(compiler));
}

static bool take_name(struct compiler *compiler, bool *wants_value)
{
	const char *name = compiler->lexer.text + compiler->token.at;
	size_t size = compiler->token.size;
	bool is_variable;
	if (!take_variable(compiler, name, size, &is_variable))
		return false;
	if (is_variable) {
		*wants_value = false;
		return true;
	}
	bool is_true = size == 4 && memcmp(name, "true", 4) == 0;
	if (!is_true && !(size == 5 && memcmp(name, "false", 5) == 0))
		return call_begin(compiler, wants_value);
	*wants_value = false;
	return put_bool(compiler, is_true) && compiler_advance(compiler);
}

static bool take_prefix(struct compiler *compiler, bool *wants_value)
{
	enum word word = compiler->token.word;
	if (word == WORD_OPEN)
		return pending_push(compiler, PENDING_GROUP) != NULL && compiler_advance(compiler);
	if (word == WORD_NOT || word == WORD_MINUS || word == WORD_PLUS) {
		struct pending *pending = pending_push(compiler, PENDING_OPERATOR);
		if (pending == NULL)
			return false;
		pending->word = word;
		pending->is_unary = true;
		return compiler_advance(compiler);
	}
	const struct pending *top = pending_top(compiler);
	if (word == WORD_LIST_CLOSE && top != NULL && top->kind == PENDING_LIST &&
	    top->jump == NO_INDEX) { /* an empty list */
		const struct pending list = *top;
		compiler->pending_count--;
		*wants_value = false;
		return end_list(compiler, &list) && compiler_advance(compiler);
	}
	return compiler_fail_unexpected(compiler, "a value");
}

/* Where a value stands. */
static bool take_value(struct compiler *compiler, bool *wants_value)
{
	const struct token *token = &compiler->token;
	struct instruction push = { .deed = DO_PUSH };
	switch (token->kind) {
	case TOKEN_NUMBER:
		push.value.number = token->number;
		*wants_value = false;
		return emit_value(compiler, KIND_NUMBER, push) && compiler_advance(compiler);
	case TOKEN_TEXT:
		push.value.text = (struct value_text){ token->text, token->text_size };
		*wants_value = false;
		return emit_value(compiler, KIND_TEXT, push) && compiler_advance(compiler);
	case TOKEN_NAME:
		return take_name(compiler, wants_value);
	case TOKEN_WORD:
		return take_prefix(compiler, wants_value);
	case TOKEN_END:
	case TOKEN_OTHER:
		break;
	}
	return compiler_fail_unexpected(compiler, "a value");
}

static bool begin_logic(struct compiler *compiler, struct pending *pending)
{
	const struct operand *left = operand_top(compiler), right = { .kind = KIND_BOOL };
	if (left->kind != KIND_BOOL)
		return compiler_fail_types(compiler, pending, left, &right);
	pending->jump = emit_here(compiler);
	compiler->operand_count--;
	return emit_deed(compiler, pending->word == WORD_AND ? DO_AND : DO_OR, NO_INDEX);
}

/* An operator behind its left side; the token is the operator. */
static bool begin_binary(struct compiler *compiler, bool is_negated)
{
	struct pending operator= { .word = compiler->token.word };
	if (!operators_reduce(compiler, operator_precedence(&operator)))
		return false;
	if (operator.word == WORD_IN)
		return begin_list(compiler, is_negated);
	struct pending *pending = pending_push(compiler, PENDING_OPERATOR);
	if (pending == NULL)
		return false;
	pending->word = operator.word;
	pending->is_negated = is_negated;
	if (operator.word == WORD_AND || operator.word == WORD_OR)
		return begin_logic(compiler, pending);
	return true;
}

/* `not` in front of in, matches, contains, startsWith, endsWith. */
static bool begin_negated(struct compiler *compiler)
{
	if (!compiler_advance(compiler))
		return false;
	bool is_good = compiler->token.kind == TOKEN_WORD && compiler->token.word >= WORD_IN &&
		       compiler->token.word < WORD_BINARY_COUNT;
	return is_good ? begin_binary(compiler, true)
		       : compiler_fail_unexpected(
				 compiler, "in, matches, contains, startsWith or endsWith behind not");
}

/* Where an operator stands. */
static bool take_operator(struct compiler *compiler, bool *wants_value)
{
	enum word word = compiler->token.kind == TOKEN_WORD ? compiler->token.word : WORD_NONE;
	*wants_value = true;
	if (word < WORD_BINARY_COUNT)
		return begin_binary(compiler, false) && compiler_advance(compiler);
	switch (word) {
	case WORD_PLUS:
	case WORD_MINUS:
		return begin_binary(compiler, false) && compiler_advance(compiler);
	case WORD_NOT:
		return begin_negated(compiler) && compiler_advance(compiler);
	case WORD_QUESTION:
		return begin_choice(compiler) && compiler_advance(compiler);
	case WORD_COLON:
		return turn_choice(compiler) && compiler_advance(compiler);
	case WORD_COMMA:
		return take_comma(compiler) && compiler_advance(compiler);
	case WORD_CLOSE:
		*wants_value = false;
		return take_close(compiler) && compiler_advance(compiler);
	case WORD_LIST_CLOSE:
		*wants_value = false;
		return take_list_close(compiler) && compiler_advance(compiler);
	default:
		return compiler_fail_unexpected(compiler, "an operator or the end");
	}
}

static bool finish(struct compiler *compiler)
{
	if (!end_choices(compiler))
		return false;
	const struct pending *open = pending_top(compiler);
	if (open != NULL)
		return compiler_fail_unexpected(compiler, open->kind == PENDING_LIST   ? "]"
							  : open->kind == PENDING_THEN ? ":"
										       : ")");
	compiler->expression->kind = operand_top(compiler)->kind;
	if (operand_top(compiler)->kind == KIND_BOOL || !compiler->has_to_be_bool)
		return true;
	const struct token start = { .at = 0 };
	return compiler_fail(compiler, &start, "the whole must be true or false, not a value");
}

static bool compile(struct compiler *compiler)
{
	bool wants_value = true;
	if (!compiler_advance(compiler))
		return false;
	while (wants_value || compiler->token.kind != TOKEN_END)
		if (!(wants_value ? take_value(compiler, &wants_value)
				  : take_operator(compiler, &wants_value)))
			return false;
	return finish(compiler);
}

struct expression *expression_new_of(const char *text, const struct expression_names *names,
				     bool has_to_be_bool, struct error *error)
{
	if (strnlen(text, EXPRESSION_SIZE_MOST + 1) > EXPRESSION_SIZE_MOST) {
		error_set(error, "expression is too long (1:%d)", EXPRESSION_SIZE_MOST);
		return NULL;
	}
	struct expression *expression = mem_zalloc(sizeof(*expression));
	expression->arena = arena_new();
	struct compiler *compiler = mem_zalloc(sizeof(*compiler));
	compiler->lexer = (struct lexer){ .text = text, .arena = expression->arena };
	compiler->expression = expression;
	compiler->names = names;
	compiler->has_to_be_bool = has_to_be_bool;
	compiler->error = error;
	bool is_good = compile(compiler);
	mem_free(compiler);
	if (is_good)
		return expression;
	expression_free(expression);
	return NULL;
}

struct expression *expression_new(const char *text, struct error *error)
{
	return expression_new_of(text, NULL, true, error);
}

enum expression_kind expression_kind_of(const struct expression *expression)
{
	return expression->kind;
}

void expression_free(struct expression *expression)
{
	if (expression == NULL)
		return;
	for (size_t i = 0; i < expression->regex_count; i++)
		regex_free(expression->regexes[i]);
	mem_free(expression->regexes);
	mem_free(expression->networks);
	mem_free(expression->code);
	arena_free(expression->arena);
	mem_free(expression);
}
