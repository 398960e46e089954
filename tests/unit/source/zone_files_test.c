/* SPDX-License-Identifier: Apache-2.0 */
/* When zone files are read, and when again. */
#include "directory.h"

#include "knamed/dns.h"

struct place {
	char *directory, *path; /* path: of the file of `file` */
	struct event_base *events;
	struct zone_files *files;
	struct config_zone zones[2];
	unsigned loads, gones, changes;
	char loaded_origin[64], loaded_path[256], gone_origin[64];
	struct error error;
};

static bool take(void *context, const struct zone_record *record, struct error *error)
{
	(void)context;
	(void)record;
	(void)error;
	return true;
}

static bool load(void *context, const char *origin, const char *path, struct error *error)
{
	struct place *place = context;
	uint8_t name[DNS_NAME_MAX], size;

	assert_true(name_parse(origin, name, &size));
	if (!zone_file_read(path, name, take, NULL, error))
		return false;
	place->loads++;
	snprintf(place->loaded_origin, sizeof(place->loaded_origin), "%s", origin);
	snprintf(place->loaded_path, sizeof(place->loaded_path), "%s", path);
	return true;
}

static void gone(void *context, const char *origin)
{
	struct place *place = context;

	place->gones++;
	snprintf(place->gone_origin, sizeof(place->gone_origin), "%s", origin);
}

static void changed(void *context)
{
	((struct place *)context)->changes++;
}

static int setup(void **state)
{
	struct place *place = mem_zalloc(sizeof(*place));

	place->directory = directory_new();
	place->path = file_path(place->directory, "db.example.org");
	place->events = event_base_new();
	place->zones[0].text = (char *)"example.org.";
	place->zones[1].text = (char *)"example.net.";
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	zone_files_close(place->files);
	event_base_free(place->events);
	directory_free(place->directory);
	mem_free(place->path);
	mem_free(place);
	return 0;
}

static void write_zone(const struct place *place, const char *name, unsigned serial, const char *more)
{
	struct text text = { 0 };

	text_printf(&text, "$TTL 60\n@ SOA ns h %u 1 1 1 1\n%s\n", serial, more);
	write_file(place->directory, name, text.data);
	text_done(&text);
}

static bool open_file(struct place *place, uint64_t reload_ms, bool by_mtime, size_t zones)
{
	struct config_file file = { .path = place->path,
				    .zones = { place->zones, zones },
				    .reload_ms = reload_ms,
				    .reload_by_mtime = by_mtime };
	struct zone_files_calls calls = { load, gone, changed, place };

	place->files = zone_files_open_file(place->events, &file, &calls, &place->error);
	return place->files != NULL;
}

/* The period is long: what is seen, is seen by watching. */
enum { NEVER_DUE = 3600 * 1000 };

static void a_file_is_loaded_for_each_of_its_zones(void **state)
{
	struct place *place = *state;

	write_zone(place, "db.example.org", 1, "");
	assert_true(open_file(place, NEVER_DUE, false, 2));
	assert_int_equal(place->loads, 2);
	assert_int_equal(place->changes, 0);
	assert_string_equal(place->loaded_origin, "example.net.");
	assert_string_equal(place->loaded_path, place->path);
}

static void a_broken_file_is_refused_at_first(void **state)
{
	struct place *place = *state;

	write_zone(place, "db.example.org", 1, "a A bad");
	assert_false(open_file(place, NEVER_DUE, false, 1));
	assert_non_null(strstr(place->error.text, "/db.example.org:3: A: "));
}

static void a_missing_file_is_waited_for_unless_it_is_never_read_again(void **state)
{
	struct place *place = *state;
	struct text expected = { 0 };

	assert_false(open_file(place, 0, false, 1));
	text_printf(&expected, "open %s: No such file or directory", place->path);
	assert_string_equal(place->error.text, expected.data);
	text_done(&expected);
	assert_true(open_file(place, NEVER_DUE, false, 1));
	assert_int_equal(place->loads, 0);
	write_zone(place, "db.example.org", 1, "");
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 1);
}

static void a_new_serial_loads_the_zone_again(void **state)
{
	struct place *place = *state;

	write_zone(place, "db.example.org", 1, "");
	assert_true(open_file(place, NEVER_DUE, false, 1));
	write_zone(place, "db.example.org", 2, "a A 1.1.1.1");
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 2);
}

static void the_same_serial_does_not(void **state)
{
	struct place *place = *state;

	write_zone(place, "db.example.org", 7, "");
	assert_true(open_file(place, 20, false, 1)); /* looked at often */
	write_zone(place, "db.example.org", 7, "a A 1.1.1.1");
	struct timeval turn = { 0, 150000 };
	event_base_loopexit(place->events, &turn);
	event_base_dispatch(place->events);
	assert_int_equal(place->loads, 1);
	write_zone(place, "db.example.org", 6,
		   "a A 1.1.1.1"); /* any other serial is new, lower ones too */
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 2);
}

static void by_mtime_a_change_is_enough(void **state)
{
	struct place *place = *state;

	write_zone(place, "db.example.org", 1, "");
	assert_true(open_file(place, NEVER_DUE, true, 1));
	write_zone(place, "db.example.org", 1, "a A 1.1.1.1");
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 2);
}

static void a_file_that_breaks_keeps_the_zone(void **state)
{
	struct place *place = *state;

	write_zone(place, "db.example.org", 1, "");
	assert_true(open_file(place, 20, false, 1));
	write_zone(place, "db.example.org", 2, "a A bad");
	struct timeval turn = { 0, 150000 };
	event_base_loopexit(place->events, &turn);
	event_base_dispatch(place->events);
	assert_int_equal(place->loads, 1);
	assert_int_equal(place->changes, 0);
	remove_file(place->directory, "db.example.org");
	write_zone(place, "db.example.org", 3, "a A 1.1.1.1");
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 2);
	assert_int_equal(place->gones, 0);
}

static void a_file_replaced_by_rename_is_seen(void **state)
{
	struct place *place = *state;
	char *next = file_path(place->directory, "next");

	write_zone(place, "db.example.org", 1, "");
	assert_true(open_file(place, NEVER_DUE, false, 1));
	write_zone(place, "next", 2, "");
	assert_int_equal(rename(next, place->path), 0);
	mem_free(next);
	wait_for(place->events, &place->changes, 1);
}

static void open_auto(struct place *place, uint64_t reload_ms)
{
	static struct config_auto auto_;
	struct zone_files_calls calls = { load, gone, changed, place };

	auto_ = (struct config_auto){ .directory = place->directory,
				      .pattern = (char *)"db\\.(.*)",
				      .template_ = (char *)"{1}",
				      .zones = { place->zones, 2 },
				      .reload_ms = reload_ms };
	place->files = zone_files_open_auto(place->events, &auto_, &calls, &place->error);
	if (place->files == NULL)
		fail_msg("%s", place->error.text);
}

static void auto_loads_what_matches(void **state)
{
	struct place *place = *state;
	char *below = file_path(place->directory, "below"),
	     *hidden = file_path(place->directory, "..data");

	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_equal(mkdir(hidden, 0700), 0);
	write_zone(place, "db.example.org", 1, "");
	write_zone(place, "db.example.com", 1, ""); /* outside of the directive's zones */
	write_zone(place, "example.net", 1, "");
	write_zone(place, "below/db.sub.example.net", 1, "");
	write_zone(place, "..data/db.x.example.org", 1, "");
	open_auto(place, 0);
	assert_int_equal(place->loads, 2);
	mem_free(below);
	mem_free(hidden);
}

static void auto_takes_the_first_of_files_for_one_zone(void **state)
{
	struct place *place = *state;

	write_zone(place, "1db.example.org", 1, "");
	write_zone(place, "2db.example.org", 1, "");
	open_auto(place, 0);
	assert_int_equal(place->loads, 1);
	assert_non_null(strstr(place->loaded_path, "/1db.example.org"));
}

static void auto_goes_on_without_a_broken_file(void **state)
{
	struct place *place = *state;

	write_zone(place, "db.example.org", 1, "a A bad");
	write_zone(place, "db.example.net", 1, "");
	open_auto(place, NEVER_DUE);
	assert_int_equal(place->loads, 1);
	write_zone(place, "db.example.org", 1, "a A 1.1.1.1"); /* never loaded: any serial is new */
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 2);
}

static void auto_sees_files_come_and_go(void **state)
{
	struct place *place = *state;
	char *below = file_path(place->directory, "below");

	open_auto(place, NEVER_DUE);
	assert_int_equal(place->loads, 0);
	write_zone(place, "db.example.org", 1, "");
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 1);
	assert_int_equal(mkdir(below, 0700), 0);
	write_zone(place, "below/db.example.net", 1, "");
	wait_for(place->events, &place->changes, 2);
	assert_string_equal(place->loaded_origin, "example.net.");
	write_zone(place, "below/db.example.net", 2, "");
	wait_for(place->events, &place->changes, 3);
	remove_file(place->directory, "db.example.org");
	wait_for(place->events, &place->changes, 4);
	assert_int_equal(place->gones, 1);
	assert_string_equal(place->gone_origin, "example.org.");
	remove_file(place->directory, "below/db.example.net");
	remove_file(place->directory, "below");
	wait_for(place->events, &place->changes, 5);
	assert_string_equal(place->gone_origin, "example.net.");
	mem_free(below);
}

static void auto_follows_a_config_map_volume(void **state)
{
	struct place *place = *state;
	char *cwd = getcwd(NULL, 0);

	assert_int_equal(chdir(place->directory), 0);
	assert_int_equal(mkdir("..one", 0700), 0);
	assert_int_equal(mkdir("..two", 0700), 0);
	write_zone(place, "..one/db.example.org", 1, "");
	write_zone(place, "..two/db.example.org", 2, "");
	assert_int_equal(symlink("..one", "..data"), 0);
	assert_int_equal(symlink("..data/db.example.org", "db.example.org"), 0);
	open_auto(place, NEVER_DUE);
	assert_int_equal(place->loads, 1);
	assert_string_equal(place->loaded_path, place->path);
	assert_int_equal(symlink("..two", "..next"), 0);
	assert_int_equal(rename("..next", "..data"), 0);
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(place->loads, 2);
	assert_int_equal(chdir(cwd), 0);
	free(cwd);
}

static void a_directory_that_cannot_be_read_keeps_its_zones(void **state)
{
	struct place *place = *state;
	struct text away = { 0 };

	write_zone(place, "db.example.org", 1, "");
	open_auto(place, 20);
	text_printf(&away, "%s-away", place->directory);
	assert_int_equal(rename(place->directory, away.data), 0);
	struct timeval turn = { 0, 150000 };
	event_base_loopexit(place->events, &turn);
	event_base_dispatch(place->events);
	assert_int_equal(place->gones, 0);
	assert_int_equal(rename(away.data, place->directory), 0);
	text_done(&away);
}

static void auto_refuses_a_pattern_it_cannot_run(void **state)
{
	struct place *place = *state;
	struct config_auto auto_ = { .directory = place->directory,
				     .pattern = (char *)"(?i)(.*)",
				     .template_ = (char *)"{1}" };
	struct zone_files_calls calls = { load, gone, changed, place };

	assert_null(zone_files_open_auto(place->events, &auto_, &calls, &place->error));
	assert_string_equal(place->error.text, "regexp: '(?i' is not supported");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_loaded_for_each_of_its_zones),
		TEST(a_broken_file_is_refused_at_first),
		TEST(a_missing_file_is_waited_for_unless_it_is_never_read_again),
		TEST(a_new_serial_loads_the_zone_again),
		TEST(the_same_serial_does_not),
		TEST(by_mtime_a_change_is_enough),
		TEST(a_file_that_breaks_keeps_the_zone),
		TEST(a_file_replaced_by_rename_is_seen),
		TEST(auto_loads_what_matches),
		TEST(auto_takes_the_first_of_files_for_one_zone),
		TEST(auto_goes_on_without_a_broken_file),
		TEST(auto_sees_files_come_and_go),
		TEST(auto_follows_a_config_map_volume),
		TEST(a_directory_that_cannot_be_read_keeps_its_zones),
		TEST(auto_refuses_a_pattern_it_cannot_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
