/* SPDX-License-Identifier: Apache-2.0 */
/* expression -- conditions about a question, as expr-lang writes them.
 *
 *   text --lexer--> tokens --compile, with all types checked--> instructions --run--> true or false
 *
 *   name() endsWith '.example.' && (incidr(client_ip(), '10.0.0.0/8') || type() in ['A', 'AAAA'])
 *
 * What is compiled runs on a stack of fixed depth, forwards only, and allocates nothing. */
#ifndef KNAMED_POLICY_EXPRESSION_H
#define KNAMED_POLICY_EXPRESSION_H

#include "knamed/policy.h"

struct expression;
enum expression_kind { KIND_BOOL, KIND_NUMBER, KIND_TEXT };
/* NULL and a sentence that ends with the place, "(1:column)". */
struct expression *expression_new(const char *text, struct error *error);
void expression_free(struct expression *expression);
/* False, too, where it has no value: an address that is none, a text longer than fits. */
bool expression_holds(const struct expression *expression, const struct viewed *question);

/* ---- for who knows more than the question: variables by their names, and group() ---- */

struct expression_names {
	const char *const *names;
	const enum expression_kind *kinds;
	size_t count;
};
struct worth {
	enum expression_kind kind;
	bool is_true;
	double number;
	const char *text;
	size_t size;
};
struct expression_given {
	const struct worth *variables; /* in the order of the names */
	/* What group('name') and group(1) are worth. */
	void (*group)(const void *context, const char *name, size_t size, struct worth *ret_group);
	const void *context;
	char *room; /* for a text that the whole is worth */
	size_t room_size, used;
};
/* As expression_new(), but that it may be worth anything unless it has to be true or false. */
struct expression *expression_new_of(const char *text, const struct expression_names *names,
				     bool has_to_be_bool, struct error *error);
enum expression_kind expression_kind_of(const struct expression *expression);
/* False: it has no value. A text lies in the room, and as much of it is used. */
bool expression_evaluate(const struct expression *expression, const struct viewed *question,
			 struct expression_given *given, struct worth *ret_worth);

#endif
