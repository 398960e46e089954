/* SPDX-License-Identifier: Apache-2.0 */
#include "template_expand.h"

#include <assert.h>
#include <string.h>

#include "template_value.h"

void template_print_class(uint16_t class_, char ret_text[16])
{
	dns_class_print(class_, ret_text);
	if (strncmp(ret_text, "CLASS", 5) == 0)
		ret_text[0] = '\0';
}

void template_print_type(uint16_t type, char ret_text[16])
{
	dns_type_print(type, ret_text);
	if (strncmp(ret_text, "TYPE", 4) == 0)
		ret_text[0] = '\0';
}

/* ---- fields ---- */

/* A text that lasts as long as the expansion. */
static struct value keep(struct template_machine *machine, const char *text)
{
	struct template_expansion *expansion = machine->expansion;
	size_t from = expansion->scratch_size;
	const struct value value = value_text(text, strlen(text));
	if (!value_print(&value, expansion->scratch, EXPANSION_MAX, &expansion->scratch_size))
		return value_failed(machine, "more than %d octets", EXPANSION_MAX);
	return value_text(expansion->scratch + from, value.size);
}

static struct value field_of(struct template_machine *machine, enum template_field field)
{
	const struct template_data *data = machine->data;
	char text[NAME_TEXT_SIZE];
	switch (field) {
	case TEMPLATE_NAME:
		return value_text(data->name, strlen(data->name));
	case TEMPLATE_ZONE:
		return value_text(data->zone, strlen(data->zone));
	case TEMPLATE_REGEX:
		return value_text(data->pattern, strlen(data->pattern));
	case TEMPLATE_CLASS:
		template_print_class(data->class_, text);
		return keep(machine, text);
	case TEMPLATE_TYPE:
		template_print_type(data->type, text);
		return keep(machine, text);
	case TEMPLATE_REMOTE:
		ip_print(&data->client->ip, text);
		return keep(machine, text);
	case TEMPLATE_QUESTION_NAME:
		name_print(data->query->packet + DNS_HEADER_SIZE, text);
		return keep(machine, text);
	case TEMPLATE_QUESTION_TYPE:
		return value_number(data->query->type);
	case TEMPLATE_QUESTION_CLASS:
		return value_number(data->query->class_);
	case TEMPLATE_MATCHES:
		return (struct value){ .kind = VALUE_MATCHES };
	case TEMPLATE_GROUPS:
		break;
	}
	return (struct value){ .kind = VALUE_GROUPS };
}

static struct value variable_of(struct template_machine *machine, const char *name, size_t size)
{
	const struct template_data *data = machine->data;
	for (size_t i = 0; i < data->variable_count; i++) {
		const struct worth *worth = &data->variables[i];
		if (strlen(data->variable_names[i]) != size ||
		    memcmp(data->variable_names[i], name, size) != 0)
			continue;
		if (worth->kind == KIND_TEXT)
			return value_text(worth->text, worth->size);
		if (worth->kind == KIND_BOOL)
			return value_bool(worth->is_true);
		bool is_whole = worth->number > -1e15 && worth->number < 1e15 &&
				worth->number == (double)(int64_t)worth->number;
		return is_whole ? value_number((int64_t)worth->number)
				: value_failed(machine, "var %s is no whole number", name);
	}
	return (struct value){ .kind = VALUE_NOTHING };
}

/* ---- the machine ---- */

static void push(struct template_machine *machine, struct value value)
{
	assert(machine->depth < TEMPLATE_STACK);
	machine->stack[machine->depth++] = value;
}

static const struct value *pop(struct template_machine *machine)
{
	assert(machine->depth > 0);
	return &machine->stack[--machine->depth];
}

static void call(struct template_machine *machine, const struct template_step *step)
{
	assert(machine->depth >= step->count);
	struct value *arguments = &machine->stack[machine->depth - step->count];
	if (step->is_piped) {
		struct value last = arguments[0];
		memmove(arguments, arguments + 1, (step->count - 1u) * sizeof(*arguments));
		arguments[step->count - 1u] = last;
	}
	struct value value =
		template_call(machine, (enum template_function)step->number, arguments, step->count);
	machine->depth -= step->count;
	push(machine, value);
}

static bool put(struct template_machine *machine, const struct value *value)
{
	struct template_expansion *expansion = machine->expansion;
	if (value->kind == VALUE_FAILED)
		return false;
	return value_print(value, expansion->text, EXPANSION_MAX, &expansion->size) ||
	       error_set(machine->error, "template: more than %d octets", EXPANSION_MAX);
}

/* False: the expansion failed. */
static bool run_step(struct template_machine *machine, const struct template_step *step, size_t *at)
{
	const struct value text = value_text(step->text, step->size), *value;
	switch (step->op) {
	case TEMPLATE_TEXT:
		return put(machine, &text);
	case TEMPLATE_PRINT:
		return put(machine, pop(machine));
	case TEMPLATE_STRING:
		push(machine, text);
		return true;
	case TEMPLATE_NUMBER:
		push(machine, value_number(step->number));
		return true;
	case TEMPLATE_BOOL:
		push(machine, value_bool(step->number != 0));
		return true;
	case TEMPLATE_FIELD:
		push(machine, field_of(machine, (enum template_field)step->number));
		return true;
	case TEMPLATE_GROUP:
		push(machine, template_group(machine->data, step->text, step->size));
		return true;
	case TEMPLATE_VAR:
		push(machine, variable_of(machine, step->text, step->size));
		return true;
	case TEMPLATE_SET:
		machine->variables[step->number] = *pop(machine);
		return machine->variables[step->number].kind != VALUE_FAILED;
	case TEMPLATE_GET:
		push(machine, machine->variables[step->number]);
		return true;
	case TEMPLATE_CALL:
		call(machine, step);
		return true;
	case TEMPLATE_SKIP:
		*at = (size_t)step->number;
		return true;
	case TEMPLATE_SKIP_UNLESS:
		value = pop(machine);
		if (!value_is_true(value))
			*at = (size_t)step->number;
		return value->kind != VALUE_FAILED;
	}
	return false;
}

bool template_expand(const struct template_text *text, const struct template_data *data,
		     struct template_expansion *ret_expansion, struct error *error)
{
	struct template_machine machine = { .data = data, .expansion = ret_expansion, .error = error };
	ret_expansion->size = ret_expansion->scratch_size = 0;
	for (size_t at = 0; at < text->count;) {
		const struct template_step *step = &text->steps[at++];
		if (!run_step(&machine, step, &at))
			return false;
	}
	return true;
}
