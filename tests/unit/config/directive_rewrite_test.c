/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite. */
#include "reading.h"

static void print_rule(struct text *text, const struct config_rewrite *rule)
{
	static const char *const fields[] = { "name", "type", "class", "ttl", "rcode", "cname" };
	static const char *const matches[] = { "exact", "prefix", "suffix", "substring", "regex" };
	text_printf(text, "%s%s", rule->continues ? "continue " : "", fields[rule->field]);
	if (rule->from != NULL)
		text_printf(text, " %s %s", matches[rule->match], rule->from);
	if (rule->to != NULL)
		text_printf(text, " -> %s", rule->to);
	if (rule->code != 0 || rule->new_code != 0)
		text_printf(text, " %u -> %u", rule->code, rule->new_code);
	if (rule->field == REWRITE_TTL)
		text_printf(text, " %u-%u", rule->ttl_least, rule->ttl_most);
	text_add(text, rule->is_auto ? " auto" : "");
	for (size_t i = 0; i < rule->answer_count; i++)
		text_printf(text, " %s %s -> %s", rule->answers[i].is_value ? "value" : "name",
			    rule->answers[i].pattern, rule->answers[i].to);
}

static void assert_rule(const char *lines, const char *expected)
{
	struct config *config = read_body(lines);
	struct text text = { 0 };
	text_add(&text, "");
	assert_int_equal(config->blocks[0].rewrite_count, 1);
	print_rule(&text, &config->blocks[0].rewrites[0]);
	assert_string_equal(text.data, expected);
	text_done(&text);
	config_free(config);
}

static void names_are_rewritten_by_all_matches(void **state)
{
	static const struct {
		const char *lines, *rule;
	} table[] = {
		{ "rewrite name A.Example b", "name exact a.example. -> b. auto" },
		{ "rewrite name exact a b.", "name exact a. -> b. auto" },
		{ "rewrite stop NAME Exact a b", "name exact a. -> b. auto" },
		{ "rewrite name prefix A b", "name prefix a. -> b." },
		{ "rewrite continue name suffix .A .b", "continue name suffix .a. -> .b." },
		{ "rewrite name substring a b", "name substring a. -> b." },
		{ "rewrite name regex (.*)\\.A$ {1}.B", "name regex (.*)\\.A$ -> {1}.b." },
		{ "rewrite name exact a b\\.", "name exact a. -> b\\.. auto" },
		{ "rewrite name exact a b answer auto", "name exact a. -> b. auto" },
		{ "rewrite name suffix a b answer auto", "name suffix a. -> b. auto" },
		{ "rewrite name regex (a) {1} answer name (b) {1} value c D answer value e f.",
		  "name regex (a) -> {1}. name (b) -> {1}. value c -> d. value e -> f." },
		{ "rewrite stop {\n name regex (a) {1}\n answer name b c\n answer value d e\n}",
		  "name regex (a) -> {1}. name b -> c. value d -> e." },
		{ "rewrite {\n name exact a b\n}", "name exact a. -> b. auto" },
		{ "metadata\nrewrite name regex ^(A) {1}.X.{Plug/Label} metadata answer auto",
		  "name regex ^(A) -> {1}.x.{Plug/Label}. auto" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_rule(table[i].lines, table[i].rule);
}

static void other_fields_are_rewritten(void **state)
{
	static const struct {
		const char *lines, *rule;
	} table[] = {
		{ "rewrite type any HINFO", "type 255 -> 13" },
		{ "rewrite class ch IN", "class 3 -> 1" },
		{ "rewrite ttl a 30", "ttl exact a. 30-30" },
		{ "rewrite ttl suffix .a 30-300", "ttl suffix .a. 30-300" },
		{ "rewrite ttl regex ^a 30-", "ttl regex ^a 30-2147483647" },
		{ "rewrite ttl prefix a -30", "ttl prefix a. 0-30" },
		{ "rewrite ttl a 4294967295", "ttl exact a. 4294967295-4294967295" },
		{ "rewrite rcode a SERVFAIL NOERROR", "rcode exact a. 2 -> 0" },
		{ "rewrite continue rcode regex ^a 2 23", "continue rcode regex ^a 2 -> 23" },
		{ "rewrite rcode substring a badsig notimpl", "rcode substring a. 16 -> 4" },
		{ "rewrite cname A b", "cname exact a. -> b." },
		{ "rewrite cname prefix A B", "cname prefix a -> b" },
		{ "rewrite cname suffix .a. .b.", "cname suffix .a. -> .b." },
		{ "rewrite cname regex (.*)\\S.A. {1}.B.", "cname regex (?i)(.*)\\S.A. -> {1}.b." },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		assert_rule(table[i].lines, table[i].rule);
}

static void rules_keep_their_order(void **state)
{
	(void)state;
	struct config *config = read_body("rewrite name a b\nwhoami\nrewrite type A AAAA\n"
					  "rewrite continue {\n ttl c 5\n}\n");
	struct config_block *block = &config->blocks[0];
	assert_int_equal(block->rewrite_count, 3);
	assert_int_equal(block->rewrites[0].field, REWRITE_NAME);
	assert_int_equal(block->rewrites[1].field, REWRITE_TYPE);
	assert_int_equal(block->rewrites[2].field, REWRITE_TTL);
	assert_true(block->rewrites[2].continues);
	config_free(config);
}

/* The documentation of CoreDNS has it, and CoreDNS takes it for a pattern "auto" and a name "answer.". */
static void answer_name_auto_is_auto(void **state)
{
	static const char rule[] = "rewrite stop {\n name suffix .arpa .arpa\n answer name auto\n"
				   " answer value (.*)\\.service\\.consul\\. {1}.coredns.rocks.\n}";
	(void)state;
	assert_rule(rule, "name suffix .arpa. -> .arpa. auto value (.*)\\.service\\.consul\\. -> "
			  "{1}.coredns.rocks.");
	struct config *config = read_body(rule);
	assert_words(&config->notes, "Corefile:2 - \"answer name auto\" is read as \"answer auto\"");
	config_free(config);
}

static void metadata_without_metadata_is_remarked_on(void **state)
{
	(void)state;
	struct config *config = read_body("rewrite name regex ^(a) {1}.{x/y} metadata");
	assert_true(config->blocks[0].rewrites[0].has_metadata);
	assert_words(&config->notes, "Corefile:2 - nothing is known of questions without `metadata` in "
				     "the same block: this rule is passed over");
	config_free(config);
}

static void a_suffix_that_no_target_has_is_remarked_on(void **state)
{
	(void)state;
	struct config *config = read_body("rewrite cname suffix .a .b");
	assert_words(&config->notes, "Corefile:2 - no target of a CNAME ends with \".a\": all of "
				     "them end with a dot");
	config_free(config);
}

#define BAD(line, sentence)                                                                        \
	{                                                                                          \
		"rewrite " line, "plugin/rewrite: Corefile:2 - Error during parsing: " sentence    \
	}

static void bad_rules_are_told_by_their_line(void **state)
{
	static const struct bad table[] = {
		BAD("", "no rule type specified for rewrite"),
		BAD("name", "too few arguments for a name rule"),
		BAD("stop", "stop rule must begin with a rule type"),
		BAD("Continue", "continue rule must begin with a rule type"),
		BAD("name foo a b",
		    "name rule supports only exact, prefix, suffix, substring, and regex name "
		    "matching, received: foo"),
		BAD("name regex a[ b", "invalid regex matching pattern: a["),
		BAD("name a b[", "invalid regex matching pattern: b[."),
		BAD("name regex (a) {1}{2}",
		    "the rewrite regex pattern ({1}{2}) uses more subexpressions than its "
		    "corresponding matching regex pattern ((a))"),
		BAD("name exact a b answer", "invalid arguments for exact rule"),
		BAD("name exact a b foo bar",
		    "exceeded the number of arguments for a non-answer rule argument for exact rule"),
		BAD("name exact a b answer auto answer", "type missing for answer rule for exact rule"),
		BAD("name exact a b answer foo x",
		    "invalid type \"foo\" for answer rule for exact rule"),
		BAD("name suffix a b answer name x",
		    "name answer rule for suffix rule: 2 arguments required"),
		BAD("name exact a b answer value c[ d",
		    "value answer rule for exact rule: invalid regex matching pattern: c["),
		BAD("name suffix a b answer name c d auto",
		    "auto name answer rule cannot be combined with explicit name answer rules"),
		BAD("name exact a b metadata", "metadata is only supported for regex name rules"),
		BAD("name regex a {x} metadata", "invalid metadata label \"x\" in name replacement"),
		BAD("name regex a {x/} metadata", "invalid metadata label \"x/\" in name replacement"),
		BAD("name regex (a) {2} metadata",
		    "capture group 2 does not exist in name matching pattern"),
		BAD("name regex a {x/y metadata", "unclosed placeholder in metadata name replacement"),
		BAD("name regex a x}y metadata", "unmatched closing brace in metadata name replacement"),
		BAD("name regex a[ x metadata", "invalid regex matching pattern: a["),
		BAD("name regex a x metadata answer", "invalid arguments for regex rule"),
		BAD("answer name a b", "response rewrites must begin with a name rule"),
		BAD("edns0 local set 0xffee abcd", "the field edns0 of a rule is not built into knamed"),
		BAD("foo a b", "invalid rule type \"foo\""),
		BAD("type A", "type rules must have exactly two arguments"),
		BAD("type A FOO", "invalid type \"FOO\""),
		BAD("type TYPE65 A", "invalid type \"TYPE65\""),
		BAD("class IN CLASS7", "invalid class \"CLASS7\""),
		BAD("ttl a", "too few (1) arguments for a ttl rule"),
		BAD("ttl exact a b 5", "too many (4) arguments for a ttl rule"),
		BAD("ttl a -", "invalid TTL '-' for a ttl rule"),
		BAD("ttl a 5-3", "invalid TTL '5-3' for a ttl rule"),
		BAD("ttl a 1-2-3", "invalid TTL '1-2-3' for a ttl rule"),
		BAD("ttl a 4294967296", "invalid TTL '4294967296' for a ttl rule"),
		BAD("ttl regex a[ 5", "invalid regex pattern in a ttl rule: a["),
		BAD("rcode a b", "too few (2) arguments for a rcode rule"),
		BAD("rcode a 24 0", "invalid matching RCODE '24' for a rcode rule"),
		BAD("rcode a 3 RCODE9", "invalid replacement RCODE 'RCODE9' for a rcode rule"),
		BAD("rcode foo a 2 3",
		    "rcode rule supports only exact, prefix, suffix, substring, and regex name "
		    "matching"),
		BAD("cname a", "too few (1) arguments for a cname rule"),
		BAD("cname foo a b", "unknown cname rewrite type: foo"),
		BAD("cname prefix \"\" b", "a cname rule needs a name and a new one"),
		BAD("cname regex a[ b",
		    "invalid cname rewrite regex pattern: error parsing regexp: missing closing ]: "
		    "`[`"),
		BAD("name exact a b {\n answer auto\n}", "no rule type specified for rewrite"),
	};
	(void)state;
	assert_all_bad_bodies(table);
}

static void a_pattern_has_an_end(void **state)
{
	(void)state;
	struct text text = { 0 };
	text_add(&text, "rewrite name regex ");
	for (unsigned i = 0; i < REGEX_PATTERN_MAX + 1; i++)
		text_add(&text, "a");
	text_add(&text, " b");
	assert_bad_body(text.data, "plugin/rewrite: Corefile:2 - Error during parsing: regex pattern too "
				   "long: 10001 > 10000");
	text_done(&text);
}

static void rules_are_bounded(void **state)
{
	(void)state;
	struct text text = { 0 };
	for (unsigned i = 0; i <= REWRITE_CONTINUES_MAX; i++)
		text_add(&text, "rewrite continue type A A\n");
	assert_bad_body(text.data, "plugin/rewrite: Corefile:65 - Error during parsing: more than 63 "
				   "rules with continue");
	text_clear(&text);
	for (unsigned i = 0; i <= REWRITES_MAX; i++)
		text_add(&text, "rewrite type A A\n");
	assert_bad_body(text.data, "plugin/rewrite: Corefile:4098 - Error during parsing: more than 4096 "
				   "rules");
	text_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_rewritten_by_all_matches),
		cmocka_unit_test(other_fields_are_rewritten),
		cmocka_unit_test(rules_keep_their_order),
		cmocka_unit_test(answer_name_auto_is_auto),
		cmocka_unit_test(metadata_without_metadata_is_remarked_on),
		cmocka_unit_test(a_suffix_that_no_target_has_is_remarked_on),
		cmocka_unit_test(bad_rules_are_told_by_their_line),
		cmocka_unit_test(a_pattern_has_an_end),
		cmocka_unit_test(rules_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
