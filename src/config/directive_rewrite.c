/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite [continue|stop] FIELD ..., on one line or in braces: the rules of a block, in their order. */
#include "directive_rewrite.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "knamed/dns.h"
#include "directives.h"
#include "list.h"

bool rewrite_match_read(const char *word, enum rewrite_match *ret_match)
{
	static const char *const words[] = {
		[MATCH_EXACT] = "exact",   [MATCH_PREFIX] = "prefix",
		[MATCH_SUFFIX] = "suffix", [MATCH_SUBSTRING] = "substring",
		[MATCH_REGEX] = "regex",
	};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (!text_equal_fold(words[i], word))
			continue;
		*ret_match = (enum rewrite_match)i;
		return true;
	}
	return false;
}

/* Whether it ends with a dot that separates labels: one that no backslash stands for. */
static bool has_final_dot(const char *text, size_t size)
{
	size_t slashes = 0;
	if (size == 0 || text[size - 1] != '.')
		return false;
	while (slashes < size - 1 && text[size - 2 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

char *rewrite_name_copy(const struct directive *directive, const char *word)
{
	size_t size = strlen(word);
	char *copy = arena_alloc(directive->config->arena, size + 2);
	for (size_t i = 0; i < size; i++)
		copy[i] = (char)tolower((unsigned char)word[i]);
	if (!has_final_dot(word, size))
		copy[size] = '.';
	return copy;
}

bool rewrite_pattern_check(const char *pattern, unsigned *ret_groups, struct error *error)
{
	struct regex *regex = regex_new(pattern, error);
	if (regex == NULL)
		return false;
	*ret_groups = regex_group_count(regex) - 1;
	regex_free(regex);
	return true;
}

/* ---- type and class ---- */

/* By their words alone: "TYPE65" and the like are none. */
static bool type_read(const char *word, uint16_t *ret_number)
{
	return strncasecmp(word, "TYPE", 4) != 0 && dns_type_from_text(word, ret_number);
}

static bool class_read(const char *word, uint16_t *ret_number)
{
	return strncasecmp(word, "CLASS", 5) != 0 && dns_class_from_text(word, ret_number);
}

static bool read_codes(const struct rule_words *words, struct config_rewrite *rule, struct error *error)
{
	bool is_type = rule->field == REWRITE_TYPE;
	const char *field = is_type ? "type" : "class";
	bool (*code_read)(const char *, uint16_t *) = is_type ? type_read : class_read;
	if (words->count != 2)
		return directive_fail(words->directive, error,
				      "%s rules must have exactly two arguments", field);
	for (unsigned i = 0; i < 2; i++)
		if (!code_read(words->words[i], i == 0 ? &rule->code : &rule->new_code))
			return directive_fail(words->directive, error, "invalid %s \"%s\"", field,
					      words->words[i]);
	return true;
}

/* ---- rules ---- */

typedef bool (*field_read)(const struct rule_words *words, struct config_rewrite *rule,
			   struct error *error);

static const struct {
	const char *name;
	enum rewrite_field field;
	field_read read;
} fields[] = {
	{ "name", REWRITE_NAME, rewrite_name_read },
	{ "type", REWRITE_TYPE, read_codes },
	{ "class", REWRITE_CLASS, read_codes },
	{ "ttl", REWRITE_TTL, rewrite_ttl_read },
	{ "rcode", REWRITE_RCODE, rewrite_rcode_read },
	{ "cname", REWRITE_CNAME, rewrite_cname_read },
};

static bool fail_field(const struct directive *directive, const char *field, const char *first,
		       struct error *error)
{
	if (text_equal_fold(field, "answer"))
		return directive_fail(directive, error,
				      "response rewrites must begin with a name rule");
	if (text_equal_fold(field, "edns0"))
		return directive_fail_unbuilt(directive, "the field edns0 of a rule", error);
	return directive_fail(directive, error, "invalid rule type \"%s\"", first);
}

static bool read_rule(const struct directive *directive, const struct words *words,
		      struct config_rewrite *rule, struct error *error)
{
	if (words->count == 0)
		return directive_fail(directive, error, "no rule type specified for rewrite");
	const char *first = words->words[0];
	rule->continues = text_equal_fold(first, "continue");
	size_t at = rule->continues || text_equal_fold(first, "stop") ? 1 : 0;
	if (at == words->count)
		return directive_fail(directive, error, "%s rule must begin with a rule type",
				      rule->continues ? "continue" : "stop");
	size_t i = 0;
	while (i < COUNT_OF(fields) && !text_equal_fold(fields[i].name, words->words[at]))
		i++;
	if (i == COUNT_OF(fields))
		return fail_field(directive, words->words[at], first, error);
	rule->field = fields[i].field;
	at++;
	struct rule_words rest = { directive, words->words + at, words->count - at };
	return fields[i].read(&rest, rule, error);
}

static bool add_rule(const struct directive *directive, const struct config_rewrite *rule,
		     struct error *error)
{
	struct config_block *block = directive->block;
	size_t continuing = rule->continues;
	for (size_t i = 0; i < block->rewrite_count; i++)
		continuing += block->rewrites[i].continues;
	if (block->rewrite_count == REWRITES_MAX)
		return directive_fail(directive, error, "more than %d rules", REWRITES_MAX);
	if (continuing > REWRITE_CONTINUES_MAX)
		return directive_fail(directive, error, "more than %d rules with continue",
				      REWRITE_CONTINUES_MAX);
	block->rewrites = list_grow(directive->config->arena, block->rewrites, block->rewrite_count,
				    sizeof(*rule));
	block->rewrites[block->rewrite_count++] = *rule;
	return true;
}

/* One rule's words. A line with fewer than two goes on in braces. */
static struct words take_words(struct directive *directive)
{
	struct words words = { 0 };
	struct arena *arena = directive->config->arena;
	struct arguments arguments = directive_arguments(directive);
	for (size_t i = 0; i < arguments.count; i++)
		words_add(arena, &words, argument(arguments, i));
	if (arguments.count < 2)
		while (directive_next_option(directive))
			words_add(arena, &words, directive_text(directive));
	return words;
}

bool directive_rewrite_read(struct directive *directive, struct error *error)
{
	while (directive_next(directive)) {
		struct directive begin = *directive; /* its line is the one that is named */
		struct words words = take_words(directive);
		struct config_rewrite rule = { .at = directive_at(directive) };
		if (!read_rule(&begin, &words, &rule, error) || !add_rule(&begin, &rule, error))
			return false;
	}
	return true;
}
