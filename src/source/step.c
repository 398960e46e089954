/* SPDX-License-Identifier: Apache-2.0 */
/* Puts what all files give into the model as one relist of every kind. Of an object that is given
 * more than once the last one counts, so that the model never sees the others. */
#include "manifest_file.h"

#include <string.h>

#include "knamed/observe.h"
#include "pod_slices.h"

struct step {
	struct manifest_file *const *files;
	size_t file_count;
	const struct decode_options *options;
	struct model *model;
	struct map *winners;	/* (kind, namespace, name) -> the entry that counts */
	struct map *namespaces; /* names of namespaces that objects are in */
	struct map *sliced;	/* (namespace, service) that have a slice */
	struct text key;
	bool changed;
};

static const struct text *entry_key(struct step *step, enum object_kind kind,
				    const char *namespace_, const char *name)
{
	char first = (char)kind;

	text_clear(&step->key);
	text_add_n(&step->key, &first, 1);
	text_add_n(&step->key, namespace_, strlen(namespace_) + 1);
	text_add(&step->key, name);
	return &step->key;
}

static struct entry *winner_of(struct step *step, enum object_kind kind, const char *namespace_,
			       const char *name)
{
	const struct text *key = entry_key(step, kind, namespace_, name);

	return map_get(step->winners, key->data, key->size);
}

static const struct manifest_file *file_of(const struct step *step, const struct entry *entry)
{
	for (size_t i = 0; i < step->file_count; i++) {
		const struct content *content = &step->files[i]->content;
		if (entry >= content->entries && entry < content->entries + content->count)
			return step->files[i];
	}
	return NULL;
}

/* Once, when one of the two is new. */
static void tell_twice(const struct step *step, const struct entry *before,
		       const struct manifest_file *file, const struct entry *entry)
{
	const struct manifest_file *first = file_of(step, before);

	if (first->is_fresh || file->is_fresh)
		log_line(LOG_WARNING, "kubernetes",
			 "%s %s/%s is given in %s and in %s: the latter counts",
			 object_kind_name(entry->kind), entry->namespace_, entry->name, first->path,
			 file->path);
}

static void choose_entry(struct step *step, const struct manifest_file *file, struct entry *entry,
			 bool tells)
{
	if (entry->namespace_[0] != '\0')
		map_put(step->namespaces, entry->namespace_, strlen(entry->namespace_), entry);
	if (entry->kind == OBJECT_KINDS)
		return;
	const struct text *key = entry_key(step, entry->kind, entry->namespace_, entry->name);
	const struct entry *before = map_get(step->winners, key->data, key->size);
	if (before != NULL && tells)
		tell_twice(step, before, file, entry);
	map_put(step->winners, key->data, key->size, entry);
}

static void choose_winners(struct step *step, bool tells)
{
	for (size_t i = 0; i < step->file_count; i++)
		for (size_t j = 0; j < step->files[i]->content.count; j++)
			choose_entry(step, step->files[i], &step->files[i]->content.entries[j], tells);
}

/* Calls for each entry that counts. */
static void each_winner(struct step *step, void (*call)(struct step *, const struct entry *))
{
	size_t position = 0, key_size;
	const void *key;
	void *value;

	while (map_next(step->winners, &position, &key, &key_size, &value))
		call(step, value);
}

static void put_winner(struct step *step, const struct entry *entry)
{
	if (entry->object != NULL)
		step->changed |= model_put(step->model, object_hold(entry->object));
	if (entry->slice_service[0] != '\0') {
		const struct text *key =
			entry_key(step, OBJECT_SERVICE, entry->namespace_, entry->slice_service);
		map_put(step->sliced, key->data, key->size, step);
	}
}

static const char *only_name_label(const void *name, const char *key)
{
	return strcmp(key, "kubernetes.io/metadata.name") == 0 ? name : NULL;
}

/* A namespace exists as soon as an object is in it; one that is given itself is as it is given. */
static void put_namespaces(struct step *step)
{
	const struct selector *selector = step->options->namespace_labels;
	size_t position = 0, key_size;
	const void *key;
	void *value;

	while (map_next(step->namespaces, &position, &key, &key_size, &value)) {
		const char *name = ((const struct entry *)value)->namespace_;
		bool wanted = selector == NULL || selector->count == 0 ||
			      selector_matches(selector, only_name_label, name);
		if (wanted && winner_of(step, OBJECT_NAMESPACE, "", name) == NULL)
			step->changed |= model_put(step->model, namespace_new(name));
	}
}

static bool is_slice_given(void *context, const char *namespace_, const char *name)
{
	return winner_of(context, OBJECT_SLICE, namespace_, name) != NULL;
}

static void put_slice(void *context, struct object *slice)
{
	struct step *step = context;

	step->changed |= model_put(step->model, slice);
}

static bool needs_slices(struct step *step, const struct entry *entry)
{
	if (entry->service == NULL)
		return false;
	const struct text *key = entry_key(step, OBJECT_SERVICE, entry->namespace_, entry->name);
	return map_get(step->sliced, key->data, key->size) == NULL;
}

static struct pod_index *index_pods(struct step *step)
{
	struct pod_index *index = pod_index_new();

	/* file by file, so that the order of endpoints is that of the files */
	for (size_t i = 0; i < step->file_count; i++) {
		for (size_t j = 0; j < step->files[i]->content.count; j++) {
			const struct entry *entry = &step->files[i]->content.entries[j];
			if (entry->pod != NULL &&
			    winner_of(step, OBJECT_POD, entry->namespace_, entry->name) == entry)
				pod_index_add(index, entry->namespace_, entry->pod);
		}
	}
	return index;
}

static void put_pod_slices(struct step *step)
{
	struct pod_slices_calls calls = { is_slice_given, put_slice, step };
	struct pod_index *index = NULL;
	size_t position = 0, key_size;
	const void *key;
	void *value;

	while (map_next(step->winners, &position, &key, &key_size, &value)) {
		const struct entry *entry = value;
		if (!needs_slices(step, entry))
			continue;
		if (index == NULL)
			index = index_pods(step);
		pod_slices_make(index, (const struct service *)entry->object, entry->service,
				step->options->keep_pod_names, &calls);
	}
	pod_index_free(index);
}

bool step_apply(struct manifest_file *const *files, size_t count,
		const struct decode_options *options, struct model *model, bool tells)
{
	struct step step = { .files = files,
			     .file_count = count,
			     .options = options,
			     .model = model,
			     .winners = map_new(),
			     .namespaces = map_new(),
			     .sliced = map_new() };

	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		model_relist_begin(model, kind);
	choose_winners(&step, tells);
	put_namespaces(&step);
	each_winner(&step, put_winner);
	put_pod_slices(&step);
	for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
		step.changed |= model_relist_end(model, kind) > 0;
	map_free(step.winners);
	map_free(step.namespaces);
	map_free(step.sliced);
	text_done(&step.key);
	return step.changed;
}
