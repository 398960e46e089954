/* SPDX-License-Identifier: Apache-2.0 */
/* The model's changes: what each kind of object touches. Nothing is compiled here. */
#include <string.h>

#include "cluster.h"

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

static void slice_leave(struct cluster *cluster, bool is_import, const struct slice *slice,
			const char *service)
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

static void slice_enter(struct cluster *cluster, bool is_import, const struct slice *slice,
			const char *service)
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
		const char *old = before == NULL || before->address_type == ADDRESS_OTHER ? ""
				  : is_import ? before->import
					      : before->service;
		const char *new = after == NULL || after->address_type == ADDRESS_OTHER ? ""
				  : is_import ? after->import
					      : after->service;
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
	if (cluster->catalog->keep_clients)
		clients_change(cluster, before, after);
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
