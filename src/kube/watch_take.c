/* SPDX-License-Identifier: Apache-2.0 */
/* One response of a watch: its objects go into the model, its end is judged. */
#include "watch_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REFUSAL_MOST = 16 * 1024 };

/* Always false, for callbacks that stop the response. */
static bool fail(struct watch *watch, enum trouble cause, int status, const char *detail)
{
	watch->outcome = OUTCOME_TROUBLE;
	watch->trouble = cause;
	trouble_print(cause, kube_resource(watch->options.kind), status, detail, watch->why,
		      sizeof(watch->why));
	return false;
}

static bool must_relist(struct watch *watch, const char *detail)
{
	fail(watch, TROUBLE_GONE, 0, detail);
	watch->outcome = OUTCOME_RELIST;
	return false;
}

static bool refuse_stream(struct watch *watch, enum trouble cause, int status, const char *detail)
{
	fail(watch, cause, status, detail);
	watch->outcome = OUTCOME_NO_STREAM;
	return false;
}

/* ---- versions ---- */

static void set_version(struct watch *watch, const char *version)
{
	size_t size = strlen(version) + 1;

	if (size > 1 && size <= sizeof(watch->version))
		memcpy(watch->version, version, size);
}

/* They only go forward, unless the server's data is older than what we know: a restored backup. */
static bool move_to(struct watch *watch, const char *version)
{
	uint64_t before = watch_version(watch), now = intake_version(version);
	char detail[128];

	if (now == 0 || now >= before) {
		set_version(watch, version);
		return true;
	}
	snprintf(detail, sizeof(detail), "its version went back from %" PRIu64 " to %" PRIu64,
		 before, now);
	return must_relist(watch, detail);
}

/* ---- the whole state ---- */

static void follow(struct watch *watch)
{
	watch->followed_ns = watch->arrived_ns;
	watch->trouble = TROUBLE_NONE;
	watch->why[0] = '\0';
	watch->options.calls.followed(watch->options.calls.context, watch->options.kind);
}

static void relist_begin(struct watch *watch)
{
	if (watch->is_relisting)
		return;
	watch->is_relisting = true;
	watch->done = 0;
	watch->expected = 0;
	intake_relist_begin(&watch->intake);
}

static void relist_end(struct watch *watch, const char *version)
{
	watch->changed |=
		intake_relist_end(&watch->intake) > 0 || !watch->is_confirmed || watch->is_torn;
	watch->is_relisting = false;
	watch->is_torn = false;
	watch->is_confirmed = true;
	watch->relists++;
	watch->is_whole = false;
	watch->must_list = false;
	watch->page_failures = 0;
	watch->expected = watch->done;
	text_clear(&watch->next);
	set_version(watch, version);
	watch->options.calls.listed(watch->options.calls.context, watch->options.kind);
}

void watch_take_nothing(struct watch *watch)
{
	bool must_list = watch->must_list;

	relist_begin(watch);
	relist_end(watch, "");
	watch->must_list = must_list;
}

/* ---- items ---- */

static bool is_streaming(const struct watch *watch)
{
	return watch->aim == PATH_STREAM && watch->is_relisting;
}

static void note_change(struct watch *watch, const struct api_object *object, uint64_t triggered_ns)
{
	const struct watch_calls *calls = &watch->options.calls;

	watch->changed = true;
	watch->is_torn |= watch->is_relisting;
	if (watch->followed_ns != 0)
		calls->fresh(calls->context, object, triggered_ns, watch->arrived_ns);
}

static void put(struct watch *watch, const struct body_item *item)
{
	bool is_live = watch->followed_ns != 0;
	uint64_t news = is_live ? intake_news(&watch->intake, item->object) : 0;

	if (intake_put(&watch->intake, item))
		note_change(watch, item->object, news);
	watch->done += watch->is_relisting;
}

static bool take_bookmark(struct watch *watch, const struct api_object *bookmark)
{
	if (!is_streaming(watch))
		return move_to(watch, bookmark->version);
	if (!bookmark->is_initial_end)
		return true; /* what is behind us is not complete yet */
	if (bookmark->version[0] == '\0')
		return fail(watch, TROUBLE_CONTENT, 0, "the bookmark has no version");
	relist_end(watch, bookmark->version);
	follow(watch);
	return true;
}

static bool is_of_future(const struct api_status *status)
{
	return strstr(status->message, "oo large resource version") != NULL;
}

static bool take_error(struct watch *watch, const struct api_status *status)
{
	enum trouble cause = trouble_of_status(status->code);

	watch->retry_after_s = status->retry_after_s;
	if (is_streaming(watch) && cause != TROUBLE_UNAUTHORIZED && cause != TROUBLE_FORBIDDEN &&
	    cause != TROUBLE_NOT_FOUND && cause != TROUBLE_THROTTLED)
		return refuse_stream(watch, cause, status->code, status->message);
	if (cause == TROUBLE_GONE || is_of_future(status))
		return must_relist(watch, status->message);
	return fail(watch, cause == TROUBLE_NONE ? TROUBLE_CONTENT : cause, status->code,
		    status->message);
}

static bool take_item(void *context, const struct body_item *item)
{
	struct watch *watch = context;
	const struct watch_calls *calls = &watch->options.calls;

	watch->heard_ns = watch->arrived_ns;
	if (item->event == BODY_ERROR)
		return take_error(watch, &item->status);
	calls->took(calls->context, watch->options.kind, item);
	if (item->event == BODY_BOOKMARK)
		return take_bookmark(watch, item->object);
	if (item->object->name[0] == '\0')
		return fail(watch, TROUBLE_CONTENT, 0, "an object has no name");
	if (item->event != BODY_DELETED)
		put(watch, item);
	else if (intake_remove(&watch->intake, item->object))
		note_change(watch, item->object, 0);
	/* What a stream says at first is in no order. */
	return watch->is_relisting || move_to(watch, item->object->version);
}

/* ---- a response ---- */

static void open_body(struct watch *watch)
{
	watch->body = body_new(&(struct body_options){
		.form = watch->aim == PATH_LIST ? BODY_LIST : BODY_WATCH,
		.encoding = watch->encoding,
		.kind = watch->options.kind,
		.decode = watch->options.decode,
		.calls = { take_item, watch },
	});
	if (watch->aim == PATH_WATCH)
		follow(watch);
	else
		relist_begin(watch);
}

bool watch_take_head(void *context, const struct client_head *head)
{
	struct watch *watch = context;
	char detail[128];

	watch->arrived_ns = clock_now_ns();
	watch->status = head->status;
	watch->retry_after_s = head->retry_after_s;
	bool is_known = body_encoding_of(head->content_type, &watch->encoding);
	if (head->status != 200) {
		watch->encoding = is_known ? watch->encoding : BODY_JSON;
		return true;
	}
	if (!is_known) {
		snprintf(detail, sizeof(detail), "content type '%.80s'", head->content_type);
		return fail(watch, TROUBLE_CONTENT, 0, detail);
	}
	open_body(watch);
	return true;
}

static void tell_change(struct watch *watch)
{
	if (!watch->changed)
		return;
	watch->changed = false;
	watch->options.calls.changed(watch->options.calls.context);
}

bool watch_take_body(void *context, const uint8_t *bytes, size_t size)
{
	struct watch *watch = context;
	struct error error = { 0 };

	watch->arrived_ns = clock_now_ns();
	if (watch->body == NULL) {
		size_t room = REFUSAL_MOST - watch->refusal.size;
		text_add_n(&watch->refusal, bytes, size < room ? size : room);
		return true;
	}
	bool good = body_feed(watch->body, bytes, size, &error);
	if (!good && watch->outcome == OUTCOME_NONE)
		fail(watch, TROUBLE_CONTENT, 0, error.text);
	tell_change(watch);
	return good;
}

/* ---- its end ---- */

static void judge_refusal(struct watch *watch)
{
	struct text room = { 0 };
	struct api_status status = { .reason = "", .message = "" };
	enum trouble cause = trouble_of_status(watch->status);
	bool is_media = watch->status == 406 || watch->status == 415;

	body_status(watch->encoding, (const uint8_t *)watch->refusal.data, watch->refusal.size,
		    &room, &status);
	if (status.retry_after_s > watch->retry_after_s)
		watch->retry_after_s = status.retry_after_s;
	if (is_media && !watch->is_json_only)
		watch->outcome = OUTCOME_JSON;
	else if (watch->aim == PATH_STREAM &&
		 (cause == TROUBLE_GONE || cause == TROUBLE_REFUSED || cause == TROUBLE_SERVER))
		refuse_stream(watch, cause, watch->status, status.message);
	else if (cause == TROUBLE_GONE || (watch->aim == PATH_WATCH && is_of_future(&status)))
		must_relist(watch, status.message);
	else
		fail(watch, cause, watch->status, status.message);
	text_done(&room);
}

static void judge_page(struct watch *watch)
{
	struct body_list list;
	struct error error;

	if (!body_end(watch->body, &list, &error)) {
		fail(watch, TROUBLE_CONTENT, 0, error.text);
		return;
	}
	text_clear(&watch->next);
	text_add(&watch->next, list.next);
	watch->page_failures = 0;
	watch->expected = list.remaining == 0 ? 0 : watch->done + list.remaining;
	if (list.next[0] != '\0') {
		watch->outcome = OUTCOME_NEXT_PAGE;
	} else if (list.version[0] == '\0') {
		fail(watch, TROUBLE_CONTENT, 0, "the list has no version");
	} else {
		relist_end(watch, list.version);
		watch->outcome = OUTCOME_LISTED;
	}
}

static void judge_watch(struct watch *watch)
{
	struct error error;

	if (!body_end(watch->body, NULL, &error))
		fail(watch, TROUBLE_CONTENT, 0, error.text);
	else if (is_streaming(watch))
		fail(watch, TROUBLE_BROKEN, 0, "it ended before all was read");
	else
		watch->outcome = OUTCOME_ENDED;
}

enum outcome watch_judge(struct watch *watch, const struct client_end *end)
{
	if (watch->outcome != OUTCOME_NONE)
		; /* an item or the head decided */
	else if (watch->status != 0 && watch->status != 200)
		judge_refusal(watch);
	else if (end->trouble != CLIENT_DONE)
		fail(watch, trouble_of_end(end->trouble), 0, end->text);
	else if (watch->body == NULL)
		fail(watch, TROUBLE_BROKEN, 0, "it has no head");
	else if (watch->aim == PATH_LIST)
		judge_page(watch);
	else
		judge_watch(watch);
	body_free(watch->body);
	watch->body = NULL;
	tell_change(watch);
	return watch->outcome;
}
