/* SPDX-License-Identifier: Apache-2.0 */
/* From a file's name to a zone's. */
#include "reading.h"

#include "zone_pattern.h"

static void assert_origin(const char *regex, const char *template_, const char *name, const char *origin)
{
	struct zone_pattern pattern;
	struct text found = { 0 };
	struct error error = { 0 };

	if (!zone_pattern_init(&pattern, regex, template_, &error))
		fail_msg("%s", error.text);
	bool matches = zone_pattern_match(&pattern, name, &found);
	if (origin == NULL)
		assert_false(matches);
	else
		assert_string_equal(found.data, origin);
	text_done(&found);
	zone_pattern_done(&pattern);
}

static void the_default_takes_what_follows_db(void **state)
{
	(void)state;
	assert_origin("db\\.(.*)", "{1}", "db.example.org", "example.org.");
	assert_origin("db\\.(.*)", "{1}", "db.Example.ORG.", "example.org.");
	assert_origin("db\\.(.*)", "{1}", "db.", ".");
	assert_origin("db\\.(.*)", "{1}", "dbexample.org", NULL);
	assert_origin("db\\.(.*)", "{1}", "Makefile", NULL);
	assert_origin("db\\.(.*)", "{1}", "db.a..b", NULL); /* matches, but is no name */
}

static void templates_put_groups_together(void **state)
{
	(void)state;
	assert_origin("(.*)-(.*)\\.zone", "{2}.{1}.", "example-www.zone", "www.example.");
	assert_origin("(.*)\\.zone", "sub.{1}", "example.org.zone", "sub.example.org.");
	assert_origin("(a)|(b)", "{2}x", "a", "x.");
	assert_origin("(.*)\\.zone", "{1}{7}{10}", "x.zone", "x.");
	assert_origin("(.*)\\.zone", "{0}", "x.zone", "x.zone.");
	assert_origin("(.*)\\.zone", "{a}.{1", "x.zone", "{a}.{1.");
}

static void what_go_says_otherwise_is_put_in_other_words(void **state)
{
	(void)state;
	assert_origin("^(\\d+)\\.(?:rev|in)\\.(\\w+)$", "{1}.{2}", "10.in.arpa", "10.arpa.");
	assert_origin("^(\\d+)\\.(?:rev|in)\\.(\\w+)$", "{1}.{2}", "x.in.arpa", NULL);
	assert_origin("([\\w.]+)\\.db", "{1}", "a.b.db", "a.b.");
	assert_origin("^([\\d]+)\\D", "{1}", "12x", "12.");
	assert_origin("^([^\\.]+)\\.", "{1}", "ab.c", "ab.");
	assert_origin("^([]a]+)b", "{1}", "aab", "aa.");
	assert_origin("^([[:alpha:]]+)[\\s]", "{1}", "ab c", "ab.");
	assert_origin("^(a\\<b\\>)c", "x", "a<b>c", "x.");
}

static void what_posix_cannot_say_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *regex, *sentence;
	} cases[] = {
		{ "db\\.(.*?)\\.zone", "regexp: '*?' is not supported" },
		{ "(a+?)", "regexp: '+?' is not supported" },
		{ "(?P<name>.*)", "regexp: '(?P' is not supported" },
		{ "(?i)db(.*)", "regexp: '(?i' is not supported" },
		{ "(\\pL)", "regexp: '\\p' is not supported" },
		{ "([\\]])", "regexp: '\\]' is not supported" },
		{ "(a)\\1", "regexp: '\\1' is not supported" },
		{ "(a)\\", "regexp: '\\' is not supported" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct zone_pattern pattern;
		struct error error = { 0 };
		assert_false(zone_pattern_init(&pattern, cases[i].regex, "{1}", &error));
		assert_string_equal(error.text, cases[i].sentence);
	}
}

static void a_broken_pattern_is_refused(void **state)
{
	(void)state;
	static const char *const broken[] = { "(a", "[a", "a{2,1}(b)", "[" };

	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct zone_pattern pattern;
		struct error error = { 0 };
		assert_false(zone_pattern_init(&pattern, broken[i], "{1}", &error));
		assert_memory_equal(error.text, "regexp '", 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_takes_what_follows_db),
		cmocka_unit_test(templates_put_groups_together),
		cmocka_unit_test(what_go_says_otherwise_is_put_in_other_words),
		cmocka_unit_test(what_posix_cannot_say_is_refused),
		cmocka_unit_test(a_broken_pattern_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
