/* SPDX-License-Identifier: Apache-2.0 */
/* template -- replies made from the question by patterns and texts. */
#ifndef KNAMED_POLICY_TEMPLATE_H
#define KNAMED_POLICY_TEMPLATE_H

#include "knamed/policy.h"

struct templates;
/* The block's config outlives it. metrics NULL: nothing is counted. */
bool templates_compile(const struct config_block *block, struct metrics *metrics,
		       struct templates **ret_templates, struct error *error);
void templates_free(struct templates *templates);
bool templates_touch(const struct templates *templates, const uint8_t *zone);
enum policy_verdict templates_answer(const struct templates *templates,
				     const struct dns_query *query, const struct client *client,
				     struct reply *reply, enum answerer *ret_by);

#endif
