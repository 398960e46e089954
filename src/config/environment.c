/* SPDX-License-Identifier: Apache-2.0 */
/* {$NAME} and {%NAME%}: values of the environment inside tokens. A value that holds a reference is filled in turn;
 * one that leads back to itself would have no end, so the rounds and the bytes are counted. */
#include "token.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 64 };

/* The first reference in `text`: from *ret_start, ret_size bytes with its marks. False if there is none. */
static bool find_reference(const char *text, const char *open, const char *close,
			   const char **ret_start, size_t *ret_size)
{
	const char *start = strstr(text, open);
	const char *end = start != NULL ? strstr(start, close) : NULL;
	if (end == NULL || end <= start + strlen(open)) /* "{$}" ends the search, as in CoreDNS */
		return false;
	*ret_start = start;
	*ret_size = (size_t)(end - start) + strlen(close);
	return true;
}

static const char *value_of(const char *reference, size_t size, const char *open, const char *close)
{
	char *name = mem_text_n(reference + strlen(open), size - strlen(open) - strlen(close));
	const char *value = getenv(name);
	mem_free(name);
	return value != NULL ? value : "";
}

/* Replaces each `reference` in *text. */
static bool replace_all(struct text *text, const char *reference, const char *value, size_t *budget)
{
	struct text filled = { 0 };
	const char *at = text->data;
	bool good = true;
	for (const char *hit; good && (hit = strstr(at, reference)) != NULL;
	     at = hit + strlen(reference)) {
		text_add_n(&filled, at, (size_t)(hit - at));
		good = strlen(value) <= *budget;
		if (good) {
			text_add(&filled, value);
			*budget -= strlen(value);
		}
	}
	text_add(&filled, at);
	text_done(text);
	*text = filled;
	return good;
}

static bool fill(struct text *text, const char *open, const char *close, size_t *budget)
{
	const char *start;
	size_t size;
	for (unsigned round = 0; find_reference(text->data, open, close, &start, &size); round++) {
		if (round == ROUNDS)
			return false;
		char *reference = mem_text_n(start, size);
		bool good = replace_all(text, reference, value_of(start, size, open, close), budget);
		mem_free(reference);
		if (!good)
			return false;
	}
	return true;
}

bool environment_fill(struct arena *arena, size_t *budget, const char *text, const char **ret_text)
{
	if (strstr(text, "{%") == NULL && strstr(text, "{$") == NULL) {
		*ret_text = text;
		return true;
	}
	struct text filled = { 0 };
	text_add(&filled, text);
	bool good = fill(&filled, "{%", "%}", budget) && fill(&filled, "{$", "}", budget);
	if (good)
		*ret_text = arena_text(arena, filled.data, filled.size);
	text_done(&filled);
	return good;
}
