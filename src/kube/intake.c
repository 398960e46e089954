/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include <string.h>

#include "knamed/observe.h"

void intake_init(struct intake *intake, enum object_kind kind, struct model *model)
{
	*intake = (struct intake){
		.kind = kind, .model = model, .hash_key = hash_key_random(), .aside = map_new()
	};
}

void intake_done(struct intake *intake)
{
	map_free(intake->aside);
	map_free(intake->aside_old);
	map_free(intake->gone);
	text_done(&intake->key_text);
}

uint64_t intake_version(const char *text)
{
	uint64_t version;

	return text_to_number(text, 0, UINT64_MAX, &version) ? version : 0;
}

uint64_t intake_hash(struct intake *intake, const char *namespace_, const char *name)
{
	text_clear(&intake->key_text);
	text_add_n(&intake->key_text, namespace_, strlen(namespace_) + 1);
	text_add(&intake->key_text, name);
	return hash_bytes(&intake->hash_key, intake->key_text.data, intake->key_text.size);
}

/* ---- aside ---- */

/* A version of 0 is kept as 1: the pair must be there. */
static void set_aside(struct intake *intake, const struct api_object *object)
{
	uint64_t hash = intake_hash(intake, object->namespace_, object->name);
	uint64_t version = intake_version(object->version);

	map_put(intake->aside, &hash, sizeof(hash), (void *)(uintptr_t)(version > 0 ? version : 1));
}

static void forget(struct intake *intake, const struct api_object *object)
{
	size_t old = intake->aside_old == NULL ? 0 : map_count(intake->aside_old);

	if (map_count(intake->aside) + old == 0)
		return;
	uint64_t hash = intake_hash(intake, object->namespace_, object->name);
	map_remove(intake->aside, &hash, sizeof(hash));
	if (old > 0)
		map_remove(intake->aside_old, &hash, sizeof(hash));
}

static uint64_t aside_version(const struct intake *intake, uint64_t hash)
{
	void *version = map_get(intake->aside, &hash, sizeof(hash));

	if (version == NULL && intake->aside_old != NULL)
		version = map_get(intake->aside_old, &hash, sizeof(hash));
	return (uint64_t)(uintptr_t)version;
}

/* ---- objects ---- */

/* What it said before stays: a field that is wrong takes no name away. */
static bool keep_unreadable(struct intake *intake, const struct body_item *item)
{
	const struct api_object *object = item->object;
	bool is_known = model_keep(intake->model, intake->kind, object->namespace_, object->name);
	uint64_t hash = intake_hash(intake, object->namespace_, object->name);

	if (aside_version(intake, hash) == 0)
		log_line(LOG_WARNING, "kubernetes", "%s %s/%s cannot be read, %s: %s",
			 object_kind_name(intake->kind), object->namespace_, object->name,
			 is_known ? "it stays as it was" : "it is left out", item->fault);
	set_aside(intake, object);
	return false;
}

static bool put_object(struct intake *intake, const struct api_object *from)
{
	struct object *object = object_hold(from->object);

	object->version = intake_version(from->version);
	if (object->kind == OBJECT_SLICE)
		((struct slice *)object)->triggered_ns = from->triggered_ns;
	bool changed = model_put(intake->model, object);
	if (intake->gone != NULL)
		model_mark(model_get(intake->model, intake->kind, from->namespace_, from->name),
			   intake->mark);
	return changed;
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
	return put_object(intake, object);
}

bool intake_remove(struct intake *intake, const struct api_object *object)
{
	forget(intake, object);
	if (intake->gone != NULL) {
		uint64_t hash = intake_hash(intake, object->namespace_, object->name);
		map_put(intake->gone, &hash, sizeof(hash), intake);
	}
	return model_remove(intake->model, intake->kind, object->namespace_, object->name);
}

uint64_t intake_news(const struct intake *intake, const struct api_object *object)
{
	if (intake->kind != OBJECT_SLICE || object->object == NULL)
		return 0;
	const struct object *before =
		model_get(intake->model, OBJECT_SLICE, object->namespace_, object->name);
	if (object->triggered_ns == 0) /* made by hand: only its creation has a time */
		return before == NULL ? object->created_ns : 0;
	bool is_known = before != NULL &&
			((const struct slice *)before)->triggered_ns == object->triggered_ns;
	return is_known ? 0 : object->triggered_ns;
}

/* ---- relist ---- */

void intake_relist_begin(struct intake *intake)
{
	model_relist_begin(intake->model, intake->kind);
	intake->aside_old = intake->aside;
	intake->aside = map_new();
}

size_t intake_relist_end(struct intake *intake)
{
	map_free(intake->aside_old);
	intake->aside_old = NULL;
	return model_relist_end(intake->model, intake->kind);
}

/* What was seen in it is newer than what was there before; the rest is as before. */
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

/* ---- audit ---- */

void intake_audit_begin(struct intake *intake)
{
	intake->mark++;
	intake->gone = map_new();
}

void intake_audit_end(struct intake *intake)
{
	map_free(intake->gone);
	intake->gone = NULL;
}

bool intake_knows(struct intake *intake, const char *namespace_, const char *name,
		  struct intake_known *ret_known)
{
	const struct object *object = model_get(intake->model, intake->kind, namespace_, name);
	uint64_t aside = map_count(intake->aside) == 0
				 ? 0
				 : aside_version(intake, intake_hash(intake, namespace_, name));

	if (object == NULL && aside == 0)
		return false;
	uint64_t version = object == NULL ? 0 : object->version;
	*ret_known = (struct intake_known){ aside > version ? aside : version, object };
	return true;
}

bool intake_is_gone(const struct intake *intake, uint64_t hash)
{
	return map_get(intake->gone, &hash, sizeof(hash)) != NULL;
}
