/* SPDX-License-Identifier: Apache-2.0 */
/* Splits JSON text into objects for jansson, so that of a List of any size one item is in memory at
 * a time.
 *
 * Only strings and brackets are looked at here; jansson reads each piece and says what is wrong in
 * it. The document around a list is kept with an empty list in its place. */
#include "items.h"

#include <string.h>

enum { CHUNK = 64 * 1024 };

enum place { BETWEEN_DOCUMENTS, IN_DOCUMENT, BEFORE_FIRST, BEFORE_ITEM, IN_ITEM, AFTER_ITEM };

struct splitter {
	const char *name;
	const struct item_taker *taker;
	struct error *error;
	enum place place;
	struct text document, item;
	json_t *list;	     /* the document as far as it goes before its items; NULL: none */
	size_t depth;	     /* of brackets in the document or the item */
	size_t string_start; /* in the document */
	bool in_string, escaped;
	bool was_items, in_items; /* the last string is "items"; it is the key of what comes */
	bool streamed;
	unsigned line, document_line, item_line; /* now; where they begin */
	unsigned list_line, list_lines; /* where the items begin, and how many lines they take */
};

static bool wrong(struct splitter *splitter, const char *what)
{
	return error_set(splitter->error, "%s:%u: %s", splitter->name, splitter->line, what);
}

static bool wrong_json(struct splitter *splitter, unsigned line, const json_error_t *problem)
{
	return error_set(splitter->error, "%s:%u: %s", splitter->name, line, problem->text);
}

static bool take(struct splitter *splitter, const struct text *text, unsigned line)
{
	json_error_t problem;
	struct item item = {
		.list = splitter->list, .text = text->data, .text_size = text->size, .line = line
	};

	item.value = json_loadb(text->data, text->size, JSON_REJECT_DUPLICATES, &problem);
	if (item.value == NULL) {
		unsigned at = line + (unsigned)(problem.line > 0 ? problem.line - 1 : 0);
		bool behind_items = text == &splitter->document && splitter->streamed &&
				    at > splitter->list_line;
		return wrong_json(splitter, at + (behind_items ? splitter->list_lines : 0), &problem);
	}
	bool good = (text == &splitter->document && splitter->streamed) ||
		    splitter->taker->take(splitter->taker->context, &item, splitter->error);
	json_decref(item.value);
	return good;
}

/* Follows strings and brackets. */
static inline bool step(struct splitter *splitter, char c)
{
	if (c == '\n')
		splitter->line++;
	if (splitter->in_string) {
		if (splitter->escaped)
			splitter->escaped = false;
		else if (c == '\\')
			splitter->escaped = true;
		else if (c == '"')
			splitter->in_string = false;
		return true;
	}
	if (c == '"')
		splitter->in_string = true;
	else if (c == '{' || c == '[')
		splitter->depth++;
	else if (c == '}' || c == ']')
		splitter->depth--;
	return splitter->depth <= ITEM_DEPTH || wrong(splitter, "too many levels");
}

bool is_list_kind(const json_t *document)
{
	const char *kind = json_string_value(json_object_get(document, "kind"));
	size_t size = kind == NULL ? 0 : strlen(kind);

	return kind == NULL || (size >= 4 && strcmp(kind + size - 4, "List") == 0);
}

/* The list `items` begins: what the document said so far is its kind and version, if they came
 * first. */
static bool begin_items(struct splitter *splitter)
{
	json_error_t problem;
	struct text so_far = { 0 };

	text_printf(&so_far, "%s]}", splitter->document.data);
	json_t *list = json_loadb(so_far.data, so_far.size, JSON_REJECT_DUPLICATES, &problem);
	text_done(&so_far);
	if (list == NULL)
		return wrong_json(splitter, splitter->document_line + (unsigned)problem.line - 1,
				  &problem);
	if (!is_list_kind(list)) {
		json_decref(list);
		return true;
	}
	splitter->list = list;
	splitter->list_line = splitter->line;
	splitter->place = BEFORE_FIRST;
	splitter->streamed = true;
	return true;
}

static bool end_document(struct splitter *splitter)
{
	bool good = take(splitter, &splitter->document, splitter->document_line);

	json_decref(splitter->list);
	splitter->list = NULL;
	splitter->streamed = false;
	text_clear(&splitter->document);
	splitter->place = BETWEEN_DOCUMENTS;
	return good;
}

static void note_key(struct splitter *splitter, bool was_in_string, char c)
{
	static const char items[] = "\"items\"";
	const struct text *document = &splitter->document;

	if (!was_in_string && c == '"')
		splitter->string_start = document->size - 1;
	else if (was_in_string && !splitter->in_string)
		splitter->was_items = strcmp(document->data + splitter->string_start, items) == 0;
	else if (!was_in_string && c == ':')
		splitter->in_items = splitter->was_items;
	else if (!was_in_string && c == ',')
		splitter->was_items = splitter->in_items = false;
}

static bool in_document(struct splitter *splitter, char c)
{
	bool was_in_string = splitter->in_string;

	text_add_n(&splitter->document, &c, 1);
	if (splitter->document.size > ITEM_BYTES)
		return wrong(splitter, "too large for one object");
	if (!step(splitter, c))
		return false;
	if (splitter->depth == 0)
		return end_document(splitter);
	if (splitter->depth == 1)
		note_key(splitter, was_in_string, c);
	if (splitter->depth == 2 && c == '[' && !was_in_string && splitter->in_items &&
	    !splitter->streamed)
		return begin_items(splitter);
	return true;
}

static bool begin_document(struct splitter *splitter, char c)
{
	splitter->document_line = splitter->line;
	splitter->was_items = splitter->in_items = false;
	if (c == '[') {
		splitter->place = BEFORE_FIRST;
		return true;
	}
	if (c != '{')
		return wrong(splitter, "expected an object or a list of objects");
	splitter->place = IN_DOCUMENT;
	splitter->depth = 0;
	return in_document(splitter, c);
}

static bool begin_item(struct splitter *splitter)
{
	splitter->place = IN_ITEM;
	splitter->item_line = splitter->line;
	splitter->depth = 0;
	text_clear(&splitter->item);
	return true;
}

static bool end_list(struct splitter *splitter)
{
	if (splitter->list == NULL) { /* a list at the top */
		splitter->place = BETWEEN_DOCUMENTS;
		return true;
	}
	splitter->place = IN_DOCUMENT;
	splitter->list_lines = splitter->line - splitter->list_line;
	splitter->depth = 2;
	splitter->in_items = false;
	return in_document(splitter, ']');
}

/* A byte between items. */
static bool in_list(struct splitter *splitter, char c)
{
	if (splitter->place == AFTER_ITEM && c == ',') {
		splitter->place = BEFORE_ITEM;
		return true;
	}
	if (c == ']' && splitter->place != BEFORE_ITEM)
		return end_list(splitter);
	return wrong(splitter,
		     splitter->place == AFTER_ITEM ? "expected ',' or ']'" : "expected an object");
}

/* As much of the item as the chunk holds. */
static bool in_item(struct splitter *splitter, const char **at, const char *end)
{
	const char *start = *at;
	bool good = true;

	do
		good = step(splitter, *(*at)++);
	while (good && splitter->depth > 0 && *at < end);
	text_add_n(&splitter->item, start, (size_t)(*at - start));
	if (!good)
		return false;
	if (splitter->item.size > ITEM_BYTES)
		return wrong(splitter, "too large for one object");
	if (splitter->depth > 0)
		return true;
	splitter->place = AFTER_ITEM;
	return take(splitter, &splitter->item, splitter->item_line);
}

static bool in_chunk(struct splitter *splitter, const char *at, const char *end)
{
	bool good = true;

	while (good && at < end) {
		if (splitter->place == IN_ITEM) {
			good = in_item(splitter, &at, end);
			continue;
		}
		if (splitter->place == IN_DOCUMENT) {
			good = in_document(splitter, *at++);
			continue;
		}
		if (strchr(" \t\r\n", *at) != NULL && *at != '\0') {
			splitter->line += *at++ == '\n';
			continue;
		}
		if (splitter->place == BETWEEN_DOCUMENTS)
			good = begin_document(splitter, *at++);
		else if (*at == '{' && splitter->place != AFTER_ITEM)
			good = begin_item(splitter); /* the bracket is the item's */
		else
			good = in_list(splitter, *at++);
	}
	return good;
}

bool json_read_items(const char *name, FILE *file, const struct item_taker *taker, struct error *error)
{
	struct splitter splitter = { .name = name, .taker = taker, .error = error, .line = 1 };
	char *chunk = mem_alloc(CHUNK);
	bool good = true;

	for (size_t size; good && (size = fread(chunk, 1, CHUNK, file)) > 0;)
		good = in_chunk(&splitter, chunk, chunk + size);
	if (good && ferror(file))
		good = wrong(&splitter, "cannot be read");
	if (good && splitter.place != BETWEEN_DOCUMENTS)
		good = wrong(&splitter, "the text ends within an object or list");
	mem_free(chunk);
	json_decref(splitter.list);
	text_done(&splitter.document);
	text_done(&splitter.item);
	return good;
}
