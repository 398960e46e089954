/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of manifests: which files count, what a broken one keeps, and that changes are seen. */
#include "directory.h"

struct place {
	char *directory;
	struct config_kubernetes kubernetes;
	struct model *model;
	struct event_base *events;
	struct manifests *manifests;
	unsigned changes;
	struct error error;
};

static void write_service(const struct place *place, const char *name, const char *service,
			  const char *address)
{
	struct text text = { 0 };

	text_printf(&text,
		    "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {clusterIP: %s}\n",
		    service, address);
	write_file(place->directory, name, text.data);
	text_done(&text);
}

static int setup(void **state)
{
	struct place *place = mem_zalloc(sizeof(*place));

	place->directory = directory_new();
	place->kubernetes.manifests = place->directory;
	place->model = model_new();
	place->events = event_base_new();
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	manifests_close(place->manifests);
	model_free(place->model);
	event_base_free(place->events);
	directory_free(place->directory);
	mem_free(place);
	return 0;
}

static bool read_once(struct place *place)
{
	return manifests_read(&place->kubernetes, place->model, &place->error);
}

static void on_change(void *context)
{
	((struct place *)context)->changes++;
}

static void open_manifests(struct place *place)
{
	place->manifests = manifests_open(place->events, &place->kubernetes, place->model,
					  on_change, place, &place->error);
	if (place->manifests == NULL)
		fail_msg("%s", place->error.text);
}

static void assert_address(const struct place *place, const char *service, const char *address)
{
	assert_ip(&service_of(place->model, "default", service)->addresses[0], address);
}

static void files_count_by_their_ending(void **state)
{
	struct place *place = *state;

	write_service(place, "a.yaml", "a", "10.0.0.1");
	write_service(place, "b.yml", "b", "10.0.0.1");
	write_file(place->directory, "c.json",
		   "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"c\"}}");
	write_service(place, ".hidden.yaml", "d", "10.0.0.1");
	write_service(place, "e.yaml.bak", "e", "10.0.0.1");
	write_service(place, "yaml", "f", "10.0.0.1");
	assert_true(read_once(place));
	assert_int_equal(model_count(place->model, OBJECT_SERVICE), 3);
	service_of(place->model, "default", "a");
	service_of(place->model, "default", "b");
	service_of(place->model, "default", "c");
}

static void of_files_that_give_the_same_object_the_last_by_name_counts(void **state)
{
	struct place *place = *state;

	write_service(place, "2.yaml", "a", "10.0.0.2");
	write_service(place, "1.yaml", "a", "10.0.0.1");
	assert_true(read_once(place));
	assert_address(place, "a", "10.0.0.2");
}

static void a_missing_directory_is_an_error(void **state)
{
	struct place *place = *state;
	char nowhere[] = "/nowhere/at/all";

	place->kubernetes.manifests = nowhere;
	assert_false(read_once(place));
	assert_string_equal(place->error.text,
			    "/nowhere/at/all: cannot be opened: No such file or directory");
	assert_null(manifests_open(place->events, &place->kubernetes, place->model, on_change,
				   place, &place->error));
}

static void a_broken_file_does_not_hold_up_the_others(void **state)
{
	struct place *place = *state;
	struct text expected = { 0 };

	write_service(place, "a.yaml", "a", "10.0.0.1");
	write_service(place, "b.yaml", "b", "[");
	write_service(place, "c.yaml", "c", "10.0.0.1");
	assert_false(read_once(place));
	text_printf(&expected,
		    "%s/b.yaml:4: did not find expected node content (while parsing a flow node)",
		    place->directory);
	assert_string_equal(place->error.text, expected.data);
	assert_int_equal(model_count(place->model, OBJECT_SERVICE), 2);
	text_done(&expected);
}

static void a_changed_file_is_seen(void **state)
{
	struct place *place = *state;

	write_service(place, "a.yaml", "a", "10.0.0.1");
	open_manifests(place);
	assert_address(place, "a", "10.0.0.1");
	assert_int_equal(place->changes, 0);
	write_service(place, "a.yaml", "a", "10.0.0.2");
	wait_for(place->events, &place->changes, 1);
	assert_address(place, "a", "10.0.0.2");
}

static void new_and_removed_files_are_seen(void **state)
{
	struct place *place = *state;

	write_service(place, "a.yaml", "a", "10.0.0.1");
	open_manifests(place);
	write_service(place, "b.yaml", "b", "10.0.0.1");
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(model_count(place->model, OBJECT_SERVICE), 2);
	remove_file(place->directory, "a.yaml");
	wait_for(place->events, &place->changes, 2);
	assert_int_equal(model_count(place->model, OBJECT_SERVICE), 1);
	service_of(place->model, "default", "b");
}

static void a_file_that_breaks_keeps_what_it_gave(void **state)
{
	struct place *place = *state;

	write_service(place, "a.yaml", "a", "10.0.0.1");
	write_service(place, "b.yaml", "b", "10.0.0.1");
	open_manifests(place);
	write_service(place, "a.yaml", "a", "[10.0.0.2]"); /* of the wrong type */
	write_service(place, "b.yaml", "b", "10.0.0.2");
	wait_for(place->events, &place->changes, 1);
	assert_address(place, "a", "10.0.0.1");
	assert_address(place, "b", "10.0.0.2");
	write_service(place, "a.yaml", "a", "10.0.0.3");
	wait_for(place->events, &place->changes, 2);
	assert_address(place, "a", "10.0.0.3");
}

static void a_change_that_says_the_same_is_not_told(void **state)
{
	struct place *place = *state;

	write_service(place, "a.yaml", "a", "10.0.0.1");
	open_manifests(place);
	write_file(place->directory, "z.txt", "not a manifest");
	write_service(place, "a.yaml", "a", "10.0.0.1");
	write_service(place, "b.yaml", "b", "10.0.0.1");
	wait_for(place->events, &place->changes, 1);
	assert_int_equal(model_count(place->model, OBJECT_SERVICE), 2);
}

/* A ConfigMap volume: a.yaml -> ..data/a.yaml, ..data -> a directory that is exchanged by rename. */
static void a_config_map_volume_is_followed(void **state)
{
	struct place *place = *state;
	char *cwd = getcwd(NULL, 0);

	assert_int_equal(chdir(place->directory), 0);
	assert_int_equal(mkdir("..one", 0700), 0);
	assert_int_equal(mkdir("..two", 0700), 0);
	write_service(place, "..one/a.yaml", "a", "10.0.0.1");
	write_service(place, "..two/a.yaml", "a", "10.0.0.2");
	assert_int_equal(symlink("..one", "..data"), 0);
	assert_int_equal(symlink("..data/a.yaml", "a.yaml"), 0);
	open_manifests(place);
	assert_address(place, "a", "10.0.0.1");
	assert_int_equal(symlink("..two", "..next"), 0);
	assert_int_equal(rename("..next", "..data"), 0);
	wait_for(place->events, &place->changes, 1);
	assert_address(place, "a", "10.0.0.2");
	assert_int_equal(chdir(cwd), 0);
	free(cwd);
}

static void what_is_no_regular_file_is_refused(void **state)
{
	struct place *place = *state;
	char *path = file_path(place->directory, "a.yaml");
	struct text expected = { 0 };

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(read_once(place));
	text_printf(&expected, "%s: not a regular file", path);
	assert_string_equal(place->error.text, expected.data);
	text_done(&expected);
	mem_free(path);
}

static void the_configuration_decides_what_is_kept(void **state)
{
	(void)state;
	struct config_zone zone = { (char *)"clusterset.local." };
	struct config_kubernetes kubernetes = { .pods = PODS_VERIFIED,
						.endpoint_pod_names = true,
						.zonal = true,
						.multicluster = { &zone, 1 } };
	struct decode_options options = decode_options_of(&kubernetes);

	assert_true(options.keep_pods && options.keep_pod_names && options.keep_zones &&
		    options.keep_imports && options.keep_slices);
	kubernetes = (struct config_kubernetes){ .pods = PODS_INSECURE, .no_endpoints = true };
	options = decode_options_of(&kubernetes);
	assert_false(options.keep_pods || options.keep_pod_names || options.keep_zones ||
		     options.keep_imports || options.keep_slices);
	assert_ptr_equal(options.labels, &kubernetes.labels);
	assert_ptr_equal(options.namespace_labels, &kubernetes.namespace_labels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_count_by_their_ending, setup, teardown),
		cmocka_unit_test_setup_teardown(of_files_that_give_the_same_object_the_last_by_name_counts,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_directory_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_file_does_not_hold_up_the_others, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_changed_file_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(new_and_removed_files_are_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_breaks_keeps_what_it_gave, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_that_says_the_same_is_not_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_config_map_volume_is_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused, setup, teardown),
		cmocka_unit_test(the_configuration_decides_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
