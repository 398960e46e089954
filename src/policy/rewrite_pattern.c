/* SPDX-License-Identifier: Apache-2.0 */
/* Finds in a name and replaces: whole names, parts of their text, patterns. Letters are folded but
 * for patterns, which see a name as it is spelled. */
#include "rewrite.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- subjects ---- */

void subject_set(struct subject *subject, const uint8_t *wire)
{
	subject->size = (uint8_t)name_size(wire);
	subject->text_size = 0;
	memcpy(subject->wire, wire, subject->size);
}

static const char *text_of(struct subject *subject)
{
	if (subject->text_size == 0) {
		name_print(subject->wire, subject->text);
		subject->text_size = (uint16_t)strlen(subject->text);
	}
	return subject->text;
}

static enum change take_text(struct subject *subject, const char *text)
{
	uint8_t wire[DNS_NAME_MAX], size;
	if (!name_parse(text, wire, &size))
		return CHANGE_BROKEN;
	subject->size = size;
	subject->text_size = 0;
	memcpy(subject->wire, wire, size);
	return CHANGE_MADE;
}

/* ---- compiling ---- */

void pattern_compile(struct pattern *pattern, enum rewrite_match match, const char *from,
		     const char *to)
{
	uint8_t wire[DNS_NAME_MAX], size;
	*pattern =
		(struct pattern){ .match = match, .from = from, .to = to, .from_size = strlen(from) };
	if (match == MATCH_REGEX)
		pattern->regex = regex_new(from, NULL);
	if (match == MATCH_EXACT && name_parse(from, wire, &size))
		pattern->wire = mem_copy(wire, size);
}

void pattern_done(struct pattern *pattern)
{
	regex_free(pattern->regex);
	mem_free(pattern->wire);
}

/* ---- finding ---- */

static bool begins_with(const struct pattern *pattern, struct subject *subject)
{
	return strncasecmp(text_of(subject), pattern->from, pattern->from_size) == 0;
}

static bool ends_with(const struct pattern *pattern, struct subject *subject)
{
	const char *text = text_of(subject);
	return subject->text_size >= pattern->from_size &&
	       strcasecmp(text + subject->text_size - pattern->from_size, pattern->from) == 0;
}

bool pattern_finds(const struct pattern *pattern, struct subject *subject)
{
	switch (pattern->match) {
	case MATCH_EXACT:
		return pattern->wire != NULL && name_equal_fold(pattern->wire, subject->wire);
	case MATCH_PREFIX:
		return begins_with(pattern, subject);
	case MATCH_SUFFIX:
		return ends_with(pattern, subject);
	case MATCH_SUBSTRING:
		return strcasestr(text_of(subject), pattern->from) != NULL;
	case MATCH_REGEX:
		text_of(subject);
		return regex_find(pattern->regex, subject->text, subject->text_size, NULL);
	}
	return false;
}

/* ---- replacing ---- */

/* A text of a name's length at most. What does not fit makes it no name. */
struct draft {
	size_t size;
	bool is_full;
	char text[NAME_TEXT_SIZE];
};

static void draft_add(struct draft *draft, const char *text, size_t size)
{
	draft->is_full |= size >= sizeof(draft->text) - draft->size;
	if (draft->is_full)
		return;
	memcpy(draft->text + draft->size, text, size);
	draft->size += size;
}

static enum change draft_take(struct draft *draft, struct subject *subject)
{
	if (draft->is_full)
		return CHANGE_BROKEN;
	draft->text[draft->size] = '\0';
	return take_text(subject, draft->text);
}

static void replace_all(const struct pattern *pattern, const char *text, struct draft *draft)
{
	const char *found;
	while ((found = strcasestr(text, pattern->from)) != NULL) {
		draft_add(draft, text, (size_t)(found - text));
		draft_add(draft, pattern->to, strlen(pattern->to));
		text = found + pattern->from_size;
	}
	draft_add(draft, text, strlen(text));
}

/* How long the group "{7}" at the beginning of `to` is, if the pattern has it; else 0. */
static size_t group_read(const char *to, unsigned count, unsigned *ret_group)
{
	size_t size = 1;
	unsigned group = 0;
	bool is_padded = to[1] == '0' && to[2] != '}';
	for (; to[size] >= '0' && to[size] <= '9' && size < 4; size++)
		group = 10 * group + (unsigned)(to[size] - '0');
	*ret_group = group;
	return size == 1 || to[size] != '}' || is_padded || group >= count ? 0 : size + 1;
}

/* The value of the label at the beginning of `to`. Returns how long it is in braces; 0: it is not known. */
static size_t add_metadata(const char *to, const struct metadata *metadata, struct draft *draft)
{
	char value[METADATA_ROOM];
	size_t size = strcspn(to, "}"), value_size;
	enum metadata_label label;
	if (metadata == NULL || !metadata_find(to + 1, size - 1, &label) ||
	    !metadata_write(metadata, label, value, &value_size) || value_size == 0)
		return 0;
	for (size_t i = 0; i < value_size; i++)
		value[i] = (char)tolower((unsigned char)value[i]);
	draft_add(draft, value, value_size);
	return size + 1;
}

/* False: some metadata is not known. */
static bool expand(const struct pattern *pattern, const struct subject *subject,
		   const struct regex_match *match, const struct metadata *metadata,
		   struct draft *draft)
{
	unsigned count = regex_group_count(pattern->regex), group;
	for (const char *to = pattern->to; *to != '\0';) {
		size_t size = *to == '{' ? group_read(to, count, &group) : 0;
		if (size > 0 && match->start[group] != UINT32_MAX)
			draft_add(draft, subject->text + match->start[group],
				  match->end[group] - match->start[group]);
		if (size == 0 && *to == '{' && pattern->has_metadata) {
			size = add_metadata(to, metadata, draft);
			if (size == 0)
				return false;
		}
		if (size == 0)
			draft_add(draft, to, 1);
		to += size == 0 ? 1 : size;
	}
	return true;
}

static enum change change_by_regex(const struct pattern *pattern, struct subject *subject,
				   const struct metadata *metadata)
{
	struct draft draft = { .size = 0 };
	struct regex_match match;
	text_of(subject);
	if (!regex_find(pattern->regex, subject->text, subject->text_size, &match) ||
	    !expand(pattern, subject, &match, metadata, &draft))
		return CHANGE_NONE;
	return draft_take(&draft, subject);
}

enum change pattern_change(const struct pattern *pattern, struct subject *subject,
			   const struct metadata *metadata)
{
	struct draft draft = { .size = 0 };
	if (pattern->match == MATCH_REGEX)
		return change_by_regex(pattern, subject, metadata);
	if (!pattern_finds(pattern, subject))
		return CHANGE_NONE;
	const char *text = subject->text;
	size_t rest = subject->text_size - pattern->from_size;
	switch (pattern->match) {
	case MATCH_EXACT:
		return take_text(subject, pattern->to);
	case MATCH_PREFIX:
		draft_add(&draft, pattern->to, strlen(pattern->to));
		draft_add(&draft, text + pattern->from_size, rest);
		break;
	case MATCH_SUFFIX:
		draft_add(&draft, text, rest);
		draft_add(&draft, pattern->to, strlen(pattern->to));
		break;
	default:
		replace_all(pattern, text, &draft);
	}
	return draft_take(&draft, subject);
}

/* ---- zones ---- */

bool pattern_touches(const struct pattern *pattern, const uint8_t *zone)
{
	uint8_t name[DNS_NAME_MAX], size;
	if (pattern->match == MATCH_EXACT)
		return pattern->wire != NULL && name_is_under(pattern->wire, zone);
	const char *dot = strchr(pattern->from, '.');
	if (pattern->match != MATCH_SUFFIX || dot == NULL || strchr(pattern->from, '\\') != NULL)
		return true;
	/* The first label may be part of a longer one: only those behind it are known. */
	if (!name_parse(dot[1] == '\0' ? "." : dot + 1, name, &size))
		return true;
	return name_is_under(name, zone) || name_is_under(zone, name);
}
