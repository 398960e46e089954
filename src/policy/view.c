/* SPDX-License-Identifier: Apache-2.0 */
/* `view`: whether a block is for a question. */
#include "expression.h"

struct view {
	struct expression **expressions;
	size_t count;
};

bool view_compile(const struct config_view *config, struct view **ret_view, struct error *error)
{
	struct view *view = mem_zalloc(sizeof(*view));
	view->expressions = mem_zalloc((config->count + 1) * sizeof(*view->expressions));
	for (; view->count < config->count; view->count++) {
		const struct config_expression *expression = &config->expressions[view->count];
		view->expressions[view->count] = expression_new(expression->text, error);
		if (view->expressions[view->count] == NULL) {
			view_free(view);
			return error_prefix(error, "%s", expression->complaint);
		}
	}
	*ret_view = view;
	return true;
}

void view_free(struct view *view)
{
	if (view == NULL)
		return;
	for (size_t i = 0; i < view->count; i++)
		expression_free(view->expressions[i]);
	mem_free(view->expressions);
	mem_free(view);
}

bool view_holds(const struct view *view, const struct viewed *question)
{
	for (size_t i = 0; i < view->count; i++)
		if (!expression_holds(view->expressions[i], question))
			return false;
	return true;
}
