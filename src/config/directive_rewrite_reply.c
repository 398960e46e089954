/* SPDX-License-Identifier: Apache-2.0 */
/* ttl, rcode and cname: rules that change nothing of the question. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "knamed/dns.h"
#include "directive_rewrite.h"

/* ---- whose answers ---- */

/* [MATCH] NAME of a rule of this field; exact where no match is named. */
static bool read_subject(const struct rule_words *words, const char *field, bool has_match,
			 struct config_rewrite *rule, struct error *error)
{
	const struct directive *directive = words->directive;
	const char *name = words->words[has_match];
	unsigned groups;
	struct error reason;
	rule->match = MATCH_EXACT;
	if (has_match && !rewrite_match_read(words->words[0], &rule->match))
		return directive_fail(directive, error,
				      "%s rule supports only exact, prefix, suffix, substring, and regex "
				      "name matching",
				      field);
	if (rule->match != MATCH_REGEX) {
		rule->from = rewrite_name_copy(directive, name);
		return true;
	}
	rule->from = directive_copy(directive, name);
	if (strlen(name) > REGEX_PATTERN_MAX)
		return directive_fail(directive, error,
				      "regex pattern too long in a %s rule: %zu > %d", field,
				      strlen(name), REGEX_PATTERN_MAX);
	return rewrite_pattern_check(name, &groups, &reason) ||
	       directive_fail(directive, error, "invalid regex pattern in a %s rule: %s", field, name);
}

/* ---- ttl ---- */

static bool read_bound(const char *text, size_t size, uint32_t otherwise, uint32_t *ret_bound)
{
	char digits[16] = "";
	uint64_t number = otherwise;
	if (size >= sizeof(digits))
		return false;
	memcpy(digits, text, size);
	if (size > 0 && !text_to_number(digits, 0, UINT32_MAX, &number))
		return false;
	*ret_bound = (uint32_t)number;
	return true;
}

/* SECONDS, MIN-MAX, MIN- or -MAX. */
static bool read_range(const char *text, struct config_rewrite *rule)
{
	const char *dash = strchr(text, '-');
	size_t size = strlen(text);
	if (dash == NULL)
		return size > 0 && read_bound(text, size, 0, &rule->ttl_least) &&
		       read_bound(text, size, 0, &rule->ttl_most);
	size_t head = (size_t)(dash - text), tail = size - head - 1;
	return head + tail > 0 && read_bound(text, head, 0, &rule->ttl_least) &&
	       read_bound(dash + 1, tail, INT32_MAX, &rule->ttl_most) &&
	       rule->ttl_least <= rule->ttl_most;
}

bool rewrite_ttl_read(const struct rule_words *words, struct config_rewrite *rule, struct error *error)
{
	if (words->count < 2)
		return directive_fail(words->directive, error,
				      "too few (%zu) arguments for a ttl rule", words->count);
	if (words->count > 3)
		return directive_fail(words->directive, error,
				      "too many (%zu) arguments for a ttl rule", words->count);
	const char *range = words->words[words->count - 1];
	if (!read_range(range, rule))
		return directive_fail(words->directive, error, "invalid TTL '%s' for a ttl rule",
				      range);
	return read_subject(words, "ttl", words->count == 3, rule, error);
}

/* ---- rcode ---- */

static bool read_rcode(const char *text, uint16_t *ret_rcode)
{
	uint64_t number;
	if (text_to_number(text, 0, 23, &number)) {
		*ret_rcode = (uint16_t)number;
		return true;
	}
	if (text_equal_fold(text, "BADSIG")) { /* the same number means either */
		*ret_rcode = RCODE_BADVERS;
		return true;
	}
	if (text_equal_fold(text, "NOTIMPL"))
		text = "NOTIMP";
	return strncasecmp(text, "RCODE", 5) != 0 && dns_rcode_from_text(text, ret_rcode);
}

bool rewrite_rcode_read(const struct rule_words *words, struct config_rewrite *rule, struct error *error)
{
	const struct directive *directive = words->directive;
	if (words->count < 3)
		return directive_fail(directive, error, "too few (%zu) arguments for a rcode rule",
				      words->count);
	if (words->count > 4)
		return directive_fail(directive, error, "too many (%zu) arguments for a rcode rule",
				      words->count);
	const char *from = words->words[words->count - 2], *to = words->words[words->count - 1];
	if (!read_rcode(from, &rule->code))
		return directive_fail(directive, error,
				      "invalid matching RCODE '%s' for a rcode rule", from);
	if (!read_rcode(to, &rule->new_code))
		return directive_fail(directive, error,
				      "invalid replacement RCODE '%s' for a rcode rule", to);
	return read_subject(words, "rcode", words->count == 4, rule, error);
}

/* ---- cname ---- */

/* Only whole names get a final dot here (C). */
static char *target_copy(const struct directive *directive, const char *word, bool is_whole)
{
	char *copy = is_whole ? rewrite_name_copy(directive, word) : directive_copy(directive, word);
	for (char *c = copy; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static bool read_target_pattern(const struct directive *directive, const char *pattern,
				struct config_rewrite *rule, struct error *error)
{
	unsigned groups;
	struct error reason;
	if (strlen(pattern) > REGEX_PATTERN_MAX - strlen("(?i)"))
		return directive_fail(directive, error,
				      "regex pattern too long in a cname rule: %zu > %d",
				      strlen(pattern), REGEX_PATTERN_MAX);
	if (!rewrite_pattern_check(pattern, &groups, &reason))
		return directive_fail(directive, error, "invalid cname rewrite regex pattern: %s",
				      reason.text);
	/* Targets are spelled as others spell them. */
	char *folded = arena_alloc(directive->config->arena, strlen(pattern) + sizeof("(?i)"));
	memcpy(folded, "(?i)", 4);
	memcpy(folded + 4, pattern, strlen(pattern));
	rule->from = folded;
	return true;
}

bool rewrite_cname_read(const struct rule_words *words, struct config_rewrite *rule, struct error *error)
{
	const struct directive *directive = words->directive;
	if (words->count != 2 && words->count != 3)
		return directive_fail(directive, error, "too %s (%zu) arguments for a cname rule",
				      words->count < 2 ? "few" : "many", words->count);
	bool has_match = words->count == 3;
	const char *from = words->words[has_match], *to = words->words[has_match + 1];
	rule->match = MATCH_EXACT;
	if (has_match && !rewrite_match_read(words->words[0], &rule->match))
		return directive_fail(directive, error, "unknown cname rewrite type: %s",
				      words->words[0]);
	if (*from == '\0' || *to == '\0')
		return directive_fail(directive, error, "a cname rule needs a name and a new one");
	rule->to = target_copy(directive, to, rule->match == MATCH_EXACT);
	if (rule->match == MATCH_REGEX)
		return read_target_pattern(directive, from, rule, error);
	rule->from = target_copy(directive, from, rule->match == MATCH_EXACT);
	if (rule->match == MATCH_SUFFIX && from[strlen(from) - 1] != '.')
		directive_note(directive,
			       "no target of a CNAME ends with \"%s\": all of them end with a dot",
			       from);
	return true;
}
