/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include <string.h>

#include "knamed/observe.h"

void intake_init(struct intake *intake, enum object_kind kind, struct model *model)
{
	*intake = (struct intake){ .kind = kind, .model = model, .aside = map_new() };
}

void intake_done(struct intake *intake)
{
	map_free(intake->aside);
	map_free(intake->aside_old);
	text_done(&intake->key);
}

static const struct text *intake_key(struct intake *intake, const char *namespace_, const char *name)
{
	text_clear(&intake->key);
	text_add_n(&intake->key, namespace_, strlen(namespace_) + 1);
	text_add(&intake->key, name);
	return &intake->key;
}

static uint64_t version_of(const char *text)
{
	uint64_t version;

	return text_to_number(text, 0, UINT64_MAX, &version) ? version : 0;
}

uint64_t intake_version(struct intake *intake, const char *namespace_, const char *name)
{
	const struct text *key = intake_key(intake, namespace_, name);

	return (uint64_t)(uintptr_t)map_get(intake->aside, key->data, key->size);
}

/* A version of 0 is kept as 1: the pair must be there. */
static void set_aside(struct intake *intake, const struct api_object *object)
{
	const struct text *key = intake_key(intake, object->namespace_, object->name);
	uint64_t version = version_of(object->version);

	map_put(intake->aside, key->data, key->size, (void *)(uintptr_t)(version > 0 ? version : 1));
}

static void forget(struct intake *intake, const struct api_object *object)
{
	if (map_count(intake->aside) == 0)
		return;
	const struct text *key = intake_key(intake, object->namespace_, object->name);
	map_remove(intake->aside, key->data, key->size);
}

static bool was_aside(struct intake *intake, const struct api_object *object)
{
	const struct text *key = intake_key(intake, object->namespace_, object->name);

	return map_get(intake->aside, key->data, key->size) != NULL ||
	       (intake->aside_old != NULL && map_get(intake->aside_old, key->data, key->size) != NULL);
}

/* What it said before stays: a wrong field must not take a name away. */
static bool keep_unreadable(struct intake *intake, const struct body_item *item)
{
	const struct api_object *object = item->object;
	bool is_known = model_keep(intake->model, intake->kind, object->namespace_, object->name);

	intake->faults++;
	if (!was_aside(intake, object))
		log_line(LOG_WARNING, "kubernetes", "%s %s/%s cannot be read (%s): %s",
			 object_kind_name(intake->kind), object->namespace_, object->name,
			 item->fault, is_known ? "it stays as it was" : "it is left out");
	set_aside(intake, object);
	return false;
}

bool intake_put(struct intake *intake, const struct body_item *item)
{
	const struct api_object *object = item->object;

	if (item->fault != NULL)
		return keep_unreadable(intake, item);
	if (object->object == NULL) {
		set_aside(intake, object);
		return model_remove(intake->model, intake->kind, object->namespace_, object->name);
	}
	forget(intake, object);
	return model_put(intake->model, object_hold(object->object));
}

bool intake_remove(struct intake *intake, const struct api_object *object)
{
	forget(intake, object);
	return model_remove(intake->model, intake->kind, object->namespace_, object->name);
}

void intake_relist_begin(struct intake *intake)
{
	model_relist_begin(intake->model, intake->kind);
	intake->aside_old = intake->aside;
	intake->aside = map_new();
}

bool intake_relist_end(struct intake *intake)
{
	map_free(intake->aside_old);
	intake->aside_old = NULL;
	return model_relist_end(intake->model, intake->kind) > 0;
}

/* What was seen of it is newer than what was there before; the rest is as before. */
void intake_relist_abandon(struct intake *intake)
{
	size_t position = 0, key_size;
	const void *key;
	void *version;

	while (map_next(intake->aside, &position, &key, &key_size, &version))
		map_put(intake->aside_old, key, key_size, version);
	map_free(intake->aside);
	intake->aside = intake->aside_old;
	intake->aside_old = NULL;
	model_relist_abandon(intake->model, intake->kind);
}
