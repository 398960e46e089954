/* SPDX-License-Identifier: Apache-2.0 */
/* One step: turns all that is marked into entries. Spaces first, for they show and hide; then what
 * that means for the endpoints of groups; then endpoints, hosts, names and the apex, each reading
 * what the ones before have settled. */
#include <string.h>

#include "cluster.h"

static bool is_listed(const struct cluster *cluster, const struct space *space)
{
	if (cluster->inside != NULL)
		cluster = cluster->inside;
	for (size_t i = 0; i < cluster->namespace_count; i++)
		if (strcmp(cluster->namespaces[i], space->name) == 0)
			return true;
	return cluster->namespace_count == 0;
}

static void space_show(struct cluster *cluster, const struct space *space, const struct zone *zone,
		       const char *branch)
{
	struct wire name = { .size = zone->size };
	memcpy(name.bytes, zone->name, zone->size);
	if (space->label == NULL || !wire_add_front(branch, strlen(branch), &name, &name) ||
	    !wire_add_front(space->label->labels, space->label->size, &name, &name))
		return;
	bool *changed =
		zone->kind == ZONE_MULTICLUSTER ? &cluster->imports_changed : &cluster->changed;
	if (!space->exposed) {
		*changed |= table_remove(cluster->catalog->table, name.bytes, name.size);
		return;
	}
	draft_start(&cluster->draft, cluster->catalog->pool, name.bytes, name.size, 0);
	table_put(cluster->catalog->table, draft_entry(&cluster->draft), changed);
}

static void space_compile(struct cluster *cluster, struct space *space)
{
	bool is_outside = cluster->inside != NULL;
	bool exposed = space->exists && is_listed(cluster, space) &&
		       !(is_outside && outside_hides(cluster, space));
	if (exposed == space->exposed)
		return;
	space->exposed = exposed;
	const struct zone_list *lists[] = { &cluster->forward, &cluster->imports };
	for (size_t l = 0; l < COUNT_OF(lists); l++) {
		for (size_t i = 0; i < lists[l]->count; i++) {
			space_show(cluster, space, lists[l]->zones[i], is_outside ? "" : "\3svc");
			if (cluster->catalog->pods != CLUSTER_PODS_DISABLED)
				space_show(cluster, space, lists[l]->zones[i], "\3pod");
		}
	}
	for (struct group *group = space->groups; group != NULL; group = group->next_in_space) {
		group->names_stale = true;
		group_mark(group);
	}
}

static enum service_type type_outside(const struct cluster *cluster, const struct service *service)
{
	bool has_endpoints = cluster->shows_headless && service->type == SERVICE_HEADLESS &&
			     service->external_count == 0;
	return has_endpoints ? SERVICE_HEADLESS : SERVICE_EXTERNAL_NAME;
}

enum service_type group_type(const struct group *group, const struct object *object)
{
	const struct service *service = (const void *)object;
	if (group->cluster->inside != NULL)
		return type_outside(group->cluster, service);
	if (!group->is_import)
		return service->type;
	return ((const struct import *)(const void *)object)->type == IMPORT_HEADLESS
		       ? SERVICE_HEADLESS
		       : SERVICE_CLUSTER_IP;
}

/* The addresses by which a Service is shown, each once. */
static void addresses_shown(const struct group *group, const struct object *object,
			    struct ip_list *ret_list)
{
	const struct service *service = (const void *)object;
	ret_list->count = 0;
	if (object == NULL)
		return;
	if (group->cluster->inside != NULL) {
		outside_addresses(service, ret_list);
	} else if (service->type == SERVICE_CLUSTER_IP) {
		ret_list->count = service->address_count;
		memcpy(ret_list->list, service->addresses, service->address_count * sizeof(struct ip));
	}
}

static bool list_has(const struct ip_list *list, const struct ip *ip)
{
	for (size_t i = 0; i < list->count; i++)
		if (ip_equal(&list->list[i], ip))
			return true;
	return false;
}

/* The addresses of a Service point back to it (names.md 8). Imported addresses do not. */
static void addresses_compile(struct group *group, bool shown_before, bool shown_now)
{
	struct ip_list before, now;
	if (group->is_import)
		return;
	struct address_ref ref = { .owner = group->owner, .from = group };
	addresses_shown(group, shown_before ? group->shown : NULL, &before);
	addresses_shown(group, shown_now ? group->now : NULL, &now);
	for (size_t i = 0; i < before.count; i++)
		if (!list_has(&now, &before.list[i]))
			refs_remove(group->cluster, KEY_ADDRESS, &before.list[i], &ref);
	for (size_t i = 0; i < now.count; i++)
		if (!list_has(&before, &now.list[i]))
			refs_add(group->cluster, KEY_ADDRESS, &now.list[i], &ref, false);
}

/* What a change of the object or of its namespace means for its endpoints. */
static void group_prepare(struct group *group)
{
	bool shown_before = group->shown != NULL;
	bool shown_now = group->now != NULL && group->space->exposed && group->owner != NULL;
	bool active = shown_now && group_type(group, group->now) != SERVICE_EXTERNAL_NAME &&
		      (!group->is_import || group_type(group, group->now) == SERVICE_HEADLESS);
	bool not_ready_too = shown_now && !group->is_import &&
			     ((const struct service *)(const void *)group->now)->publish_not_ready;
	addresses_compile(group, shown_before, shown_now);
	if (active != group->active || not_ready_too != group->not_ready_too)
		for (struct member *member = group->members; member != NULL; member = member->next)
			member_mark(member);
	bool type_changed = shown_before && shown_now &&
			    group_type(group, group->shown) != group_type(group, group->now);
	group->active = active;
	group->not_ready_too = not_ready_too;
	object_drop(group->shown);
	group->shown = shown_now ? object_hold(group->now) : NULL;
	if (type_changed) {
		hosts_mark(group);
		group->cluster->apex_dirty |= group->cluster->local_count > 0;
	}
}

/* Endpoints alone change the names of a headless service, and whether an empty one is shown. */
static bool depends_on_members(const struct group *group)
{
	return group->now != NULL && (group_type(group, group->now) == SERVICE_HEADLESS ||
				      group->cluster->ignore_empty_service);
}

static void serials_move(struct cluster *cluster)
{
	const struct zone_list *lists[] = { &cluster->forward, &cluster->reverse, &cluster->imports };
	for (size_t l = 0; l < COUNT_OF(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++)
			if (l == 2 ? cluster->imports_changed : cluster->changed)
				zone_touch(cluster->answers, lists[l]->zones[i]);
	cluster->changed = cluster->imports_changed = false;
}

static void mark_apex(struct cluster *cluster)
{
	for (const struct group *group = cluster->dirty_groups; group != NULL; group = group->next_dirty)
		cluster->apex_dirty |= group->is_server;
}

static void compile_marked(struct cluster *cluster)
{
	mark_apex(cluster);
	if (cluster->inside != NULL)
		cluster->apex_dirty |= cluster->apex_seen != cluster->inside->apex_count;
	for (struct space *space = cluster->dirty_spaces; space != NULL; space = space->next_dirty)
		space_compile(cluster, space);
	for (struct group *group = cluster->dirty_groups; group != NULL; group = group->next_dirty)
		group_prepare(group);
	for (struct member *member = cluster->dirty_members; member != NULL; member = member->next_dirty)
		member_compile(member);
	hosts_compile(cluster);
	for (struct group *group = cluster->dirty_groups; group != NULL; group = group->next_dirty)
		if (group->names_stale || depends_on_members(group))
			group_compile(group);
	if (cluster->apex_dirty)
		apex_compile(cluster);
}

static void unmark(struct cluster *cluster)
{
	for (struct member *member = cluster->dirty_members; member != NULL; member = member->next_dirty)
		member->is_dirty = false;
	cluster->dirty_members = NULL;
	while (cluster->dirty_spaces != NULL) {
		struct space *space = cluster->dirty_spaces;
		cluster->dirty_spaces = space->next_dirty;
		space->is_dirty = false;
		if (space->users == 0 && !space->exists)
			space_free(cluster, space);
	}
	while (cluster->dirty_groups != NULL) {
		struct group *group = cluster->dirty_groups;
		cluster->dirty_groups = group->next_dirty;
		group->is_dirty = group->names_stale = false;
		group_drop_members(group);
		if (group->now == NULL && group->members == NULL)
			group_free(group);
	}
}

bool cluster_compile(struct cluster *cluster)
{
	if (cluster->inside != NULL) /* our apex is made of what that one knows */
		cluster_compile(cluster->inside);
	compile_marked(cluster);
	unmark(cluster);
	bool changed = cluster->changed || cluster->imports_changed;
	serials_move(cluster);
	return changed;
}
