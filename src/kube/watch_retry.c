/* SPDX-License-Identifier: Apache-2.0 */
#include "watch_state.h"

#include <event2/event.h>

#include "path.h"

enum { REMIND_MS = 60 * 1000, HEALTHY_MS = 10 * 1000 };

const struct watch_times watch_times_usual = {
	.retry_first_ms = 50,
	.retry_most_ms = 1000,
	.outage_ms = 60 * 1000,
	.outage_most_ms = 5000,
	.wait_most_ms = 60 * 1000,
	.silence_ms = 150 * 1000,
	.stream_again_ms = 3600 * 1000,
};

/* Between half of the time and all of it: many of us must not come at once. */
unsigned watch_jittered(unsigned ms)
{
	uint32_t random;

	random_bytes(&random, sizeof(random));
	return ms / 2 + random % (ms - ms / 2 + 1);
}

static unsigned retry_ms(const struct watch *watch)
{
	const struct watch_times *times = watch->options.times;
	bool is_outage = clock_now_ns() - watch->failing_ns > times->outage_ms * UINT64_C(1000000);
	unsigned most = is_outage ? times->outage_most_ms : times->retry_most_ms,
		 wait = times->retry_first_ms;

	for (unsigned i = 1; i < watch->failures && wait < most; i++)
		wait *= 2;
	return watch_jittered(wait < most ? wait : most);
}

/* Calls watch_timer(). */
static void wait_then_call(struct watch *watch, unsigned ms)
{
	struct timeval wait = { ms / 1000, ms % 1000 * 1000 };

	evtimer_add(watch->timer, &wait);
}

void watch_heal_later(struct watch *watch)
{
	wait_then_call(watch, HEALTHY_MS);
}

/* After a list, or a while of health, the next failure is the first one again, and is told. */
void watch_recover(struct watch *watch)
{
	if (watch->failures > 0 && watch->told != TROUBLE_NONE)
		log_line(LOG_INFO, "kubernetes", "%s: followed again",
			 path_resource(watch->options.kind));
	watch->failures = 0;
	watch->told = TROUBLE_NONE;
	watch->why[0] = '\0';
}

void watch_timer(int fd, short what, void *context)
{
	struct watch *watch = context;

	(void)fd;
	(void)what;
	if (watch->transfer == NULL)
		watch_open(watch);
	else
		watch_recover(watch);
}

/* Each cause is told when it is new, and then once a minute. */
static void tell_trouble(struct watch *watch, const char *detail)
{
	uint64_t now = clock_now_ns();

	trouble_print(watch->trouble, path_resource(watch->options.kind), watch->status, detail,
		      watch->why, sizeof(watch->why));
	watch->options.calls.failed(watch->options.calls.context, watch->options.kind, watch->trouble);
	bool is_lacking = watch->trouble == TROUBLE_NOT_FOUND && watch->options.kind == OBJECT_IMPORT;
	if (watch->trouble == watch->told &&
	    (is_lacking || now - watch->told_ns < REMIND_MS * UINT64_C(1000000)))
		return;
	watch->told = watch->trouble;
	watch->told_ns = now;
	log_line(LOG_WARNING, "kubernetes", "%s", watch->why);
}

bool watch_lived_long(const struct watch *watch)
{
	return watch->status == 200 &&
	       clock_now_ns() - watch->opened_ns > HEALTHY_MS * UINT64_C(1000000);
}

void watch_fail(struct watch *watch, const char *detail)
{
	if (watch_lived_long(watch))
		watch->failures = 0;
	if (watch->failures++ == 0)
		watch->failing_ns = clock_now_ns();
	watch->is_following = watch->failures == 1 && watch->is_confirmed;
	tell_trouble(watch, detail);
	watch_relist_abandon(watch);
	unsigned wait = retry_ms(watch), asked = watch->retry_after_s * 1000;
	if (asked > watch->options.times->wait_most_ms)
		asked = watch->options.times->wait_most_ms;
	wait_then_call(watch, wait > asked ? wait : asked);
	watch->options.calls.changed(watch->options.calls.context);
}
