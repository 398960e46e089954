/* SPDX-License-Identifier: Apache-2.0 */
/* The store: a map per kind from (namespace, name) to the object.
 *
 * A relist marks in place: each object carries the generation that last saw it, and what was not
 * seen goes at the end. The old state is there throughout, no second copy is made. A listener is
 * told after the store was changed and must not change it. */
#include "knamed/model.h"

#include <assert.h>
#include <string.h>

struct store {
	struct map *objects;
	uint32_t sweep; /* generation of the relist that is on or was last */
	bool relisting;
};

struct model {
	struct store stores[OBJECT_KINDS];
	struct model_listener *listeners;
	size_t listener_count;
	struct text *key; /* scratch room: built anew for each look-up */
};

struct model *model_new(void)
{
	struct model *model = mem_zalloc(sizeof(*model));

	model->key = mem_zalloc(sizeof(*model->key));
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		model->stores[kind].objects = map_new();
	return model;
}

static void store_done(struct store *store)
{
	size_t position = 0, key_size;
	const void *key;
	void *object;

	while (map_next(store->objects, &position, &key, &key_size, &object))
		object_drop(object);
	map_free(store->objects);
}

void model_free(struct model *model)
{
	if (model == NULL)
		return;
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		store_done(&model->stores[kind]);
	mem_free(model->listeners);
	text_done(model->key);
	mem_free(model->key);
	mem_free(model);
}

void model_listen(struct model *model, struct model_listener listener)
{
	model->listeners =
		mem_realloc(model->listeners, (model->listener_count + 1) * sizeof(listener));
	model->listeners[model->listener_count++] = listener;
}

static void model_tell(const struct model *model, const struct object *before,
		       const struct object *after)
{
	for (size_t i = 0; i < model->listener_count; i++)
		model->listeners[i].changed(model->listeners[i].context, before, after);
}

/* The NUL between them keeps ("a", "b/c") and ("a/b", "c") apart. */
static const struct text *model_key(const struct model *model, const char *namespace_, const char *name)
{
	text_clear(model->key);
	text_add_n(model->key, namespace_, strlen(namespace_) + 1);
	text_add(model->key, name);
	return model->key;
}

/* What an equal object knows anew. */
static void bring_news(struct object *object, const struct object *news)
{
	object->version = news->version;
	if (object->kind == OBJECT_SLICE)
		((struct slice *)object)->triggered_ns = ((const struct slice *)news)->triggered_ns;
}

bool model_put(struct model *model, struct object *object)
{
	struct store *store = &model->stores[object->kind];
	const struct text *key = model_key(model, object->namespace_, object->name);
	struct object *before = map_get(store->objects, key->data, key->size);

	if (before != NULL && (before == object || object_equal(before, object))) {
		before->sweep = store->sweep;
		bring_news(before, object);
		object_drop(object);
		return false;
	}
	object->sweep = store->sweep;
	map_put(store->objects, key->data, key->size, object);
	model_tell(model, before, object);
	object_drop(before);
	return true;
}

bool model_remove(struct model *model, enum object_kind kind, const char *namespace_, const char *name)
{
	const struct text *key = model_key(model, namespace_, name);
	struct object *before = map_remove(model->stores[kind].objects, key->data, key->size);

	if (before == NULL)
		return false;
	model_tell(model, before, NULL);
	object_drop(before);
	return true;
}

void model_relist_begin(struct model *model, enum object_kind kind)
{
	struct store *store = &model->stores[kind];

	assert(!store->relisting);
	store->relisting = true;
	store->sweep++;
}

bool model_keep(struct model *model, enum object_kind kind, const char *namespace_, const char *name)
{
	struct store *store = &model->stores[kind];
	const struct text *key = model_key(model, namespace_, name);
	struct object *object = map_get(store->objects, key->data, key->size);

	if (object != NULL)
		object->sweep = store->sweep;
	return object != NULL;
}

void model_relist_abandon(struct model *model, enum object_kind kind)
{
	assert(model->stores[kind].relisting);
	model->stores[kind].relisting = false;
}

size_t model_relist_end(struct model *model, enum object_kind kind)
{
	struct store *store = &model->stores[kind];
	size_t position = 0, key_size, gone = 0;
	const void *key;
	void *value;

	assert(store->relisting);
	while (map_next(store->objects, &position, &key, &key_size, &value)) {
		struct object *object = value;
		if (object->sweep == store->sweep)
			continue;
		gone += model_remove(model, kind, object->namespace_, object->name);
	}
	store->relisting = false;
	return gone;
}

bool model_is_relisting(const struct model *model, enum object_kind kind)
{
	return model->stores[kind].relisting;
}

const struct object *model_get(const struct model *model, enum object_kind kind,
			       const char *namespace_, const char *name)
{
	const struct text *key = model_key(model, namespace_, name);

	return map_get(model->stores[kind].objects, key->data, key->size);
}

void model_mark(const struct object *object, uint32_t mark)
{
	((struct object *)object)->mark = mark; /* nothing that a listener sees */
}

size_t model_count(const struct model *model, enum object_kind kind)
{
	return map_count(model->stores[kind].objects);
}

const struct object *model_next(const struct model *model, enum object_kind kind, size_t *position)
{
	const void *key;
	size_t key_size;
	void *object;

	return map_next(model->stores[kind].objects, position, &key, &key_size, &object) ? object
											 : NULL;
}
