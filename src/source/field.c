/* SPDX-License-Identifier: Apache-2.0 */
/* Typed access to the fields of a JSON value. */
#include "field.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void field_enter(struct fields *fields, const char *key)
{
	assert(fields->at.count < FIELD_DEPTH);
	fields->at.parts[fields->at.count++] = (struct field_part){ .key = key };
}

void field_enter_item(struct fields *fields, size_t index)
{
	assert(fields->at.count < FIELD_DEPTH);
	fields->at.parts[fields->at.count++] = (struct field_part){ .index = index };
}

void field_leave(struct fields *fields)
{
	assert(fields->at.count > 0);
	fields->at.count--;
}

static void path_print(const struct field_path *path, struct text *text)
{
	for (size_t i = 0; i < path->count; i++) {
		if (path->parts[i].key == NULL)
			text_printf(text, "[%zu]", path->parts[i].index);
		else
			text_printf(text, "%s%s", i == 0 ? "" : ".", path->parts[i].key);
	}
}

bool field_wrong(struct fields *fields, const char *format, ...)
{
	struct text text = { 0 };
	char what[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	path_print(&fields->at, &text);
	text_add(&text, text.size == 0 ? "" : ": ");
	text_add(&text, what);
	error_set(fields->error, "%s", text.data);
	text_done(&text);
	return false;
}

static const char *type_words(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "a mapping";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		break;
	}
	return "nothing";
}

static bool has_nul(const json_t *text)
{
	return strlen(json_string_value(text)) != json_string_length(text);
}

static bool is_word(const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return size > 0 && size <= 40;
}

/* Says what was found, unless the wrong thing is only its value. */
static bool found_instead(struct fields *fields, const char *what, const json_t *found)
{
	if (found == NULL)
		return field_wrong(fields, "missing, expected %s", what);

	const char *words = type_words(found), *text = json_string_value(found);
	if (text != NULL && !has_nul(found) && is_word(text))
		return field_wrong(fields, "expected %s, not '%s'", what, text);
	if (strncmp(what, words, strlen(words)) == 0)
		return field_wrong(fields, "expected %s", what);
	bool quotes_help =
		strcmp(what, "text") == 0 && (json_is_number(found) || json_is_boolean(found));
	return field_wrong(fields, "expected %s, not %s%s", what, words,
			   quotes_help ? " (quote it)" : "");
}

bool field_expected(struct fields *fields, const char *key, const char *what, const json_t *found)
{
	field_enter(fields, key);
	return found_instead(fields, what, found);
}

static const json_t *value_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

bool field_text(struct fields *fields, const json_t *object, const char *key, const char **ret_text)
{
	const json_t *value = value_of(object, key);

	if (value != NULL && (!json_is_string(value) || has_nul(value)))
		return field_expected(fields, key,
				      json_is_string(value) ? "text without NUL" : "text", value);
	*ret_text = value == NULL ? "" : json_string_value(value);
	return true;
}

bool field_bool(struct fields *fields, const json_t *object, const char *key, bool absent,
		bool *ret_value)
{
	const json_t *value = value_of(object, key);

	if (value != NULL && !json_is_boolean(value))
		return field_expected(fields, key, "true or false", value);
	*ret_value = value == NULL ? absent : json_is_true(value);
	return true;
}

bool field_port(struct fields *fields, const json_t *object, const char *key, uint16_t *ret_number,
		bool *ret_there)
{
	const json_t *value = value_of(object, key);
	json_int_t number = json_integer_value(value);

	if (value != NULL && (!json_is_integer(value) || number < 0 || number > UINT16_MAX))
		return field_expected(fields, key, "a number 0..65535", value);
	*ret_number = (uint16_t)number;
	*ret_there = value != NULL;
	return true;
}

bool field_object(struct fields *fields, const json_t *object, const char *key, const json_t **ret_value)
{
	const json_t *value = value_of(object, key);

	if (value != NULL && !json_is_object(value))
		return field_expected(fields, key, "a mapping", value);
	*ret_value = value;
	return true;
}

bool field_list(struct fields *fields, const json_t *object, const char *key, const json_t **ret_value)
{
	const json_t *value = value_of(object, key);

	if (value != NULL && !json_is_array(value))
		return field_expected(fields, key, "a list", value);
	*ret_value = value;
	return true;
}

bool field_text_is(const json_t *value, const char *text)
{
	return json_is_string(value) && json_string_length(value) == strlen(text) &&
	       memcmp(json_string_value(value), text, strlen(text)) == 0;
}

bool field_texts(struct fields *fields, const json_t *object, const char *key,
		 enum field_texts allowed, const json_t **ret_value)
{
	const json_t *values = NULL, *value;
	const char *name, *unused;

	if (!field_object(fields, object, key, &values))
		return false;
	field_enter(fields, key);
	json_object_foreach((json_t *)values, name, value)
	{
		if (allowed == FIELD_ANY_TEXT && json_is_string(value))
			continue;
		if (!field_text(fields, values, name, &unused))
			return false;
	}
	field_leave(fields);
	*ret_value = values;
	return true;
}

bool item_object(struct fields *fields, const json_t *list, size_t index, const json_t **ret_value)
{
	const json_t *value = json_array_get(list, index);

	field_enter_item(fields, index);
	if (!json_is_object(value))
		return found_instead(fields, "a mapping", value);
	field_leave(fields);
	*ret_value = value;
	return true;
}

bool item_text(struct fields *fields, const json_t *list, size_t index, const char **ret_text)
{
	const json_t *value = json_array_get(list, index);

	field_enter_item(fields, index);
	if (!json_is_string(value) || has_nul(value))
		return found_instead(fields, json_is_string(value) ? "text without NUL" : "text",
				     value);
	field_leave(fields);
	*ret_text = json_string_value(value);
	return true;
}
