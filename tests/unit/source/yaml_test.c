/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as the reader in front of the Kubernetes API takes it, and its limits. */
#include "reading.h"

#include <stdlib.h>

#include "items.h"

struct seen {
	struct text dump; /* the items as JSON, a line each */
	size_t count;
};

static bool take(void *context, const struct item *item, struct error *error)
{
	struct seen *seen = context;
	char *dump = json_dumps(item->value, JSON_COMPACT | JSON_ENCODE_ANY);

	(void)error;
	text_printf(&seen->dump, "%s\n", dump);
	seen->count++;
	free(dump);
	return true;
}

static bool read_items(const char *text, size_t size, struct seen *seen, struct error *error)
{
	struct item_taker taker = { take, seen };
	FILE *file = fmemopen((char *)text, size, "r");
	bool good = yaml_read_items("y", file, &taker, error);

	fclose(file);
	return good;
}

static void assert_items(const char *text, const char *dump)
{
	struct seen seen = { 0 };
	struct error error = { 0 };

	text_add(&seen.dump, "");
	if (!read_items(text, strlen(text), &seen, &error))
		fail_msg("%s", error.text);
	assert_string_equal(seen.dump.data, dump);
	text_done(&seen.dump);
}

static void assert_refused(const char *text, const char *sentence)
{
	struct seen seen = { 0 };
	struct error error = { 0 };

	assert_false(read_items(text, strlen(text), &seen, &error));
	assert_string_equal(error.text, sentence);
	text_done(&seen.dump);
}

static void scalars_are_what_the_api_takes_them_for(void **state)
{
	(void)state;
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{ "80", "80" },
		{ "-1", "-1" },
		{ "+7", "7" },
		{ "0", "0" },
		{ "-0", "0" },
		{ "0x1F", "31" },
		{ "0o17", "15" },
		{ "017", "15" },
		{ "0b101", "5" },
		{ "-0b11", "-3" },
		{ "1_000", "1000" },
		{ "08", "8" },
		{ "80.0", "80" },
		{ "8e1", "80" },
		{ "1.5", "1.5" },
		{ ".5", "0.5" },
		{ "-.5e1", "-5" },
		{ "1e999", "\"1e999\"" },
		{ "0x", "\"0x\"" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "18446744073709551615", "1.8446744073709552e19" },
		{ "0xg", "\"0xg\"" },
		{ "1e", "\"1e\"" },
		{ "--1", "\"--1\"" },
		{ "1.2.3", "\"1.2.3\"" },
		{ "10.0.0.1", "\"10.0.0.1\"" },
		{ "2026-01-02", "\"2026-01-02\"" },
		{ "12:30", "\"12:30\"" },
		{ ".inf", "\".inf\"" },
		{ ".nan", "\".nan\"" },
		{ "+", "\"+\"" },
		{ "true", "true" },
		{ "Yes", "true" },
		{ "y", "true" },
		{ "ON", "true" },
		{ "false", "false" },
		{ "no", "false" },
		{ "N", "false" },
		{ "off", "false" },
		{ "tRue", "\"tRue\"" },
		{ "None", "\"None\"" },
		{ "nil", "\"nil\"" },
		{ "null", "null" },
		{ "~", "null" },
		{ "", "null" },
		{ "Null", "null" },
		{ "'80'", "\"80\"" },
		{ "\"yes\"", "\"yes\"" },
		{ "''", "\"\"" },
		{ "'~'", "\"~\"" },
		{ "!!str 80", "\"80\"" },
		{ "!!int 80", "80" },
		{ "!!int '80'", "80" },
		{ "!!bool 'no'", "false" },
		{ "!!float 80", "80" },
		{ "!!null ''", "null" },
		{ "! 80", "\"80\"" },
		{ "!own 80", "\"80\"" },
		{ "!!binary aGk=", "\"aGk=\"" },
		{ "\"\\u00e4\"", "\"\xc3\xa4\"" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text yaml = { 0 }, json = { 0 };
		text_printf(&yaml, "a: %s\n", cases[i].yaml);
		text_printf(&json, "{\"a\":%s}\n", cases[i].json);
		assert_items(yaml.data, json.data);
		text_done(&yaml);
		text_done(&json);
	}
}

static void keys_become_text(void **state)
{
	(void)state;
	assert_items("{1: a, 0x10: b, 1.5: c, yes: d, 'no': e}\n",
		     "{\"1\":\"a\",\"16\":\"b\",\"1.5\":\"c\",\"true\":\"d\",\"no\":\"e\"}\n");
}

static void documents_are_items(void **state)
{
	(void)state;
	assert_items("a: 1\n---\n---\n# nothing\n---\nb: 2\n...\n---\nnull\n",
		     "{\"a\":1}\n{\"b\":2}\n");
	assert_items("", "");
	assert_items("# only a comment\n", "");
}

static void items_of_a_list_are_handed_over_one_by_one(void **state)
{
	(void)state;
	assert_items("kind: List\nitems:\n- a: 1\n- b: 2\nmetadata: {}\n", "{\"a\":1}\n{\"b\":2}\n");
	assert_items("items: [{a: 1}]\nkind: List\n", "{\"a\":1}\n");
	assert_items("- a: 1\n- b: 2\n", "{\"a\":1}\n{\"b\":2}\n");
	assert_items("kind: List\nitems: []\n", "");
	assert_items("kind: Menu\nitems: [{a: 1}]\n", "{\"kind\":\"Menu\",\"items\":[{\"a\":1}]}\n");
	assert_items("spec: {items: [1]}\n", "{\"spec\":{\"items\":[1]}}\n");
}

static void aliases_stand_for_what_was_anchored(void **state)
{
	(void)state;
	assert_items("a: &x {b: 1}\nc: *x\nd: &y text\ne: [*y, *x]\n*y : f\n",
		     "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":\"text\",\"e\":[\"text\",{\"b\":1}],"
		     "\"text\":\"f\"}\n");
	assert_items("- &x {b: 1}\n- *x\n", "{\"b\":1}\n{\"b\":1}\n");
	assert_items("a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}\n");
}

static void merge_keys_fill_in_what_a_mapping_lacks(void **state)
{
	(void)state;
	assert_items("base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\n",
		     "{\"base\":{\"x\":1,\"z\":2},\"use\":{\"z\":3,\"x\":1}}\n");
	assert_items("use:\n  z: 3\n  <<: [{x: 1, z: 9}, {x: 8, w: 7}]\n",
		     "{\"use\":{\"z\":3,\"x\":1,\"w\":7}}\n");
	assert_items("'<<': 1\n", "{\"<<\":1}\n");
}

static void wrong_text_is_refused_with_its_line(void **state)
{
	(void)state;
	assert_refused("a: 1\nb: [1\n",
		       "y:3: did not find expected ',' or ']' (while parsing a flow sequence)");
	assert_refused("a: 1\n  b: 2\n", "y:2: mapping values are not allowed in this context");
	assert_refused("a: 1\nb: 2\na: 3\n", "y:3: key 'a' is given twice");
	assert_refused("a: *nowhere\n", "y:1: an alias to what is not (completely) there");
	assert_refused("a: &x [*x]\n", "y:1: an alias to what is not (completely) there");
	assert_refused("a: &x 1\n---\nb: *x\n", "y:3: an alias to what is not (completely) there");
	assert_refused("? [a]\n: b\n", "y:1: a key must be text");
	assert_refused("~: b\n", "y:1: a key must be text");
	assert_refused("a: &x [1]\n*x : b\n", "y:2: a key must be text");
	assert_refused("<<: 1\n", "y:1: '<<' takes a mapping or a list of mappings");
	assert_refused("<<: [1]\n", "y:1: '<<' takes a mapping or a list of mappings");
	assert_refused("a:\n  !!int b\n", "y:2: the text is not what its tag !!int says");
	assert_refused("a: \x01\n", "y:1: control characters are not allowed");
	assert_refused("a: \xff\n", "y:1: invalid leading UTF-8 octet");
}

static void depth_is_limited(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "a: ");
	for (int i = 0; i < ITEM_DEPTH; i++)
		text_add(&text, "[");
	assert_refused(text.data, "y:1: too many levels");
	/* a chain of anchors must not nest deeper than text could */
	text_clear(&text);
	text_add(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 100; i++)
		text_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_refused(text.data, "y:64: too many levels");
	text_done(&text);
}

static void aliases_count_as_what_they_stand_for(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		text_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			text_printf(&text, "%s*a%d", j == 0 ? "" : ",", i - 1);
		text_add(&text, "]\n");
	}
	assert_refused(text.data,
		       "y:6: too large for one object (with all that its aliases stand for)");
	text_done(&text);
}

static void one_object_has_a_largest_size(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "a: \"");
	for (size_t i = 0; i < ITEM_BYTES; i += 64)
		text_add(&text, "0123456789012345678901234567890123456789012345678901234567890123");
	text_add(&text, "\"\n");
	assert_refused(text.data,
		       "y:1: too large for one object (with all that its aliases stand for)");
	text_done(&text);
}

static void lists_of_any_size_are_read_within_the_limit_of_an_item(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct seen seen = { 0 };
	struct error error = { 0 };

	text_add(&text, "kind: List\nitems:\n");
	for (int i = 0; i < 60000; i++)
		text_add(&text, "- [a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a]\n");
	assert_true(read_items(text.data, text.size, &seen, &error));
	assert_int_equal(seen.count, 60000);
	text_done(&text);
	text_done(&seen.dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_what_the_api_takes_them_for),
		cmocka_unit_test(keys_become_text),
		cmocka_unit_test(documents_are_items),
		cmocka_unit_test(items_of_a_list_are_handed_over_one_by_one),
		cmocka_unit_test(aliases_stand_for_what_was_anchored),
		cmocka_unit_test(merge_keys_fill_in_what_a_mapping_lacks),
		cmocka_unit_test(wrong_text_is_refused_with_its_line),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(aliases_count_as_what_they_stand_for),
		cmocka_unit_test(one_object_has_a_largest_size),
		cmocka_unit_test(lists_of_any_size_are_read_within_the_limit_of_an_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
