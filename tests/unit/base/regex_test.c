/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "knamed/base.h"

static struct regex *compiled(const char *pattern)
{
	struct error error = { "" };
	struct regex *regex = regex_new(pattern, &error);
	if (regex == NULL)
		print_error("%s: %s\n", pattern, error.text);
	assert_non_null(regex);
	return regex;
}

/* What the groups hold, with "-" for unset: "all|first|second". "": nothing was found. */
static void assert_finds(const char *pattern, const char *text, const char *wanted)
{
	struct regex *regex = compiled(pattern);
	struct regex_match match;
	struct text found = { 0 };
	text_add(&found, "");
	if (regex_find(regex, text, strlen(text), &match)) {
		for (unsigned i = 0; i < regex_group_count(regex); i++) {
			text_add(&found, i == 0 ? "" : "|");
			if (match.start[i] == UINT32_MAX)
				text_add(&found, "-");
			else
				text_add_n(&found, text + match.start[i],
					   match.end[i] - match.start[i]);
		}
	}
	if (strcmp(found.data, wanted) != 0)
		print_error("%s in %s\n", pattern, text);
	assert_string_equal(found.data, wanted);
	text_done(&found);
	regex_free(regex);
}

static void assert_refuses(const char *pattern, const char *sentence)
{
	struct error error = { "" };
	assert_null(regex_new(pattern, &error));
	assert_string_equal(error.text, sentence);
}

static void finds_leftmost_and_tells_its_groups(void **state)
{
	(void)state;
	assert_finds("(^|[.])ip-10-(?P<b>[0-9]*)-(?P<c>[0-9]*)[.]example[.]$",
		     "x.ip-10-1-2.example.", ".ip-10-1-2.example.|.|1|2");
	assert_finds("a|ab", "xab", "a");
	assert_finds("(a)|(b)", "b", "b|-|b");
	assert_finds("(?<n>a+?)(a*)", "aaa", "aaa|a|aa");
	assert_finds("b", "a", "");
}

static void syntax_means_what_it_means_in_go(void **state)
{
	(void)state;
	assert_finds("a$", "a\n", "");
	assert_finds("(?m)^b$", "a\nb", "b");
	assert_finds("\\v", "\x0b", "\x0b");
	assert_finds("\\s", "\x0b", "");
	assert_finds("[\\s]", "\x0b", "");
	assert_finds("[\\S]", "\x0b", "\x0b");
	assert_finds("a{,2}", "a{,2}", "a{,2}");
	assert_finds("a{2", "a{2", "a{2");
	assert_finds("a{2,3}", "aaaa", "aaa");
	assert_finds("a{2}?b", "aab", "aab");
	assert_finds("\\Qa.b*\\E", "aab a.b*", "a.b*");
	assert_finds("[]a]+", "b]a", "]a");
	assert_finds("[^]a]+", "a]b", "b");
	assert_finds("[\\d-z]+", "x1-z", "1-z");
	assert_finds("[[:alpha:]_]+", "1ab_", "ab_");
	assert_finds("[[:a]+", "x[:a", "[:a");
	assert_finds("^*a", "a", "a");
	assert_finds("\\bfoo\\b", "a foo b", "foo");
	assert_finds("\\x41\\x{42}\\103", "ABC", "ABC");
	assert_finds("(?i)aB(?-i:c)", "AbC Abc", "Abc");
	assert_finds("(?U)a+", "aaa", "a");
	assert_finds("a#b c", "a#b c", "a#b c");
	assert_finds("\\pL+",
		     "1\xc3\xa4"
		     "b",
		     "\xc3\xa4"
		     "b");
	assert_finds("\xc3\xa4+", "\xff\xc3\xa4\xc3\xa4", "\xc3\xa4\xc3\xa4");
	assert_finds("", "a", "");
	assert_finds("()", "a", "|");
}

static void what_re2_lacks_is_refused_in_go_s_words(void **state)
{
	(void)state;
	assert_refuses("(a)\\1", "error parsing regexp: invalid escape sequence: `\\1`");
	assert_refuses("a(?=b)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`");
	assert_refuses("a(?!b)", "error parsing regexp: invalid or unsupported Perl syntax: `(?!`");
	assert_refuses("(?<=b)", "error parsing regexp: invalid named capture: `(?<=b)`");
	assert_refuses("(?>b)", "error parsing regexp: invalid or unsupported Perl syntax: `(?>`");
	assert_refuses("(?x)b", "error parsing regexp: invalid or unsupported Perl syntax: `(?x`");
	assert_refuses("a++", "error parsing regexp: invalid nested repetition operator: `++`");
	assert_refuses("(*UTF)", "error parsing regexp: missing argument to repetition operator: `*`");
	assert_refuses("\\Ka", "error parsing regexp: invalid escape sequence: `\\K`");
	assert_refuses("\\C", "error parsing regexp: invalid escape sequence: `\\C`");
	assert_refuses("\\Z", "error parsing regexp: invalid escape sequence: `\\Z`");
	assert_refuses("\\N{a}", "error parsing regexp: invalid escape sequence: `\\N`");
	assert_refuses("(?P>n)", "error parsing regexp: invalid or unsupported Perl syntax: `(?P`");
}

static void malformed_patterns_are_refused_in_go_s_words(void **state)
{
	(void)state;
	assert_refuses("[a", "error parsing regexp: missing closing ]: `[a`");
	assert_refuses("(a", "error parsing regexp: missing closing ): `(a`");
	assert_refuses("a)", "error parsing regexp: unexpected ): `a)`");
	assert_refuses("x|*", "error parsing regexp: missing argument to repetition operator: `*`");
	assert_refuses("a**", "error parsing regexp: invalid nested repetition operator: `**`");
	assert_refuses("a{2}{3}", "error parsing regexp: invalid nested repetition operator: `{2}{3}`");
	assert_refuses("a{1001}", "error parsing regexp: invalid repeat count: `{1001}`");
	assert_refuses("a{2,1}", "error parsing regexp: invalid repeat count: `{2,1}`");
	assert_refuses("[z-a]", "error parsing regexp: invalid character class range: `z-a`");
	assert_refuses("[[:no:]]", "error parsing regexp: invalid character class range: `[:no:]`");
	assert_refuses("\\p{No such}",
		       "error parsing regexp: invalid character class range: `\\p{No such}`");
	assert_refuses("(?P<a b>c)", "error parsing regexp: invalid named capture: `(?P<a b>`");
	assert_refuses("a\\", "error parsing regexp: trailing backslash at end of expression: ``");
	assert_refuses("\xff", "error parsing regexp: invalid UTF-8: `\xff`");
}

static void names_lead_to_groups(void **state)
{
	(void)state;
	struct regex *regex = compiled("(?P<1st>a)(b)(?P<n>c)(?P<n>d)");
	unsigned group;
	assert_int_equal(regex_group_count(regex), 5);
	assert_string_equal(regex_group_name(regex, 1), "1st");
	assert_string_equal(regex_group_name(regex, 2), "");
	assert_true(regex_group_index(regex, "n", &group));
	assert_int_equal(group, 4);
	assert_false(regex_group_index(regex, "x", &group));
	assert_false(regex_group_index(regex, "", &group));
	regex_free(regex);
}

static void patterns_have_bounds(void **state)
{
	(void)state;
	char pattern[REGEX_PATTERN_MAX + 2];
	memset(pattern, 'a', sizeof pattern);
	pattern[sizeof pattern - 1] = 0;
	assert_refuses(pattern, "regex pattern too long: 10001 > 10000");
	memset(pattern, '(', sizeof pattern - 1);
	struct error error = { "" };
	assert_null(regex_new(pattern + 9000, &error));
	assert_non_null(strstr(error.text, "more than 31 capture groups"));
	pattern[0] = 0;
	for (int i = 0; i < 300; i++)
		memcpy(pattern + 3 * (size_t)i, "(?:", 4);
	assert_null(regex_new(pattern, &error));
	assert_non_null(strstr(error.text, "expression nests too deeply"));
	assert_null(regex_new("(((a{1000}){1000}){1000}){1000}", &error));
	assert_non_null(strstr(error.text, "error parsing regexp: "));
}

static void a_search_that_would_not_end_finds_nothing(void **state)
{
	(void)state;
	struct regex *regex = compiled("^(a+)+(a+)+(a+)+$");
	char text[255];
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = 'b';
	uint64_t before = regex_given_up();
	assert_false(regex_find(regex, text, sizeof text, NULL));
	assert_int_equal(regex_given_up(), before + 1);
	assert_true(regex_find(regex, text, sizeof text - 1, NULL));
	assert_int_equal(regex_given_up(), before + 1);
	regex_free(regex);
}

static void long_texts_are_searched_to_their_end(void **state)
{
	(void)state;
	char text[1024];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = "ab"[i % 2];
	struct regex *regex = compiled("^(?:(a)|(b))*$");
	struct regex_match match;
	for (int round = 0; round < 3; round++) { /* memory is used again */
		assert_true(regex_find(regex, text, sizeof text, &match));
		assert_int_equal(match.end[0], sizeof text);
	}
	regex_free(regex);
}

static void *search(void *context)
{
	for (int i = 0; i < 100; i++)
		if (!regex_find(context, "x.example.", 10, NULL))
			return NULL;
	return context;
}

static void threads_share_one_regex(void **state)
{
	(void)state;
	struct regex *regex = compiled("^(.*)[.]example[.]$");
	pthread_t threads[4];
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, search, regex), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		void *result;
		pthread_join(threads[i], &result);
		assert_ptr_equal(result, regex);
	}
	regex_free(regex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_leftmost_and_tells_its_groups),
		cmocka_unit_test(syntax_means_what_it_means_in_go),
		cmocka_unit_test(what_re2_lacks_is_refused_in_go_s_words),
		cmocka_unit_test(malformed_patterns_are_refused_in_go_s_words),
		cmocka_unit_test(names_lead_to_groups),
		cmocka_unit_test(patterns_have_bounds),
		cmocka_unit_test(a_search_that_would_not_end_finds_nothing),
		cmocka_unit_test(long_texts_are_searched_to_their_end),
		cmocka_unit_test(threads_share_one_regex),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
