/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file in YAML, which JSON is a part of: one document as one value, within the limits of an item. */
#include "knamed/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "items.h"

struct document {
	const char *name;
	json_t *value;
};

static bool keep(void *context, const struct item *item, struct error *error)
{
	struct document *document = context;

	if (document->value != NULL || item->list != NULL)
		return error_set(error, "%s:%u: expected one document", document->name, item->line);
	document->value = json_incref(item->value);
	return true;
}

json_t *yaml_read_document(const char *name, const char *text, size_t size, struct error *error)
{
	struct document document = { .name = name };
	const struct item_taker taker = { keep, &document };
	FILE *stream = fmemopen((char *)text, size, "r");

	if (stream == NULL) {
		error_set(error, "%s: %s", name, strerrordesc_np(errno));
		return NULL;
	}
	bool good = yaml_read_items(name, stream, &taker, error);
	fclose(stream);
	if (good && document.value == NULL)
		good = error_set(error, "%s: there is nothing in it", name);
	if (good)
		return document.value;
	json_decref(document.value);
	return NULL;
}
