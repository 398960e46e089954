/* SPDX-License-Identifier: Apache-2.0 */
/* YAML events become JSON values, one item at a time. Containers under construction are frames of a
 * fixed stack.
 *
 * An alias shares the anchor's value, so it costs no memory; what it stands for still counts
 * against the limits of the item, so that aliases of aliases cannot make a walk over it endless. */
#include "items.h"

#include <string.h>
#include <yaml.h>

#include "yaml_anchors.h"

struct frame {
	json_t *container;
	json_t *merges;	    /* values of `<<` keys, used when the mapping is complete */
	char *key, *anchor; /* key: waits for its value */
	struct size before; /* size of the item when the container began */
	size_t height;
	uint32_t mark, index;
	bool merge_is_next, streams;
};

struct reader {
	const char *name;
	const struct item_taker *taker;
	struct error *error;
	struct frame frames[ITEM_DEPTH];
	size_t depth;
	bool streamed; /* the document's items were handed over already */
	struct anchors anchors;
	struct size item; /* without height */
	struct marks marks;
	unsigned line, item_line; /* of the event; of the item */
};

static bool wrong(struct reader *reader, const char *what)
{
	return error_set(reader->error, "%s:%u: %s", reader->name, reader->line, what);
}

static struct frame *top_of(struct reader *reader)
{
	return reader->depth == 0 ? NULL : &reader->frames[reader->depth - 1];
}

static bool wants_key(const struct frame *top)
{
	return top != NULL && json_is_object(top->container) && top->key == NULL &&
	       !top->merge_is_next;
}

static const char too_large[] = "too large for one object (with all that its aliases stand for)";

static bool count(struct reader *reader, size_t nodes, size_t bytes)
{
	return size_add(&reader->item, nodes, bytes) || wrong(reader, too_large);
}

/* Notes where a value begins. The first value of an item begins the item. */
static uint32_t mark_value(struct reader *reader)
{
	struct frame *top = top_of(reader);

	if (top == NULL || top->streams) {
		reader->marks.count = 0;
		reader->item = (struct size){ 0 };
		reader->item_line = reader->line;
		return marks_add(&reader->marks, 0, 0, reader->line);
	}
	if (top->key != NULL) /* the mark was made at the key */
		return (uint32_t)reader->marks.count - 1;
	return marks_add(&reader->marks, top->mark, top->index, reader->line);
}

static bool take_item(struct reader *reader, json_t *value)
{
	struct item item = {
		.value = value,
		.list = reader->depth > 0 && json_is_object(reader->frames[0].container)
				? reader->frames[0].container
				: NULL,
		.marks = &reader->marks,
		.line = reader->item_line,
	};

	return reader->taker->take(reader->taker->context, &item, reader->error);
}

static bool take_document(struct reader *reader, json_t *value)
{
	if (reader->streamed || json_is_null(value)) /* `---` with nothing behind it */
		return true;
	return take_item(reader, value);
}

/* `<<: *base` or `<<: [*one, *other]`: what the mapping does not say itself comes from there. */
static bool keep_merge(struct reader *reader, struct frame *top, json_t *value)
{
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	top->merge_is_next = false;
	for (size_t i = 0; i < count; i++) {
		json_t *base = json_is_array(value) ? json_array_get(value, i) : value;
		if (!json_is_object(base))
			return wrong(reader, "'<<' takes a mapping or a list of mappings");
		top->merges = top->merges == NULL ? json_array() : top->merges;
		json_array_append(top->merges, base);
	}
	return true;
}

/* Puts a complete value where it belongs. Takes the reference. */
static bool place(struct reader *reader, json_t *value, size_t height)
{
	struct frame *top = top_of(reader);
	bool good = true;

	if (top != NULL && top->height <= height)
		top->height = height + 1;
	if (top == NULL) {
		good = take_document(reader, value);
	} else if (top->streams) {
		good = take_item(reader, value);
	} else if (top->merge_is_next) {
		good = keep_merge(reader, top, value);
	} else if (json_is_array(top->container)) {
		json_array_append(top->container, value);
		top->index++;
	} else {
		json_object_set(top->container, top->key, value);
		mem_free(top->key);
		top->key = NULL;
	}
	json_decref(value);
	return good;
}

static bool keep_anchor(struct reader *reader, const char *name, json_t *value, const struct size *size)
{
	return name == NULL || anchors_put(&reader->anchors, name, value, size) ||
	       wrong(reader, too_large);
}

/* The text of a key. Keys that read as numbers or truth are text in JSON. */
static char *key_text(struct reader *reader, const json_t *value, const char *spelled)
{
	struct text text = { 0 };

	switch (json_typeof(value)) {
	case JSON_STRING:
		if (strlen(json_string_value(value)) != json_string_length(value))
			break;
		text_add(&text, json_string_value(value));
		return text.data;
	case JSON_INTEGER:
		text_printf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return text.data;
	case JSON_REAL:
		text_add(&text, spelled);
		return text.data;
	case JSON_TRUE:
	case JSON_FALSE:
		text_add(&text, json_is_true(value) ? "true" : "false");
		return text.data;
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	wrong(reader, "a key must be text");
	return NULL;
}

static bool take_key(struct reader *reader, const json_t *value, const char *spelled, bool may_merge)
{
	struct frame *top = top_of(reader);

	if (may_merge && strcmp(spelled, "<<") == 0) {
		top->merge_is_next = true;
		return true;
	}
	top->key = key_text(reader, value, spelled);
	if (top->key == NULL)
		return false;
	if (json_object_get(top->container, top->key) != NULL)
		return error_set(reader->error, "%s:%u: key '%.100s' is given twice", reader->name,
				 reader->line, top->key);
	marks_add(&reader->marks, top->mark, mark_name_of_key(top->key), reader->line);
	return count(reader, 0, strlen(top->key));
}

static bool on_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct size size = { 1, event->data.scalar.length, 0 };
	const char *anchor = (const char *)event->data.scalar.anchor;
	bool is_key = wants_key(top_of(reader));
	struct error what = { 0 };
	json_t *value = yaml_scalar(event, &what);

	if (value == NULL)
		return wrong(reader, what.text[0] != '\0' ? what.text : "text that is not UTF-8");
	if (!is_key)
		mark_value(reader);
	if (!keep_anchor(reader, anchor, value, &size) || !count(reader, size.nodes, size.bytes)) {
		json_decref(value);
		return false;
	}
	if (!is_key)
		return place(reader, value, 0);
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		     event->data.scalar.tag == NULL;
	bool good = take_key(reader, value, (const char *)event->data.scalar.value, plain);
	json_decref(value);
	return good;
}

static bool on_alias(struct reader *reader, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = anchors_get(&reader->anchors, name);

	if (anchor == NULL)
		return wrong(reader, "an alias to what is not (completely) there");
	if (wants_key(top_of(reader)))
		return json_is_string(anchor->value) ? take_key(reader, anchor->value, "", false)
						     : wrong(reader, "a key must be text");
	mark_value(reader);
	if (reader->depth + anchor->size.height > ITEM_DEPTH)
		return wrong(reader, "too many levels");
	if (!count(reader, anchor->size.nodes, anchor->size.bytes))
		return false;
	return place(reader, json_incref(anchor->value), anchor->size.height);
}

/* Items are handed over as they come from a list at the top and from the `items` of a List. */
static bool is_stream(const struct reader *reader)
{
	const struct frame *root = &reader->frames[0];

	if (reader->depth == 0)
		return true;
	return reader->depth == 1 && root->key != NULL && strcmp(root->key, "items") == 0 &&
	       is_list_kind(root->container);
}

static bool on_start(struct reader *reader, bool is_list, const yaml_char_t *anchor)
{
	if (wants_key(top_of(reader)))
		return wrong(reader, "a key must be text");
	if (reader->depth == ITEM_DEPTH)
		return wrong(reader, "too many levels");

	bool streams = is_list && is_stream(reader);
	uint32_t mark = mark_value(reader);
	reader->streamed |= streams;
	reader->frames[reader->depth] = (struct frame){
		.container = is_list ? json_array() : json_object(),
		/* what is handed over in parts, or ends the document, is not there for an alias */
		.anchor = streams || reader->depth == 0 ? NULL : mem_text((const char *)anchor),
		.before = reader->item,
		.height = 1,
		.mark = mark,
		.streams = streams,
	};
	reader->depth++;
	return count(reader, 1, 0);
}

static void frame_done(struct frame *frame)
{
	json_decref(frame->container);
	json_decref(frame->merges);
	mem_free(frame->key);
	mem_free(frame->anchor);
}

static bool on_end(struct reader *reader)
{
	struct frame frame = reader->frames[--reader->depth];
	struct size size = { reader->item.nodes - frame.before.nodes,
			     reader->item.bytes - frame.before.bytes, frame.height };

	for (size_t i = 0; i < json_array_size(frame.merges); i++)
		json_object_update_missing(frame.container, json_array_get(frame.merges, i));
	bool good = keep_anchor(reader, frame.anchor, frame.container, &size) &&
		    place(reader, json_incref(frame.container), frame.height);
	frame_done(&frame);
	return good;
}

static bool on_event(struct reader *reader, const yaml_event_t *event)
{
	reader->line = (unsigned)event->start_mark.line + 1;
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		reader->streamed = false;
		anchors_clear(&reader->anchors);
		return true;
	case YAML_SCALAR_EVENT:
		return on_scalar(reader, event);
	case YAML_ALIAS_EVENT:
		return on_alias(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(reader, true, event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_start(reader, false, event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(reader);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

static bool syntax_error(struct reader *reader, const yaml_parser_t *parser)
{
	bool has_mark = parser->error == YAML_SCANNER_ERROR || parser->error == YAML_PARSER_ERROR;
	const char *problem = parser->problem == NULL ? "cannot be read" : parser->problem;

	reader->line = (unsigned)(has_mark ? parser->problem_mark.line : parser->mark.line) + 1;
	if (parser->context == NULL)
		return wrong(reader, problem);
	return error_set(reader->error, "%s:%u: %s (%s)", reader->name, reader->line, problem,
			 parser->context);
}

static bool read_events(struct reader *reader, yaml_parser_t *parser)
{
	for (;;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event))
			return syntax_error(reader, parser);
		bool good = on_event(reader, &event), at_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (!good || at_end)
			return good;
	}
}

bool yaml_read_items(const char *name, FILE *file, const struct item_taker *taker, struct error *error)
{
	struct reader reader = { .name = name, .taker = taker, .error = error };
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return error_set(error, "%s: out of memory", name);
	yaml_parser_set_input_file(&parser, file);
	anchors_init(&reader.anchors);
	bool good = read_events(&reader, &parser);
	yaml_parser_delete(&parser);
	while (reader.depth > 0)
		frame_done(&reader.frames[--reader.depth]);
	anchors_done(&reader.anchors);
	mem_free(reader.marks.list);
	return good;
}
