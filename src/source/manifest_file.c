/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one file of manifests. What it gave before is replaced only when all of it was read
 * well. */
#include "manifest_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "items.h"

enum { FILE_BYTES = 256 * 1024 * 1024 };

struct reading {
	const char *name;
	const struct decode_options *options;
	const struct model *model;
	struct content content;
	struct decoder decoder;
};

static void content_done(struct content *content)
{
	for (size_t i = 0; i < content->count; i++)
		object_drop(content->entries[i].object);
	mem_free(content->entries);
	arena_free(content->arena);
	*content = (struct content){ 0 };
}

static struct entry *content_add(struct content *content)
{
	if (content->count == content->room) {
		content->room = content->room == 0 ? 8 : content->room * 2;
		content->entries =
			mem_realloc(content->entries, content->room * sizeof(*content->entries));
	}
	struct entry *entry = &content->entries[content->count++];
	*entry = (struct entry){ .slice_service = "", .namespace_ = "", .name = "" };
	return entry;
}

/* "ServiceList" says that its items are Services of the list's version; "List" says nothing. */
static struct decode_defaults defaults_of(const json_t *list, char kind[64])
{
	const char *list_kind = json_string_value(json_object_get(list, "kind"));
	const char *version = json_string_value(json_object_get(list, "apiVersion"));
	size_t size = list_kind == NULL ? 0 : strlen(list_kind);

	kind[0] = '\0';
	if (size > 4 && size < 64 + 4 && strcmp(list_kind + size - 4, "List") == 0) {
		memcpy(kind, list_kind, size - 4);
		kind[size - 4] = '\0';
	}
	return (struct decode_defaults){ kind[0] == '\0' || version == NULL ? "" : version, kind };
}

/* The same object as before is kept once, not twice. */
static struct object *share(const struct model *model, struct object *object)
{
	const struct object *known = model_get(model, object->kind, object->namespace_, object->name);

	if (known == NULL || !object_equal(known, object))
		return object;
	object_drop(object);
	return object_hold(known);
}

static bool add_facts(struct reading *reading, const json_t *value, const struct decoded *decoded,
		      struct entry *entry)
{
	struct fields *fields = &reading->decoder.fields;
	struct pod_facts *pod = NULL;
	struct service_facts *service = NULL;
	bool good = true;

	if (decoded->kind == OBJECT_SLICE)
		entry->slice_service =
			facts_text(reading->content.arena,
				   metadata_label(&decoded->metadata, "kubernetes.io/service-name"));
	if (decoded->kind == OBJECT_POD && reading->options->keep_slices)
		good = pod_facts_read(fields, value, reading->content.arena, &pod);
	if (decoded->kind == OBJECT_SERVICE && decoded->object != NULL && reading->options->keep_slices)
		good = service_facts_read(fields, value, (const struct service *)decoded->object,
					  reading->content.arena, &service);
	entry->pod = pod;
	entry->service = service;
	return good;
}

static void name_entry(struct reading *reading, struct entry *entry, const struct decoded *decoded)
{
	entry->kind = decoded->kind;
	if (decoded->object != NULL) {
		entry->object = share(reading->model, decoded->object);
		entry->namespace_ = entry->object->namespace_;
		entry->name = entry->object->name;
	} else {
		entry->namespace_ = facts_text(reading->content.arena, decoded->metadata.namespace_);
		entry->name = facts_text(reading->content.arena, decoded->metadata.name);
	}
}

/* Of a run of foreign objects in one namespace, one entry is enough. */
static bool is_known_namespace(const struct content *content, const struct decoded *decoded)
{
	const char *before =
		content->count == 0 ? "" : content->entries[content->count - 1].namespace_;

	return decoded->kind == OBJECT_KINDS && strcmp(decoded->metadata.namespace_, before) == 0;
}

static bool is_full_list(const json_t *value)
{
	const char *kind = json_string_value(json_object_get(value, "kind"));

	return kind != NULL && strcmp(kind, "List") == 0 &&
	       json_array_size(json_object_get(value, "items")) > 0;
}

static bool read_value(struct reading *reading, const struct item *item)
{
	char kind[64];
	struct decode_defaults defaults = defaults_of(item->list, kind);
	struct decoded decoded;

	if (!decode_object(&reading->decoder, item->value, &defaults, &decoded))
		return false;
	if (decoded.kind == OBJECT_KINDS && is_full_list(item->value)) {
		field_enter(&reading->decoder.fields, "items");
		return field_wrong(&reading->decoder.fields, "a list within a list is not read");
	}
	if (is_known_namespace(&reading->content, &decoded))
		return true;

	struct entry *entry = content_add(&reading->content);
	name_entry(reading, entry, &decoded);
	decoded.object = entry->object;
	return add_facts(reading, item->value, &decoded, entry);
}

/* "Service db: ", as far as the object says it. */
static void print_subject(const json_t *value, struct text *text)
{
	const char *kind = json_string_value(json_object_get(value, "kind"));
	const char *name =
		json_string_value(json_object_get(json_object_get(value, "metadata"), "name"));

	text_add(text, "");
	if (kind != NULL && name != NULL)
		text_printf(text, "%.64s %.253s: ", kind, name);
}

static bool take_item(void *context, const struct item *item, struct error *error)
{
	struct reading *reading = context;
	struct error what = { 0 };

	reading->decoder.fields.error = &what;
	if (read_value(reading, item))
		return true;
	struct text subject = { 0 };
	print_subject(item->value, &subject);
	error_set(error, "%s:%u: %s%s", reading->name, item_line(item, &reading->decoder.fields.at),
		  subject.data, what.text);
	text_done(&subject);
	return false;
}

static bool is_json(const char *name)
{
	size_t size = strlen(name);

	return size >= 5 && strcmp(name + size - 5, ".json") == 0;
}

static bool content_read(const char *name, FILE *text, const struct decode_options *options,
			 const struct model *model, struct content *ret_content, struct error *error)
{
	struct reading reading = { .name = name,
				   .options = options,
				   .model = model,
				   .content.arena = arena_new(),
				   .decoder.options = options };
	struct item_taker taker = { take_item, &reading };

	if (!(is_json(name) ? json_read_items : yaml_read_items)(name, text, &taker, error)) {
		content_done(&reading.content);
		return false;
	}
	struct content *content = &reading.content;
	content->entries = mem_realloc(content->entries, content->count * sizeof(*content->entries));
	content->room = content->count;
	*ret_content = *content;
	return true;
}

static void content_replace(struct manifest_file *file, const struct content *content)
{
	content_done(&file->content);
	file->content = *content;
	file->is_fresh = true;
}

bool manifest_file_read(struct manifest_file *file, FILE *text, const struct decode_options *options,
			const struct model *model, struct error *error)
{
	struct content content;

	if (!content_read(file->path, text, options, model, &content, error))
		return false;
	content_replace(file, &content);
	return true;
}

static bool read_open_file(struct manifest_file *file, FILE *text, const struct stat *status,
			   const struct decode_options *options, const struct model *model,
			   struct error *error)
{
	struct content content;
	struct stat after;

	if (!S_ISREG(status->st_mode))
		return error_set(error, "%s: not a regular file", file->path);
	if (status->st_size > FILE_BYTES)
		return error_set(error, "%s: larger than %d MiB", file->path, FILE_BYTES / 1024 / 1024);
	if (!content_read(file->path, text, options, model, &content, error))
		return false;
	struct stamp stamp_after =
		fstat(fileno(text), &after) == 0 ? stamp_of(&after) : (struct stamp){ 0 };
	if (!stamp_equal(&file->read, &stamp_after)) {
		content_done(&content); /* a writer is at it; its next step wakes us again */
		return error_set(error, "%s: changed while it was read", file->path);
	}
	content_replace(file, &content);
	return true;
}

static bool open_failed(struct manifest_file *file, int number, struct error *error)
{
	file->read = (struct stamp){ 0 };
	return error_set(error, "%s: cannot be opened: %s", file->path, strerrordesc_np(number));
}

bool manifest_file_refresh(struct manifest_file *file, const struct decode_options *options,
			   const struct model *model, size_t *ret_read, struct error *error)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us up */
	struct stat status;

	file->is_fresh = false;
	*ret_read = 0;
	if (fd < 0)
		return open_failed(file, errno, error);
	FILE *text = fdopen(fd, "r");
	if (text == NULL || fstat(fd, &status) != 0) {
		int number = errno;
		text == NULL ? close(fd) : fclose(text);
		return open_failed(file, number, error);
	}
	bool good = true; /* unchanged: if it is broken, that was said before */
	struct stamp now = stamp_of(&status);
	if (!stamp_is_unchanged(&file->read, &now)) {
		file->read = now;
		*ret_read = (size_t)status.st_size;
		good = read_open_file(file, text, &status, options, model, error);
	}
	fclose(text);
	return good;
}

void manifest_file_done(struct manifest_file *file)
{
	content_done(&file->content);
	mem_free(file->path);
}
