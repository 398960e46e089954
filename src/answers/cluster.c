/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster's catalog: takes the model's changes, marks what they touch, compiles what is marked.
 * Between two publishes a thing may change many times; it is compiled once. */
#include <string.h>

#include "cluster.h"

/* ---- lookups of our own state ---- */

static char *lower_text(const char *text)
{
	char *copy = mem_text(text);
	for (char *at = copy; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	return copy;
}

static struct space *space_of(struct cluster *cluster, const char *name)
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
		struct owner *owner = pool_take(cluster->answers->pool, sizeof *owner + size, &class_);
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

static const struct owner *owner_new(struct cluster *cluster, const char *name, const struct space *space)
{
	uint8_t label[DNS_LABEL_MAX + 1], class_;
	unsigned size;
	if (space->label == NULL || !label_wire(name, true, label, &size))
		return NULL;
	struct owner *owner = pool_take(cluster->answers->pool, sizeof *owner + size + space->label->size, &class_);
	owner->class_ = class_;
	owner->size = (uint8_t)(size + space->label->size);
	memcpy(owner->labels, label, size);
	memcpy(owner->labels + size, space->label->labels, space->label->size);
	return owner;
}

static struct group *group_of(struct cluster *cluster, bool is_import, const char *namespace_, const char *name)
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

static struct member *member_of(struct group *group, const struct slice *slice, bool create)
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
	return group->is_import ? KEY_IMPORT_ADDRESS : KEY_ADDRESS;
}

/* ---- marking ---- */

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

static void space_mark(struct cluster *cluster, struct space *space)
{
	if (space->is_dirty)
		return;
	space->is_dirty = true;
	space->next_dirty = cluster->dirty_spaces;
	cluster->dirty_spaces = space;
}

/* ---- the model's changes ---- */

static void namespace_changed(struct cluster *cluster, const char *name, bool exists)
{
	struct space *space = space_of(cluster, name);
	space->exists = exists;
	space_mark(cluster, space);
}

static void service_changed(struct cluster *cluster, bool is_import, const struct object *before,
			    const struct object *after)
{
	const struct object *any = after == NULL ? before : after;
	struct group *group = group_of(cluster, is_import, any->namespace_, any->name);
	object_drop(group->now);
	group->now = after == NULL ? NULL : object_hold(after);
	group->names_stale = true;
	group_mark(group);
}

static void slice_leave(struct cluster *cluster, bool is_import, const struct slice *slice, const char *service)
{
	struct group *group = group_of(cluster, is_import, slice->head.namespace_, service);
	struct member *member = member_of(group, slice, false);
	if (member == NULL || member->now == NULL)
		return;
	member->gone = mem_text(member->now->head.name);
	object_drop(&member->now->head);
	member->now = NULL;
	member_mark(member);
}

static void slice_enter(struct cluster *cluster, bool is_import, const struct slice *slice, const char *service)
{
	struct group *group = group_of(cluster, is_import, slice->head.namespace_, service);
	struct member *member = member_of(group, slice, true);
	if (member->now != NULL)
		object_drop(&member->now->head);
	mem_free(member->gone);
	member->gone = NULL;
	member->now = (const struct slice *)(const void *)object_hold(&slice->head);
	member_mark(member);
}

/* A slice belongs to the Service and to the ServiceImport that its labels name. */
static void slice_changed(struct cluster *cluster, const struct slice *before, const struct slice *after)
{
	if (cluster->no_endpoints)
		return;
	for (int is_import = 0; is_import <= 1; is_import++) {
		const char *old = before == NULL || before->address_type == ADDRESS_OTHER ? "" :
				  is_import ? before->import : before->service;
		const char *new = after == NULL || after->address_type == ADDRESS_OTHER ? "" :
				  is_import ? after->import : after->service;
		if (is_import && cluster->imports.count == 0)
			continue;
		if (*old != '\0' && !text_equal_fold(old, new))
			slice_leave(cluster, is_import, before, old);
		if (*new != '\0')
			slice_enter(cluster, is_import, after, new);
	}
}

static void pod_changed(struct cluster *cluster, const struct pod *before, const struct pod *after)
{
	if (cluster->catalog->pods != CLUSTER_PODS_VERIFIED)
		return;
	const struct pod *pods[] = { before, after };
	for (int i = 0; i < 2; i++) {
		if (pods[i] == NULL)
			continue;
		struct space *space = space_of(cluster, pods[i]->head.namespace_);
		space->users += i == 1;
		space->users -= i == 0;
		for (size_t k = 0; k < pods[i]->address_count && space->label != NULL; k++) {
			if (i == 1)
				pod_add(cluster, &pods[i]->addresses[k], space);
			else
				pod_remove(cluster, &pods[i]->addresses[k], space);
		}
	}
}

static void cluster_changed(void *context, const struct object *before, const struct object *after)
{
	struct cluster *cluster = context;
	const struct object *any = after == NULL ? before : after;
	switch (any->kind) {
	case OBJECT_NAMESPACE:
		namespace_changed(cluster, any->name, after != NULL);
		break;
	case OBJECT_SERVICE:
		service_changed(cluster, false, before, after);
		break;
	case OBJECT_IMPORT:
		if (cluster->imports.count > 0)
			service_changed(cluster, true, before, after);
		break;
	case OBJECT_SLICE:
		slice_changed(cluster, (const void *)before, (const void *)after);
		break;
	case OBJECT_POD:
		pod_changed(cluster, (const void *)before, (const void *)after);
		break;
	case OBJECT_KINDS:
		break;
	}
}

struct model_listener catalog_listener(struct catalog *catalog)
{
	return (struct model_listener){ .changed = cluster_changed, .context = catalog->cluster };
}

/* ---- compiling ---- */

static bool is_listed(const struct cluster *cluster, const struct space *space)
{
	for (size_t i = 0; i < cluster->namespace_count; i++)
		if (strcmp(cluster->namespaces[i], space->name) == 0)
			return true;
	return cluster->namespace_count == 0;
}

static void space_show(struct cluster *cluster, const struct space *space, const struct zone *zone, const char *branch)
{
	struct wire name = { .size = zone->size };
	memcpy(name.bytes, zone->name, zone->size);
	if (space->label == NULL || !wire_add_front(branch, 4, &name, &name) ||
	    !wire_add_front(space->label->labels, space->label->size, &name, &name))
		return;
	bool *changed = zone->kind == ZONE_MULTICLUSTER ? &cluster->imports_changed : &cluster->changed;
	if (!space->exposed) {
		*changed |= table_remove(cluster->catalog->table, name.bytes, name.size);
		return;
	}
	draft_start(&cluster->draft, cluster->answers->pool, name.bytes, name.size, 0);
	table_put(cluster->catalog->table, draft_entry(&cluster->draft), changed);
}

static void space_compile(struct cluster *cluster, struct space *space)
{
	bool exposed = space->exists && is_listed(cluster, space);
	if (exposed == space->exposed)
		return;
	space->exposed = exposed;
	const struct zone_list *lists[] = { &cluster->forward, &cluster->imports };
	for (size_t l = 0; l < COUNT_OF(lists); l++) {
		for (size_t i = 0; i < lists[l]->count; i++) {
			space_show(cluster, space, lists[l]->zones[i], "\3svc");
			if (cluster->catalog->pods != CLUSTER_PODS_DISABLED)
				space_show(cluster, space, lists[l]->zones[i], "\3pod");
		}
	}
	for (struct group *group = space->groups; group != NULL; group = group->next_in_space) {
		group->names_stale = true;
		group_mark(group);
	}
}

static void space_free(struct cluster *cluster, struct space *space)
{
	map_remove(cluster->spaces, space->name, strlen(space->name));
	if (space->label != NULL)
		retire_pooled(cluster->answers, (void *)(uintptr_t)space->label, space->label->class_);
	mem_free(space->name);
	mem_free(space);
}

static enum service_type type_of(const struct object *object, bool is_import)
{
	if (!is_import)
		return ((const struct service *)(const void *)object)->type;
	return ((const struct import *)(const void *)object)->type == IMPORT_HEADLESS ? SERVICE_HEADLESS :
											SERVICE_CLUSTER_IP;
}

/* The clusterIPs of a Service point back to it (names.md 8). Imported addresses do not. */
static void cluster_ips_compile(struct group *group, bool shown_before, bool shown_now)
{
	if (group->is_import)
		return;
	struct address_ref ref = { .owner = group->owner, .from = group };
	const struct service *sides[] = { shown_before ? (const void *)group->shown : NULL,
					  shown_now ? (const void *)group->now : NULL };
	for (int side = 0; side < 2; side++) {
		const struct service *service = sides[side], *other = sides[1 - side];
		for (size_t i = 0; service != NULL && service->type == SERVICE_CLUSTER_IP && i < service->address_count; i++) {
			bool on_both = false;
			for (size_t k = 0; other != NULL && other->type == SERVICE_CLUSTER_IP && k < other->address_count; k++)
				on_both |= ip_equal(&other->addresses[k], &service->addresses[i]);
			if (on_both)
				continue;
			if (side == 0)
				refs_remove(group->cluster, KEY_ADDRESS, &service->addresses[i], &ref);
			else
				refs_add(group->cluster, KEY_ADDRESS, &service->addresses[i], &ref, false);
		}
	}
}

/* What a change of the object or of its namespace means for its endpoints. */
static void group_prepare(struct group *group)
{
	bool shown_before = group->shown != NULL;
	bool shown_now = group->now != NULL && group->space->exposed && group->owner != NULL;
	bool active = shown_now && type_of(group->now, group->is_import) != SERVICE_EXTERNAL_NAME &&
		      (!group->is_import || type_of(group->now, true) == SERVICE_HEADLESS);
	bool not_ready_too = shown_now && !group->is_import &&
			     ((const struct service *)(const void *)group->now)->publish_not_ready;
	cluster_ips_compile(group, shown_before, shown_now);
	if (active != group->active || not_ready_too != group->not_ready_too)
		for (struct member *member = group->members; member != NULL; member = member->next)
			member_mark(member);
	bool type_changed = shown_before && shown_now &&
			    type_of(group->shown, group->is_import) != type_of(group->now, group->is_import);
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
	return group->now != NULL && (type_of(group->now, group->is_import) == SERVICE_HEADLESS ||
				      group->cluster->ignore_empty_service);
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
static void group_drop_members(struct group *group)
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

static void group_free(struct group *group)
{
	struct cluster *cluster = group->cluster;
	struct text key = { 0 };
	size_t key_size = join_key(group->is_import ? 'i' : 's', group->space->name, group->name, NULL, &key);
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
		retire_pooled(cluster->answers, group->ports[i], group->ports[i]->class_);
	if (group->owner != NULL)
		retire_pooled(cluster->answers, (void *)(uintptr_t)group->owner, group->owner->class_);
	mem_free(group->ports);
	mem_free(group->entries);
	mem_free(group->name);
	mem_free(group);
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
	compile_marked(cluster);
	unmark(cluster);
	bool changed = cluster->changed || cluster->imports_changed;
	serials_move(cluster);
	return changed;
}

/* ---- setting up ---- */

static void zone_list_add(struct cluster *cluster, struct zone_list *list, struct zone *zone)
{
	list->zones = mem_realloc(list->zones, (list->count + 1) * sizeof *list->zones);
	list->zones[list->count++] = zone;
	struct soa *soa = soa_of_cluster(cluster);
	cluster->answers->states[zone->index].soa = soa;
	catalog_add_zone(cluster->catalog, zone);
}

static bool is_reverse(const char *origin)
{
	uint8_t name[DNS_NAME_MAX], size;
	return name_parse(origin, name, &size) && (name_is_under(name, (const uint8_t *)"\7in-addr\4arpa") ||
						   name_is_under(name, (const uint8_t *)"\3ip6\4arpa"));
}

static void zones_add(struct cluster *cluster, const struct cluster_options *options)
{
	for (size_t i = 0; i < options->zone_count; i++) {
		bool is_import = false;
		for (size_t k = 0; k < options->multicluster_count; k++)
			is_import |= text_equal_fold(options->multicluster[k], options->zones[i]);
		if (is_import)
			zone_list_add(cluster, &cluster->imports,
				      zone_new(cluster->answers, ZONE_MULTICLUSTER, options->zones[i]));
		else if (is_reverse(options->zones[i]))
			zone_list_add(cluster, &cluster->reverse, zone_new(cluster->answers, ZONE_REVERSE, options->zones[i]));
		else
			zone_list_add(cluster, &cluster->forward, zone_new(cluster->answers, ZONE_CLUSTER, options->zones[i]));
	}
}

struct catalog *answers_add_cluster(struct answers *answers, const struct cluster_options *options)
{
	struct catalog *catalog = catalog_new(answers);
	catalog->table = table_new(answers);
	struct cluster *cluster = mem_zalloc(sizeof *cluster);
	catalog->cluster = cluster;
	catalog->pods = options->pods;
	catalog->zonal = options->zonal;
	catalog->shorthand = options->shorthand;
	catalog->has_soon = options->denial_ttl > 1;
	catalog->ttl = options->ttl;
	cluster->catalog = catalog;
	cluster->answers = answers;
	cluster->ttl = options->ttl;
	cluster->denial_ttl = options->denial_ttl;
	cluster->endpoint_pod_names = options->endpoint_pod_names;
	cluster->no_endpoints = options->no_endpoints;
	cluster->ignore_empty_service = options->ignore_empty_service;
	cluster->shorthand = options->shorthand;
	cluster->zonal = options->zonal;
	cluster->port = options->port;
	cluster->key = hash_key_random();
	cluster->namespaces = mem_zalloc((options->namespace_count + 1) * sizeof(char *));
	for (size_t i = 0; i < options->namespace_count; i++)
		cluster->namespaces[cluster->namespace_count++] = lower_text(options->namespaces[i]);
	cluster->local = mem_copy(options->local_addresses, options->local_address_count * sizeof(struct ip));
	cluster->local_count = options->local_address_count;
	cluster->spaces = map_new();
	cluster->groups = map_new();
	cluster->members = map_new();
	cluster->hosts = map_new();
	cluster->prefixes = map_new();
	zones_add(cluster, options);
	if (cluster->forward.count > 0) {
		catalog->ptr_zone_size = cluster->forward.zones[0]->size;
		memcpy(catalog->ptr_zone, cluster->forward.zones[0]->name, catalog->ptr_zone_size);
	}
	apex_fixed_names(cluster);
	apex_compile(cluster);
	cluster->changed = cluster->imports_changed = false; /* the serial is the start time so far */
	return catalog;
}

static void map_drop(struct map *map, void (*drop)(void *value))
{
	size_t position = 0, key_size;
	const void *key;
	void *value;
	while (map_next(map, &position, &key, &key_size, &value))
		drop(value);
	map_free(map);
}

static void drop_space(void *value)
{
	mem_free(((struct space *)value)->name);
	mem_free(value);
}

static void drop_group(void *value)
{
	struct group *group = value;
	object_drop(group->now);
	object_drop(group->shown);
	mem_free(group->ports);
	mem_free(group->entries);
	mem_free(group->name);
	mem_free(group);
}

static void drop_member(void *value)
{
	struct member *member = value;
	if (member->shown != NULL)
		object_drop(&member->shown->head);
	if (member->now != NULL)
		object_drop(&member->now->head);
	mem_free(member->chunks);
	mem_free(member->gone);
	mem_free(member);
}

static void drop_host(void *value)
{
	mem_free(((struct host_state *)value)->seats);
	mem_free(value);
}

/* Published memory goes with the pool. */
void cluster_free(struct cluster *cluster)
{
	if (cluster == NULL)
		return;
	map_drop(cluster->members, drop_member);
	map_drop(cluster->groups, drop_group);
	map_drop(cluster->spaces, drop_space);
	map_drop(cluster->hosts, drop_host);
	map_free(cluster->prefixes);
	for (size_t i = 0; i < cluster->namespace_count; i++)
		mem_free(cluster->namespaces[i]);
	mem_free(cluster->namespaces);
	mem_free(cluster->local);
	mem_free(cluster->forward.zones);
	mem_free(cluster->reverse.zones);
	mem_free(cluster->imports.zones);
	draft_done(&cluster->draft);
	text_done(&cluster->records);
	text_done(&cluster->glue);
	text_done(&cluster->groups_text);
	seen_done(&cluster->seen);
	mem_free(cluster->old_seats.seats);
	mem_free(cluster->new_seats.seats);
	mem_free(cluster);
}
