/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <assert.h>
#include <stdio.h>

#include <event2/event.h>

#include "path.h"
#include "watch_state.h"

enum { PAGE = 500, WATCH_LEAST_S = 300, STREAM_RETRY_MS = 60 * 1000 };

/* ---- the end of a request ---- */

static void list_anew(struct watch *watch, const char *why)
{
	log_line(LOG_INFO, "kubernetes", "%s: listing anew: %s", path_resource(watch->options.kind),
		 why);
	watch_relist_abandon(watch);
	watch->version[0] = '\0';
	text_clear(&watch->next);
}

/* A server that fails may have it when it is well again; one that says no is asked again much later. */
static void refuse_stream(struct watch *watch, const char *why)
{
	uint64_t again_ms =
		watch->status >= 500 ? STREAM_RETRY_MS : watch->options.times->stream_again_ms;

	log_line(LOG_INFO, "kubernetes", "%s: no streaming list here, listing page by page: %.300s",
		 path_resource(watch->options.kind), why);
	watch_relist_abandon(watch);
	watch->no_stream_until_ns = clock_now_ns() + again_ms * 1000000;
	watch_open(watch);
}

/* A kind that this cluster does not have (yet): nothing of it exists. What there was before its
 * definition went stays: it comes back with it, or its end is said then. */
static void lack_kind(struct watch *watch)
{
	if (!watch->is_confirmed) {
		watch_relist_begin(watch);
		watch_relist_end(watch, "");
	}
	watch->version[0] = '\0';
}

/* Of a response that is no 200. */
static void take_refusal(struct watch *watch)
{
	struct api_status status = { 0 };
	const char *detail = "";

	if (body_status(watch->encoding, (const uint8_t *)watch->refusal.data, watch->refusal.size,
			&watch->scratch, &status)) {
		detail = status.message;
		if (status.retry_after_s > watch->retry_after_s)
			watch->retry_after_s = status.retry_after_s;
	}
	watch->trouble = trouble_of_status(watch->status);
	bool may_fall_back = watch->trouble == TROUBLE_REFUSED || watch->trouble == TROUBLE_SERVER;
	if (watch->trouble == TROUBLE_GONE) {
		list_anew(watch, "the version is gone");
		watch_open(watch);
		return;
	}
	if ((watch->status == 406 || watch->status == 415) && !watch->json_only) {
		watch->json_only = true;
		watch_open(watch);
		return;
	}
	if (watch->step == STEP_STREAM && may_fall_back) {
		refuse_stream(watch, detail);
		return;
	}
	if (watch->trouble == TROUBLE_NOT_FOUND && watch->options.kind == OBJECT_IMPORT)
		lack_kind(watch);
	watch_fail(watch, detail);
}

static void list_page_ended(struct watch *watch)
{
	struct body_list list = { 0 };

	if (!body_end(watch->body, &list, &watch->fault)) {
		watch->trouble = TROUBLE_CONTENT;
		watch_fail(watch, watch->fault.text);
		return;
	}
	text_clear(&watch->next);
	watch->expected = list.remaining > 0 ? watch->done + list.remaining : 0;
	if (list.next[0] != '\0') {
		text_add(&watch->next, list.next);
	} else {
		watch_relist_end(watch, list.version);
	}
	watch_open(watch);
}

/* The server ends watches in its own time; that is no failure, unless it does so at once, again and again. */
static void watch_ended(struct watch *watch)
{
	if (watch->relisting || !(watch_lived_long(watch) || watch->failures == 0)) {
		watch->trouble = TROUBLE_BROKEN;
		watch_fail(watch, "the watch ended early");
		return;
	}
	if (!watch_lived_long(watch)) {
		watch->failures = 1;
		watch->failing_ns = clock_now_ns();
	}
	watch_open(watch);
}

static void transfer_ended(struct watch *watch, const struct client_end *end)
{
	if (watch->verdict == VERDICT_NONE && end->trouble == CLIENT_TIMEOUT &&
	    watch->status == 200 && watch->step != STEP_LIST && !watch->relisting) {
		watch_open(watch); /* bookmarks are due every minute: whatever keeps them back, ask anew */
		return;
	}
	if (watch->verdict == VERDICT_NONE && end->trouble != CLIENT_DONE) {
		watch->trouble = trouble_of_end(end);
		watch_fail(watch, end->text);
	} else if (watch->verdict == VERDICT_NONE && watch->status != 200) {
		take_refusal(watch);
	} else if (watch->verdict == VERDICT_NONE && watch->step == STEP_LIST) {
		list_page_ended(watch);
	} else if (watch->verdict == VERDICT_NONE) {
		watch_ended(watch);
	} else if (watch->verdict == VERDICT_STREAM_REFUSED) {
		refuse_stream(watch, watch->fault.text);
	} else if (watch->verdict == VERDICT_FAILED) {
		watch_fail(watch, watch->fault.text);
	} else {
		list_anew(watch, watch->verdict == VERDICT_GONE ? "the version is gone"
								: "versions went back");
		watch_open(watch);
	}
}

static void on_end(void *context, const struct client_end *end)
{
	struct watch *watch = context;
	struct body *body = watch->body;

	watch->transfer = NULL;
	transfer_ended(watch, end);
	if (watch->body == body)
		watch->body = NULL;
	body_free(body);
}

/* ---- asking ---- */

static const char *accept_of(const struct watch *watch)
{
	bool is_list = watch->step == STEP_LIST;

	if (watch->json_only || watch->options.kind == OBJECT_IMPORT)
		return is_list ? "application/json" : "application/json;stream=watch,application/json";
	return is_list ? "application/vnd.kubernetes.protobuf,application/json"
		       : "application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch,"
			 "application/vnd.kubernetes.protobuf,application/json";
}

static void add_watch(struct watch *watch, struct text *path)
{
	text_printf(path, "&watch=true&allowWatchBookmarks=true&timeoutSeconds=%u",
		    watch_jittered(2 * WATCH_LEAST_S));
	if (watch->step == STEP_STREAM)
		text_add(path, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
	else
		text_printf(path, "&resourceVersion=%s", watch->version);
}

static void add_page(struct watch *watch, struct text *path)
{
	text_printf(path, "&limit=%d", PAGE);
	if (watch->next.size > 0) {
		text_add(path, "&continue=");
		path_add_escaped(path, watch->next.data);
	}
}

static enum step next_step(const struct watch *watch)
{
	if (watch->version[0] != '\0' && !watch->relisting)
		return STEP_FOLLOW;
	return clock_now_ns() < watch->no_stream_until_ns ? STEP_LIST : STEP_STREAM;
}

static void forget_response(struct watch *watch)
{
	watch->verdict = VERDICT_NONE;
	watch->trouble = TROUBLE_NONE;
	watch->status = 0;
	watch->retry_after_s = 0;
	watch->fault.text[0] = '\0';
	watch->body = NULL; /* the one of the transfer that ends is its own to free */
	text_clear(&watch->refusal);
}

void watch_open(struct watch *watch)
{
	struct text path = { 0 };

	assert(watch->transfer == NULL);
	evtimer_del(watch->timer);
	forget_response(watch);
	watch->step = next_step(watch);
	watch->opened_ns = clock_now_ns();
	text_add(&path, watch->path.data);
	if (watch->step == STEP_LIST)
		add_page(watch, &path);
	else
		add_watch(watch, &path);
	const struct client_request request = {
		.path = path.data,
		.accept = accept_of(watch),
		.verb = watch->step == STEP_LIST ? "list" : "watch",
		.silence_ms = watch->options.times->silence_ms,
	};
	const struct client_calls calls = { watch_head, watch_bytes, on_end, watch };
	watch->transfer = watch->options.io->get(watch->options.io->context, &request, &calls);
	text_done(&path);
}

/* ---- from outside ---- */

struct watch *watch_new(const struct watch_options *options)
{
	struct watch *watch = mem_zalloc(sizeof(*watch));

	watch->options = *options;
	watch->timer = evtimer_new(options->events, watch_timer, watch);
	intake_init(&watch->intake, options->kind, options->model);
	path_print(options->kind, options->config, &watch->path);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->transfer != NULL)
		watch->options.io->cancel(watch->options.io->context, watch->transfer);
	watch_relist_abandon(watch);
	body_free(watch->body);
	event_free(watch->timer);
	intake_done(&watch->intake);
	text_done(&watch->path);
	text_done(&watch->next);
	text_done(&watch->refusal);
	text_done(&watch->scratch);
	mem_free(watch);
}

void watch_start(struct watch *watch)
{
	watch_open(watch);
}

void watch_relist(struct watch *watch, const char *why)
{
	struct body *body = watch->body;

	if (watch->relisting)
		return; /* it is on its way */
	if (watch->transfer != NULL)
		watch->options.io->cancel(watch->options.io->context, watch->transfer);
	watch->transfer = NULL;
	list_anew(watch, why);
	watch_open(watch);
	body_free(body);
}

void watch_take_snapshot(struct watch *watch)
{
	watch->is_in_step = true;
}

uint64_t watch_version_aside(struct watch *watch, const char *namespace_, const char *name)
{
	return intake_version(&watch->intake, namespace_, name);
}

bool watch_is_in_step(const struct watch *watch)
{
	return watch->is_in_step;
}

bool watch_is_confirmed(const struct watch *watch)
{
	return watch->is_confirmed;
}

bool watch_is_listing(const struct watch *watch)
{
	return watch->relisting;
}

uint64_t watch_version(const struct watch *watch)
{
	return watch_number(watch->version);
}

uint64_t watch_heard_ns(const struct watch *watch)
{
	return watch->heard_ns;
}

void watch_describe(const struct watch *watch, struct kube_kind *ret_kind)
{
	*ret_kind = (struct kube_kind){
		.is_watched = true,
		.is_in_step = watch->is_in_step,
		.is_following = watch->is_following,
		.heard_ns = watch->heard_ns,
		.done = watch->done,
		.expected = watch->expected,
	};
	snprintf(ret_kind->version, sizeof(ret_kind->version), "%s", watch->version);
	snprintf(ret_kind->trouble, sizeof(ret_kind->trouble), "%s", watch->why);
}
