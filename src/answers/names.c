/* SPDX-License-Identifier: Apache-2.0 */
/* Owner names of a group: SVC.NS.svc.Z and what stands in front of it. */
#include <string.h>

#include "cluster.h"

bool wire_add_front(const void *labels, size_t size, const struct wire *rest, struct wire *ret_wire)
{
	struct wire wire;
	if (size + rest->size > DNS_NAME_MAX)
		return false;
	memcpy(wire.bytes, labels, size);
	memcpy(wire.bytes + size, rest->bytes, rest->size);
	wire.size = (uint8_t)(size + rest->size);
	*ret_wire = wire;
	return true;
}

/* One label of any bytes; false if it is empty or over 63. */
bool label_wire(const char *text, bool lower, uint8_t ret_label[DNS_LABEL_MAX + 1], unsigned *ret_size)
{
	size_t size = strlen(text);
	if (size == 0 || size > DNS_LABEL_MAX)
		return false;
	ret_label[0] = (uint8_t)size;
	for (size_t i = 0; i < size; i++) {
		uint8_t c = (uint8_t)text[i];
		ret_label[i + 1] = lower && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	}
	*ret_size = (unsigned)size + 1;
	return true;
}

bool group_wire(const struct group *group, const struct zone *zone, struct wire *ret_wire)
{
	struct wire wire = { .size = zone->size };
	memcpy(wire.bytes, zone->name, zone->size);
	bool has_branch = group->cluster->inside == NULL;
	return group->owner != NULL && (!has_branch || wire_add_front("\3svc", 4, &wire, &wire)) &&
	       wire_add_front(group->owner->labels, group->owner->size, &wire, ret_wire);
}

const struct zone_list *group_zones(const struct group *group)
{
	return group->is_import ? &group->cluster->imports : &group->cluster->forward;
}

bool *group_changed(const struct group *group)
{
	return group->is_import ? &group->cluster->imports_changed : &group->cluster->changed;
}

void group_put(struct group *group)
{
	struct cluster *cluster = group->cluster;
	struct entry *entry = draft_entry(&cluster->draft);
	if (entry == NULL) {
		answers_complain(cluster->answers,
				 "%s %s/%s: more records than a name can hold: left out",
				 group_kind(group), group->space->name, group->name);
		return;
	}
	entry = table_put(cluster->catalog->table, entry, group_changed(group));
	group->entries =
		mem_realloc(group->entries, (group->entry_count + 1) * sizeof(struct entry *));
	group->entries[group->entry_count++] = entry;
}

static bool is_shown_headless(const struct group *group)
{
	for (size_t i = 0; i < group->entry_count; i++)
		if (group->entries[i]->flags & ENTRY_SOON)
			return true;
	return false;
}

/* A sieve of more than half its labels is made anew, four times as large. */
void group_note_headless(struct group *group)
{
	struct cluster *cluster = group->cluster;
	struct catalog *catalog = cluster->catalog;
	if (catalog->headless == NULL || cluster->noted + 1 > cluster->noted_room) {
		struct sieve *old = catalog->headless;
		cluster->noted_room = cluster->noted_room == 0 ? 16 : 4 * cluster->noted_room;
		cluster->noted = 0;
		catalog->headless = sieve_new(cluster->noted_room);
		size_t position = 0, key_size;
		const void *key;
		void *value;
		while (map_next(cluster->groups, &position, &key, &key_size, &value)) {
			const struct group *other = value;
			if (other->owner != NULL && is_shown_headless(other))
				cluster->noted += sieve_add(catalog->headless, other->owner->labels);
		}
		if (old != NULL)
			retire_memory(cluster->answers, old);
		cluster->answers->touched = true;
	}
	cluster->noted += sieve_add(catalog->headless, group->owner->labels);
}
