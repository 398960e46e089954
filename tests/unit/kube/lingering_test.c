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

/* Words: 10.0.0.1, host@10.0.0.1, +pod@10.0.0.1, !10.0.0.1 not ready, ~10.0.0.1 terminating. */
static void put_slice(struct room *room, const char *name, const char *words)
{
	struct slice slice = { .head = { .namespace_ = "default", .name = name },
			       .service = "db",
			       .import = "",
			       .cluster = "" };
	struct endpoint_text endpoints[16];
	char copy[512], *rest = copy;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word; (word = strsep(&rest, " ")) != NULL && word[0] != '\0';) {
		struct endpoint_text *endpoint = &endpoints[slice.endpoint_count++];
		*endpoint = (struct endpoint_text){ .ready = word[0] != '!',
						    .terminating = word[0] == '~' };
		word += word[0] == '!' || word[0] == '~';
		char *at = strchr(word, '@');
		if (at != NULL) {
			*at = '\0';
			if (word[0] == '+')
				endpoint->pod_name = word + 1;
			else
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

static void a_slice_that_comes_back_still_has_who_left(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	take_slice(room, "db-a");
	put_slice(room, "db-a", "10.0.0.2 10.0.0.3");
	assert_shown(room, 'a', "10.0.0.2 10.0.0.3 10.0.0.1");
	wait_a_little(room);
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
	put_slice(room, "db-a", "one@10.0.0.1 two@10.0.0.2 +three@10.0.0.3");
	put_slice(room, "db-a", "one@10.0.0.1 two@10.0.0.4 +three@10.0.0.3");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4 10.0.0.3");
	put_slice(room, "db-a", "one@10.0.0.1 two@10.0.0.4 +three@10.0.0.5");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4 10.0.0.5");
	put_slice(room, "db-a", "one@10.0.0.6");
	assert_shown(room, 'a', "10.0.0.6 10.0.0.4 10.0.0.5");
}

/* Slices that are filled anew exchange what they have: as many come as leave. */
static void who_changes_places_with_another_is_never_gone(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	put_slice(room, "db-b", "10.0.0.3 10.0.0.4");
	put_slice(room, "db-a", "10.0.0.1 10.0.0.4");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4 10.0.0.2");
	put_slice(room, "db-b", "10.0.0.3 10.0.0.2");
	assert_shown(room, 'b', "10.0.0.3 10.0.0.2 10.0.0.4");
	wait_a_little(room);
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4");
	assert_shown(room, 'b', "10.0.0.3 10.0.0.2");
}

static void who_comes_later_takes_nobodys_place(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	put_slice(room, "db-a", "10.0.0.1");
	put_slice(room, "db-a", "10.0.0.1 10.0.0.5");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.5 10.0.0.2");
}

/* All pods of a Deployment have the hostname that its template says. */
static void a_name_that_others_bear_too_replaces_nobody(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "db@10.0.0.1 db@10.0.0.2");
	put_slice(room, "db-a", "db@10.0.0.1");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.2");
	put_slice(room, "db-a", "db@10.0.0.3 db@10.0.0.4");
	assert_shown(room, 'a', "10.0.0.3 10.0.0.4 10.0.0.1 10.0.0.2");
}

/* Pods in the network of their node have its address. */
static void a_name_is_never_gone_where_its_address_stays(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "one@10.0.0.1 two@10.0.0.1 10.0.0.3");
	put_slice(room, "db-a", "two@10.0.0.1 10.0.0.3");
	const struct slice *slice = (const void *)room->shown[0];
	assert_int_equal(slice->endpoint_count, 3);
	assert_string_equal(slice_string(slice, slice->endpoints[2].hostname), "one");
}

static void another_order_is_no_move(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4");
	put_slice(room, "db-a", "10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.1");
	assert_shown(room, 'a', "10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.1");
	put_slice(room, "db-a", "10.0.0.1 10.0.0.4 10.0.0.3 10.0.0.2");
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4 10.0.0.3 10.0.0.2");
}

/* What a reading of all slices does not find is not on its way. */
static void what_is_read_anew_is_the_truth(void **state)
{
	struct room *room = *state;
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	put_slice(room, "db-b", "10.0.0.3");
	model_relist_begin(room->model, OBJECT_SLICE);
	put_slice(room, "db-a", "10.0.0.1");
	assert_shown(room, 'a', "10.0.0.1");
	model_relist_end(room->model, OBJECT_SLICE);
	assert_shown(room, 'b', "gone");
	put_slice(room, "db-a", "10.0.0.4");
	assert_shown(room, 'a', "10.0.0.4 10.0.0.1");
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

/* However often it changes, everyone who left has the same time: no more, no less. */
static void change_after_change_holds_nobody_longer_or_shorter(void **state)
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
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4 10.0.0.3");
	clock_set(now + 351000000, 1700000000);
	wait_a_little(room);
	assert_shown(room, 'a', "10.0.0.1 10.0.0.4");
	clock_release();
}

static void who_left_about_together_goes_together(void **state)
{
	struct room *room = *state;
	uint64_t now = 1000000000;
	clock_set(now + 10000000, 1700000000);
	put_slice(room, "db-a", "10.0.0.1 10.0.0.2");
	put_slice(room, "db-b", "10.0.0.3 10.0.0.4");
	put_slice(room, "db-a", "10.0.0.1");
	clock_set(now + 40000000, 1700000000);
	put_slice(room, "db-b", "10.0.0.3");
	clock_set(now + 201000000, 1700000000);
	wait_a_little(room); /* is published once */
	assert_shown(room, 'a', "10.0.0.1");
	assert_shown(room, 'b', "10.0.0.3");
	clock_release();
}

static void put_many(struct room *room, unsigned first, uint32_t count)
{
	struct slice slice = { .head = { .namespace_ = "default", .name = "db-a" },
			       .service = "db",
			       .import = "",
			       .cluster = "",
			       .endpoint_count = count };
	struct endpoint_text *endpoints = mem_zalloc(count * sizeof(*endpoints));
	for (uint32_t i = 0; i < count; i++) {
		unsigned number = first + i;
		endpoints[i].ready = true;
		endpoints[i].address = (struct ip){ .family = 4,
						    .bytes = { 10, number >> 16 & 255,
							       number >> 8 & 255, number & 255 } };
	}
	model_put(room->model, slice_new(&slice, endpoints));
	mem_free(endpoints);
}

static void a_storm_of_changes_is_kept_in_bounds(void **state)
{
	struct room *room = *state;
	for (unsigned i = 0; i < 20; i++)
		put_many(room, i * 300, 300);
	const struct slice *slice = (const void *)room->shown[0];
	assert_int_equal(slice->endpoint_count, 300 + 1000);
	assert_int_equal(slice->endpoints[300].address.bytes[2], 18 * 300 >> 8); /* who left last */
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

enum { MOVERS = 12, NOWHERE = SLICES };

static void put_movers(struct room *room, const unsigned *places, unsigned place)
{
	static const char *const names[] = { "h%u@", "+p%u@", "" };
	char name[8], words[512] = "";
	if (place == NOWHERE)
		return;
	for (unsigned i = 0; i < MOVERS; i++)
		if (places[i] == place) {
			char word[32];
			snprintf(word, sizeof(word), names[i % 3], i);
			size_t size = strlen(words);
			snprintf(words + size, sizeof(words) - size, "%s%s10.0.0.%u",
				 size > 0 ? " " : "", word, i);
		}
	snprintf(name, sizeof(name), "db-%c", (char)('a' + place));
	put_slice(room, name, words);
}

static bool is_shown(const struct room *room, unsigned place, unsigned number)
{
	const struct slice *slice = (const void *)room->shown[place];
	for (uint32_t i = 0; slice != NULL && i < slice->endpoint_count; i++)
		if (slice->endpoints[i].address.bytes[3] == number)
			return true;
	return false;
}

/* Each leaves in one event and comes in a later one. Until it comes it is where it was last. */
static void whoever_moves_when_nobody_is_gone(void **state)
{
	struct room *room = *state;
	unsigned places[MOVERS] = { 0 }, last[MOVERS] = { 0 };
	uint32_t random = 1;
	put_movers(room, places, 0);
	for (unsigned step = 0; step < 5000; step++) {
		random = random * 1664525 + 1013904223;
		unsigned mover = (random >> 16) % MOVERS, was = places[mover];
		places[mover] = was == NOWHERE ? (random >> 24) % SLICES : NOWHERE;
		last[mover] = was == NOWHERE ? places[mover] : was;
		put_movers(room, places, last[mover]);
		for (unsigned i = 0; i < MOVERS; i++)
			assert_true(is_shown(room, last[i], i));
	}
}

int main(void)
{
#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, open_room, close_room)
	const struct CMUnitTest tests[] = {
		IN_ROOM(who_moves_is_never_gone),
		IN_ROOM(a_slice_that_goes_is_shown_a_little_longer),
		IN_ROOM(a_slice_that_comes_back_still_has_who_left),
		IN_ROOM(who_said_that_it_ends_goes_at_once),
		IN_ROOM(who_is_replaced_goes_at_once),
		IN_ROOM(who_changes_places_with_another_is_never_gone),
		IN_ROOM(who_comes_later_takes_nobodys_place),
		IN_ROOM(a_name_that_others_bear_too_replaces_nobody),
		IN_ROOM(a_name_is_never_gone_where_its_address_stays),
		IN_ROOM(another_order_is_no_move),
		IN_ROOM(what_is_read_anew_is_the_truth),
		IN_ROOM(without_its_service_nothing_lingers),
		IN_ROOM(who_comes_back_to_its_slice_stays),
		IN_ROOM(change_after_change_holds_nobody_longer_or_shorter),
		IN_ROOM(who_left_about_together_goes_together),
		IN_ROOM(a_storm_of_changes_is_kept_in_bounds),
		IN_ROOM(many_that_go_and_come_are_told_apart),
		IN_ROOM(whoever_moves_when_nobody_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
