/* SPDX-License-Identifier: Apache-2.0 */
/* What the anchors of a YAML document stand for. */
#include "yaml_anchors.h"

#include <string.h>

bool size_add(struct size *total, size_t nodes, size_t bytes)
{
	total->nodes += nodes;
	total->bytes += bytes;
	return total->nodes <= ITEM_NODES && total->bytes <= ITEM_BYTES;
}

void anchors_init(struct anchors *anchors)
{
	*anchors = (struct anchors){ .map = map_new() };
}

void anchors_done(struct anchors *anchors)
{
	anchors_clear(anchors);
	map_free(anchors->map);
}

void anchors_clear(struct anchors *anchors)
{
	size_t position = 0, key_size;
	const void *key;
	void *value;

	while (map_next(anchors->map, &position, &key, &key_size, &value)) {
		struct anchor *anchor = value;
		map_remove(anchors->map, key, key_size);
		json_decref(anchor->value);
		mem_free(anchor);
	}
	anchors->total = (struct size){ 0 };
}

bool anchors_put(struct anchors *anchors, const char *name, json_t *value, const struct size *size)
{
	struct anchor *before = map_get(anchors->map, name, strlen(name));

	if (!size_add(&anchors->total, size->nodes, size->bytes))
		return false;
	struct anchor *anchor = mem_alloc(sizeof(*anchor));
	*anchor = (struct anchor){ json_incref(value), *size };
	map_put(anchors->map, name, strlen(name), anchor);
	if (before != NULL)
		json_decref(before->value);
	mem_free(before);
	return true;
}

const struct anchor *anchors_get(const struct anchors *anchors, const char *name)
{
	return map_get(anchors->map, name, strlen(name));
}
