/* SPDX-License-Identifier: Apache-2.0 */
/* What the anchors of a YAML document stand for. An alias shares the value, so it costs no memory;
 * what it stands for still counts. */
#ifndef KNAMED_SOURCE_YAML_ANCHORS_H
#define KNAMED_SOURCE_YAML_ANCHORS_H

#include "items.h"

struct size {
	size_t nodes, bytes, height;
}; /* height: of containers within each other */
/* False when that is more than an item may hold. */
bool size_add(struct size *total, size_t nodes, size_t bytes);

struct anchor {
	json_t *value;
	struct size size;
};
struct anchors {
	struct map *map;
	struct size total;
};
void anchors_init(struct anchors *anchors);
void anchors_done(struct anchors *anchors);
void anchors_clear(struct anchors *anchors);
/* Holds the value. False: together they are too large. */
bool anchors_put(struct anchors *anchors, const char *name, json_t *value, const struct size *size);
const struct anchor *anchors_get(const struct anchors *anchors, const char *name);

#endif
