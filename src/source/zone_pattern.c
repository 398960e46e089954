/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns are written for Go's regular expressions and run by POSIX' extended ones. What means the
 * same in both is passed on, \d, (?:...) and escapes in sets are put in other words, the rest is
 * refused. */
#include "zone_pattern.h"

#include <ctype.h>
#include <string.h>

struct translation {
	const char *at;
	struct text regex;
	struct zone_pattern *pattern;
	unsigned posix_groups;
	struct error *error;
};

static bool refuse(const struct translation *translation, int size)
{
	return error_set(translation->error, "regexp: '%.*s' is not supported", size, translation->at);
}

/* Whether the escaped character stands for itself without the backslash, and with it for something
 * else. */
static bool is_plain(char c, bool in_set)
{
	if (in_set)
		return ispunct((unsigned char)c) && strchr("]^-", c) == NULL;
	return c != '\0' && strchr("<>`'", c) != NULL;
}

/* Behind a backslash; `in_set`: between brackets, where POSIX knows no escapes. */
static bool translate_escape(struct translation *translation, bool in_set)
{
	char c = translation->at[1];

	if (c == 'd')
		text_add(&translation->regex, in_set ? "0-9" : "[0-9]");
	else if (c == 'D' && !in_set)
		text_add(&translation->regex, "[^0-9]");
	else if (c == 'w' && in_set)
		text_add(&translation->regex, "[:alnum:]_");
	else if (c == 's' && in_set)
		text_add(&translation->regex, "[:space:]");
	else if (is_plain(c, in_set))
		text_add_n(&translation->regex, &c, 1);
	else if (!in_set && c != '\0' && (ispunct((unsigned char)c) || strchr("wWsSbB", c) != NULL))
		text_add_n(&translation->regex, translation->at, 2);
	else
		return refuse(translation, 2);
	translation->at += 2;
	return true;
}

static bool translate_set(struct translation *translation)
{
	const char *start = translation->at;

	translation->at += translation->at[1] == '^' ? 2 : 1;
	translation->at += *translation->at == ']'; /* first in a set it is a letter */
	text_add_n(&translation->regex, start, (size_t)(translation->at - start));
	while (*translation->at != '\0' && *translation->at != ']') {
		if (*translation->at == '\\') {
			if (!translate_escape(translation, true))
				return false;
			continue;
		}
		size_t size = 1;
		if (strncmp(translation->at, "[:", 2) == 0 && strstr(translation->at, ":]") != NULL)
			size = (size_t)(strstr(translation->at, ":]") + 2 - translation->at);
		text_add_n(&translation->regex, translation->at, size);
		translation->at += size;
	}
	return true;
}

static bool translate_group(struct translation *translation)
{
	struct zone_pattern *pattern = translation->pattern;
	bool captures = translation->at[1] != '?';

	if (!captures && translation->at[2] != ':')
		return refuse(translation, 3);
	if (++translation->posix_groups == PATTERN_GROUPS)
		return error_set(translation->error, "regexp: too many groups");
	if (captures)
		pattern->groups[pattern->group_count++] = (uint8_t)translation->posix_groups;
	text_add(&translation->regex, "(");
	translation->at += captures ? 1 : 3;
	return true;
}

static bool translate(struct translation *translation)
{
	while (*translation->at != '\0') {
		char c = *translation->at;
		bool good = true;
		if (c == '\\')
			good = translate_escape(translation, false);
		else if (c == '(')
			good = translate_group(translation);
		else if (c == '[')
			good = translate_set(translation);
		else if (strchr("*+?}", c) != NULL && translation->at[1] == '?')
			good = refuse(translation, 2); /* as few as possible: POSIX takes the longest */
		if (!good)
			return false;
		if (c == '\\' || c == '(' || (c == '[' && *translation->at == '\0'))
			continue;
		text_add_n(&translation->regex, translation->at++, 1);
	}
	return true;
}

bool zone_pattern_init(struct zone_pattern *pattern, const char *text, const char *template_,
		       struct error *error)
{
	struct translation translation = { .at = text, .pattern = pattern, .error = error };

	*pattern = (struct zone_pattern){ .group_count = 1, .template_ = template_ };
	text_add(&translation.regex, "");
	bool good = translate(&translation);
	if (good) {
		int failure = regcomp(&pattern->regex, translation.regex.data, REG_EXTENDED);
		char words[128];
		regerror(failure, &pattern->regex, words, sizeof(words));
		good = failure == 0 || error_set(error, "regexp '%s': %s", text, words);
	}
	text_done(&translation.regex);
	return good;
}

void zone_pattern_done(struct zone_pattern *pattern)
{
	regfree(&pattern->regex);
}

/* "{1}" is the first group; a group that is not there is empty. */
static void expand(const struct zone_pattern *pattern, const char *name, const regmatch_t *matches,
		   struct text *text)
{
	for (const char *at = pattern->template_; *at != '\0'; at++) {
		size_t digits = *at == '{' ? strspn(at + 1, "0123456789") : 0;
		if (digits == 0 || digits > 2 || at[1 + digits] != '}') {
			text_add_n(text, at, 1);
			continue;
		}
		unsigned number = (unsigned)(at[1] - '0');
		if (digits == 2)
			number = number * 10 + (unsigned)(at[2] - '0');
		at += digits + 1;
		if (number >= pattern->group_count)
			continue;
		const regmatch_t *match = &matches[pattern->groups[number]];
		if (match->rm_so >= 0)
			text_add_n(text, name + match->rm_so, (size_t)(match->rm_eo - match->rm_so));
	}
}

bool zone_pattern_match(const struct zone_pattern *pattern, const char *file_name,
			struct text *ret_origin)
{
	regmatch_t matches[PATTERN_GROUPS];
	struct text expanded = { 0 };
	uint8_t name[DNS_NAME_MAX], size;
	char printed[NAME_TEXT_SIZE];

	if (regexec(&pattern->regex, file_name, PATTERN_GROUPS, matches, 0) != 0)
		return false;
	text_add(&expanded, "");
	expand(pattern, file_name, matches, &expanded);
	if (expanded.size == 0)
		text_add(&expanded, "."); /* "db." is the root's */
	bool good = name_parse(expanded.data, name, &size);
	text_done(&expanded);
	if (!good)
		return false;
	name_lower(name, size);
	name_print(name, printed);
	text_clear(ret_origin);
	text_add(ret_origin, printed);
	return true;
}
