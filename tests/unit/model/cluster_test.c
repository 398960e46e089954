/* SPDX-License-Identifier: Apache-2.0 */
/* The store: what changes it, what listeners hear, and what a relist takes away. */
#include "knamed/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct heard {
	struct model *model;
	unsigned calls;
	char before[64], after[64]; /* external names of the last change; "-" if NULL */
	bool store_was_changed;	    /* the store showed `after` when the listener ran */
};

static void note(char ret_text[64], const struct object *object)
{
	const char *text = object == NULL ? "-" : ((const struct service *)object)->external_name;

	strncpy(ret_text, text, 63);
}

static void hear(void *context, const struct object *before, const struct object *after)
{
	struct heard *heard = context;
	const struct object *any = after != NULL ? after : before;

	heard->calls++;
	note(heard->before, before);
	note(heard->after, after);
	heard->store_was_changed =
		model_get(heard->model, any->kind, any->namespace_, any->name) == after;
}

static struct object *alias(const char *namespace_, const char *name, const char *target)
{
	return service_new(&(struct service){ .head = { .namespace_ = namespace_, .name = name },
					      .type = SERVICE_EXTERNAL_NAME,
					      .external_name = target });
}

static int setup(void **state)
{
	static struct heard heard;

	heard = (struct heard){ .model = model_new() };
	model_listen(heard.model, (struct model_listener){ hear, &heard });
	*state = &heard;
	return 0;
}

static int teardown(void **state)
{
	model_free(((struct heard *)*state)->model);
	return 0;
}

static void a_new_object_is_told_with_nothing_before_it(void **state)
{
	struct heard *heard = *state;

	assert_true(model_put(heard->model, alias("default", "db", "one")));
	assert_int_equal(heard->calls, 1);
	assert_string_equal(heard->before, "-");
	assert_string_equal(heard->after, "one");
	assert_true(heard->store_was_changed);
}

static void a_changed_object_is_told_with_both_states(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("default", "db", "one"));
	assert_true(model_put(heard->model, alias("default", "db", "two")));
	assert_int_equal(heard->calls, 2);
	assert_string_equal(heard->before, "one");
	assert_string_equal(heard->after, "two");
	assert_true(heard->store_was_changed);
	assert_int_equal(model_count(heard->model, OBJECT_SERVICE), 1);
}

static void an_equal_object_is_no_change(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("default", "db", "one"));
	assert_false(model_put(heard->model, alias("default", "db", "one")));
	assert_int_equal(heard->calls, 1);
}

static void a_removed_object_is_told_once(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("default", "db", "one"));
	assert_true(model_remove(heard->model, OBJECT_SERVICE, "default", "db"));
	assert_string_equal(heard->before, "one");
	assert_string_equal(heard->after, "-");
	assert_true(heard->store_was_changed);
	assert_false(model_remove(heard->model, OBJECT_SERVICE, "default", "db"));
	assert_int_equal(heard->calls, 2);
	assert_null(model_get(heard->model, OBJECT_SERVICE, "default", "db"));
}

static void namespace_name_and_kind_all_tell_objects_apart(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("a", "b/c", "one"));
	model_put(heard->model, alias("a/b", "c", "two"));
	model_put(heard->model, alias("a", "c", "three"));
	assert_int_equal(model_count(heard->model, OBJECT_SERVICE), 3);
	assert_null(model_get(heard->model, OBJECT_POD, "a", "c"));
	const struct service *found =
		(const struct service *)model_get(heard->model, OBJECT_SERVICE, "a/b", "c");
	assert_string_equal(found->external_name, "two");
}

static void a_relist_keeps_what_was_put_and_removes_the_rest(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("a", "kept", "x"));
	model_put(heard->model, alias("a", "gone", "y"));
	heard->calls = 0;
	model_relist_begin(heard->model, OBJECT_SERVICE);
	assert_true(model_is_relisting(heard->model, OBJECT_SERVICE));
	model_put(heard->model, alias("a", "kept", "x"));
	model_put(heard->model, alias("a", "new", "z"));
	assert_int_equal(model_relist_end(heard->model, OBJECT_SERVICE), 1);
	assert_false(model_is_relisting(heard->model, OBJECT_SERVICE));
	assert_int_equal(heard->calls, 2);
	assert_string_equal(heard->before, "y");
	assert_string_equal(heard->after, "-");
	assert_int_equal(model_count(heard->model, OBJECT_SERVICE), 2);
}

static void a_relist_that_is_abandoned_takes_nothing_away(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("default", "a", "one"));
	model_put(heard->model, alias("default", "b", "one"));
	model_relist_begin(heard->model, OBJECT_SERVICE);
	model_put(heard->model, alias("default", "a", "two"));
	model_put(heard->model, alias("default", "c", "new"));
	model_relist_abandon(heard->model, OBJECT_SERVICE);
	assert_int_equal(model_count(heard->model, OBJECT_SERVICE), 3);
	/* and what it saw does not count for the next one */
	model_relist_begin(heard->model, OBJECT_SERVICE);
	model_put(heard->model, alias("default", "b", "one"));
	assert_int_equal(model_relist_end(heard->model, OBJECT_SERVICE), 2);
	assert_null(model_get(heard->model, OBJECT_SERVICE, "default", "a"));
	assert_null(model_get(heard->model, OBJECT_SERVICE, "default", "c"));
}

static void an_object_that_is_kept_outlives_a_relist_as_it_was(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("default", "a", "one"));
	model_relist_begin(heard->model, OBJECT_SERVICE);
	unsigned calls = heard->calls;
	assert_true(model_keep(heard->model, OBJECT_SERVICE, "default", "a"));
	assert_false(model_keep(heard->model, OBJECT_SERVICE, "default", "nobody"));
	assert_int_equal(model_relist_end(heard->model, OBJECT_SERVICE), 0);
	assert_int_equal(heard->calls, calls);
	assert_non_null(model_get(heard->model, OBJECT_SERVICE, "default", "a"));
}

static struct object *versioned(struct object *object, uint64_t version)
{
	object->version = version;
	return object;
}

static void an_equal_object_brings_its_version_and_keeps_its_mark(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, versioned(alias("default", "a", "one"), 7));
	const struct object *object = model_get(heard->model, OBJECT_SERVICE, "default", "a");
	model_mark(object, 3);
	assert_false(model_put(heard->model, versioned(alias("default", "a", "one"), 8)));
	assert_ptr_equal(model_get(heard->model, OBJECT_SERVICE, "default", "a"), object);
	assert_int_equal(object->version, 8);
	assert_int_equal(object->mark, 3);
	assert_true(model_put(heard->model, versioned(alias("default", "a", "two"), 9)));
	object = model_get(heard->model, OBJECT_SERVICE, "default", "a");
	assert_int_equal(object->version, 9);
	assert_int_equal(object->mark, 0);
}

static struct object *slice_at(uint64_t triggered_ns)
{
	struct object *object =
		slice_new(&(struct slice){ .head = { .namespace_ = "ns", .name = "s" } }, NULL);

	((struct slice *)object)->triggered_ns = triggered_ns;
	return object;
}

static void an_equal_slice_brings_the_time_of_its_change(void **state)
{
	struct model *model = model_new(); /* without the listener: it reads external names */

	(void)state;
	model_put(model, slice_at(1));
	assert_false(model_put(model, slice_at(2)));
	const struct object *object = model_get(model, OBJECT_SLICE, "ns", "s");
	assert_int_equal(((const struct slice *)object)->triggered_ns, 2);
	model_free(model);
}

static void a_relist_of_one_kind_leaves_the_others(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("a", "b", "x"));
	model_relist_begin(heard->model, OBJECT_POD);
	assert_int_equal(model_relist_end(heard->model, OBJECT_POD), 0);
	assert_int_equal(model_count(heard->model, OBJECT_SERVICE), 1);
}

static void an_object_that_someone_holds_outlives_its_place_in_the_store(void **state)
{
	struct heard *heard = *state;

	model_put(heard->model, alias("a", "b", "x"));
	struct object *held = object_hold(model_get(heard->model, OBJECT_SERVICE, "a", "b"));
	model_remove(heard->model, OBJECT_SERVICE, "a", "b");
	assert_string_equal(((struct service *)held)->external_name, "x");
	object_drop(held);
}

static void a_walk_shows_every_object_once(void **state)
{
	struct heard *heard = *state;
	const char *names[] = { "a", "b", "c", "d" };
	unsigned seen = 0;
	size_t position = 0;
	const struct object *object;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		model_put(heard->model, alias("default", names[i], "x"));
	while ((object = model_next(heard->model, OBJECT_SERVICE, &position)) != NULL)
		seen += 1u << 4 * (object->name[0] - 'a');
	assert_int_equal(seen, 0x1111);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_object_is_told_with_nothing_before_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_changed_object_is_told_with_both_states, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_equal_object_is_no_change, setup, teardown),
		cmocka_unit_test_setup_teardown(a_removed_object_is_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(namespace_name_and_kind_all_tell_objects_apart,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_relist_keeps_what_was_put_and_removes_the_rest,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_relist_that_is_abandoned_takes_nothing_away,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_object_that_is_kept_outlives_a_relist_as_it_was,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_equal_object_brings_its_version_and_keeps_its_mark,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_equal_slice_brings_the_time_of_its_change, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_relist_of_one_kind_leaves_the_others, setup, teardown),
		cmocka_unit_test_setup_teardown(an_object_that_someone_holds_outlives_its_place_in_the_store,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_walk_shows_every_object_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
