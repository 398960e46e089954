/* SPDX-License-Identifier: Apache-2.0 */
/* view NAME { expr EXPRESSION }: the block is for questions of which all expressions hold. What
 * they mean is not known here: whoever compiles them has the place to complain about. */
#include "directives.h"
#include "list.h"

static bool read_expression(struct directive *directive, struct config_view *view, struct error *error)
{
	struct config_expression expression = { .complaint = directive_complaint(directive) };
	struct text text = { 0 };
	if (!directive_is_at(directive, "expr"))
		return directive_fail_option(directive, error);
	struct arguments words = directive_arguments(directive);
	text_add(&text, "");
	for (size_t i = 0; i < words.count; i++)
		text_printf(&text, i > 0 ? " %s" : "%s", argument(words, i));
	expression.text = arena_text(directive->config->arena, text.data, text.size);
	text_done(&text);
	view->expressions = list_grow(directive->config->arena, view->expressions, view->count,
				      sizeof(view->expressions[0]));
	view->expressions[view->count++] = expression;
	return true;
}

bool directive_view_read(struct directive *directive, struct error *error)
{
	struct config_view *view = arena_alloc(directive->config->arena, sizeof(*view));
	while (directive_next(directive)) {
		if (!directive_once(directive, view->name == NULL, error))
			return false;
		const char *name = directive_argument(directive, error);
		if (name == NULL)
			return false;
		view->name = directive_copy(directive, name);
		while (directive_next_option(directive))
			if (!read_expression(directive, view, error))
				return false;
	}
	if (view->count == 0)
		directive_note(directive, "view without expr: the block is for all questions");
	directive->block->view = view;
	return true;
}
