/* SPDX-License-Identifier: Apache-2.0 */
/* Whom to ask next. Who is down is not asked while another is up, and who left its last questions
 * waiting not while another answers. Among the rest the policy decides; `random` draws among the
 * fast ones, and now and then among all, so that a slow one is noticed when it has become fast. */
#include "upstream_parts.h"

enum {
	SILENT_MOST = 4,  /* attempts left waiting in a row */
	SILENT_MS = 1000, /* for how long that is held against who is not probed */
	EXPLORED = 50,	  /* one question of so many goes to anyone */
	SLACK_US = 2000,  /* differences below are noise */
};

bool target_is_suspect(const struct target *target, uint64_t now_ns)
{
	const struct config_forward *config = target->upstream->config;
	bool is_probed = config->max_fails > 0 && config->health_check_ms > 0;
	return target->silent >= SILENT_MOST &&
	       (is_probed || now_ns - target->silent_ns < SILENT_MS * MS_NS);
}

/* The targets that are good enough, in the order of the configuration. */
struct candidates {
	struct target *targets[TARGETS_MAX];
	uint32_t count;
};

static struct candidates collect(const struct question *question, uint64_t now_ns)
{
	const struct upstream *upstream = question->upstream;
	struct candidates good = { .count = 0 }, suspect = { .count = 0 };
	for (size_t i = 0; i < upstream->target_count; i++) {
		struct target *target = upstream->targets[i];
		if ((question->asked >> target->number & 1) != 0 || target_is_down(target) ||
		    target_loops(target))
			continue;
		struct candidates *list = target_is_suspect(target, now_ns) ? &suspect : &good;
		list->targets[list->count++] = target;
	}
	return good.count > 0 ? good : suspect;
}

static struct target *choose_random(struct draw *draw, const struct candidates *all)
{
	struct candidates fast = { .count = 0 };
	uint32_t best = UINT32_MAX;
	if (draw_below(draw, EXPLORED) == 0)
		return all->targets[draw_below(draw, all->count)];
	for (uint32_t i = 0; i < all->count; i++)
		if (all->targets[i]->latency_us < best)
			best = all->targets[i]->latency_us;
	for (uint32_t i = 0; i < all->count; i++)
		if (all->targets[i]->latency_us <= 2 * (uint64_t)best + SLACK_US)
			fast.targets[fast.count++] = all->targets[i];
	return fast.targets[draw_below(draw, fast.count)];
}

/* The one whose turn it is, then the others in order. */
static struct target *choose_in_turn(const struct question *question, const struct candidates *all)
{
	const struct upstream *upstream = question->upstream;
	const struct target *first = upstream->targets[question->turn % upstream->target_count];
	for (uint32_t i = 0; i < all->count; i++)
		if (all->targets[i] == first)
			return all->targets[i];
	return all->targets[0];
}

static bool are_all_down(const struct upstream *upstream)
{
	for (size_t i = 0; i < upstream->target_count; i++)
		if (!target_is_down(upstream->targets[i]) && !target_loops(upstream->targets[i]))
			return false;
	return true;
}

/* One of those who do not lead back to us. */
static struct target *any_target(struct upstream *upstream)
{
	struct candidates all = { .count = 0 };
	for (size_t i = 0; i < upstream->target_count; i++)
		if (!target_loops(upstream->targets[i]))
			all.targets[all.count++] = upstream->targets[i];
	return all.count == 0 ? NULL : all.targets[draw_below(&upstream->draw, all.count)];
}

/* Perhaps it is the health checks that are broken: one of them is asked all the same. */
static struct target *choose_anyone(struct question *question)
{
	struct upstream *upstream = question->upstream;
	struct target *target = any_target(upstream);
	if (question->asked != 0)
		return NULL;
	question->is_last = true;
	if (target == NULL) {
		question->failure = (struct failure){ .trouble = TROUBLE_LOOP,
						      .remote = upstream->targets[0]->address };
		return NULL;
	}
	question->failure.trouble = TROUBLE_ALL_DOWN;
	tally_add(upstream->all_down, 1);
	if (upstream->config->fails_fast)
		return NULL;
	return target;
}

struct target *target_choose(struct question *question, uint64_t now_ns)
{
	struct upstream *upstream = question->upstream;
	if (upstream->target_count == 0)
		return NULL;
	struct candidates candidates = collect(question, now_ns);
	if (candidates.count == 0)
		return are_all_down(upstream) ? choose_anyone(question) : NULL;
	switch (upstream->config->policy) {
	case FORWARD_RANDOM:
		return choose_random(&upstream->draw, &candidates);
	case FORWARD_ROUND_ROBIN:
		return choose_in_turn(question, &candidates);
	case FORWARD_SEQUENTIAL:
		break;
	}
	return candidates.targets[0];
}
