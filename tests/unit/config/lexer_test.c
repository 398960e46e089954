/* SPDX-License-Identifier: Apache-2.0 */
/* Words, quotes, comments, blanks, bytes that are no text. */
#include "reading.h"
#include "token.h"

/* Tokens as "line:text" joined by "|". */
static void assert_tokens(const char *text, size_t size, const char *expected)
{
	struct arena *arena = arena_new();
	/* An exact-size block: reading one byte too far shows. */
	char *exact = mem_copy(text, size);
	struct lexer_input input = { .name = "Corefile", .text = exact, .size = size, .most = 100 };
	struct tokens tokens = { 0 };
	struct error error = { 0 };
	struct text seen = { 0 };

	assert_true(lexer_read(arena, &input, &tokens, &error));
	text_add(&seen, "");
	for (size_t i = 0; i < tokens.count; i++)
		text_printf(&seen, "%s%u:%s", i > 0 ? "|" : "", tokens.items[i].line,
			    tokens.items[i].text);
	assert_string_equal(seen.data, expected);
	text_done(&seen);
	mem_free(exact);
	arena_free(arena);
}

static void assert_each(const struct bad *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_tokens(table[i].text, strlen(table[i].text), table[i].sentence);
}

static void words_end_at_blanks(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "", "" },
		{ " \t\v\f\n", "" },
		{ "a", "1:a" },
		{ " a  b\n\nc", "1:a|1:b|3:c" },
		{ "a{ }b {", "1:a{|1:}b|1:{" },
		{ "a\xc2\xa0"
		  "b\xe2\x80\x83"
		  "c\xe3\x80\x80"
		  "d\xc2\x85"
		  "e\xe1\x9a\x80"
		  "f",
		  "1:a|1:b|1:c|1:d|1:e|1:f" },
		{ "a\xe2\x80\xa8"
		  "b\xe2\x80\xaf"
		  "c\xe2\x81\x9f"
		  "d\xe2\x80\xa9"
		  "e",
		  "1:a|1:b|1:c|1:d|1:e" },
	};

	assert_each(table, COUNT_OF(table));
}

static void carriage_returns_vanish(void **state)
{
	(void)state;
	assert_tokens("a\r\nb\rc\r\n", 8, "1:a|2:bc");
}

static void a_byte_order_mark_is_skipped_at_the_start_only(void **state)
{
	(void)state;
	assert_tokens("\xef\xbb\xbf", 3, "");
	assert_tokens("\xef\xbb\xbfx", 4, "1:x");
	assert_tokens("x \xef\xbb\xbf", 5, "1:x|1:\xef\xbb\xbf");
}

static void quotes_hold_blanks_and_lines(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "\"a b\" c", "1:a b|1:c" },
		{ "\"a\nb\"\nc", "1:a\nb|3:c" },
		{ "\"\" a", "1:|1:a" },
		{ "\"a\"b", "1:a|1:b" },
		{ "a\"b c\"", "1:a\"b|1:c\"" },
		{ "\"a # b\"", "1:a # b" },
		{ "\"a", "1:a" },
		{ "a \"", "1:a" },
		{ "\"a\rb\"", "1:a\rb" },
	};

	assert_each(table, COUNT_OF(table));
}

static void only_a_quote_is_escaped(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "\"a\\\"b\"", "1:a\"b" }, { "\"a\\d\\\\\"", "1:a\\d\\\\" },
		{ "a\\\"b", "1:a\\\"b" },   { "\"a\\\nb\" c", "1:a\\\nb|2:c" },
		{ "\"a\\", "1:a" },
	};

	assert_each(table, COUNT_OF(table));
}

static void comments_end_with_the_line(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "# a\nb", "2:b" },
		{ "a # b \" c\nd", "1:a|2:d" },
		{ "#", "" },
		{ "#\xff\nx", "2:x" },
	};

	assert_each(table, COUNT_OF(table));
}

static void a_comment_glued_to_a_word_ends_at_the_next_blank(void **state)
{
	(void)state;
	assert_tokens("a#b", 3, "1:a");
	assert_tokens("a#b c\nd", 7, "1:a|1:c|2:d");
	assert_tokens("a# b c", 6, "1:a|1:b|1:c");
}

static void bytes_that_are_not_utf8_become_replacement_characters(void **state)
{
	(void)state;
#define BAD "\xef\xbf\xbd"
	static const struct bad table[] = {
		{ "\xff", "1:" BAD },
		{ "a\x80z", "1:a" BAD "z" },
		{ "\xc0\x80", "1:" BAD BAD },
		{ "\xe0\x80\x80", "1:" BAD BAD BAD },
		{ "\xed\xa0\x80", "1:" BAD BAD BAD },
		{ "\xf4\x90\x80\x80", "1:" BAD BAD BAD BAD },
		{ "\xf5z", "1:" BAD "z" },
		{ "\xe2\x82", "1:" BAD BAD },
		{ "\"\xe2\x82\"", "1:" BAD BAD },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "1:\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	};

	assert_each(table, COUNT_OF(table));
}

static void a_zero_byte_is_refused_with_its_line(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct lexer_input input = { .name = "F", .text = "a\nb\0c", .size = 5, .most = 10 };
	struct tokens tokens = { 0 };
	struct error error = { 0 };

	assert_false(lexer_read(arena, &input, &tokens, &error));
	assert_string_equal(error.text, "F:2 - Error during parsing: a zero byte is not text");
	arena_free(arena);
}

static void words_are_counted(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	struct lexer_input input = { .name = "F", .text = "a b\nc", .size = 5, .most = 2 };
	struct tokens tokens = { 0 };
	struct error error = { 0 };

	assert_false(lexer_read(arena, &input, &tokens, &error));
	assert_string_equal(error.text, "F:2 - Error during parsing: more than 2 words are too many");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_end_at_blanks),
		cmocka_unit_test(carriage_returns_vanish),
		cmocka_unit_test(a_byte_order_mark_is_skipped_at_the_start_only),
		cmocka_unit_test(quotes_hold_blanks_and_lines),
		cmocka_unit_test(only_a_quote_is_escaped),
		cmocka_unit_test(comments_end_with_the_line),
		cmocka_unit_test(a_comment_glued_to_a_word_ends_at_the_next_blank),
		cmocka_unit_test(bytes_that_are_not_utf8_become_replacement_characters),
		cmocka_unit_test(a_zero_byte_is_refused_with_its_line),
		cmocka_unit_test(words_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
