/* SPDX-License-Identifier: Apache-2.0 */
/* Names turned around, so that a plain comparison from the left is the order of a zone. */
#include <string.h>

#include "zone_load.h"

/* Copies labels in reverse order: a name into a path, or a path into a name. Both are as long. */
static void turn_around(const uint8_t *labels, size_t size, uint8_t *ret_turned)
{
	for (size_t at = 0; at < size; at += 1u + labels[at])
		memcpy(ret_turned + size - at - 1 - labels[at], labels + at, 1u + labels[at]);
}

size_t path_of_name(const uint8_t *name, size_t size, size_t zone_size, uint8_t ret_path[PATH_MAX_SIZE])
{
	size_t labels = size - zone_size;
	turn_around(name, labels, ret_path);
	name_lower(ret_path, labels);
	ret_path[labels] = 0;
	return labels + 1;
}

uint8_t key_of_path(const uint8_t *path, uint8_t ret_key[DNS_NAME_MAX])
{
	size_t labels = path_size(path) - 1;
	turn_around(path, labels, ret_key);
	return (uint8_t)labels;
}

size_t path_size(const uint8_t *path)
{
	return name_size(path);
}

unsigned path_depth(const uint8_t *path)
{
	return name_label_count(path);
}

int path_compare(const uint8_t *a, const uint8_t *b)
{
	while (*a != 0 && *b != 0) {
		int order = memcmp(a + 1, b + 1, *a < *b ? *a : *b);
		if (order != 0)
			return order;
		if (*a != *b)
			break;
		a += 1 + *a;
		b += 1 + *b;
	}
	return (int)*a - (int)*b;
}

unsigned path_common(const uint8_t *a, const uint8_t *b)
{
	unsigned labels = 0;
	while (*a != 0 && *a == *b && memcmp(a + 1, b + 1, *a) == 0) {
		b += 1 + *b;
		a += 1 + *a;
		labels++;
	}
	return labels;
}

size_t path_skip(const uint8_t *path, unsigned labels)
{
	size_t at = 0;
	while (labels-- > 0)
		at += 1u + path[at];
	return at;
}
