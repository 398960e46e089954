/* SPDX-License-Identifier: Apache-2.0 */
/* A run of an expression, and texts and numbers that it makes. */
#ifndef KNAMED_POLICY_EXPRESSION_RUN_H
#define KNAMED_POLICY_EXPRESSION_RUN_H

#include <assert.h>

#include "expression_parts.h"

enum { EXPRESSION_ROOM = 6 * 1024 };

struct run {
	const struct expression *expression;
	const struct viewed *question;
	const struct expression_given *given; /* NULL: nothing */
	struct value stack[EXPRESSION_DEPTH];
	size_t depth, used;		     /* of the room */
	struct value_text facts[FACT_TEXTS]; /* text NULL: not made yet */
	char room[EXPRESSION_ROOM];
};

static inline struct value *top(struct run *run)
{
	assert(run->depth > 0 && run->depth <= EXPRESSION_DEPTH);
	return &run->stack[run->depth - 1];
}

/* The last value of the stack, which leaves it. */
static inline struct value pop(struct run *run)
{
	struct value value = *top(run);
	run->depth--;
	return value;
}

/* Each takes its values from the stack and puts there what comes of them. False: nothing does. */
bool make_join(struct run *run);
bool make_replaced(struct run *run);
/* What takes one value and makes a text or number of it. */
bool make_one(struct run *run, enum deed deed);

#endif
