/* SPDX-License-Identifier: Apache-2.0 */
/* Pods by namespace and label. */
#include "pod_index.h"

#include <string.h>

struct pod_index {
	struct map *lists;
	struct text key;
};

struct pod_index *pod_index_new(void)
{
	struct pod_index *index = mem_zalloc(sizeof(*index));

	index->lists = map_new();
	return index;
}

void pod_index_free(struct pod_index *index)
{
	size_t position = 0, key_size;
	const void *key;
	void *value;

	if (index == NULL)
		return;
	while (map_next(index->lists, &position, &key, &key_size, &value)) {
		mem_free(((struct pod_list *)value)->pods);
		mem_free(value);
	}
	map_free(index->lists);
	text_done(&index->key);
	mem_free(index);
}

/* The NULs keep the three parts apart. */
static const struct text *index_key(struct pod_index *index, const char *namespace_,
				    const struct label *label)
{
	text_clear(&index->key);
	text_add_n(&index->key, namespace_, strlen(namespace_) + 1);
	text_add_n(&index->key, label->key, strlen(label->key) + 1);
	text_add(&index->key, label->value);
	return &index->key;
}

static void list_add(struct pod_list *list, const struct pod_facts *facts)
{
	if (list->count == list->room) {
		list->room = list->room == 0 ? 4 : list->room * 2;
		list->pods = mem_realloc(list->pods, list->room * sizeof(*list->pods));
	}
	list->pods[list->count++] = facts;
}

void pod_index_add(struct pod_index *index, const char *namespace_, const struct pod_facts *facts)
{
	for (size_t i = 0; i < facts->labels.count; i++) {
		const struct text *key = index_key(index, namespace_, &facts->labels.list[i]);
		struct pod_list *list = map_get(index->lists, key->data, key->size);
		if (list == NULL) {
			list = mem_zalloc(sizeof(*list));
			map_put(index->lists, key->data, key->size, list);
		}
		list_add(list, facts);
	}
}

const struct pod_list *pod_index_find(struct pod_index *index, const char *namespace_,
				      const struct labels *selector)
{
	static const struct pod_list none;
	const struct pod_list *fewest = NULL;

	for (size_t i = 0; i < selector->count; i++) {
		const struct text *key = index_key(index, namespace_, &selector->list[i]);
		const struct pod_list *list = map_get(index->lists, key->data, key->size);
		if (list == NULL)
			return &none;
		if (fewest == NULL || list->count < fewest->count)
			fewest = list;
	}
	return fewest == NULL ? &none : fewest;
}
