/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a question. It goes to one target; who takes longer than usual gets a second one
 * beside it, who fails or says nothing is followed by the next, and after five seconds it is over.
 * How many are asked twice is bounded, or else slow targets would be given twice the work. */
#include <string.h>

#include "upstream_parts.h"

enum {
	HEDGE_LEAST_MS = 50,
	HEDGE_MOST_MS = 1000,
	HEDGE_UNKNOWN_MS = 150, /* of a target that was not measured yet */
	REPEAT_LEAST_MS = 400,	/* the same target: the datagram may be lost */
	HEDGE_LATER_MS = 25,	/* too many were made */
	HEDGE_COST = 10,	/* questions that pay for one */
	FAILURES_MOST = 64,	/* of one question, also where there is no limit */
};

void question_init(struct upstream *upstream, struct question *question)
{
	*question = (struct question){ .upstream = upstream };
}

/* ---- the end ---- */

static void tell(struct question *question, const struct upstream_reply *reply)
{
	struct questions *questions = question->upstream->questions;
	struct waiter waiter;
	while (questions_next_waiter(questions, question, &waiter))
		waiter.done(waiter.context, reply);
}

void question_end(struct question *question, enum upstream_end end, const struct dns_message *message)
{
	struct upstream *upstream = question->upstream;
	struct upstream_reply reply = { .end = end, .message = message, .target = question->answered };
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
		if (question->attempts[i].line != NULL)
			attempt_stop(&question->attempts[i]);
	wheel_take(upstream->wheel, &question->wake);
	questions_hide(upstream->questions, question);
	if (end != UPSTREAM_ANSWERED) {
		reply.target = question->failure.remote;
		reply.problem = failure_print(&question->failure, upstream);
	}
	tell(question, &reply);
	mem_free(question->kept);
	questions_give_back(upstream->questions, question);
}

static void end_without(struct question *question)
{
	struct dns_message message;
	if (question->kept != NULL && dns_message_read(question->kept, question->kept_size, &message)) {
		question_end(question, UPSTREAM_ANSWERED, &message);
		return;
	}
	enum trouble trouble = question->failure.trouble;
	bool is_silent = trouble == TROUBLE_SILENT || trouble == TROUBLE_NO_DIAL;
	question_end(question,
		     is_silent		       ? UPSTREAM_TIMED_OUT
		     : trouble == TROUBLE_LOOP ? UPSTREAM_LOOPS
					       : UPSTREAM_UNREACHABLE,
		     NULL);
}

/* ---- asking ---- */

static bool has_other(const struct question *question)
{
	const struct upstream *upstream = question->upstream;
	for (size_t i = 0; i < upstream->target_count; i++)
		if ((question->asked >> upstream->targets[i]->number & 1) == 0 &&
		    !target_is_down(upstream->targets[i]) && !target_loops(upstream->targets[i]))
			return true;
	return false;
}

/* When to ask somebody else as well. */
static uint64_t hedge_after_ns(const struct question *question, const struct target *target)
{
	uint64_t ms = 3 * (uint64_t)target->latency_us / 1000;
	uint64_t least = has_other(question) ? HEDGE_LEAST_MS : REPEAT_LEAST_MS;
	if (target->latency_us == 0)
		ms = HEDGE_UNKNOWN_MS;
	ms = ms > HEDGE_MOST_MS ? HEDGE_MOST_MS : ms;
	return (ms < least ? least : ms) * MS_NS;
}

static uint32_t failures_most(const struct upstream *upstream)
{
	uint32_t most = upstream->config->max_connect_attempts;
	if (most == 0)
		most = 2 * (uint32_t)upstream->target_count;
	return most > FAILURES_MOST ? FAILURES_MOST : most;
}

static void arm(struct question *question, uint64_t now_ns)
{
	uint64_t due_ns = question->deadline_ns;
	if (question->hedge_ns < due_ns)
		due_ns = question->hedge_ns;
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
		if (question->attempts[i].line != NULL && question->attempts[i].expires_ns < due_ns)
			due_ns = question->attempts[i].expires_ns;
	wheel_put(question->upstream->wheel, &question->wake, due_ns, now_ns);
}

static bool ask_target(struct question *question, struct target *target, uint64_t now_ns)
{
	question->asked |= 1u << target->number;
	if (attempt_start(question, target, question->is_tcp, now_ns) == NULL) {
		question->failed++;
		target_erred(target, true, now_ns);
		return false;
	}
	question->hedge_ns = now_ns + hedge_after_ns(question, target);
	arm(question, now_ns);
	return true;
}

bool question_ask_next(struct question *question, bool may_repeat, uint64_t now_ns)
{
	while (question->failed < failures_most(question->upstream) && !question->is_last &&
	       now_ns < question->deadline_ns) {
		struct target *target = target_choose(question, now_ns);
		if (target != NULL) {
			if (ask_target(question, target, now_ns))
				return true;
			continue;
		}
		if (!may_repeat || question->asked == 0)
			return false;
		question->asked = 0;
		may_repeat = false;
	}
	return false;
}

/* There is nobody yet, but a name is being looked up for the first time. */
static bool may_wait(const struct question *question, uint64_t now_ns)
{
	const struct upstream *upstream = question->upstream;
	return upstream->target_count == 0 && names_are_awaited(upstream) &&
	       now_ns < question->deadline_ns;
}

void question_go_on(struct question *question, uint64_t now_ns)
{
	if (question_ask_next(question, question->kept == NULL, now_ns))
		return;
	if (!may_wait(question, now_ns)) {
		end_without(question);
		return;
	}
	question->hedge_ns = UINT64_MAX;
	arm(question, now_ns);
}

void question_begin(struct question *question, uint64_t now_ns)
{
	struct upstream *upstream = question->upstream;
	question->deadline_ns = now_ns + DEADLINE_MS * MS_NS;
	question->turn = upstream->turn++;
	/* Where there is no target and files name us alone. */
	question->failure.trouble = upstream->has_own ? TROUBLE_LOOP : TROUBLE_NOBODY;
	if (upstream->hedges < HEDGES_MOST)
		upstream->hedges++;
	question_go_on(question, now_ns);
}

/* ---- failures ---- */

void attempt_fail(struct attempt *attempt, const struct failure *failure, uint64_t now_ns)
{
	struct question *question = attempt->question;
	struct target *target = attempt->line->target;
	/* A connection that was kept and is closed says nothing about its target. */
	bool may_again = attempt->line->is_tcp && attempt->line->heard_ns != 0 &&
			 !attempt->is_again && !target->is_gone && failure->trouble != TROUBLE_SILENT;
	attempt_stop(attempt);
	attempt = may_again ? attempt_start(question, target, true, now_ns) : NULL;
	if (attempt != NULL) {
		attempt->is_again = true;
		return;
	}
	if (question->looped != NULL) {
		loop_question_ended(target, false, now_ns);
		return;
	}
	if (question->probed != NULL) {
		target_probe_ended(target, false, now_ns);
		return;
	}
	question->failure = *failure;
	question->failed++;
	target_erred(target, true, now_ns);
	if (question_attempts(question) == 0)
		question_go_on(question, now_ns);
}

void line_was_silent(struct line *line, uint64_t since_ns, uint64_t now_ns)
{
	struct failure failure;
	if (line->is_dead || !line->is_tcp || line->heard_ns >= since_ns)
		return;
	failure = line_failure(line, TROUBLE_SILENT, 0);
	line_fail(line, &failure, now_ns);
}

/* ---- time ---- */

static void expire(struct question *question, struct attempt *attempt, uint64_t now_ns)
{
	struct line *line = attempt->line;
	uint64_t sent_ns = attempt->sent_ns;
	bool is_dialled = !line->is_tcp || tcp_is_open(line);
	enum trouble trouble = is_dialled ? TROUBLE_SILENT : TROUBLE_NO_DIAL;
	question->failure = line_failure(line, trouble, 0);
	question->failed++;
	if (!attempt->is_late)
		target_was_late(line->target, now_ns - sent_ns, now_ns);
	target_erred(line->target, false, now_ns);
	loop_suspect(line->target, now_ns);
	attempt_stop(attempt);
	line_was_silent(line, sent_ns, now_ns);
}

/* True: who has these questions does not answer any, and a second one costs others nothing. */
static bool blame(struct question *question, uint64_t now_ns)
{
	bool are_suspect = true;
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt *attempt = &question->attempts[i];
		if (attempt->line == NULL)
			continue;
		struct target *target = attempt->line->target;
		if (!attempt->is_late)
			target_was_late(target, now_ns - attempt->sent_ns, now_ns);
		attempt->is_late = true;
		are_suspect &= target_is_suspect(target, now_ns);
	}
	return are_suspect;
}

/* The target of a datagram; NULL: of none, connections repeat by themselves. */
static struct target *repeat_target(const struct question *question)
{
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
		if (question->attempts[i].line != NULL && !question->attempts[i].line->is_tcp)
			return question->attempts[i].line->target;
	return NULL;
}

static void hedge(struct question *question, uint64_t now_ns)
{
	struct upstream *upstream = question->upstream;
	bool is_free = blame(question, now_ns);
	question->hedge_ns = UINT64_MAX;
	if (question_attempts(question) == ATTEMPTS_MAX || question->is_last)
		return;
	if (!is_free && upstream->hedges < HEDGE_COST) {
		question->hedge_ns = now_ns + HEDGE_LATER_MS * MS_NS;
		return;
	}
	struct target *target = target_choose(question, now_ns);
	target = target == NULL ? repeat_target(question) : target;
	if (target != NULL && ask_target(question, target, now_ns) && !is_free)
		upstream->hedges -= HEDGE_COST;
}

void question_wake(struct question *question, uint64_t now_ns)
{
	if (question->looped != NULL) {
		loop_wake(question->looped, now_ns);
		return;
	}
	if (question->probed != NULL) {
		target_probe_wake(question->probed, now_ns);
		return;
	}
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt *attempt = &question->attempts[i];
		if (attempt->line != NULL &&
		    (now_ns >= attempt->expires_ns || now_ns >= question->deadline_ns))
			expire(question, attempt, now_ns);
	}
	if (question_attempts(question) == 0) {
		question_go_on(question, now_ns);
		return;
	}
	if (now_ns >= question->hedge_ns)
		hedge(question, now_ns);
	arm(question, now_ns);
}
