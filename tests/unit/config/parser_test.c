/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks, braces, directives, snippets. */
#include "parser.h"
#include "reading.h"

/* Blocks as "key,key{directive=token token;...}". */
static void assert_parsed(const char *text, const char *expected)
{
	struct arena *arena = arena_new();
	struct corefile corefile;
	struct error error = { 0 };
	struct text seen = { 0 };

	if (!corefile_parse(arena, "Corefile", text, strlen(text), &corefile, &error))
		fail_msg("%s", error.text);
	text_add(&seen, "");
	for (size_t i = 0; i < corefile.block_count; i++) {
		const struct block_tokens *block = &corefile.blocks[i];
		for (size_t k = 0; k < block->keys.count; k++)
			text_printf(&seen, k > 0 ? ",%s" : "%s", block->keys.items[k].text);
		text_add(&seen, "{");
		for (size_t d = 0; d < block->directive_count; d++) {
			text_printf(&seen, d > 0 ? ";%s=" : "%s=", block->directives[d].name);
			for (size_t t = 0; t < block->directives[d].tokens.count; t++)
				text_printf(&seen, t > 0 ? " %s" : "%s",
					    block->directives[d].tokens.items[t].text);
		}
		text_add(&seen, "}");
	}
	assert_string_equal(seen.data, expected);
	text_done(&seen);
	arena_free(arena);
}

static void a_file_is_blocks_of_directives(void **state)
{
	(void)state;
	assert_parsed("a {\n log x\n whoami\n}\nb c {\n errors\n}\n",
		      "a{log=log x;whoami=whoami}b,c{errors=errors}");
	assert_parsed("a { \n}\n", "a{}");
	assert_parsed("a\n{\n log\n}\n", "a{log=log}");
}

static void addresses_may_go_on_behind_a_comma(void **state)
{
	(void)state;
	assert_parsed("a, b,\nc d {\n}\n", "a,b,c,d{}");
	assert_parsed("a,\n\n# and\nb {\n}\n", "a,b{}");
}

static void the_only_block_may_do_without_braces(void **state)
{
	(void)state;
	assert_parsed("a\nlog\nwhoami\n", "a{log=log;whoami=whoami}");
	assert_parsed("a b\nlog {\n class all\n}\n", "a,b{log=log { class all }}");
}

static void lone_words_are_an_empty_block(void **state)
{
	(void)state;
	assert_parsed("a", "a{}");
	assert_parsed("a {\n}\nb c", "a{}b,c{}");
	assert_parsed("a {\n}\n}", "a{}}{}");
}

static void a_block_without_address_is_no_block(void **state)
{
	(void)state;
	assert_parsed("", "");
	assert_parsed("\"\"", "");
	assert_parsed("{\n log\n}\n", "");
	assert_parsed("\"\" {\n log\n}\nb {\n}\n", "b{}");
}

static void lines_of_one_directive_are_joined(void **state)
{
	(void)state;
	assert_parsed("a {\n log x\n errors\n log y\n}\n", "a{log=log x log y;errors=errors}");
}

static void a_body_ends_with_its_brace(void **state)
{
	(void)state;
	assert_parsed("a {\n log {\n b {\n c\n }\n }\n whoami\n}\n",
		      "a{log=log { b { c } };whoami=whoami}");
	assert_parsed("a {\n log { b }\n}\n", "a{log=log { b }}");
	assert_parsed("a {\n log {\n } tail\n}\n", "a{log=log { } tail}");
	/* The brace of the directive passes for that of the block at the end of the file. */
	assert_parsed("a {\n log {\n }\n", "a{log=log { }}");
}

static void braces_that_do_not_match_are_refused(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "a {\n whoami\n",
		  "Corefile:2 - Syntax error: Unexpected token 'whoami', expecting '}'" },
		{ "a {", "Corefile:1 - Syntax error: Unexpected token '{', expecting '}'" },
		{ "a {\n log {\n class all\n", "Corefile:3 - Error during parsing: Unexpected EOF" },
		{ "a {\n log }\n}\n", "Corefile:2 - Error during parsing: Unexpected '}' because "
				      "no matching opening brace" },
		{ "a, {\n}\n", "Corefile:1 - Error during parsing: Expected another address but "
			       "had '{' - check for extra "
			       "comma" },
		{ "a,\n", "Corefile:1 - Error during parsing: Unexpected EOF" },
	};

	assert_all_bad(table);
}

static void proxy_is_forward(void **state)
{
	(void)state;
	struct config *config = read_good("a {\n proxy . 192.0.2.1\n}\n");
	assert_int_equal(config->blocks[0].forward_count, 1);
	assert_int_equal(config->notes.count, 1);
	assert_string_equal(config->notes.words[0],
			    "Corefile:2 - proxy is read as forward, which took its place");
	config_free(config);
}

static void an_unknown_directive_is_refused(void **state)
{
	(void)state;
	assert_bad("a {\n log\n bogus x\n}\n",
		   "Corefile:3 - Error during parsing: Unknown directive 'bogus'");
	assert_bad("a {\n {\n}\n", "Corefile:2 - Error during parsing: Unknown directive '{'");
	assert_bad("a {\n federation a b\n}\n",
		   "Corefile:2 - Error during parsing: Unknown directive 'federation'");
}

static void a_snippet_stands_where_it_is_imported(void **state)
{
	(void)state;
	assert_parsed("(s) {\n errors\n log x\n}\na {\n import s\n whoami\n}\n",
		      "a{errors=errors;log=log x;whoami=whoami}");
	assert_parsed("(s) {\n class all\n}\na {\n log {\n import s\n }\n}\n",
		      "a{log=log { class all }}");
	assert_parsed("(s) {\n b {\n log\n }\n}\nimport s\n", "b{log=log}");
	assert_parsed("(s) {\n b,\n}\nimport s\nc {\n}\n", "b,c{}");
	assert_parsed("(s) {\n}\na {\n import s\n log\n}\n", "a{log=log}");
	assert_parsed("(s) {\n log\n}\n(t) {\n import s\n errors\n}\na {\n import t\n}\n",
		      "a{log=log;errors=errors}");
	assert_parsed("(s) {\n}\nimport s\n", "");
	assert_parsed("() {\n log\n}\na {\n log x\n}\n", "a{log=log x}");
}

static void a_word_import_inside_a_line_is_a_word(void **state)
{
	(void)state;
	assert_parsed("a {\n nsid import x\n}\n", "a{nsid=nsid import x}");
	assert_parsed("a import {\n}\n", "a,import{}");
}

static void a_snippet_is_declared_once_with_braces_and_not_of_itself(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "(s) {\n}\n(s) {\n}\n", "Corefile:3 - Error during parsing: redeclaration of "
					  "previously declared snippet s" },
		{ "(s)\nlog\n", "Corefile:2 - Syntax error: Unexpected token 'log', expecting '{'" },
		{ "(s) {\n log\n", "Corefile:2 - Syntax error: Unexpected token 'log', expecting '}'" },
		{ "(s) {\n log {\n }\n",
		  "Corefile:3 - Syntax error: Unexpected token '}', expecting '}'" },
		{ "(s) {\n log\n import s\n}\n", "Corefile:4 - Error during parsing: maximum "
						 "snippet import depth (10000) exceeded" },
		{ "(s) {\n import t\n}\n(t) {\n import s\n}\na {\n import s\n}\n",
		  "Corefile:5 - Error during parsing: maximum snippet import depth (10000) "
		  "exceeded" },
		{ "a {\n import s\n}\n(s) {\n}\n",
		  "Corefile:2 - Error during parsing: File to import not found: s" },
	};

	assert_all_bad(table);
}

static void an_import_has_one_name(void **state)
{
	(void)state;
	static const struct bad table[] = {
		{ "import\n", "Corefile:1 - Error during parsing: Wrong argument count or "
			      "unexpected line ending after "
			      "'import'" },
		{ "a {\n log {\n import\n }\n}\n",
		  "Corefile:3 - Error during parsing: Wrong argument count or unexpected line "
		  "ending after 'import'" },
		{ "import \"\"\n",
		  "Corefile:1 - Error during parsing: Import requires a non-empty filepath" },
		{ "import a b\n", "Corefile:1 - Error during parsing: Import takes only one "
				  "argument (glob pattern or file)" },
		{ "a {\n import a {\n}\n", "Corefile:2 - Error during parsing: Import takes only "
					   "one argument (glob pattern or file)" },
	};

	assert_all_bad(table);
}

static void what_snippets_come_to_is_bounded(void **state)
{
	(void)state;
	struct text text = { 0 };

	text_add(&text, "(s) {\n");
	for (int i = 0; i < 10000; i++)
		text_add(&text, " log\n");
	text_add(&text, "}\na {\n");
	for (int i = 0; i < 100; i++)
		text_add(&text, " import s\n");
	text_add(&text, "}\n");
	assert_bad(text.data,
		   "Corefile:10052 - Error during parsing: imports add up to more than 500000 words");

	text_clear(&text);
	text_add(&text, "(s) {\n log \"");
	for (int i = 0; i < 100000; i++)
		text_add(&text, "0123456789");
	text_add(&text, "\"\n}\na {\n");
	for (int i = 0; i < 100; i++)
		text_add(&text, " import s\n");
	text_add(&text, "}\n");
	assert_bad(text.data,
		   "Corefile:72 - Error during parsing: imports add up to more than 67108864 bytes");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_blocks_of_directives),
		cmocka_unit_test(addresses_may_go_on_behind_a_comma),
		cmocka_unit_test(the_only_block_may_do_without_braces),
		cmocka_unit_test(lone_words_are_an_empty_block),
		cmocka_unit_test(a_block_without_address_is_no_block),
		cmocka_unit_test(lines_of_one_directive_are_joined),
		cmocka_unit_test(a_body_ends_with_its_brace),
		cmocka_unit_test(braces_that_do_not_match_are_refused),
		cmocka_unit_test(proxy_is_forward),
		cmocka_unit_test(an_unknown_directive_is_refused),
		cmocka_unit_test(a_snippet_stands_where_it_is_imported),
		cmocka_unit_test(a_word_import_inside_a_line_is_a_word),
		cmocka_unit_test(a_snippet_is_declared_once_with_braces_and_not_of_itself),
		cmocka_unit_test(an_import_has_one_name),
		cmocka_unit_test(what_snippets_come_to_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
