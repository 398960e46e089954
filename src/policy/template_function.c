/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of templates, as Go's text/template has them, and CoreDNS' parseInt. */
#include "template_value.h"

#include <string.h>

/* ---- texts ---- */

static struct value call_index(struct template_machine *machine, const struct value *arguments)
{
	const struct template_data *data = machine->data;
	const struct value *of = &arguments[0], *which = &arguments[1];
	if (of->kind == VALUE_GROUPS) {
		if (which->kind != VALUE_TEXT)
			return value_failed(machine, "index: a group has a name, not a number");
		struct value group = template_group(data, which->text, which->size);
		return group.kind == VALUE_NOTHING ? value_text("", 0) : group;
	}
	uint64_t count = of->kind == VALUE_TEXT ? of->size
			 : data->regex == NULL	? 1
						: regex_group_count(data->regex);
	if (which->kind != VALUE_NUMBER || (of->kind != VALUE_MATCHES && of->kind != VALUE_TEXT))
		return value_failed(machine, "index: cannot index this");
	if (which->is_negative || which->number >= count)
		return value_failed(machine, "index: index out of range");
	return of->kind == VALUE_TEXT ? value_number((uint8_t)of->text[which->number])
				      : template_match(data, which->number);
}

static struct value call_len(struct template_machine *machine, const struct value *argument)
{
	const struct regex *regex = machine->data->regex;
	unsigned groups = regex == NULL ? 1 : regex_group_count(regex), count = groups;
	if (argument->kind == VALUE_TEXT)
		return value_number((int64_t)argument->size);
	if (argument->kind == VALUE_MATCHES)
		return value_number(groups);
	if (argument->kind != VALUE_GROUPS)
		return value_failed(machine, "len: of a text or the groups only");
	for (unsigned i = 0; i < groups; i++) { /* each name once */
		unsigned last;
		const char *name = regex == NULL ? "" : regex_group_name(regex, i);
		count += regex != NULL && regex_group_index(regex, name, &last) && last == i;
	}
	return value_number(count);
}

static struct value call_slice(struct template_machine *machine, const struct value *arguments,
			       unsigned count)
{
	if (arguments[0].kind != VALUE_TEXT)
		return value_failed(machine, "slice: of a text only");
	uint64_t ends[2] = { 0, arguments[0].size };
	for (unsigned i = 1; i < count; i++) {
		if (arguments[i].kind != VALUE_NUMBER || arguments[i].is_negative)
			return value_failed(machine, "slice: an index is no number");
		ends[i - 1] = arguments[i].number;
	}
	if (ends[0] > ends[1] || ends[1] > arguments[0].size)
		return value_failed(machine, "slice: index out of range");
	return value_text(arguments[0].text + ends[0], ends[1] - ends[0]);
}

/* A blank between two of which neither is a text. */
static struct value call_join(struct template_machine *machine, const struct value *arguments,
			      unsigned count)
{
	struct template_expansion *expansion = machine->expansion;
	size_t from = expansion->scratch_size;
	const struct value blank = value_text(" ", 1);
	for (unsigned i = 0; i < count; i++) {
		bool is_apart = i > 0 && arguments[i].kind != VALUE_TEXT &&
				arguments[i - 1].kind != VALUE_TEXT;
		if ((is_apart && !value_print(&blank, expansion->scratch, EXPANSION_MAX,
					      &expansion->scratch_size)) ||
		    !value_print(&arguments[i], expansion->scratch, EXPANSION_MAX,
				 &expansion->scratch_size))
			return value_failed(machine, "print: more than %d octets", EXPANSION_MAX);
	}
	return value_text(expansion->scratch + from, expansion->scratch_size - from);
}

/* What is not known is empty. */
static struct value call_meta(struct template_machine *machine, const struct value *label)
{
	const struct metadata *metadata = machine->data->client->metadata;
	struct template_expansion *expansion = machine->expansion;
	enum metadata_label known;
	char text[METADATA_ROOM];
	size_t size, from = expansion->scratch_size;
	if (label->kind != VALUE_TEXT)
		return value_failed(machine, ".Meta: a label is a text");
	if (metadata == NULL || !metadata_find(label->text, label->size, &known) ||
	    !metadata_write(metadata, known, text, &size))
		return value_text("", 0);
	const struct value value = value_text(text, size);
	if (!value_print(&value, expansion->scratch, EXPANSION_MAX, &expansion->scratch_size))
		return value_failed(machine, ".Meta: more than %d octets", EXPANSION_MAX);
	return value_text(expansion->scratch + from, size);
}

/* ---- numbers ---- */

static int digit_of(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 10
	       : c >= 'A' && c <= 'Z' ? c - 'A' + 10
				      : 99;
}

/* Base 0: 0x, 0o, 0b and 0 in front say which. */
static uint64_t base_of(const struct value *text, size_t *ret_skip)
{
	char kind = text->size > 1 ? (char)(text->text[1] | 0x20) : '\0';
	*ret_skip = 0;
	if (text->size < 2 || text->text[0] != '0')
		return 10;
	*ret_skip = kind == 'x' || kind == 'o' || kind == 'b' ? 2 : 1;
	return kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
}

static struct value call_parse_int(struct template_machine *machine, const struct value *arguments)
{
	const struct value *text = &arguments[0];
	bool are_good = text->kind == VALUE_TEXT && arguments[1].kind == VALUE_NUMBER &&
			arguments[2].kind == VALUE_NUMBER && !arguments[1].is_negative &&
			!arguments[2].is_negative;
	uint64_t base = arguments[1].number, bits = arguments[2].number, number = 0;
	if (!are_good || base == 1 || base > 36 || bits > 64)
		return value_failed(machine, "parseInt: takes a text, a base up to 36, up to 64 bits");
	uint64_t most = bits == 0 || bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
	size_t at = 0;
	bool has_gaps = base == 0;
	if (base == 0)
		base = base_of(text, &at);
	bool is_number = at < text->size;
	for (; at < text->size && is_number; at++) {
		if (has_gaps && text->text[at] == '_' && at > 0 && at + 1 < text->size &&
		    text->text[at + 1] != '_')
			continue;
		uint64_t digit = (uint64_t)digit_of(text->text[at]);
		is_number = digit < base;
		if (is_number && number > (most - digit) / base)
			return value_failed(machine, "parseInt: parsing \"%.*s\": value out of range",
					    (int)text->size, text->text);
		number = number * base + digit;
	}
	if (!is_number)
		return value_failed(machine, "parseInt: parsing \"%.*s\": invalid syntax",
				    (int)text->size, text->text);
	return (struct value){ .kind = VALUE_NUMBER, .number = number };
}

/* ---- comparisons ---- */

static int compare_numbers(const struct value *a, const struct value *b)
{
	if (a->is_negative != b->is_negative)
		return a->is_negative ? -1 : 1;
	int order = (a->number > b->number) - (a->number < b->number);
	return a->is_negative ? -order : order;
}

static int compare_texts(const struct value *a, const struct value *b)
{
	size_t least = a->size < b->size ? a->size : b->size;
	int order = memcmp(a->text, b->text, least);
	return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

/* Below 0, 0, above; false: they cannot be compared. */
static bool compare(const struct value *a, const struct value *b, int *ret_order)
{
	if (a->kind != b->kind || (a->kind != VALUE_TEXT && a->kind != VALUE_NUMBER))
		return false;
	*ret_order = a->kind == VALUE_TEXT ? compare_texts(a, b) : compare_numbers(a, b);
	return true;
}

static struct value call_equal(struct template_machine *machine, const struct value *arguments,
			       unsigned count)
{
	bool is_equal = false;
	for (unsigned i = 1; i < count && !is_equal; i++) {
		int order = 1;
		if (arguments[0].kind == VALUE_BOOL && arguments[i].kind == VALUE_BOOL)
			order = arguments[0].number != arguments[i].number;
		else if (!compare(&arguments[0], &arguments[i], &order))
			return value_failed(machine, "incompatible types for comparison");
		is_equal = order == 0;
	}
	return value_bool(is_equal);
}

static struct value call_order(struct template_machine *machine, enum template_function function,
			       const struct value *arguments)
{
	int order;
	if (!compare(&arguments[0], &arguments[1], &order))
		return value_failed(machine, "incompatible types for comparison");
	return value_bool(function == TEMPLATE_LT   ? order < 0
			  : function == TEMPLATE_LE ? order <= 0
			  : function == TEMPLATE_GT ? order > 0
						    : order >= 0);
}

/* ---- and, or: what comes behind the one that decides does not count ---- */

static struct value call_choice(bool goes_on_while, const struct value *arguments, unsigned count)
{
	unsigned i = 0;
	while (i + 1 < count && arguments[i].kind != VALUE_FAILED &&
	       value_is_true(&arguments[i]) == goes_on_while)
		i++;
	return arguments[i];
}

/* ---- */

static struct value call_whole(struct template_machine *machine, enum template_function function,
			       const struct value *arguments, unsigned count)
{
	struct value equal;
	switch (function) {
	case TEMPLATE_INDEX:
		return call_index(machine, arguments);
	case TEMPLATE_LEN:
		return call_len(machine, arguments);
	case TEMPLATE_SLICE:
		return call_slice(machine, arguments, count);
	case TEMPLATE_PARSE_INT:
		return call_parse_int(machine, arguments);
	case TEMPLATE_JOIN:
		return call_join(machine, arguments, count);
	case TEMPLATE_PRINTF:
		return template_printf(machine, arguments, count);
	case TEMPLATE_EQ:
		return call_equal(machine, arguments, count);
	case TEMPLATE_NE:
		equal = call_equal(machine, arguments, count);
		return equal.kind == VALUE_BOOL ? value_bool(equal.number == 0) : equal;
	case TEMPLATE_NOT:
		return value_bool(!value_is_true(&arguments[0]));
	case TEMPLATE_META:
		return call_meta(machine, &arguments[0]);
	default:
		return call_order(machine, function, arguments);
	}
}

struct value template_call(struct template_machine *machine, enum template_function function,
			   const struct value *arguments, unsigned count)
{
	if (function == TEMPLATE_AND || function == TEMPLATE_OR)
		return call_choice(function == TEMPLATE_AND, arguments, count);
	for (unsigned i = 0; i < count; i++)
		if (arguments[i].kind == VALUE_FAILED)
			return arguments[i];
	return call_whole(machine, function, arguments, count);
}
