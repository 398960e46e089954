/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and watches as Kubernetes' own serializers write them (k8s.io/api v0.37.1, twelve random
 * objects of each kind, in tests/unit/kube/encoded): both encodings give the same objects. What
 * other tests feed was written by hand. */
#include "bodies.h"

enum { OBJECTS = 12 };

struct collected {
	struct text lines;
	struct object *objects[OBJECTS + 1];
	size_t count, kept;
};

static bool collect(void *context, const struct body_item *item)
{
	struct collected *collected = context;
	const struct api_object *object = item->object;

	assert_true(collected->count <= OBJECTS);
	assert_null(item->fault);
	if (item->event == BODY_ERROR) {
		text_printf(&collected->lines, "%d %s %s %u\n", item->status.code,
			    item->status.reason, item->status.message, item->status.retry_after_s);
	} else {
		text_printf(&collected->lines, "%s %s/%s %s %s %llu %llu\n",
			    event_name(item->event), object->namespace_, object->name, object->uid,
			    object->version, (unsigned long long)object->triggered_ns,
			    (unsigned long long)object->created_ns);
		if (object->object != NULL)
			collected->objects[collected->kept++] = object_hold(object->object);
	}
	collected->count++;
	return true;
}

static struct collected read_file(const char *name, enum object_kind kind, enum body_form form,
				  enum body_encoding encoding)
{
	struct collected collected = { 0 };
	struct body_options options = { .form = form,
					.encoding = encoding,
					.kind = kind,
					.decode = &keep_all,
					.calls = { collect, &collected } };
	struct body *body = body_new(&options);
	struct text path = { 0 }, bytes = { 0 };
	struct error error = { 0 };
	struct body_list list;

	text_printf(&path, "tests/unit/kube/encoded/%s-%s.%s", name,
		    form == BODY_LIST ? "list" : "watch", encoding == BODY_JSON ? "json" : "pb");
	bool good = file_read(path.data, 1 << 20, &bytes, &error) &&
		    body_feed(body, (const uint8_t *)bytes.data, bytes.size, &error) &&
		    body_end(body, &list, &error);
	if (!good)
		fail_msg("%s: %s", path.data, error.text);
	text_printf(&collected.lines, "@%s next '%s' %llu", list.version, list.next,
		    (unsigned long long)list.remaining);
	text_done(&path);
	text_done(&bytes);
	body_free(body);
	return collected;
}

static void collected_done(struct collected *collected)
{
	for (size_t i = 0; i < collected->kept; i++)
		object_drop(collected->objects[i]);
	text_done(&collected->lines);
}

static void compare(const char *name, enum object_kind kind, enum body_form form, const char *end)
{
	struct collected a = read_file(name, kind, form, BODY_PROTOBUF);
	struct collected b = read_file(name, kind, form, BODY_JSON);

	assert_int_equal(a.count, form == BODY_LIST ? OBJECTS : OBJECTS + 1);
	assert_string_equal(a.lines.data, b.lines.data);
	assert_non_null(strstr(a.lines.data, end));
	assert_true(a.kept == b.kept && a.kept > 0);
	for (size_t i = 0; i < a.kept; i++)
		assert_true(object_equal(a.objects[i], b.objects[i]) &&
			    a.objects[i]->version == b.objects[i]->version);
	collected_done(&a);
	collected_done(&b);
}

static void both_encodings_of_kubernetes_own_are_equal(void **state)
{
	(void)state;
	static const char *const names[] = {
		[OBJECT_NAMESPACE] = "namespaces", [OBJECT_SERVICE] = "services", [OBJECT_SLICE] = "endpointslices", [OBJECT_POD] = "pods"
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		compare(names[i], (enum object_kind)i, BODY_LIST, "\n@12345 next 'tok' 77");
		compare(names[i], (enum object_kind)i, BODY_WATCH, "\n410 Expired too old 4\n");
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_encodings_of_kubernetes_own_are_equal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
