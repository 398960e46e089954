/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the line of a field, for messages. JSON values carry no places: YAML's are noted while it
 * is read, those of JSON are looked up in the item's text when they are needed. */
#include "items.h"

#include <string.h>

uint32_t marks_add(struct marks *marks, uint32_t parent, uint32_t name, unsigned line)
{
	if (marks->count == marks->room) {
		marks->room = marks->room == 0 ? 256 : marks->room * 2;
		marks->list = mem_realloc(marks->list, marks->room * sizeof(*marks->list));
	}
	marks->list[marks->count] = (struct mark){ parent, name, line };
	return (uint32_t)marks->count++;
}

/* Keys are told apart by a hash: a collision can only misplace a message. */
uint32_t mark_name_of_key(const char *key)
{
	uint32_t hash = 2166136261;

	for (; *key != '\0'; key++)
		hash = (hash ^ (uint8_t)*key) * 16777619;
	return hash;
}

static unsigned marked_line(const struct marks *marks, const struct field_path *path)
{
	uint32_t at = 0;

	for (size_t part = 0; part < path->count; part++) {
		const char *key = path->parts[part].key;
		uint32_t name =
			key != NULL ? mark_name_of_key(key) : (uint32_t)path->parts[part].index;
		size_t next = at + 1; /* children come behind their parent */
		while (next < marks->count &&
		       (marks->list[next].parent != at || marks->list[next].name != name))
			next++;
		if (next == marks->count)
			break;
		at = (uint32_t)next;
	}
	return marks->list[at].line;
}

/* A walk over well-formed JSON. The first `matched` parts of the path are found; the value of the
 * last one is the container at depth matched + 1, whose children are compared with the next
 * part. */
struct walk {
	const struct field_path *path;
	const char *at, *end;
	size_t matched, depth, index;
	uint64_t lists; /* bit per depth: a list, not a mapping */
	unsigned line, found;
	bool child_is_next; /* the next token begins an item or is a key */
};

static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at : end - 1;
}

static bool is_wanted(const struct walk *walk)
{
	const struct field_part *wanted = &walk->path->parts[walk->matched];

	if (walk->lists >> walk->depth & 1)
		return wanted->key == NULL && wanted->index == walk->index;
	if (wanted->key == NULL || *walk->at != '"')
		return false;
	size_t size = (size_t)(string_end(walk->at, walk->end) - walk->at - 1);
	return strlen(wanted->key) == size && memcmp(wanted->key, walk->at + 1, size) == 0;
}

static void walk_into(struct walk *walk)
{
	uint64_t bit = UINT64_C(1) << ++walk->depth % 64;

	walk->lists = *walk->at == '[' ? walk->lists | bit : walk->lists & ~bit;
	walk->child_is_next = true;
	if (walk->depth == walk->matched + 1)
		walk->index = 0;
}

/* False at the end of what may hold the next part. */
static bool walk_token(struct walk *walk)
{
	switch (*walk->at) {
	case '"':
		walk->at = string_end(walk->at, walk->end);
		return true;
	case '{':
	case '[':
		walk_into(walk);
		return true;
	case '}':
	case ']':
		return walk->depth-- > walk->matched + 1;
	case ',':
		walk->child_is_next = true;
		walk->index += walk->depth == walk->matched + 1;
		return walk->depth > walk->matched;
	}
	return true;
}

static unsigned json_line(const struct item *item, const struct field_path *path)
{
	struct walk walk = { .at = item->text,
			     .end = item->text + item->text_size,
			     .path = path,
			     .line = item->line,
			     .found = item->line };

	for (; walk.at < walk.end && walk.matched < path->count; walk.at++) {
		if (*walk.at == '\n')
			walk.line++;
		if (strchr(" \t\r\n", *walk.at) != NULL)
			continue;
		if (walk.child_is_next && walk.depth == walk.matched + 1 && is_wanted(&walk)) {
			walk.matched++;
			walk.found = walk.line;
		}
		walk.child_is_next = false;
		if (!walk_token(&walk))
			break;
	}
	return walk.found;
}

unsigned item_line(const struct item *item, const struct field_path *path)
{
	if (item->marks != NULL)
		return item->marks->count == 0 ? item->line : marked_line(item->marks, path);
	return json_line(item, path);
}
