/* SPDX-License-Identifier: Apache-2.0 */
/* Which pod has an address: an entry of its own, that only who asks for clients pays for. It holds
 * two texts, the namespace and the name; of an address that several have (those on a node's own
 * network) two for each, and who got it last stands in front. */
#include <string.h>

#include "cluster.h"

enum { PODS_MOST = 16 }; /* of one address; of more the first ones are forgotten */

static void add_pod(struct text *texts, const char *namespace_, const char *name)
{
	text_add_n(texts, namespace_, strlen(namespace_) + 1);
	text_add_n(texts, name, strlen(name) + 1);
}

static struct catalog_pod pod_of(const char *namespace_)
{
	return (struct catalog_pod){ namespace_, namespace_ + strlen(namespace_) + 1 };
}

static struct catalog_pod first_pod(const struct entry *entry)
{
	return pod_of((const void *)entry_data(entry, &entry->sets[0]));
}

static bool is_pod(const struct catalog_pod *known, const struct pod *pod)
{
	return strcmp(known->namespace_, pod->head.namespace_) == 0 &&
	       strcmp(known->name, pod->head.name) == 0;
}

static void add_others(struct text *texts, const struct entry *entry, const struct pod *pod)
{
	const char *at = (const void *)entry_data(entry, &entry->sets[0]);
	const char *end = at + entry->sets[0].count;
	for (unsigned added = 0; at < end && added < PODS_MOST - 1;) {
		struct catalog_pod known = pod_of(at);
		if (!is_pod(&known, pod)) {
			add_pod(texts, known.namespace_, known.name);
			added++;
		}
		at = known.name + strlen(known.name) + 1;
	}
}

static void client_show(struct cluster *cluster, const uint8_t *key, uint8_t key_size)
{
	struct draft *draft = &cluster->draft;
	const struct text *texts = &cluster->records;
	bool changed = false;
	draft_start(draft, cluster->catalog->pool, key, key_size, 0);
	draft_raw(draft, 0, 0, (uint16_t)texts->size, texts->data, texts->size);
	struct entry *entry = draft_entry(draft);
	if (entry != NULL)
		table_put(cluster->catalog->table, entry, &changed);
}

static void client_change(struct cluster *cluster, const struct ip *ip, const struct pod *pod,
			  bool has_it)
{
	uint8_t key[24], key_size = address_key(KEY_CLIENT, ip, key);
	const struct entry *known = table_get(cluster->catalog->table, key, key_size);
	text_clear(&cluster->records);
	if (has_it)
		add_pod(&cluster->records, pod->head.namespace_, pod->head.name);
	if (known != NULL)
		add_others(&cluster->records, known, pod);
	if (cluster->records.size > 0)
		client_show(cluster, key, key_size);
	else if (known != NULL)
		table_remove(cluster->catalog->table, key, key_size);
}

static bool has_address(const struct pod *pod, const struct ip *ip)
{
	for (size_t i = 0; pod != NULL && i < pod->address_count; i++)
		if (ip_equal(&pod->addresses[i], ip))
			return true;
	return false;
}

/* What else happens to a pod does not bring it to the front: its address may be another one's by now. */
void clients_change(struct cluster *cluster, const struct pod *before, const struct pod *after)
{
	for (size_t i = 0; before != NULL && i < before->address_count; i++)
		if (!has_address(after, &before->addresses[i]))
			client_change(cluster, &before->addresses[i], before, false);
	for (size_t i = 0; after != NULL && i < after->address_count; i++)
		if (!has_address(before, &after->addresses[i]))
			client_change(cluster, &after->addresses[i], after, true);
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
		*ret_pod = first_pod(entry);
	return entry != NULL;
}

bool catalog_pod_at(const struct catalog *catalog, const struct ip *ip, struct catalog_pod *ret_pod)
{
	uint8_t key[24], key_size = address_key(KEY_CLIENT, ip, key);
	const struct entry *entry =
		catalog->keep_clients ? table_get(catalog->table, key, key_size) : NULL;
	if (entry != NULL)
		*ret_pod = first_pod(entry);
	return entry != NULL;
}
