/* SPDX-License-Identifier: Apache-2.0 */
/* How targets do, for who looks. */
#include <stdio.h>

#include "upstream_parts.h"

static unsigned under_way(const struct target *target)
{
	unsigned sum = 0;
	for (const struct line *line = target->lines; line != NULL; line = line->behind)
		sum += line->under_way;
	return sum;
}

size_t upstream_describe(const struct upstream *upstream, struct upstream_target *ret_targets,
			 size_t room)
{
	size_t count = 0;
	uint64_t now = clock_now_ns();
	for (size_t i = 0; i < upstream->target_count && count < room; i++) {
		const struct target *target = upstream->targets[i];
		if (target == NULL || target->is_gone)
			continue;
		struct upstream_target *told = &ret_targets[count++];
		*told = (struct upstream_target){
			.is_tls = target->is_tls,
			.is_down = target_is_down(target),
			.is_suspect = target_is_suspect(target, now),
			.is_quarantined = target_loops(target),
			.latency_us = target->latency_us,
			.under_way = under_way(target),
		};
		snprintf(told->address, sizeof(told->address), "%s", target->text);
	}
	return count;
}
