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
/* NULL and a sentence that ends with the place, "(1:column)". */
struct expression *expression_new(const char *text, struct error *error);
void expression_free(struct expression *expression);
/* False, too, where it has no value: an address that is none, a text longer than fits. */
bool expression_holds(const struct expression *expression, const struct viewed *question);

#endif
