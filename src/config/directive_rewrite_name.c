/* SPDX-License-Identifier: Apache-2.0 */
/* name [MATCH] FROM TO [answer ...]: how a question's name is changed, and what becomes of the names in its answer. */
#include <stdio.h>
#include <string.h>

#include "directive_rewrite.h"
#include "list.h"

enum { GROUPS_COUNTED = 101, ANSWERS_MAX = 64 };

/* How many different groups "{0}", "{1}".. a replacement names. */
static unsigned groups_used(const char *replacement)
{
	unsigned used = 0;
	for (unsigned i = 0; i < GROUPS_COUNTED; i++) {
		char group[8];
		snprintf(group, sizeof(group), "{%u}", i);
		used += strstr(replacement, group) != NULL;
	}
	return used;
}

/* `context` stands in front of the sentence. */
static bool check_pattern(const struct rule_words *words, const char *context, const char *pattern,
			  const char *replacement, struct error *error)
{
	unsigned groups;
	struct error reason;
	if (strlen(pattern) > REGEX_PATTERN_MAX)
		return directive_fail(words->directive, error, "%sregex pattern too long: %zu > %d",
				      context, strlen(pattern), REGEX_PATTERN_MAX);
	if (!rewrite_pattern_check(pattern, &groups, &reason))
		return directive_fail(words->directive, error,
				      "%sinvalid regex matching pattern: %s", context, pattern);
	if (groups_used(replacement) > groups)
		return directive_fail(words->directive, error,
				      "%sthe rewrite regex pattern (%s) uses more subexpressions than its corresponding "
				      "matching regex pattern (%s)",
				      context, replacement, pattern);
	return true;
}

/* ---- answers ---- */

struct answer_reading {
	const struct rule_words *words;
	const char *match; /* of the rule, as it was written; sentences name it */
	size_t at;
	bool has_names;
};

static size_t left(const struct answer_reading *reading)
{
	return reading->words->count - reading->at;
}

static bool add_answer(struct answer_reading *reading, struct config_rewrite *rule,
		       const char *type, struct error *error)
{
	const struct directive *directive = reading->words->directive;
	char context[64];
	snprintf(context, sizeof(context), "%s answer rule for %.16s rule: ", type, reading->match);
	if (left(reading) < 2)
		return directive_fail(directive, error, "%s2 arguments required", context);
	const char *pattern = reading->words->words[reading->at];
	const char *to = reading->words->words[reading->at + 1];
	if (!check_pattern(reading->words, context, pattern, to, error))
		return false;
	if (rule->answer_count == ANSWERS_MAX)
		return directive_fail(directive, error, "more than %d answer rules", ANSWERS_MAX);
	struct config_rewrite_answer answer = {
		.is_value = strcmp(type, "value") == 0,
		.pattern = directive_copy(directive, pattern),
		.to = rewrite_name_copy(directive, to),
	};
	reading->has_names |= !answer.is_value;
	reading->at += 2;
	rule->answers = list_grow(directive->config->arena, rule->answers, rule->answer_count,
				  sizeof(answer));
	rule->answers[rule->answer_count++] = answer;
	return true;
}

/* "answer name auto", as the documentation of CoreDNS writes it, and more behind it. Taken by its
 * word it would call whatever has "auto" in its name "answer.". */
static bool is_auto_name(const struct answer_reading *reading)
{
	char *const *words = reading->words->words + reading->at;
	return left(reading) >= 2 && strcmp(words[0], "auto") == 0 && strcmp(words[1], "answer") == 0;
}

static bool read_answer(struct answer_reading *reading, struct config_rewrite *rule, struct error *error)
{
	const struct directive *directive = reading->words->directive;
	const char *type = reading->words->words[reading->at++];
	if (strcmp(type, "auto") == 0) {
		rule->is_auto = true;
		return true;
	}
	if (strcmp(type, "name") != 0 && strcmp(type, "value") != 0)
		return directive_fail(directive, error,
				      "invalid type \"%s\" for answer rule for %s rule", type,
				      reading->match);
	if (strcmp(type, "name") == 0 && is_auto_name(reading)) {
		directive_note(directive, "\"answer name auto\" is read as \"answer auto\"");
		rule->is_auto = true;
		reading->at++;
		return true;
	}
	return add_answer(reading, rule, type, error);
}

static bool read_answers(struct answer_reading *reading, struct config_rewrite *rule,
			 struct error *error)
{
	const struct rule_words *words = reading->words;
	if (left(reading) < 2)
		return directive_fail(words->directive, error, "invalid arguments for %s rule",
				      reading->match);
	for (bool is_first = true; left(reading) > 0; is_first = false) {
		bool is_named = strcmp(words->words[reading->at], "answer") == 0;
		if (is_first && !is_named)
			return directive_fail(words->directive, error,
					      "exceeded the number of arguments for a non-answer rule argument for "
					      "%s rule",
					      reading->match);
		reading->at += is_named;
		if (left(reading) == 0)
			return directive_fail(words->directive, error,
					      "type missing for answer rule for %s rule",
					      reading->match);
		if (!read_answer(reading, rule, error))
			return false;
	}
	if (rule->is_auto && reading->has_names)
		return directive_fail(
			words->directive, error,
			"auto name answer rule cannot be combined with explicit name answer rules");
	return true;
}

/* ---- the rule ---- */

/* "plugin/label", neither part empty. */
static bool is_label(const char *text, size_t size)
{
	const char *slash = memchr(text, '/', size);
	return slash != NULL && slash > text && slash < text + size - 1 &&
	       memchr(text, '{', size) == NULL;
}

/* What stands in braces in a new name: a group, or a label. */
static bool check_placeholder(const struct rule_words *words, const char *text, size_t size,
			      unsigned groups, struct error *error)
{
	char group[12] = "";
	uint64_t number;
	memcpy(group, text, size < sizeof(group) ? size : 0);
	if (!text_to_number(group, 0, UINT32_MAX, &number))
		return is_label(text, size) ||
		       directive_fail(words->directive, error,
				      "invalid metadata label \"%.*s\" in name replacement",
				      (int)size, text);
	return number <= groups ||
	       directive_fail(words->directive, error,
			      "capture group %s does not exist in name matching pattern", group);
}

/* Labels keep their case, what stands between them is a name's. */
static bool read_metadata(const struct rule_words *words, struct config_rewrite *rule,
			  unsigned groups, struct error *error)
{
	const struct directive *directive = words->directive;
	for (char *c = rule->to; *c != '\0'; c++) {
		if (*c == '}')
			return directive_fail(directive, error,
					      "unmatched closing brace in metadata name replacement");
		if (*c != '{')
			continue;
		char *end = strchr(c, '}');
		if (end == NULL)
			return directive_fail(directive, error,
					      "unclosed placeholder in metadata name replacement");
		size_t at = (size_t)(c + 1 - rule->to), size = (size_t)(end - c) - 1;
		memcpy(c + 1, words->words[2] + at, size);
		if (!check_placeholder(words, c + 1, size, groups, error))
			return false;
		c = end;
	}
	if (!directive->block->metadata)
		directive_note(directive, "nothing is known of questions without `metadata` in the same "
					  "block: this rule is passed over");
	return true;
}

static bool check_metadata(const struct rule_words *words, struct config_rewrite *rule,
			   struct error *error)
{
	unsigned groups;
	return check_pattern(words, "", rule->from, "", error) &&
	       rewrite_pattern_check(rule->from, &groups, error) &&
	       read_metadata(words, rule, groups, error);
}

/* CoreDNS takes the new name of an exact rule for a pattern too, which tells a few mistakes. */
static bool check_rule(const struct rule_words *words, struct config_rewrite *rule, const char *to,
		       struct error *error)
{
	if (rule->match == MATCH_EXACT)
		return check_pattern(words, "", rule->to, rule->from, error);
	if (rule->has_metadata)
		return check_metadata(words, rule, error);
	return rule->match != MATCH_REGEX || check_pattern(words, "", rule->from, to, error);
}

bool rewrite_name_read(const struct rule_words *words, struct config_rewrite *rule, struct error *error)
{
	const struct directive *directive = words->directive;
	struct answer_reading reading = { .words = words, .match = "exact", .at = 3 };
	if (words->count < 2)
		return directive_fail(directive, error, "too few arguments for a name rule");
	size_t at = words->count >= 3;
	if (at > 0) {
		char *match = directive_copy(directive, words->words[0]);
		for (char *c = match; *c != '\0'; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
		reading.match = match;
	}
	rule->has_metadata = words->count > 3 && strcmp(words->words[3], "metadata") == 0;
	if (rule->has_metadata && strcmp(reading.match, "regex") != 0)
		return directive_fail(directive, error,
				      "metadata is only supported for regex name rules");
	reading.at += rule->has_metadata;
	if (words->count > reading.at && !read_answers(&reading, rule, error))
		return false;
	if (!rewrite_match_read(reading.match, &rule->match))
		return directive_fail(directive, error,
				      "name rule supports only exact, prefix, suffix, substring, and "
				      "regex name matching, received: %s",
				      reading.match);
	const char *from = words->words[at], *to = words->words[at + 1];
	rule->from = rule->match == MATCH_REGEX ? directive_copy(directive, from)
						: rewrite_name_copy(directive, from);
	rule->to = rewrite_name_copy(directive, to);
	rule->is_auto |= rule->match == MATCH_EXACT;
	return check_rule(words, rule, to, error);
}
