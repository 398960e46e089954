/* SPDX-License-Identifier: Apache-2.0 */
/* A file of manifests is read as a row of API objects, one in memory at a time: documents, items of
 * lists (`items:` of a List, or a list at the top). */
#ifndef KNAMED_SOURCE_ITEMS_H
#define KNAMED_SOURCE_ITEMS_H

#include <stdio.h>

#include "field.h"

enum {
	ITEM_DEPTH = 64,	       /* containers within each other */
	ITEM_NODES = 1000 * 1000,      /* values of one item, with all that its aliases stand for */
	ITEM_BYTES = 16 * 1024 * 1024, /* text of one item */
};

/* Where the values of an item began: a tree with the item itself first. */
struct mark {
	uint32_t parent, name, line;
};
struct marks {
	struct mark *list;
	size_t count, room;
};
uint32_t marks_add(struct marks *marks, uint32_t parent, uint32_t name, unsigned line);
uint32_t mark_name_of_key(const char *key);

struct item {
	json_t *value; /* borrowed */
	json_t *list;  /* what is known of the list it stands in; NULL: it is a document */
	const struct marks *marks; /* lines, for YAML */
	const char *text;	   /* the item's own text, for JSON */
	size_t text_size;
	unsigned line; /* on which it begins */
};
/* The line of a field, or of the innermost field around it that is there. */
unsigned item_line(const struct item *item, const struct field_path *path);

struct item_taker {
	bool (*take)(void *context, const struct item *item, struct error *error);
	void *context;
};
/* Both say "name:line: what" when the text is wrong; what the taker said is passed on. */
bool yaml_read_items(const char *name, FILE *file, const struct item_taker *taker, struct error *error);
bool json_read_items(const char *name, FILE *file, const struct item_taker *taker, struct error *error);

/* Whether the items of such a document are to be read one by one: its kind is not known or ends in "List". */
bool is_list_kind(const json_t *document);

/* Text of a plain, quoted or tagged scalar as Kubernetes' YAML reader takes it. NULL and a sentence
 * if the tag says what the text is not. */
struct yaml_event_s;
json_t *yaml_scalar(const struct yaml_event_s *event, struct error *error);

#endif
