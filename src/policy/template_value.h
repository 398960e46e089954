/* SPDX-License-Identifier: Apache-2.0 */
/* template_value -- values of templates, and functions of them (private to template_*.c). */
#ifndef KNAMED_POLICY_TEMPLATE_VALUE_H
#define KNAMED_POLICY_TEMPLATE_VALUE_H

#include "template_expand.h"

enum value_kind {
	VALUE_TEXT,
	VALUE_NUMBER,
	VALUE_BOOL,
	VALUE_MATCHES, /* .Match and .Group as a whole */
	VALUE_GROUPS,
	VALUE_NOTHING, /* a group that no pattern has */
	VALUE_FAILED, /* whatever is made of it fails too, unless it is left out by `and` or `or` */
};
/* A number below 0 has its size in number. */
struct value {
	enum value_kind kind;
	bool is_negative;
	uint64_t number; /* of a bool: 0 or 1 */
	const char *text;
	size_t size;
};

struct template_machine {
	const struct template_data *data;
	struct template_expansion *expansion;
	struct error *error;
	struct value stack[TEMPLATE_STACK], variables[TEMPLATE_VARIABLES];
	unsigned depth;
};

struct value value_text(const char *text, size_t size);
struct value value_number(int64_t number);
struct value value_bool(bool is_true);
struct value value_failed(struct template_machine *machine, const char *format, ...) PRINTF_LIKE(2, 3);
bool value_is_true(const struct value *value);
/* As it is put out; nothing is put out of a text that is too long. */
bool value_print(const struct value *value, char *text, size_t room, size_t *size);

/* A group by number, or by name: a text. */
struct value template_match(const struct template_data *data, uint64_t index);
struct value template_group(const struct template_data *data, const char *name, size_t size);

struct value template_call(struct template_machine *machine, enum template_function function,
			   const struct value *arguments, unsigned count);
struct value template_printf(struct template_machine *machine, const struct value *arguments,
			     unsigned count);

#endif
