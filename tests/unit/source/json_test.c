/* SPDX-License-Identifier: Apache-2.0 */
/* JSON manifests: documents, lists, and where an error is said to be. */
#include "reading.h"

#define SERVICE(name)                                                                              \
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"" name "\"}}"

static struct model *read_json(const char *text)
{
	return read_good("test.json", text, &keep_all);
}

static void assert_services(const char *text, size_t count)
{
	struct model *model = read_json(text);

	assert_int_equal(model_count(model, OBJECT_SERVICE), count);
	model_free(model);
}

static void documents_lists_and_kinds_of_lists_are_read(void **state)
{
	(void)state;
	assert_services("", 0);
	assert_services(" \n\t", 0);
	assert_services(SERVICE("a"), 1);
	assert_services(SERVICE("a") "\n" SERVICE("b") SERVICE("c"), 3);
	assert_services("[" SERVICE("a") ",\n" SERVICE("b") "]", 2);
	assert_services("[]", 0);
	assert_services("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" SERVICE(
				"a") "," SERVICE("b") "]}",
			2);
	assert_services("{\"items\" : [ " SERVICE(
				"a") " ] ,\"kind\":\"List\",\"apiVersion\":\"v1\"}" SERVICE("b"),
			2);
	assert_services("{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[],\"x\":{\"items\":[1]}}",
			0);
	assert_services("{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":null}", 0);
	assert_services("{\"kind\":\"Menu\",\"apiVersion\":\"v1\",\"items\":[1,[2],{\"x\":\"]}\"}]}",
			0);
}

static void items_of_a_typed_list_may_leave_out_their_kind(void **state)
{
	(void)state;
	struct model *model = read_json("{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"items\":["
					"{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}}]}");

	service_of(model, "x", "a");
	model_free(model);
}

static void strings_may_hold_brackets_and_escapes(void **state)
{
	(void)state;
	struct model *model = read_json("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{"
					"\"apiVersion\":\"v1\",\"kind\":"
					"\"Service\",\"metadata\":{\"name\":\"a\"},\"spec\":{"
					"\"type\":\"ExternalName\",\"externalName\":"
					"\"]}\\\"[{\\\\\"}}]}");

	assert_string_equal(service_of(model, "default", "a")->external_name, "]}\"[{\\");
	model_free(model);
}

static void items_longer_than_a_read_are_put_together(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "[");
	for (int i = 0; i < 3000; i++)
		text_printf(&text,
			    "%s{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s%"
			    "d\","
			    "\"annotations\":{\"a\":\"0123456789012345678901234567890123456789\"}}}",
			    i == 0 ? "" : ",", i);
	text_add(&text, "]");
	assert_services(text.data, 3000);
	text_done(&text);
}

static void wrong_text_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "7", "m.json:1: expected an object or a list of objects" },
		{ "{}x", "m.json:1: kind: missing, expected the kind of the object" },
		{ "\n\n[7]", "m.json:3: expected an object" },
		{ "[" SERVICE("a") "\n" SERVICE("b") "]", "m.json:2: expected ',' or ']'" },
		{ "[,", "m.json:1: expected an object" },
		{ "[" SERVICE("a"), "m.json:1: the text ends within an object or list" },
		{ "[\n{\"a\":", "m.json:2: the text ends within an object or list" },
		{ "[\n\n{\"a\":\n}]", "m.json:4: unexpected token near '}'" },
		{ "{\"kind\":\"List\",\n\"items\":[\n\n],\nx}",
		  "m.json:5: string or '}' expected near 'x'" },
		{ "{\"kind\" \"List\",\n\"items\":[", "m.json:1: ':' expected near '\"List\"'" },
		{ "{\"kind\" \"List\",\n\"items\":[{}]}", "m.json:1: ':' expected near '\"List\"'" },
		{ "{\"kind\":1,\n\"kind\":2}", "m.json:2: duplicate object key near '\"kind\"'" },
		{ "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"List\","
		  "\"apiVersion\":\"v1\",\"items\":["
		  "1]}]}",
		  "m.json:1: items: a list within a list is not read" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_wrong("m.json", cases[i].text, cases[i].sentence);
}

static void a_wrong_field_is_found_in_the_text(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[\n" SERVICE(
			  "a") ",\n"
			       "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\n "
			       "\"metadata\":{\"name\":\"b\"},\n \"spec\":{\n"
			       "  \"x\":{\"ports\":[1]},\"ports\":[\n   {\"port\":1},\n   "
			       "{\"port\":2,\n    \"name\":\"p\"},\n  "
			       " {\"name\":\"port\",\n"
			       "    \"port\":\"80\"}]}}]}",
		  "m.json:11: Service b: spec.ports[2].port: expected a number 0..65535, not "
		  "'80'" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"b\"},"
		  "\n\"spec\":{\"clusterIPs\":["
		  "\n\"a,b\",\n5]}}",
		  "m.json:4: Service b: spec.clusterIPs[1]: expected text, not a number (quote "
		  "it)" },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"b\"},"
		  "\n\"spec\":\n{\"ports\":[\n{"
		  "\"name\":\"a\"}\n]}}",
		  "m.json:4: Service b: spec.ports[0].port: missing, expected a number 0..65535" },
		{ "[\n\n{\"kind\":\"Service\",\n\"apiVersion\":\"v2\"}]",
		  "m.json:4: apiVersion: expected v1" },
		{ "[\n{\"kind\":\"Service\",\"apiVersion\":\"v1\",\n\"metadata\":\n{\"labels\":{"
		  "\"a\":\"b\",\n\"c\":1},"
		  "\"name\":\"n\"}}]",
		  "m.json:5: Service n: metadata.labels.c: expected text, not a number (quote "
		  "it)" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_wrong("m.json", cases[i].text, cases[i].sentence);
}

static void depth_is_limited(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "[{\"a\":");
	for (int i = 0; i < 70; i++)
		text_add(&text, "[");
	assert_wrong("m.json", text.data, "m.json:1: too many levels");
	assert_wrong("m.json", text.data + 1, "m.json:1: too many levels");
	text_done(&text);
}

static void one_object_has_a_largest_size(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "[{\"a\":\"");
	for (size_t i = 0; i < 16 * 1024 * 1024; i += 64)
		text_add(&text, "0123456789012345678901234567890123456789012345678901234567890123");
	assert_wrong("m.json", text.data, "m.json:1: too large for one object");
	assert_wrong("m.json", text.data + 1, "m.json:1: too large for one object");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_lists_and_kinds_of_lists_are_read),
		cmocka_unit_test(items_of_a_typed_list_may_leave_out_their_kind),
		cmocka_unit_test(strings_may_hold_brackets_and_escapes),
		cmocka_unit_test(items_longer_than_a_read_are_put_together),
		cmocka_unit_test(wrong_text_is_refused_with_its_line),
		cmocka_unit_test(a_wrong_field_is_found_in_the_text),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(one_object_has_a_largest_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
