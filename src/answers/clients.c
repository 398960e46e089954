/* SPDX-License-Identifier: Apache-2.0 */
/* Which pod has an address: an entry of its own, that only who asks for clients pays for. It holds
 * two texts, the namespace and the name. */
#include <string.h>

#include "cluster.h"

static void client_put(struct cluster *cluster, const struct ip *ip, const struct pod *pod)
{
	uint8_t key[24], key_size = address_key(KEY_CLIENT, ip, key);
	struct draft *draft = &cluster->draft;
	struct text *texts = &cluster->records;
	bool changed = false;
	text_clear(texts);
	text_add_n(texts, pod->head.namespace_, strlen(pod->head.namespace_) + 1);
	text_add_n(texts, pod->head.name, strlen(pod->head.name) + 1);
	draft_start(draft, cluster->catalog->pool, key, key_size, 0);
	draft_raw(draft, 0, 0, (uint16_t)texts->size, texts->data, texts->size);
	struct entry *entry = draft_entry(draft);
	if (entry != NULL)
		table_put(cluster->catalog->table, entry, &changed);
}

static struct catalog_pod pod_of(const struct entry *entry)
{
	const char *namespace_ = (const void *)entry_data(entry, &entry->sets[0]);
	return (struct catalog_pod){ namespace_, namespace_ + strlen(namespace_) + 1 };
}

/* Unless another pod has the address by now. */
static void client_remove(struct cluster *cluster, const struct ip *ip, const struct pod *pod)
{
	uint8_t key[24], key_size = address_key(KEY_CLIENT, ip, key);
	const struct entry *entry = table_get(cluster->catalog->table, key, key_size);
	if (entry == NULL)
		return;
	struct catalog_pod known = pod_of(entry);
	if (strcmp(known.namespace_, pod->head.namespace_) == 0 &&
	    strcmp(known.name, pod->head.name) == 0)
		table_remove(cluster->catalog->table, key, key_size);
}

void clients_change(struct cluster *cluster, const struct pod *before, const struct pod *after)
{
	for (size_t i = 0; before != NULL && i < before->address_count; i++)
		client_remove(cluster, &before->addresses[i], before);
	for (size_t i = 0; after != NULL && i < after->address_count; i++)
		client_put(cluster, &after->addresses[i], after);
}

bool catalog_find_pod(const struct catalog *catalog, const struct edition *edition,
		      const struct ip *ip, struct catalog_pod *ret_pod)
{
	uint8_t key[24], key_size = address_key(KEY_CLIENT, ip, key);
	const struct view *view = &edition->views[catalog->index];
	if (!catalog->keep_clients || view->zone_count == 0)
		return false;
	const struct lookup lookup = { .zone = view->zones[0], .edition = edition };
	const struct entry *entry = find_key(&lookup, key, key_size);
	if (entry != NULL)
		*ret_pod = pod_of(entry);
	return entry != NULL;
}
