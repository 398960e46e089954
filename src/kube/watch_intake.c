/* SPDX-License-Identifier: Apache-2.0 */
#include "watch_state.h"

#include <assert.h>
#include <stdio.h>

enum { REFUSAL_MOST = 16 * 1024 };

/* ---- versions ---- */

uint64_t watch_number(const char *text)
{
	uint64_t version;

	return text_to_number(text, 0, UINT64_MAX, &version) ? version : 0;
}

/* Events of one watch ascend, and so do its bookmarks: less than before is another history, such as
 * that of an etcd restored from a backup. */
static bool version_went_back(const struct watch *watch, const char *version)
{
	uint64_t now = watch_number(version), before = watch_number(watch->version);

	return now != 0 && now < before;
}

static void version_take(struct watch *watch, const char *version)
{
	if (version[0] != '\0')
		snprintf(watch->version, sizeof(watch->version), "%s", version);
}

/* ---- lists ---- */

void watch_relist_begin(struct watch *watch)
{
	assert(!watch->relisting);
	watch->relisting = true;
	watch->done = watch->expected = 0;
	intake_relist_begin(&watch->intake);
}

void watch_relist_abandon(struct watch *watch)
{
	if (!watch->relisting)
		return;
	watch->relisting = false;
	text_clear(&watch->next);
	intake_relist_abandon(&watch->intake);
}

/* Everything there is has come. The version counts even if it is lower than ours: this is the state now. */
void watch_relist_end(struct watch *watch, const char *version)
{
	watch->relisting = false;
	intake_relist_end(&watch->intake);
	version_take(watch, version);
	watch->is_in_step = watch->is_confirmed = true;
	watch_recover(watch);
	watch->options.calls.relisted(watch->options.calls.context, watch->options.kind);
	watch->options.calls.changed(watch->options.calls.context);
}

/* ---- what comes in ---- */

static void tell_event(struct watch *watch, const struct body_item *item)
{
	watch->options.calls.event(watch->options.calls.context, watch->options.kind, item,
				   watch->arrived_ns);
}

static bool stop_with(struct watch *watch, enum verdict verdict)
{
	watch->verdict = verdict;
	return false;
}

static bool take_error(struct watch *watch, const struct api_status *status)
{
	error_set(&watch->fault, "%s", status->message);
	watch->retry_after_s = status->retry_after_s;
	watch->trouble = trouble_of_status(status->code);
	if (status->code == 410)
		return stop_with(watch, VERDICT_GONE);
	if (watch->step == STEP_STREAM && watch->relisting)
		return stop_with(watch, VERDICT_STREAM_REFUSED);
	if (watch->trouble == TROUBLE_NONE)
		watch->trouble = TROUBLE_SERVER;
	return stop_with(watch, VERDICT_FAILED);
}

static bool take_bookmark(struct watch *watch, const struct body_item *item)
{
	const struct api_object *object = item->object;

	if (watch->relisting) {
		if (object->is_initial_end)
			watch_relist_end(watch, object->version);
		return true;
	}
	if (version_went_back(watch, object->version))
		return stop_with(watch, VERDICT_WENT_BACK);
	version_take(watch, object->version);
	tell_event(watch, item);
	return true;
}

static bool take_item(void *context, const struct body_item *item)
{
	struct watch *watch = context;
	bool changed;

	if (item->event == BODY_ERROR)
		return take_error(watch, &item->status);
	if (item->event == BODY_BOOKMARK)
		return take_bookmark(watch, item);
	if (!watch->relisting && version_went_back(watch, item->object->version))
		return stop_with(watch, VERDICT_WENT_BACK);
	changed = item->event == BODY_DELETED ? intake_remove(&watch->intake, item->object)
					      : intake_put(&watch->intake, item);
	watch->done += watch->relisting;
	if (!watch->relisting)
		version_take(watch, item->object->version);
	if (!watch->relisting || changed)
		tell_event(watch, item);
	if (changed)
		watch->options.calls.changed(watch->options.calls.context);
	return true;
}

bool watch_head(void *context, const struct client_head *head)
{
	struct watch *watch = context;

	watch->status = head->status;
	watch->retry_after_s = head->retry_after_s;
	watch->heard_ns = clock_now_ns();
	bool known = body_encoding_of(head->content_type, &watch->encoding);
	if (head->status != 200) {
		if (!known)
			watch->encoding = BODY_JSON;
		return true;
	}
	if (!known) {
		watch->trouble = TROUBLE_CONTENT;
		error_set(&watch->fault, "content type '%.100s'", head->content_type);
		return stop_with(watch, VERDICT_FAILED);
	}
	const struct body_options body = {
		.form = watch->step == STEP_LIST ? BODY_LIST : BODY_WATCH,
		.encoding = watch->encoding,
		.kind = watch->options.kind,
		.decode = watch->options.decode,
		.calls = { take_item, watch },
	};
	watch->body = body_new(&body);
	if (watch->step != STEP_FOLLOW && !watch->relisting)
		watch_relist_begin(watch);
	watch->is_following = true;
	watch->why[0] = '\0';
	if (watch->failures > 0)
		watch_heal_later(watch);
	return true;
}

bool watch_bytes(void *context, const uint8_t *bytes, size_t size)
{
	struct watch *watch = context;

	watch->arrived_ns = watch->heard_ns = clock_now_ns();
	if (watch->body == NULL) {
		size_t room = REFUSAL_MOST - watch->refusal.size;
		text_add_n(&watch->refusal, bytes, size < room ? size : room);
		return true;
	}
	if (body_feed(watch->body, bytes, size, &watch->fault))
		return true;
	if (watch->verdict == VERDICT_NONE) {
		watch->trouble = TROUBLE_CONTENT;
		watch->verdict = VERDICT_FAILED;
	}
	return false;
}
