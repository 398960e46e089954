/* SPDX-License-Identifier: Apache-2.0 */
/* Label selectors: what is read, what matches, what is refused. */
#include "reading.h"

/* "key op value,value;..." */
static void assert_terms(const char *text, const char *expected)
{
	static const char *const ops[] = {
		[SELECT_IN] = "in", [SELECT_NOT_IN] = "notin", [SELECT_EXISTS] = "exists", [SELECT_NOT_EXISTS] = "!exists"
	};
	struct selector selector;
	struct error error = { 0 };
	struct text seen = { 0 };

	if (!selector_read(text, &selector, &error))
		fail_msg("%s", error.text);
	text_add(&seen, "");
	for (size_t i = 0; i < selector.count; i++) {
		const struct selector_term *term = &selector.terms[i];
		text_printf(&seen, "%s%s %s", i > 0 ? ";" : "", term->key, ops[term->op]);
		for (size_t v = 0; v < term->values.count; v++)
			text_printf(&seen, "%s%s", v > 0 ? "," : " ", term->values.words[v]);
	}
	assert_string_equal(seen.data, expected);
	text_done(&seen);
	selector_done(&selector);
	assert_int_equal(selector.count, 0);
}

static void every_operator_is_read(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "", "" },
		{ " \t\r\n", "" },
		{ "a", "a exists" },
		{ "!a", "a !exists" },
		{ " ! a ", "a !exists" },
		{ "a=b", "a in b" },
		{ "a == b", "a in b" },
		{ "a!=b", "a notin b" },
		{ "a in (b)", "a in b" },
		{ "a in(b , c,d)", "a in b,c,d" },
		{ "a notin (b,c)", "a notin b,c" },
		{ "a,!b, c=d", "a exists;b !exists;c in d" },
		{ "in in (in,notin)", "in in in,notin" },
		{ "example.com/a-b_c.d=E-F_G.1", "example.com/a-b_c.d in E-F_G.1" },
		{ "notin", "notin exists" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_terms(table[i].text, table[i].sentence);
}

static void a_value_may_be_empty(void **state)
{
	(void)state;
	assert_terms("a=", "a in ");
	assert_terms("a=,b!=", "a in ;b notin ");
	assert_terms("a in ()", "a in ");
	assert_terms("a in (,b,)", "a in ,b,");
}

static void what_is_no_selector_is_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "a in b", "found 'b', expected: '('" },
		{ "a in (b,c", "found '', expected: ',' or ')'" },
		{ "a in (b c)", "found 'c', expected: ',' or ')'" },
		{ "a in (=)", "found '=', expected: ',' or ')'" },
		{ "a b", "found 'b', expected: in, notin, =, ==, !=" },
		{ "a=b c", "found 'c', expected: ',' or 'end of string'" },
		{ "a in (b) c", "found 'c', expected: ',' or 'end of string'" },
		{ "!a=b", "found '=', expected: ',' or 'end of string'" },
		{ "a,", "found '', expected: identifier" },
		{ ",a", "found ',', expected: identifier" },
		{ "!", "found '', expected: identifier" },
		{ "!!a", "found '!', expected: identifier" },
		{ "=b", "found '=', expected: identifier" },
		{ "a==(", "found '(', expected: identifier" },
		{ "a=!b", "found '!', expected: identifier" },
		{ "a > 1", "\">\" isn't supported in label selectors" },
		{ "a<1", "\"<\" isn't supported in label selectors" },
		{ "a gt 1", "\"gt\" isn't supported in label selectors" },
		{ "a lt 1", "\"lt\" isn't supported in label selectors" },
		{ "-a", "'-a' is not a label key" },
		{ "a-", "'a-' is not a label key" },
		{ "a$b", "'a$b' is not a label key" },
		{ "/a", "'/a' is not a label key" },
		{ "a/", "'a/' is not a label key" },
		{ "a/b/c", "'a/b/c' is not a label key" },
		{ "A/b", "'A/b' is not a label key" },
		{ "a..b/c", "'a..b/c' is not a label key" },
		{ "-a/c", "'-a/c' is not a label key" },
		{ "a.-b/c", "'a.-b/c' is not a label key" },
		{ "a-.b/c", "'a-.b/c' is not a label key" },
		{ "a_b/c", "'a_b/c' is not a label key" },
		{ "a=-b", "'-b' is not a label value" },
		{ "a in (b,c/d)", "'c/d' is not a label value" },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct selector selector = { .count = 77 };
		struct error error = { 0 };
		assert_false(selector_read(table[i].text, &selector, &error));
		assert_string_equal(error.text, table[i].sentence);
		assert_int_equal(selector.count, 77);
	}
}

static void keys_and_values_have_their_limits(void **state)
{
	(void)state;
	struct text text = { 0 };
	struct selector selector;
	struct error error;

	for (int i = 0; i < 63; i++)
		text_add(&text, "x");
	assert_true(selector_read(text.data, &selector, &error));
	selector_done(&selector);
	text_add(&text, "x");
	assert_false(selector_read(text.data, &selector, &error));
	text_clear(&text);
	for (int i = 0; i < 126; i++)
		text_add(&text, "a.");
	text_add(&text, "a/b");
	assert_true(selector_read(text.data, &selector, &error));
	selector_done(&selector);
	text_clear(&text);
	for (int i = 0; i < 127; i++)
		text_add(&text, "a.");
	text_add(&text, "a/b");
	assert_false(selector_read(text.data, &selector, &error));
	text_done(&text);
}

static const char *get_label(const void *labels, const char *key)
{
	for (const char *const *pair = labels; pair[0] != NULL; pair += 2)
		if (strcmp(pair[0], key) == 0)
			return pair[1];
	return NULL;
}

static void all_terms_must_match(void **state)
{
	(void)state;
	static const char *const labels[] = { "app", "etcd", "tier", "", NULL };
	static const struct {
		const char *text;
		bool matches;
	} table[] = {
		{ "", true },
		{ "app", true },
		{ "!app", false },
		{ "none", false },
		{ "!none", true },
		{ "app=etcd", true },
		{ "app=Etcd", false },
		{ "none=etcd", false },
		{ "app!=etcd", false },
		{ "app!=other", true },
		{ "none!=etcd", true },
		{ "app in (a,etcd)", true },
		{ "app in (a,b)", false },
		{ "none in ()", false },
		{ "app notin (a,etcd)", false },
		{ "app notin (a,b)", true },
		{ "none notin (a)", true },
		{ "tier=", true },
		{ "tier", true },
		{ "app=etcd,tier", true },
		{ "app=etcd,none", false },
		{ "app=etcd,app=other", false },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct selector selector;
		struct error error;
		assert_true(selector_read(table[i].text, &selector, &error));
		if (selector_matches(&selector, get_label, labels) != table[i].matches)
			fail_msg("%s", table[i].text);
		selector_done(&selector);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operator_is_read),
		cmocka_unit_test(a_value_may_be_empty),
		cmocka_unit_test(what_is_no_selector_is_refused),
		cmocka_unit_test(keys_and_values_have_their_limits),
		cmocka_unit_test(all_terms_must_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
