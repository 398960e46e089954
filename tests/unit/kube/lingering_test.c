/* SPDX-License-Identifier: Apache-2.0 */
/* What the listener behind a lingering is shown of slices, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "knamed/kube.h"

enum { SLICES = 4, PATIENCE_S = 20 };

struct room {
	struct event_base *events;
	struct model *model;
	struct lingering *lingering;
	const struct object *shown[SLICES]; /* by the last letter of the name: a, b, ... */
	unsigned published;
};

static void on_change(void *context, const struct object *before, const struct object *after)
{
	struct room *room = context;
	const struct object *any = before != NULL ? before : after;
	if (any->kind != OBJECT_SLICE)
		return;
	size_t i = (size_t)(any->name[strlen(any->name) - 1] - 'a');
	assert_true(i < SLICES);
	assert_ptr_equal(room->shown[i], before); /* what was shown last is what is replaced */
	if (after != NULL)
		object_hold(after);
	object_drop(room->shown[i]);
	room->shown[i] = after;
}

static void on_published(void *context)
{
	struct room *room = context;
	room->published++;
	event_base_loopbreak(room->events);
}

static void put_service(struct room *room)
{
	struct service service = { .head = { .namespace_ = "default", .name = "db" },
				   .type = SERVICE_HEADLESS,
				   .external_name = "" };
	model_put(room->model, service_new(&service));
}

static int open_room(void **state)
{
	struct room *room = mem_zalloc(sizeof(*room));
	room->events = event_base_new();
	room->model = model_new();
	const struct lingering_options options = {
		.events = room->events,
		.model = room->model,
		.to = { on_change, room },
		.calls = { .changed = on_published, .context = room },
	};
	room->lingering = lingering_new(&options);
	model_listen(room->model, lingering_listener(room->lingering));
	put_service(room);
	*state = room;
	return 0;
}

static int close_room(void **state)
{
	struct room *room = *state;
	model_free(room->model);
	lingering_free(room->lingering);
	for (size_t i = 0; i < SLICES; i++)
		object_drop(room->shown[i]);
	event_base_free(room->events);
	mem_free(room);
	return 0;
}

/* Words: 10.0.0.1, name@10.0.0.1, !10.0.0.1 not ready, ~10.0.0.1 terminating. */
static void put_slice(struct room *room, const char *name, const char *words)
{
	struct slice slice = { .head = { .namespace_ = "default", .name = name },
			       .service = "db",
			       .import = "",
			       .cluster = "" };
	struct endpoint_text endpoints[16];
	char copy[256], *rest = copy;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word; (word = strsep(&rest, " ")) != NULL && word[0] != '\0';) {
		struct endpoint_text *endpoint = &endpoints[slice.endpoint_count++];
		*endpoint = (struct endpoint_text){ .ready = word[0] != '!',
						    .terminating = word[0] == '~' };
		word += word[0] == '!' || word[0] == '~';
		char *at = strchr(word, '@');
		if (at != NULL) {
			*at = '\0';
			endpoint->hostname = word;
			word = at + 1;
		}
		assert_true(ip_parse(word, &endpoint->address));
	}
	model_put(room->model, slice_new(&slice, endpoints));
}

static void take_slice(struct room *room, const char *name)
{
	model_remove(room->model, OBJECT_SLICE, "default", name);
}

static void assert_shown(const struct room *room, char letter, const char *expected)
{
	const struct slice *slice = (const void *)room->shown[letter - 'a'];
	struct text text = { 0 };
	text_add(&text, slice == NULL ? "gone" : "");
	for (uint32_t i = 0; slice != NULL && i < slice->endpoint_count; i++) {
		char address[IP_TEXT_SIZE];
		ip_print(&slice->endpoints[i].address, address);
		text_printf(&text, "%s%s", i > 0 ? " " : "", address);
	}
	assert_string_equal(text.data, expected);
	text_done(&text);
}

/* Until what lingers is gone. */
static void wait_a_little(struct room *room)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	unsigned before = room->published;
	event_base_loopexit(room->events, &patience);
	event_base_dispatch(room->events);
	assert_int_equal(room->published, before + 1);
}

static void who_moves_is_never_gone(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2 10.0.0.3");
	put_slice(room, "db-b", "10.0.0.9");
	put_slice(room, "db-a", "10.0.0.1 10.0.0.3");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.3 10.0.0.2");
	put_slice(room, "db-b", "10.0.0.9 10.0.0.2");
	assert_shown(room, 'b', "10.0.0.9 10.0.0.2");
	wait_a_little(room);
	assert_shown(room, 'a', "10.0.0.1 10.0.0.3");
}

static void a_slice_that_goes_is_shown_a_little_longer(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	take_slice(room, "db-a");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.2");
	wait_a_little(room);
	assert_shown(room, 'a', "gone");
}

static void a_slice_that_comes_back_is_as_it_says(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	take_slice(room, "db-a");
	put_slice(room, "db-a", "10.0.0.2 10.0.0.3");
	assert_shown(room, 'a', "10.0.0.2 10.0.0.3");
}

static void who_said_that_it_ends_goes_at_once(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 !10.0.0.2 ~10.0.0.3");
	put_slice(room, "db-a", "10.0.0.1");
	assert_shown(room, 'a', "10.0.0.1");
}

static void who_is_replaced_goes_at_once(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 one@10.0.0.2 two@10.0.0.3");
	put_slice(room, "db-a", "10.0.0.4 one@10.0.0.2 two@10.0.0.3");
	assert_shown(room, 'a', "10.0.0.4 10.0.0.2 10.0.0.3");
	put_slice(room, "db-a", "one@10.0.0.5 two@10.0.0.3");
	assert_shown(room, 'a', "10.0.0.5 10.0.0.3 10.0.0.4");
	wait_a_little(room);
	assert_shown(room, 'a', "10.0.0.5 10.0.0.3");
}

static void without_its_service_nothing_lingers(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	model_remove(room->model, OBJECT_SERVICE, "default", "db");
	take_slice(room, "db-a");
	assert_shown(room, 'a', "gone");
}

static void who_comes_back_to_its_slice_stays(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	put_slice(room, "db-a", "10.0.0.1");
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.2");
	put_slice(room, "db-b", "10.0.0.7");
	assert_int_equal(room->published, 0);
}

/* However often it changes, who left first goes in time. */
static void change_after_change_holds_nobody_for_ever(void **state)
{
	struct room *room = *state;
	uint64_t now = 1000000000;
	clock_set(now, 1700000000);
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4");
	put_slice(room, "db-a", "10.0.0.1 10.0.0.3 10.0.0.4");
	clock_set(now + 150000000, 1700000000);
	put_slice(room, "db-a", "10.0.0.1 10.0.0.4");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4 10.0.0.3 10.0.0.2");
	clock_set(now + 201000000, 1700000000);
	wait_a_little(room);
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4");
	clock_release();
}

static void many_that_go_and_come_are_told_apart(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6");
	put_slice(room, "db-a", "10.0.0.6 10.0.0.9 10.0.0.2");
	assert_shown(room, 'a', "10.0.0.6 10.0.0.9 10.0.0.2 10.0.0.1 10.0.0.3 10.0.0.4 10.0.0.5");
	wait_a_little(room);
	assert_shown(room, 'a', "10.0.0.6 10.0.0.9 10.0.0.2");
}

int main(void)
{
#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)
	const struct CMUnitTest tests[] = {
		IN_ROOM(who_moves_is_never_gone),
		IN_ROOM(a_slice_that_goes_is_shown_a_little_longer),
		IN_ROOM(a_slice_that_comes_back_is_as_it_says),
		IN_ROOM(who_said_that_it_ends_goes_at_once),
		IN_ROOM(who_is_replaced_goes_at_once),
		IN_ROOM(without_its_service_nothing_lingers),
		IN_ROOM(who_comes_back_to_its_slice_stays),
		IN_ROOM(change_after_change_holds_nobody_for_ever),
		IN_ROOM(many_that_go_and_come_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
