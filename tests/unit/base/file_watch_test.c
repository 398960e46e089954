/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel queues a change before the call that made it returns, so with a settle time of 0 a few
 * turns of the loop show everything there is to see: no test waits but the one about bursts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <event2/event.h>
#include <stdint.h>

#include "knamed/base.h"

#include "directory.h"

struct watched {
	struct event_base *events;
	struct file_watch *watch;
	unsigned changes;
};

static void on_change(void *context)
{
	struct watched *watched = context;
	watched->changes++;
}

static void watch(struct watched *watched, const char *path, unsigned settle_ms)
{
	struct error error = { "" };
	*watched = (struct watched){ .events = event_base_new() };
	watched->watch = file_watch_new(watched->events, path, settle_ms, on_change, watched, &error);
	assert_string_equal(error.text, "");
	assert_non_null(watched->watch);
}

static void unwatch(struct watched *watched)
{
	file_watch_free(watched->watch);
	event_base_free(watched->events);
}

/* How many bursts were seen since the last call. */
static unsigned changes_of(struct watched *watched)
{
	for (int turn = 0; turn < 4; turn++)
		event_base_loop(watched->events, EVLOOP_NONBLOCK);
	unsigned changes = watched->changes;
	watched->changes = 0;
	return changes;
}

static void link_to(const char *target, const char *name)
{
	assert_int_equal(symlink(target, in_directory(name)), 0);
}

static void move(const char *from, const char *to)
{
	assert_int_equal(rename(in_directory(from), in_directory(to)), 0);
}

static void make_directory(const char *name)
{
	assert_int_equal(mkdir(in_directory(name), 0700), 0);
}

static void a_write_is_seen_and_an_untouched_file_is_quiet(void **state)
{
	(void)state;
	struct watched watched;
	write_file("written", "1");
	watch(&watched, in_directory("written"), 0);
	assert_int_equal(changes_of(&watched), 0);
	write_file("written", "2");
	assert_int_equal(changes_of(&watched), 1);
	assert_int_equal(changes_of(&watched), 0);
	write_file("written", "3");
	assert_int_equal(changes_of(&watched), 1);
	unwatch(&watched);
}

static void a_neighbour_is_none_of_our_business(void **state)
{
	(void)state;
	struct watched watched;
	write_file("ours", "1");
	watch(&watched, in_directory("ours"), 0);
	write_file("neighbour", "1");
	assert_int_equal(unlink(in_directory("neighbour")), 0);
	assert_int_equal(changes_of(&watched), 0);
	unwatch(&watched);
}

static void a_rename_over_the_file_is_seen_and_then_the_new_file_is_watched(void **state)
{
	(void)state;
	struct watched watched;
	write_file("replaced", "1");
	watch(&watched, in_directory("replaced"), 0);
	write_file("replaced.new", "2");
	move("replaced.new", "replaced");
	assert_int_equal(changes_of(&watched), 1);
	write_file("replaced", "3");
	assert_int_equal(changes_of(&watched), 1);
	unwatch(&watched);
}

static void deleting_and_creating_again_are_both_seen(void **state)
{
	(void)state;
	struct watched watched;
	write_file("phoenix", "1");
	watch(&watched, in_directory("phoenix"), 0);
	assert_int_equal(unlink(in_directory("phoenix")), 0);
	assert_int_equal(changes_of(&watched), 1);
	write_file("phoenix", "2");
	assert_int_equal(changes_of(&watched), 1);
	write_file("phoenix", "3");
	assert_int_equal(changes_of(&watched), 1);
	unwatch(&watched);
}

static void directories_that_appear_later_are_followed(void **state)
{
	(void)state;
	struct watched watched;
	watch(&watched, in_directory("later/deep/file"), 0);
	make_directory("later");
	assert_int_equal(changes_of(&watched), 1);
	make_directory("later/deep");
	assert_int_equal(changes_of(&watched), 1);
	write_file("later/deep/file", "1");
	assert_int_equal(changes_of(&watched), 1);
	write_file("later/deep/other", "1");
	assert_int_equal(changes_of(&watched), 0);
	move("later", "gone");
	assert_int_equal(changes_of(&watched), 1);
	move("gone", "later");
	assert_int_equal(changes_of(&watched), 1);
	unwatch(&watched);
}

/* What kubelet does to a ConfigMap volume: a new directory, a new link, one rename. */
static void swap_volume(const char *volume, const char *version, const char *text)
{
	char name[100];
	snprintf(name, sizeof(name), "%s/..%s", volume, version);
	make_directory(name);
	snprintf(name, sizeof(name), "%s/..%s/Corefile", volume, version);
	write_file(name, text);
	char target[32], fresh[64], data[64];
	snprintf(target, sizeof(target), "..%s", version);
	snprintf(fresh, sizeof(fresh), "%s/..data_tmp", volume);
	snprintf(data, sizeof(data), "%s/..data", volume);
	link_to(target, fresh);
	move(fresh, data);
}

static void a_swapped_config_map_is_seen_each_time(void **state)
{
	(void)state;
	struct watched file, whole;
	make_directory("volume");
	swap_volume("volume", "1", "1");
	link_to("..data/Corefile", "volume/Corefile");
	watch(&file, in_directory("volume/Corefile"), 0);
	watch(&whole, in_directory("volume"), 0);
	swap_volume("volume", "2", "2");
	assert_int_equal(changes_of(&file), 1);
	assert_int_equal(changes_of(&whole), 1);
	unlink(in_directory("volume/..1/Corefile"));
	rmdir(in_directory("volume/..1"));
	assert_int_equal(changes_of(&file), 0);
	swap_volume("volume", "3", "3");
	assert_int_equal(changes_of(&file), 1);
	assert_int_equal(changes_of(&whole), 1);
	write_file("volume/..3/Corefile", "4"); /* not kubelet's way, but a change of contents */
	assert_int_equal(changes_of(&file), 1);
	assert_int_equal(changes_of(&whole), 1);
	unwatch(&file);
	unwatch(&whole);
}

static void links_on_the_way_are_watched_wherever_they_lead(void **state)
{
	(void)state;
	struct watched watched;
	make_directory("place-a");
	make_directory("place-b");
	make_directory("links");
	write_file("place-a/file", "a");
	write_file("place-b/file", "b");
	link_to(in_directory("place-a"), "links/place"); /* absolute */
	link_to("links/../links/place/./file", "entry"); /* relative, with detours */
	watch(&watched, in_directory("entry"), 0);
	write_file("place-a/file", "2");
	assert_int_equal(changes_of(&watched), 1);
	write_file("place-b/file", "2");
	assert_int_equal(changes_of(&watched), 0);
	unlink(in_directory("links/place"));
	link_to("../place-b", "links/place");
	assert_int_equal(changes_of(&watched), 1);
	write_file("place-b/file", "3");
	assert_int_equal(changes_of(&watched), 1);
	write_file("place-a/file", "3");
	assert_int_equal(changes_of(&watched), 0);
	unwatch(&watched);
}

static void links_in_a_circle_do_not_hang(void **state)
{
	(void)state;
	struct watched watched;
	link_to("circle-b", "circle-a");
	link_to("circle-a", "circle-b");
	watch(&watched, in_directory("circle-a"), 0);
	assert_int_equal(changes_of(&watched), 0);
	unlink(in_directory("circle-b"));
	write_file("circle-b", "1");
	assert_int_equal(changes_of(&watched), 1);
	unwatch(&watched);
}

static void in_a_directory_every_entry_counts_but_not_what_lies_deeper(void **state)
{
	(void)state;
	struct watched watched;
	make_directory("manifests");
	make_directory("manifests/sub");
	write_file("manifests/a.yaml", "1");
	watch(&watched, in_directory("manifests"), 0);
	write_file("manifests/b.yaml", "1");
	assert_int_equal(changes_of(&watched), 1);
	write_file("manifests/a.yaml", "2");
	assert_int_equal(changes_of(&watched), 1);
	move("manifests/a.yaml", "manifests/c.yaml");
	assert_int_equal(changes_of(&watched), 1);
	assert_int_equal(unlink(in_directory("manifests/c.yaml")), 0);
	assert_int_equal(changes_of(&watched), 1);
	write_file("manifests/sub/deep.yaml", "1");
	assert_int_equal(changes_of(&watched), 0);
	unwatch(&watched);
}

static void the_target_of_a_link_in_a_directory_counts(void **state)
{
	(void)state;
	struct watched watched;
	make_directory("linking");
	make_directory("elsewhere");
	write_file("elsewhere/x.yaml", "1");
	watch(&watched, in_directory("linking"), 0);
	link_to("../elsewhere/x.yaml", "linking/x.yaml");
	assert_int_equal(changes_of(&watched), 1);
	write_file("elsewhere/x.yaml", "2");
	assert_int_equal(changes_of(&watched), 1);
	write_file("elsewhere/y.yaml", "2");
	assert_int_equal(changes_of(&watched), 0);
	unwatch(&watched);
}

static void a_relative_path_is_seen_from_where_we_stood(void **state)
{
	(void)state;
	struct watched watched;
	char before[256];
	assert_non_null(getcwd(before, sizeof(before)));
	write_file("relative", "1");
	assert_int_equal(chdir(directory), 0);
	watch(&watched, "./relative", 0);
	assert_int_equal(chdir(before), 0);
	write_file("relative", "2");
	assert_int_equal(changes_of(&watched), 1);
	unwatch(&watched);
}

static void stop(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(context);
}

static void a_burst_is_one_change(void **state)
{
	(void)state;
	struct watched watched;
	write_file("burst", "1");
	watch(&watched, in_directory("burst"), 20);
	for (int i = 0; i < 50; i++) {
		write_file("burst", "2");
		event_base_loop(watched.events, EVLOOP_NONBLOCK);
	}
	struct timeval deadline = { .tv_sec = 20 };
	event_base_once(watched.events, -1, EV_TIMEOUT, stop, watched.events, &deadline);
	while (watched.changes == 0 && !event_base_got_break(watched.events))
		event_base_loop(watched.events, EVLOOP_ONCE);
	assert_in_range(watched.changes, 1, 3); /* 1, unless the machine stood still amid the writes */
	unwatch(&watched);
}

static void free_watch(void *context)
{
	struct watched *watched = context;
	file_watch_free(watched->watch);
	watched->watch = NULL;
}

static void a_watch_may_be_freed_by_its_own_call(void **state)
{
	(void)state;
	struct watched watched = { .events = event_base_new() };
	write_file("last", "1");
	watched.watch =
		file_watch_new(watched.events, in_directory("last"), 0, free_watch, &watched, NULL);
	write_file("last", "2");
	assert_int_equal(changes_of(&watched), 0);
	assert_null(watched.watch);
	file_watch_free(NULL);
	event_base_free(watched.events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_is_seen_and_an_untouched_file_is_quiet),
		cmocka_unit_test(a_neighbour_is_none_of_our_business),
		cmocka_unit_test(a_rename_over_the_file_is_seen_and_then_the_new_file_is_watched),
		cmocka_unit_test(deleting_and_creating_again_are_both_seen),
		cmocka_unit_test(directories_that_appear_later_are_followed),
		cmocka_unit_test(a_swapped_config_map_is_seen_each_time),
		cmocka_unit_test(links_on_the_way_are_watched_wherever_they_lead),
		cmocka_unit_test(links_in_a_circle_do_not_hang),
		cmocka_unit_test(in_a_directory_every_entry_counts_but_not_what_lies_deeper),
		cmocka_unit_test(the_target_of_a_link_in_a_directory_counts),
		cmocka_unit_test(a_relative_path_is_seen_from_where_we_stood),
		cmocka_unit_test(a_burst_is_one_change),
		cmocka_unit_test(a_watch_may_be_freed_by_its_own_call),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
