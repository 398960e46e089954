/* SPDX-License-Identifier: Apache-2.0 */
/* Typed access to the fields of a JSON value, which knows where it stands: an error names the
 * field's path ("spec.ports[2].port: expected a number 0..65535") and leaves `at` on it. Absent and
 * null are the same. */
#ifndef KNAMED_SOURCE_FIELD_H
#define KNAMED_SOURCE_FIELD_H

#include <jansson.h>

#include "knamed/base.h"

enum { FIELD_DEPTH = 8 };
struct field_part {
	const char *key;
	size_t index;
}; /* key NULL: an item of a list */
struct field_path {
	struct field_part parts[FIELD_DEPTH];
	size_t count;
};
struct fields {
	struct field_path at;
	struct error *error;
};

void field_enter(struct fields *fields, const char *key);
void field_enter_item(struct fields *fields, size_t index);
void field_leave(struct fields *fields);
/* "path: what is wrong". Returns false. */
bool field_wrong(struct fields *fields, const char *format, ...) PRINTF_LIKE(2, 3);
/* "path.key: what is wrong", and stays on that field. Returns false. */
bool field_expected(struct fields *fields, const char *key, const char *what, const json_t *found);

/* "" when absent. The text belongs to the JSON value and has no NUL in it. */
bool field_text(struct fields *fields, const json_t *object, const char *key, const char **ret_text);
bool field_bool(struct fields *fields, const json_t *object, const char *key, bool absent,
		bool *ret_value);
/* *ret_there is false when absent, and the number 0. */
bool field_port(struct fields *fields, const json_t *object, const char *key, uint16_t *ret_number,
		bool *ret_there);
/* NULL when absent: jansson's readers take that for an empty value. */
bool field_object(struct fields *fields, const json_t *object, const char *key,
		  const json_t **ret_value);
bool field_list(struct fields *fields, const json_t *object, const char *key, const json_t **ret_value);
/* An object whose values are all text, such as labels. */
enum field_texts { FIELD_PLAIN_TEXT, FIELD_ANY_TEXT /* NUL may be in it */ };
bool field_texts(struct fields *fields, const json_t *object, const char *key,
		 enum field_texts allowed, const json_t **ret_value);
/* False also for what is no text. */
bool field_text_is(const json_t *value, const char *text);

/* Items of a list in the field entered. */
bool item_object(struct fields *fields, const json_t *list, size_t index, const json_t **ret_value);
bool item_text(struct fields *fields, const json_t *list, size_t index, const char **ret_text);

#endif
