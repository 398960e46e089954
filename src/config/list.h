/* SPDX-License-Identifier: Apache-2.0 */
/* list -- arrays that grow inside an arena.
 *
 * No room is kept beside the count: an array has room for the next power of two, 4 at least. So an
 * array that is grown here is grown here only, and never gets shorter. */
#ifndef KNAMED_CONFIG_LIST_H
#define KNAMED_CONFIG_LIST_H

#include <string.h>

#include "knamed/config.h"

enum { LIST_LEAST = 4 };

/* Returns `items`, or a copy of it, with room for one more. */
static inline void *list_grow(struct arena *arena, void *items, size_t count, size_t item_size)
{
	bool is_full = count == 0 || (count >= LIST_LEAST && (count & (count - 1)) == 0);
	if (!is_full)
		return items;
	void *grown = arena_alloc(arena, (count == 0 ? LIST_LEAST : 2 * count) * item_size);
	if (items != NULL)
		memcpy(grown, items, count * item_size);
	return grown;
}

static inline void words_add(struct arena *arena, struct words *words, const char *text)
{
	words->words = list_grow(arena, words->words, words->count, sizeof(words->words[0]));
	words->words[words->count++] = arena_text(arena, text, strlen(text));
}

static inline bool words_contain(const struct words *words, const char *text)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->words[i], text) == 0)
			return true;
	return false;
}

#endif
