/* SPDX-License-Identifier: Apache-2.0 */
/* What the end of a response leads to: the next request at once or later, of the same way to ask or of another. */
#include <event2/event.h>

#include "knamed/observe.h"
#include "watch_parts.h"

enum {
	STUCK = 3, /* failures in a row of one way, then another is tried */
	RETRY_AFTER_MOST_S = 60,
	EMPTY_AFTER_MS = 60 * 1000, /* a resource that is not there for so long has no objects */
};

static void tell_failure(struct watch *watch)
{
	const struct watch_calls *calls = &watch->options.calls;

	calls->failed(calls->context, watch->options.kind, watch->trouble, watch->why);
}

/* The server does not know the kind: there are no objects of it. Told so while all was in order
 * before, it may be that the server is only starting. */
static void take_absence(struct watch *watch)
{
	bool is_sure = !watch->is_confirmed ||
		       clock_now_ns() - watch->retry.since_ns >= EMPTY_AFTER_MS * (uint64_t)1000000;

	if (watch->options.kind != OBJECT_IMPORT || watch->trouble != TROUBLE_NOT_FOUND || !is_sure)
		return;
	bool was_confirmed = watch->is_confirmed;
	watch_take_nothing(watch);
	watch->must_list = true;
	if (watch->changed || !was_confirmed)
		watch->options.calls.changed(watch->options.calls.context);
	watch->changed = false;
}

/* What fails again and again in the same way may do so for ever: a poisoned event, a link that
 * cannot carry all in one piece. */
static void leave_rut(struct watch *watch, bool was_reading)
{
	bool is_answer = watch->status == 200 || watch->trouble == TROUBLE_REFUSED;
	bool counts =
		watch->aim == PATH_WATCH ? !trouble_is_of_connection(watch->trouble) : was_reading;

	if (watch->rut_aim != watch->aim)
		watch->rut = 0;
	watch->rut_aim = watch->aim;
	if (!is_answer || !counts || ++watch->rut < STUCK)
		return;
	watch->rut = 0;
	if (watch->aim == PATH_STREAM)
		watch_avoid_stream(watch, watch->options.times->unsure_ms);
	else if (watch->aim == PATH_WATCH)
		watch->must_list = true;
}

static void on_trouble(struct watch *watch)
{
	unsigned after_s = watch->retry_after_s;
	bool is_of_connection = trouble_is_of_connection(watch->trouble);
	if (watch->was_unreachable && !is_of_connection)
		retry_renew(&watch->retry); /* the outage is over, this is another one */
	watch->was_unreachable = is_of_connection;
	uint64_t wait = retry_fail_ms(&watch->retry, &watch->options.times->retry);
	bool was_reading = watch->is_relisting;
	bool keeps_pages =
		watch->aim == PATH_LIST && watch->next.size > 0 && ++watch->page_failures < STUCK;

	if (!keeps_pages)
		watch_relist_abandon(watch);
	leave_rut(watch, was_reading);
	take_absence(watch);
	tell_failure(watch);
	if (after_s > RETRY_AFTER_MOST_S)
		after_s = RETRY_AFTER_MOST_S;
	watch_wait(watch, wait < after_s * 1000 ? after_s * 1000 : wait);
}

static void on_refused_stream(struct watch *watch)
{
	const struct watch_times *times = watch->options.times;
	bool is_firm = watch->status == 200 || watch->trouble != TROUBLE_SERVER;

	watch_avoid_stream(watch, is_firm ? times->refused_ms : times->unsure_ms);
	watch_relist_abandon(watch);
	log_line(LOG_INFO, "kubernetes", "%s; reading it page by page instead of as a stream",
		 watch->why);
	watch_wait(watch, 0);
}

static void on_gone(struct watch *watch, bool was_healthy)
{
	watch->must_list = true;
	watch->is_whole = watch->aim == PATH_LIST; /* pages expire, one piece does not */
	watch_relist_abandon(watch);
	tell_failure(watch);
	watch_wait(watch,
		   was_healthy ? 0 : retry_fail_ms(&watch->retry, &watch->options.times->retry));
}

static void act_on(struct watch *watch, enum outcome outcome)
{
	const struct watch_times *times = watch->options.times;
	bool was_healthy = watch->followed_ns != 0 && clock_now_ns() - watch->followed_ns >=
							      times->healthy_ms * (uint64_t)1000000;

	watch->followed_ns = 0;
	if (was_healthy) {
		retry_reset(&watch->retry);
		watch->rut = 0;
	}
	switch (outcome) {
	case OUTCOME_NONE:
	case OUTCOME_NEXT_PAGE:
	case OUTCOME_LISTED:
		watch_wait(watch, 0);
		break;
	case OUTCOME_ENDED:
		watch_wait(watch, was_healthy ? 0 : retry_fail_ms(&watch->retry, &times->retry));
		break;
	case OUTCOME_JSON:
		watch->is_json_only = true;
		watch_wait(watch, 0);
		break;
	case OUTCOME_NO_STREAM:
		on_refused_stream(watch);
		break;
	case OUTCOME_RELIST:
		on_gone(watch, was_healthy);
		break;
	case OUTCOME_TROUBLE:
		on_trouble(watch);
		break;
	}
}

void watch_end(void *context, const struct client_end *end)
{
	struct watch *watch = context;

	watch->transfer = NULL;
	evtimer_del(watch->timer);
	act_on(watch, watch_judge(watch, end));
}
