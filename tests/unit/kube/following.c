/* SPDX-License-Identifier: Apache-2.0 */
#include "following.h"

#include <event2/event.h>
#include <stdlib.h>

static void on_changed(void *context)
{
	((struct following *)context)->changed++;
}

static void on_took(void *context, enum object_kind kind, const struct body_item *item)
{
	(void)context;
	(void)kind;
	assert_non_null(item->object);
}

static void on_fresh(void *context, const struct api_object *object, uint64_t triggered_ns,
		     uint64_t arrived_ns)
{
	struct following *following = context;

	assert_non_null(object);
	assert_true(arrived_ns <= clock_now_ns());
	following->fresh++;
	following->triggered_ns = triggered_ns;
}

static void on_failed(void *context, enum object_kind kind, enum trouble cause, const char *text)
{
	struct following *following = context;

	(void)kind;
	following->failed++;
	following->cause = cause;
	snprintf(following->text, sizeof(following->text), "%s", text);
}

static void on_followed(void *context, enum object_kind kind)
{
	(void)kind;
	((struct following *)context)->followed++;
}

static void on_listed(void *context, enum object_kind kind)
{
	(void)kind;
	((struct following *)context)->listed++;
}

void following_start(struct following *following, enum object_kind kind)
{
	watch_free(following->watch);
	following->watch = watch_new(&(struct watch_options){
		.events = following->script.events,
		.kind = kind,
		.config = &following->config,
		.decode = &following->decode,
		.model = following->model,
		.transport = &following->script.transport,
		.times = &following->times,
		.calls = { on_changed, on_took, on_fresh, on_failed, on_followed, on_listed, following },
	});
	watch_start(following->watch);
}

int following_set_up(void **state)
{
	struct following *following = mem_zalloc(sizeof(*following));

	script_init(&following->script);
	following->model = model_new();
	following->decode = (struct decode_options){ .keep_slices = true, .keep_pods = true };
	following->times = watch_times_usual;
	following->times.retry = (struct retry_times){ 1, 4, 1000, 4 };
	following_start(following, OBJECT_SERVICE);
	*state = following;
	return 0;
}

int following_tear_down(void **state)
{
	struct following *following = *state;

	watch_free(following->watch);
	model_free(following->model);
	script_done(&following->script);
	mem_free(following);
	return 0;
}

struct transfer *following_in_step(struct following *following)
{
	struct transfer *transfer = script_expect(&following->script, "sendInitialEvents=true", NULL);

	assert_true(play_head(transfer, 200, "application/json"));
	assert_true(play_text(transfer,
			      ADDED("a", "10", "10.0.0.1") ADDED("b", "11", "10.0.0.2") END("20")));
	assert_true(watch_is_in_step(following->watch));
	return transfer;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *services_of(struct following *following)
{
	static char text[1024];
	char *lines[64];
	size_t count = 0, position = 0;

	for (const struct object *object;
	     (object = model_next(following->model, OBJECT_SERVICE, &position)) != NULL &&
	     count < 64;) {
		const struct service *service = (const struct service *)object;
		struct text line = { 0 };
		char address[IP_TEXT_SIZE] = "-";
		if (service->address_count > 0)
			ip_print(&service->addresses[0], address);
		text_printf(&line, "%s=%s", object->name, address);
		lines[count++] = line.data;
	}
	qsort(lines, count, sizeof(*lines), compare);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? " " : "",
			 lines[i]);
		mem_free(lines[i]);
	}
	return text;
}
