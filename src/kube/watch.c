/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked when. A request is only ever made from the timer, so that no call of the transport nests. */
#include "watch.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "watch_parts.h"

enum {
	HEAD_MS = 15 * 1000,
	LIST_HEAD_MS = 30 * 1000,
};

const struct watch_times watch_times_usual = {
	.retry = { .first_ms = 50, .most_ms = 1000, .long_ms = 60 * 1000, .most_long_ms = 5000 },
	.healthy_ms = 2000,
	.list_silence_ms = 20 * 1000,
	.silence_ms = 150 * 1000,
	.refused_ms = 3600 * 1000,
	.unsure_ms = 60 * 1000,
};

void watch_wait(struct watch *watch, uint64_t ms)
{
	const struct timeval wait = timeval_of_ms(ms);

	evtimer_add(watch->timer, &wait);
}

void watch_avoid_stream(struct watch *watch, unsigned ms)
{
	watch->no_stream_until_ns = clock_now_ns() + ms * (uint64_t)1000000;
}

void watch_relist_abandon(struct watch *watch)
{
	text_clear(&watch->next);
	watch->page_failures = 0;
	if (!watch->is_relisting)
		return;
	watch->is_relisting = false;
	intake_relist_abandon(&watch->intake);
}

/* ---- asking ---- */

static unsigned random_timeout_s(void)
{
	uint32_t random;

	random_bytes(&random, sizeof(random));
	return 300 + random % 300;
}

static enum path_aim next_aim(const struct watch *watch)
{
	if (!watch->must_list)
		return PATH_WATCH;
	bool may_stream = !watch->is_relisting && clock_now_ns() >= watch->no_stream_until_ns;
	return may_stream ? PATH_STREAM : PATH_LIST;
}

static unsigned silence_limit_ms(const struct watch *watch)
{
	const struct watch_times *times = watch->options.times;
	bool is_reading = watch->aim == PATH_STREAM && watch->followed_ns == 0;

	return is_reading ? times->list_silence_ms : times->silence_ms;
}

static void ask(struct watch *watch)
{
	const struct path path = {
		.aim = next_aim(watch),
		.kind = watch->options.kind,
		.config = watch->options.config,
		.version = watch->version,
		.next = watch->next.data,
		.is_whole = watch->is_whole,
		.timeout_s = random_timeout_s(),
	};
	bool is_list = path.aim == PATH_LIST;
	const struct transport *transport = watch->options.transport;
	const struct client_calls calls = { watch_take_head, watch_take_body, watch_end, watch };

	path_print(&path, &watch->path);
	watch->aim = path.aim;
	watch->status = 0;
	watch->retry_after_s = 0;
	watch->outcome = OUTCOME_NONE;
	watch->asked_ns = clock_now_ns();
	text_clear(&watch->refusal);
	const struct client_request request = {
		.path = watch->path.data,
		.accept = path_accept(path.kind, is_list ? ACCEPT_LIST : ACCEPT_WATCH,
				      watch->is_json_only),
		.verb = is_list ? "list" : "watch",
		.head_ms = is_list ? LIST_HEAD_MS : HEAD_MS,
		.silence_ms = is_list ? watch->options.times->list_silence_ms : 0,
	};
	watch->transfer = transport->get(transport->context, &request, &calls);
	if (!is_list)
		watch_wait(watch, silence_limit_ms(watch));
}

static uint64_t silent_ms(const struct watch *watch)
{
	uint64_t last = watch->arrived_ns > watch->asked_ns ? watch->arrived_ns : watch->asked_ns;

	return (clock_now_ns() - last) / 1000000;
}

static void give_up_silent(struct watch *watch)
{
	char text[64];
	const struct client_end end = { CLIENT_TIMEOUT, watch->status, text };
	const struct transport *transport = watch->options.transport;

	snprintf(text, sizeof(text), "no byte for %.0f s", (double)silent_ms(watch) / 1000);
	transport->cancel(transport->context, watch->transfer);
	if (watch->aim == PATH_STREAM && watch->is_relisting)
		watch_avoid_stream(watch, watch->options.times->unsure_ms);
	watch_end(watch, &end);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct watch *watch = context;

	if (watch->transfer == NULL) {
		ask(watch);
		return;
	}
	if (watch->aim == PATH_LIST)
		return; /* the transport looks at it */
	uint64_t silent = silent_ms(watch);
	unsigned limit = silence_limit_ms(watch);
	if (silent >= limit)
		give_up_silent(watch);
	else
		watch_wait(watch, limit - silent);
}

/* ---- what others see ---- */

struct watch *watch_new(const struct watch_options *options)
{
	struct watch *watch = mem_zalloc(sizeof(*watch));

	watch->options = *options;
	watch->must_list = true;
	watch->timer = evtimer_new(options->events, on_timer, watch);
	intake_init(&watch->intake, options->kind, options->model);
	return watch;
}

static void stop(struct watch *watch)
{
	const struct transport *transport = watch->options.transport;

	if (watch->transfer != NULL)
		transport->cancel(transport->context, watch->transfer);
	watch->transfer = NULL;
	watch->followed_ns = 0;
	body_free(watch->body);
	watch->body = NULL;
	watch_relist_abandon(watch);
	evtimer_del(watch->timer);
}

void watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	stop(watch);
	event_free(watch->timer);
	intake_done(&watch->intake);
	text_done(&watch->path);
	text_done(&watch->next);
	text_done(&watch->refusal);
	mem_free(watch);
}

void watch_trust(struct watch *watch, bool trust)
{
	watch->is_trusted = trust;
}

void watch_start(struct watch *watch)
{
	watch_wait(watch, 0);
}

void watch_relist(struct watch *watch)
{
	stop(watch);
	watch->must_list = true;
	watch_wait(watch, 0);
}

void watch_hurry(struct watch *watch)
{
	bool may_be_over =
		trouble_is_of_connection(watch->trouble) || watch->trouble == TROUBLE_FORBIDDEN;

	if (watch->transfer == NULL && may_be_over)
		watch_wait(watch, 0);
}

bool watch_is_in_step(const struct watch *watch)
{
	return watch->is_confirmed || watch->is_trusted;
}

bool watch_is_confirmed(const struct watch *watch)
{
	return watch->is_confirmed;
}

bool watch_is_following(const struct watch *watch)
{
	return watch->followed_ns != 0;
}

bool watch_is_whole(const struct watch *watch)
{
	return !watch->is_torn;
}

size_t watch_relists(const struct watch *watch)
{
	return watch->relists;
}

uint64_t watch_version(const struct watch *watch)
{
	return intake_version(watch->version);
}

uint64_t watch_bytes_ns(const struct watch *watch)
{
	return watch->arrived_ns;
}

struct intake *watch_intake(struct watch *watch)
{
	return &watch->intake;
}

void watch_describe(const struct watch *watch, struct kube_kind *ret_kind)
{
	bool is_absent = watch->options.kind == OBJECT_IMPORT && watch->trouble == TROUBLE_NOT_FOUND;

	*ret_kind = (struct kube_kind){
		.is_watched = true,
		.is_in_step = watch_is_in_step(watch),
		.is_following = watch->is_confirmed && (watch_is_following(watch) || is_absent ||
							watch->retry.failures <= 1),
		.heard_ns = is_absent ? 0 : watch->heard_ns,
		.done = watch->done,
		.expected = watch->expected,
	};
	memcpy(ret_kind->version, watch->version, sizeof(watch->version));
	memcpy(ret_kind->trouble, watch->why, sizeof(watch->why));
}
