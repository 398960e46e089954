/* SPDX-License-Identifier: Apache-2.0 */
/* What manifests put into the model: namespaces, objects given twice, and that a step is one change. */
#include "reading.h"

#define SERVICE(name, more)                                                                        \
	"---\napiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {" more "}\n"

struct heard {
	unsigned calls;
};

static void hear(void *context, const struct object *before, const struct object *after)
{
	(void)before;
	(void)after;
	((struct heard *)context)->calls++;
}

static void reread(struct model *model, const char *text)
{
	struct error error = { 0 };

	if (!manifests_read_text(&keep_all, "test.yaml", text, strlen(text), model, &error))
		fail_msg("%s", error.text);
}

static void a_namespace_exists_as_soon_as_an_object_names_it(void **state)
{
	(void)state;
	struct model *model = read_yaml(
		"apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: one}\n---\n"
		"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: two}\n---\n"
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: three}\n---\n"
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: four}\n" SERVICE("b", ""));
	static const char *const names[] = { "one", "two", "three", "four", "default" };

	assert_int_equal(model_count(model, OBJECT_NAMESPACE), COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_non_null(model_get(model, OBJECT_NAMESPACE, "", names[i]));
	model_free(model);
}

static size_t namespaces_matching(const char *selector_text, const char *text)
{
	struct selector selector;
	struct decode_options options = keep_all;
	struct error error;

	assert_true(selector_read(selector_text, &selector, &error));
	options.namespace_labels = &selector;
	struct model *model = read_good("test.yaml", text, &options);
	size_t count = model_count(model, OBJECT_NAMESPACE);
	model_free(model);
	selector_done(&selector);
	return count;
}

static void namespaces_that_nobody_describes_have_their_name_as_a_label(void **state)
{
	(void)state;
	assert_int_equal(namespaces_matching("kubernetes.io/metadata.name=default", SERVICE("a", "")),
			 1);
	assert_int_equal(namespaces_matching("kubernetes.io/metadata.name=other", SERVICE("a", "")), 0);
	assert_int_equal(namespaces_matching("team=web", SERVICE("a", "")), 0);
}

static void a_namespace_that_is_described_is_as_described(void **state)
{
	(void)state;
	static const char web[] = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, "
				  "labels: {team: web}}\n" SERVICE("a", "");
	static const char plain[] =
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n" SERVICE("a", "");

	assert_int_equal(namespaces_matching("team=web", web), 1);
	assert_int_equal(namespaces_matching("team=web", plain), 0);
	assert_int_equal(namespaces_matching("kubernetes.io/metadata.name=default", plain), 1);
	assert_int_equal(namespaces_matching("team!=web", web), 0);
}

static void a_label_that_is_null_is_empty(void **state)
{
	(void)state;
	static const char text[] =
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {a: null}}\n" SERVICE(
			"a", "selector: {app: null}");

	assert_int_equal(namespaces_matching("a", text), 1);
	assert_int_equal(namespaces_matching("a=", text), 1);
	assert_int_equal(namespaces_matching("b", text), 0);
}

static void of_an_object_given_twice_the_latter_counts(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct heard heard = { 0 };
	static const char text[] =
		SERVICE("a", "clusterIP: 10.0.0.1") SERVICE("a", "clusterIP: 10.0.0.2");

	reread(model, text);
	assert_ip(&service_of(model, "default", "a")->addresses[0], "10.0.0.2");
	model_listen(model, (struct model_listener){ hear, &heard });
	reread(model, text);
	assert_int_equal(heard.calls, 0); /* the former is never shown, not even for a moment */
	model_free(model);
}

static void what_is_read_again_without_a_change_is_no_change(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct heard heard = { 0 };
	static const char text[] =
		SERVICE("a", "selector: {app: a}, ports: [{port: 80}]") "---\n"
									"apiVersion: v1\nkind: "
									"Pod\nmetadata: {name: p, "
									"labels: {app: a}}\nstatus: "
									"{podIP: 10.1.0.1}\n";

	reread(model, text);
	assert_int_equal(model_count(model, OBJECT_SLICE), 1);
	model_listen(model, (struct model_listener){ hear, &heard });
	reread(model, text);
	assert_int_equal(heard.calls, 0);
	model_free(model);
}

static void what_is_no_longer_given_goes(void **state)
{
	(void)state;
	struct model *model = model_new();

	reread(model, SERVICE("a", "") SERVICE("b", ""));
	assert_int_equal(model_count(model, OBJECT_SERVICE), 2);
	reread(model, SERVICE("b", ""));
	assert_int_equal(model_count(model, OBJECT_SERVICE), 1);
	assert_null(model_get(model, OBJECT_SERVICE, "default", "a"));
	reread(model, "");
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		assert_int_equal(model_count(model, kind), 0);
	model_free(model);
}

static void text_that_is_wrong_changes_nothing(void **state)
{
	(void)state;
	struct model *model = model_new();
	struct heard heard = { 0 };
	struct error error = { 0 };
	static const char wrong[] = SERVICE("a", "clusterIP: 10.0.0.9") SERVICE("b", "clusterIP: 1");

	reread(model, SERVICE("a", "clusterIP: 10.0.0.1"));
	model_listen(model, (struct model_listener){ hear, &heard });
	assert_false(manifests_read_text(&keep_all, "w.yaml", wrong, strlen(wrong), model, &error));
	assert_string_equal(error.text,
			    "w.yaml:10: Service b: spec.clusterIP: expected text, not a number (quote it)");
	assert_int_equal(heard.calls, 0);
	assert_ip(&service_of(model, "default", "a")->addresses[0], "10.0.0.1");
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_namespace_exists_as_soon_as_an_object_names_it),
		cmocka_unit_test(namespaces_that_nobody_describes_have_their_name_as_a_label),
		cmocka_unit_test(a_namespace_that_is_described_is_as_described),
		cmocka_unit_test(a_label_that_is_null_is_empty),
		cmocka_unit_test(of_an_object_given_twice_the_latter_counts),
		cmocka_unit_test(what_is_read_again_without_a_change_is_no_change),
		cmocka_unit_test(what_is_no_longer_given_goes),
		cmocka_unit_test(text_that_is_wrong_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
