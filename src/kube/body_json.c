/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts JSON: events behind each other, or a list's items. Only strings and brackets are looked at here; what is
 * of interest is read by jansson, a piece at a time, and what is not is never in memory. */
#include "body_parts.h"

#include <assert.h>
#include <string.h>

enum place {
	OUTSIDE,
	BEFORE_FIRST_KEY,
	BEFORE_KEY,
	IN_KEY,
	BEFORE_COLON,
	BEFORE_VALUE,
	IN_VALUE,
	AFTER_VALUE,
	BEFORE_FIRST_ITEM,
	BEFORE_ITEM,
	AFTER_ITEM,
};

/* What the value is to us. */
enum member { NOT_OURS, KIND, METADATA, ITEMS, ITEM, EVENT_TYPE, EVENT_OBJECT };

struct json_cutter {
	enum place place;
	enum member member;
	size_t depth; /* of the value that is coming in */
	bool in_string, is_escaped;
	struct text key, beside, word; /* `beside`: a value that is no object */
	bool has_list, has_items;
};

struct json_cutter *json_cutter_new(void)
{
	struct json_cutter *cutter = mem_zalloc(sizeof(*cutter));

	text_add(&cutter->word, "");
	return cutter;
}

void json_cutter_free(struct json_cutter *cutter)
{
	if (cutter == NULL)
		return;
	text_done(&cutter->key);
	text_done(&cutter->beside);
	text_done(&cutter->word);
	mem_free(cutter);
}

static bool unexpected(const char *expected, char found, struct error *error)
{
	if (found > ' ' && found <= '~')
		return error_set(error, "bad JSON: expected %s, not '%c'", expected, found);
	return error_set(error, "bad JSON: expected %s, not byte 0x%02x", expected, (uint8_t)found);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Returns how many bytes belong to the value; it ends in front of a bracket or comma that is not its own. */
static size_t scan_value(struct json_cutter *cutter, const char *bytes, size_t size, bool *ret_ended)
{
	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];
		if (cutter->in_string) {
			if (cutter->is_escaped)
				cutter->is_escaped = false;
			else if (c == '\\')
				cutter->is_escaped = true;
			else if (c == '"')
				cutter->in_string = false;
			if (cutter->in_string || cutter->depth > 0)
				continue;
			*ret_ended = true;
			return i + 1;
		}
		if (c == '"') {
			cutter->in_string = true;
		} else if (c == '{' || c == '[') {
			if (++cutter->depth > BODY_DEPTH_MOST)
				return i + 1;
		} else if (cutter->depth == 0) {
			if (!is_space(c) && strchr(",]}", c) == NULL)
				continue;
			*ret_ended = true;
			return i;
		} else if (c == '}' || c == ']') {
			if (--cutter->depth > 0)
				continue;
			*ret_ended = true;
			return i + 1;
		}
	}
	return size;
}

static bool add_beside(struct text *text, const char *bytes, size_t size, struct error *error)
{
	if (size > BODY_BESIDE_MOST - text->size)
		return error_set(error, "more than %d bytes beside the objects", BODY_BESIDE_MOST);
	text_add_n(text, bytes, size);
	return true;
}

static bool add_value(struct body *body, const char *bytes, size_t size, struct error *error)
{
	switch (body->json->member) {
	case NOT_OURS:
	case ITEMS:
		return true;
	case ITEM:
	case EVENT_OBJECT:
		return body_add(body, bytes, size, error);
	case KIND:
	case METADATA:
	case EVENT_TYPE:
		break;
	}
	return add_beside(&body->json->beside, bytes, size, error);
}

/* Words of the API have no escapes in them. */
static void unquote(const struct text *value, struct text *ret_word)
{
	text_clear(ret_word);
	if (value->size > 2 && value->data[0] == '"')
		text_add_n(ret_word, value->data + 1, value->size - 2);
}

static struct word word_of(const struct text *text)
{
	return (struct word){ (const uint8_t *)text->data, text->size };
}

static bool check_kind(struct body *body, struct error *error)
{
	struct text *word = &body->json->word;

	unquote(&body->json->beside, word);
	return body_check_kind(body, word_of(word), "List", error);
}

static bool end_item(struct body *body, struct error *error)
{
	body->json->place = AFTER_ITEM;
	bool good = body_take(body, BODY_ITEM, BODY_JSON, body->object.data, body->object.size, error);
	body_forget(body);
	return good;
}

static bool end_value(struct body *body, struct error *error)
{
	struct json_cutter *cutter = body->json;

	cutter->place = AFTER_VALUE;
	switch (cutter->member) {
	case NOT_OURS:
	case ITEMS: /* null */
	case EVENT_OBJECT:
		return true;
	case ITEM:
		return end_item(body, error);
	case KIND:
		return check_kind(body, error);
	case METADATA:
		return body_list_json(body, cutter->beside.data, cutter->beside.size, error);
	case EVENT_TYPE:
		unquote(&cutter->beside, &cutter->word);
		break;
	}
	return true;
}

static bool in_value(struct body *body, const char **at, const char *end, struct error *error)
{
	struct json_cutter *cutter = body->json;
	bool ended = false;
	size_t size = scan_value(cutter, *at, (size_t)(end - *at), &ended);

	if (cutter->depth > BODY_DEPTH_MOST)
		return error_set(error, "bad JSON: more than %d levels", BODY_DEPTH_MOST);
	if (!add_value(body, *at, size, error))
		return false;
	*at += size;
	return !ended || end_value(body, error);
}

static void begin_value(struct body *body, enum member member)
{
	struct json_cutter *cutter = body->json;

	cutter->place = IN_VALUE;
	cutter->member = member;
	cutter->depth = 0;
	cutter->in_string = cutter->is_escaped = false;
	text_clear(&cutter->beside);
	if (member == ITEM || member == EVENT_OBJECT)
		body_forget(body);
}

static enum member member_of(const struct body *body, const char *key)
{
	static const struct {
		const char *key;
		enum body_form form;
		enum member member;
	} members[] = {
		{ "kind", BODY_LIST, KIND },
		{ "metadata", BODY_LIST, METADATA },
		{ "items", BODY_LIST, ITEMS },
		{ "type", BODY_WATCH, EVENT_TYPE },
		{ "object", BODY_WATCH, EVENT_OBJECT },
	};

	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (members[i].form == body->options.form && strcmp(members[i].key, key) == 0)
			return members[i].member;
	return NOT_OURS;
}

static bool in_key(struct body *body, const char **at, const char *end, struct error *error)
{
	struct json_cutter *cutter = body->json;
	const char *start = *at;

	for (; *at < end && cutter->in_string; (*at)++) {
		if (cutter->is_escaped)
			cutter->is_escaped = false;
		else if (**at == '\\')
			cutter->is_escaped = true;
		else if (**at == '"')
			cutter->in_string = false;
	}
	size_t size = (size_t)(*at - start) - (cutter->in_string ? 0 : 1);
	if (!add_beside(&cutter->key, start, size, error))
		return false;
	if (!cutter->in_string) {
		cutter->place = BEFORE_COLON;
		cutter->member = member_of(body, cutter->key.data);
	}
	return true;
}

static bool end_event(struct body *body, struct error *error)
{
	struct json_cutter *cutter = body->json;

	if (body->object.size == 0)
		return error_set(error, "an event has no object");
	bool good = body_take_event(body, word_of(&cutter->word), BODY_JSON, body->object.data,
				    body->object.size, error);
	text_clear(&cutter->word);
	body_forget(body);
	return good;
}

static bool end_document(struct body *body, struct error *error)
{
	body->json->place = OUTSIDE;
	if (body->options.form == BODY_WATCH)
		return end_event(body, error);
	if (!body->json->has_items) /* of another shape, hardly an empty list */
		return error_set(error, "the list has no items");
	body->json->has_list = true;
	return true;
}

static bool at_items(struct body *body, char c, struct error *error)
{
	body->json->has_items = true;
	if (c != '[' && c != 'n')
		return unexpected("a list of items", c, error);
	if (c == '[')
		body->json->place = BEFORE_FIRST_ITEM;
	else
		begin_value(body, ITEMS);
	return true;
}

/* A byte outside of keys and values. Those that begin a value are seen again as part of it. */
static bool between(struct body *body, const char **at, struct error *error)
{
	struct json_cutter *cutter = body->json;
	char c = **at;

	switch (cutter->place) {
	case OUTSIDE:
		if (cutter->has_list)
			return unexpected("nothing behind the list", c, error);
		cutter->place = BEFORE_FIRST_KEY;
		++*at;
		return c == '{' || unexpected("an object", c, error);
	case BEFORE_FIRST_KEY:
	case BEFORE_KEY:
		++*at;
		if (c == '}' && cutter->place == BEFORE_FIRST_KEY)
			return end_document(body, error);
		cutter->place = IN_KEY;
		cutter->in_string = true;
		text_clear(&cutter->key);
		return c == '"' || unexpected("a key", c, error);
	case BEFORE_COLON:
		cutter->place = BEFORE_VALUE;
		++*at;
		return c == ':' || unexpected("':'", c, error);
	case BEFORE_VALUE:
		if (cutter->member == ITEMS) {
			*at += c == '[';
			return at_items(body, c, error);
		}
		begin_value(body, cutter->member);
		return strchr(",:]}", c) == NULL || unexpected("a value", c, error);
	case AFTER_VALUE:
		cutter->place = BEFORE_KEY;
		++*at;
		if (c == '}')
			return end_document(body, error);
		return c == ',' || unexpected("',' or '}'", c, error);
	case BEFORE_FIRST_ITEM:
	case BEFORE_ITEM:
		if (c == ']' && cutter->place == BEFORE_FIRST_ITEM) {
			cutter->place = AFTER_VALUE;
			++*at;
			return true;
		}
		begin_value(body, ITEM);
		return c == '{' || unexpected("an object", c, error);
	case AFTER_ITEM:
		cutter->place = c == ']' ? AFTER_VALUE : BEFORE_ITEM;
		++*at;
		return c == ']' || c == ',' || unexpected("',' or ']'", c, error);
	case IN_KEY:
	case IN_VALUE:
		break;
	}
	assert(!"not between");
	return false;
}

bool json_cutter_feed(struct body *body, const uint8_t *bytes, size_t size, struct error *error)
{
	const char *at = (const char *)bytes, *end = at + size;
	bool good = true;

	while (good && at < end) {
		if (body->json->place == IN_VALUE)
			good = in_value(body, &at, end, error);
		else if (body->json->place == IN_KEY)
			good = in_key(body, &at, end, error);
		else if (is_space(*at))
			at++;
		else
			good = between(body, &at, error);
	}
	return good;
}

bool json_cutter_end(const struct body *body, struct error *error)
{
	if (body->json->place != OUTSIDE)
		return error_set(error, "it ends within the JSON of object %zu", body->taken + 1);
	if (body->options.form == BODY_LIST && !body->json->has_list)
		return error_set(error, "it ends without a list");
	return true;
}
