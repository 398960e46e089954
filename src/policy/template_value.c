/* SPDX-License-Identifier: Apache-2.0 */
#include "template_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct value value_text(const char *text, size_t size)
{
	return (struct value){ .kind = VALUE_TEXT, .text = text, .size = size };
}

struct value value_number(int64_t number)
{
	return (struct value){
		.kind = VALUE_NUMBER,
		.is_negative = number < 0,
		.number = number < 0 ? 0 - (uint64_t)number : (uint64_t)number,
	};
}

struct value value_bool(bool is_true)
{
	return (struct value){ .kind = VALUE_BOOL, .number = is_true };
}

struct value value_failed(struct template_machine *machine, const char *format, ...)
{
	char sentence[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	error_set(machine->error, "template: %s", sentence);
	return (struct value){ .kind = VALUE_FAILED };
}

bool value_is_true(const struct value *value)
{
	switch (value->kind) {
	case VALUE_TEXT:
		return value->size > 0;
	case VALUE_NUMBER:
	case VALUE_BOOL:
		return value->number != 0;
	case VALUE_MATCHES:
	case VALUE_GROUPS:
		return true;
	case VALUE_NOTHING:
	case VALUE_FAILED:
		break;
	}
	return false;
}

static bool add(const char *text, size_t text_size, char *ret_text, size_t room, size_t *size)
{
	if (text_size > room - *size)
		return false;
	memcpy(ret_text + *size, text, text_size);
	*size += text_size;
	return true;
}

bool value_print(const struct value *value, char *text, size_t room, size_t *size)
{
	static const char nothing[] = "<no value>";
	char number[24];
	int digits;
	switch (value->kind) {
	case VALUE_TEXT:
		return add(value->text, value->size, text, room, size);
	case VALUE_NUMBER:
		digits = snprintf(number, sizeof(number), "%s%llu", value->is_negative ? "-" : "",
				  (unsigned long long)value->number);
		return add(number, (size_t)digits, text, room, size);
	case VALUE_BOOL:
		return value->number != 0 ? add("true", 4, text, room, size)
					  : add("false", 5, text, room, size);
	default:
		return add(nothing, strlen(nothing), text, room, size);
	}
}

/* ---- groups ---- */

struct value template_match(const struct template_data *data, uint64_t index)
{
	if (data->regex == NULL)
		return value_text(data->name, strlen(data->name));
	uint32_t start = data->match.start[index];
	return start == UINT32_MAX ? value_text("", 0)
				   : value_text(data->name + start, data->match.end[index] - start);
}

/* Names come first, then numbers, as in CoreDNS' map. */
struct value template_group(const struct template_data *data, const char *name, size_t size)
{
	char text[64];
	unsigned group, groups = data->regex == NULL ? 1 : regex_group_count(data->regex);
	uint64_t number;
	if (size < sizeof(text)) {
		memcpy(text, name, size);
		text[size] = '\0';
		if (data->regex != NULL && regex_group_index(data->regex, text, &group))
			return template_match(data, group);
		bool is_canonical = size == 1 || text[0] != '0';
		if (is_canonical && text_to_number(text, 0, groups - 1, &number))
			return template_match(data, number);
	}
	return (struct value){ .kind = VALUE_NOTHING };
}
