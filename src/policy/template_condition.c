/* SPDX-License-Identifier: Apache-2.0 */
/* `var` and `expr` of templates: values with names, and what has to hold, once a pattern fits. */
#include "template_parts.h"

#include "template_value.h"

struct conditions {
	const struct config_template *config;
	struct expression **expressions; /* in the order of the config */
	size_t count;
	const char *names[TEMPLATE_VARS_MAX];
	enum expression_kind kinds[TEMPLATE_VARS_MAX];
	size_t variable_count;
};

static bool compile(struct conditions *conditions, const struct config_condition *config,
		    struct error *error)
{
	const struct expression_names names = { conditions->names, conditions->kinds,
						conditions->variable_count };
	struct expression *expression =
		expression_new_of(config->expression.text, &names, config->name == NULL, error);
	if (expression == NULL)
		return error_prefix(error, "%s", config->expression.complaint);
	conditions->expressions[conditions->count++] = expression;
	if (config->name == NULL)
		return true;
	conditions->names[conditions->variable_count] = config->name;
	conditions->kinds[conditions->variable_count++] = expression_kind_of(expression);
	return true;
}

bool conditions_compile(const struct config_template *config, struct conditions **ret_conditions,
			struct error *error)
{
	*ret_conditions = NULL;
	if (config->condition_count == 0)
		return true;
	struct conditions *conditions = mem_zalloc(sizeof(*conditions));
	conditions->config = config;
	conditions->expressions = mem_zalloc(config->condition_count * sizeof(struct expression *));
	for (size_t i = 0; i < config->condition_count; i++) {
		if (!compile(conditions, &config->conditions[i], error)) {
			conditions_free(conditions);
			return false;
		}
	}
	*ret_conditions = conditions;
	return true;
}

void conditions_free(struct conditions *conditions)
{
	if (conditions == NULL)
		return;
	for (size_t i = 0; i < conditions->count; i++)
		expression_free(conditions->expressions[i]);
	mem_free(conditions->expressions);
	mem_free(conditions);
}

static void give_group(const void *context, const char *name, size_t size, struct worth *ret_group)
{
	struct value group = template_group(context, name, size);
	*ret_group = (struct worth){ .kind = KIND_TEXT, .text = "" };
	if (group.kind == VALUE_TEXT) {
		ret_group->text = group.text;
		ret_group->size = group.size;
	}
}

/* All variables, then all that has to hold, as CoreDNS does. */
static enum conditions_verdict check(const struct conditions *conditions,
				     struct expression_given *given, struct template_data *data)
{
	const struct viewed *viewed = data->client->viewed;
	const struct config_condition *configs = conditions->config->conditions;
	struct worth worth;
	for (size_t i = 0; i < conditions->count; i++) {
		if (configs[i].name == NULL)
			continue;
		if (!expression_evaluate(conditions->expressions[i], viewed, given,
					 &data->variables[data->variable_count]))
			return CONDITIONS_BROKEN;
		data->variable_count++;
	}
	for (size_t i = 0; i < conditions->count; i++) {
		if (configs[i].name != NULL)
			continue;
		if (!expression_evaluate(conditions->expressions[i], viewed, given, &worth))
			return CONDITIONS_BROKEN;
		if (!worth.is_true)
			return CONDITIONS_FAIL;
	}
	return CONDITIONS_HOLD;
}

enum conditions_verdict conditions_check(const struct conditions *conditions, struct template_data *data)
{
	data->variable_count = 0;
	if (conditions == NULL)
		return CONDITIONS_HOLD;
	data->variable_names = conditions->names;
	struct expression_given given = {
		.variables = data->variables,
		.group = give_group,
		.context = data,
		.room = data->room,
		.room_size = sizeof(data->room),
	};
	return data->client->viewed == NULL ? CONDITIONS_BROKEN : check(conditions, &given, data);
}
