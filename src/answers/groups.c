/* SPDX-License-Identifier: Apache-2.0 */
/* Spaces, groups and members: found by name or made, marked when a change touches them, freed when
 * nothing needs them. Between two publishes a thing may change many times; it is compiled once. */
#include <string.h>

#include "cluster.h"

char *lower_text(const char *text)
{
	char *copy = mem_text(text);
	for (char *at = copy; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	return copy;
}

struct space *space_of(struct cluster *cluster, const char *name)
{
	char *lower = lower_text(name);
	struct space *space = map_get(cluster->spaces, lower, strlen(lower));
	if (space != NULL) {
		mem_free(lower);
		return space;
	}
	space = mem_zalloc(sizeof *space);
	space->name = lower;
	uint8_t label[DNS_LABEL_MAX + 1], class_;
	unsigned size;
	if (label_wire(lower, true, label, &size)) {
		struct owner *owner = pool_take(cluster->catalog->pool, sizeof *owner + size, &class_);
		owner->class_ = class_;
		owner->size = (uint8_t)size;
		memcpy(owner->labels, label, size);
		space->label = owner;
	}
	map_put(cluster->spaces, lower, strlen(lower), space);
	return space;
}

static size_t join_key(char kind, const char *a, const char *b, const char *c, struct text *text)
{
	text_clear(text);
	text_add_n(text, &kind, 1);
	for (const char *const *part = (const char *const[]){ a, b, c, NULL }; *part != NULL; part++)
		text_add_n(text, *part, strlen(*part) + 1);
	return text->size;
}

static const struct owner *owner_new(struct cluster *cluster, const char *name,
				     const struct space *space)
{
	uint8_t label[DNS_LABEL_MAX + 1], class_;
	unsigned size;
	if (space->label == NULL || !label_wire(name, true, label, &size))
		return NULL;
	struct owner *owner =
		pool_take(cluster->catalog->pool, sizeof *owner + size + space->label->size, &class_);
	owner->class_ = class_;
	owner->size = (uint8_t)(size + space->label->size);
	memcpy(owner->labels, label, size);
	memcpy(owner->labels + size, space->label->labels, space->label->size);
	return owner;
}

struct group *group_of(struct cluster *cluster, bool is_import, const char *namespace_, const char *name)
{
	struct space *space = space_of(cluster, namespace_);
	char *lower = lower_text(name);
	struct text key = { 0 };
	size_t key_size = join_key(is_import ? 'i' : 's', space->name, lower, NULL, &key);
	struct group *group = map_get(cluster->groups, key.data, key_size);
	if (group == NULL) {
		group = mem_zalloc(sizeof *group);
		group->cluster = cluster;
		group->space = space;
		group->is_import = is_import;
		group->name = mem_text(lower);
		group->owner = owner_new(cluster, lower, space);
		group->next_in_space = space->groups;
		space->groups = group;
		space->users++;
		map_put(cluster->groups, key.data, key_size, group);
	}
	mem_free(lower);
	text_done(&key);
	return group;
}

static size_t member_key(const struct group *group, const char *slice, struct text *text)
{
	return join_key(group->is_import ? 'i' : 's', group->space->name, slice, group->name, text);
}

struct member *member_of(struct group *group, const struct slice *slice, bool create)
{
	struct cluster *cluster = group->cluster;
	struct text key = { 0 };
	size_t key_size = member_key(group, slice->head.name, &key);
	struct member *member = map_get(cluster->members, key.data, key_size);
	if (member == NULL && create) {
		member = mem_zalloc(sizeof *member);
		member->group = group;
		member->id = ++cluster->next_id;
		struct member **end = &group->members;
		while (*end != NULL)
			end = &(*end)->next;
		*end = member;
		map_put(cluster->members, key.data, key_size, member);
	}
	text_done(&key);
	return member;
}

uint8_t group_address_kind(const struct group *group)
{
	bool is_told = !group->is_import && group->cluster->inside == NULL;
	return is_told ? KEY_ADDRESS : KEY_IMPORT_ADDRESS;
}

void group_mark(struct group *group)
{
	if (group->is_dirty)
		return;
	group->is_dirty = true;
	group->next_dirty = group->cluster->dirty_groups;
	group->cluster->dirty_groups = group;
}

void member_mark(struct member *member)
{
	group_mark(member->group);
	if (member->is_dirty)
		return;
	member->is_dirty = true;
	member->next_dirty = member->group->cluster->dirty_members;
	member->group->cluster->dirty_members = member;
}

void space_mark(struct cluster *cluster, struct space *space)
{
	if (space->is_dirty)
		return;
	space->is_dirty = true;
	space->next_dirty = cluster->dirty_spaces;
	cluster->dirty_spaces = space;
}

void space_free(struct cluster *cluster, struct space *space)
{
	map_remove(cluster->spaces, space->name, strlen(space->name));
	if (space->label != NULL)
		retire_pooled(cluster->answers, cluster->catalog->pool,
			      (void *)(uintptr_t)space->label, space->label->class_);
	mem_free(space->name);
	mem_free(space);
}

static void member_free(struct member *member)
{
	member_drop_chunks(member);
	if (member->shown != NULL)
		object_drop(&member->shown->head);
	if (member->now != NULL)
		object_drop(&member->now->head);
	mem_free(member->gone);
	mem_free(member);
}

/* Takes out members whose slice is gone. */
void group_drop_members(struct group *group)
{
	struct text *key = &group->cluster->records;
	for (struct member **at = &group->members; *at != NULL;) {
		struct member *member = *at;
		if (member->now != NULL) {
			at = &member->next;
			continue;
		}
		*at = member->next;
		size_t key_size = member_key(group, member->gone, key);
		map_remove(group->cluster->members, key->data, key_size);
		member_free(member);
	}
}

void group_free(struct group *group)
{
	struct cluster *cluster = group->cluster;
	struct text key = { 0 };
	size_t key_size =
		join_key(group->is_import ? 'i' : 's', group->space->name, group->name, NULL, &key);
	map_remove(cluster->groups, key.data, key_size);
	text_done(&key);
	for (struct group **at = &group->space->groups; *at != NULL; at = &(*at)->next_in_space) {
		if (*at != group)
			continue;
		*at = group->next_in_space;
		break;
	}
	if (--group->space->users == 0 && !group->space->exists)
		space_free(cluster, group->space);
	for (size_t i = 0; i < group->port_list_count; i++)
		retire_pooled(cluster->answers, cluster->catalog->pool, group->ports[i],
			      group->ports[i]->class_);
	if (group->owner != NULL)
		retire_pooled(cluster->answers, cluster->catalog->pool,
			      (void *)(uintptr_t)group->owner, group->owner->class_);
	mem_free(group->ports);
	mem_free(group->entries);
	mem_free(group->name);
	mem_free(group);
}
