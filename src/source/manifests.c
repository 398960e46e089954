/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of manifests: read as one step, and again when something in it changes. */
#include "knamed/source.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "knamed/observe.h"
#include "manifest_file.h"

enum { SETTLE_MS = 50, MUCH_READ = 1024 * 1024 };

struct manifests {
	const char *directory; /* the configuration's */
	struct decode_options options;
	struct model *model;
	struct manifest_file **files; /* in the order of their names */
	size_t count;
	size_t read_size; /* in the last step */
	bool tells;	  /* logs; who reads once only wants the error */
	struct file_watch *watch;
	source_changed changed;
	void *context;
};

static bool is_manifest(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	if (entry->d_name[0] == '.' || dot == NULL)
		return false;
	return strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0;
}

static int compare_files(const void *a, const void *b)
{
	const struct manifest_file *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

static struct manifest_file *find_file(const struct manifests *manifests, char *path)
{
	struct manifest_file wanted = { .path = path }, *key = &wanted;
	struct manifest_file **found = manifests->count == 0
					       ? NULL
					       : bsearch(&key, manifests->files, manifests->count,
							 sizeof(key), compare_files);

	return found == NULL ? NULL : *found;
}

struct file_list {
	struct manifest_file **files;
	size_t count;
};

/* The directory's files as they are now: those that are known, and new ones. */
static bool list_files(const struct manifests *manifests, struct file_list *ret_list,
		       struct error *error)
{
	struct file_list list = { 0 };
	DIR *directory = opendir(manifests->directory);

	if (directory == NULL)
		return error_set(error, "%s: cannot be opened: %s", manifests->directory,
				 strerrordesc_np(errno));
	for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!is_manifest(entry))
			continue;
		char *path = file_path(manifests->directory, entry->d_name);
		struct manifest_file *file = find_file(manifests, path);
		if (file == NULL) {
			file = mem_zalloc(sizeof(*file));
			file->path = path;
		} else {
			mem_free(path);
		}
		list.files = mem_realloc(list.files, (list.count + 1) * sizeof(file));
		list.files[list.count++] = file;
	}
	closedir(directory);
	if (list.count > 0)
		qsort(list.files, list.count, sizeof(*list.files), compare_files);
	*ret_list = list;
	return true;
}

static void forget_files(struct manifests *manifests, const struct file_list *except)
{
	for (size_t i = 0; i < manifests->count; i++) {
		struct manifest_file *file = manifests->files[i];
		if (except->count > 0 && bsearch(&file, except->files, except->count, sizeof(file),
						 compare_files) != NULL)
			continue;
		manifest_file_done(file);
		mem_free(file);
	}
	mem_free(manifests->files);
}

/* Reads what changed. False if a file is bad; error has the first. */
static bool refresh_files(struct manifests *manifests, struct error *error)
{
	size_t total = 0, size;
	bool good = true;

	for (size_t i = 0; i < manifests->count; i++) {
		struct error what = { 0 };
		bool read = manifest_file_refresh(manifests->files[i], &manifests->options,
						  manifests->model, &size, &what);
		total += size;
		if (!read && manifests->tells)
			log_line(LOG_ERROR, "kubernetes", "%s", what.text);
		if (!read && good)
			good = error_set(error, "%s", what.text);
	}
	manifests->read_size = total;
	return good;
}

/* What much reading took is not needed again soon. */
static void give_back(size_t read_size)
{
	if (read_size > MUCH_READ)
		malloc_trim(0);
}

/* False if a file is bad; the others' changes are applied all the same. */
static bool apply(struct manifests *manifests, const struct file_list *list, bool *ret_changed,
		  struct error *error)
{
	forget_files(manifests, list);
	manifests->files = list->files;
	manifests->count = list->count;
	bool good = refresh_files(manifests, error);
	*ret_changed = step_apply(manifests->files, manifests->count, &manifests->options,
				  manifests->model, manifests->tells);
	return good;
}

static void on_change(void *context)
{
	struct manifests *manifests = context;
	struct file_list list;
	struct error error;
	bool changed;

	if (!list_files(manifests, &list, &error)) {
		log_line(LOG_ERROR, "kubernetes", "%s", error.text);
		return; /* what was there stays */
	}
	apply(manifests, &list, &changed, &error);
	if (changed)
		manifests->changed(manifests->context);
}

struct decode_options decode_options_of(const struct config_kubernetes *kubernetes)
{
	return (struct decode_options){
		.labels = &kubernetes->labels,
		.namespace_labels = &kubernetes->namespace_labels,
		.keep_pod_names = kubernetes->endpoint_pod_names,
		.keep_zones = kubernetes->zonal,
		.keep_pods = kubernetes->pods == PODS_VERIFIED,
		.keep_imports = kubernetes->multicluster.count > 0,
		.keep_slices = !kubernetes->no_endpoints,
		.keep_externals = kubernetes->keeps_externals,
	};
}

static struct manifests *manifests_new(const struct config_kubernetes *kubernetes, struct model *model)
{
	struct manifests *manifests = mem_zalloc(sizeof(*manifests));

	manifests->directory = kubernetes->manifests;
	manifests->options = decode_options_of(kubernetes);
	manifests->model = model;
	return manifests;
}

static bool read_all(struct manifests *manifests, bool *ret_files_good, struct error *error)
{
	struct file_list list;
	bool changed;

	if (!list_files(manifests, &list, error))
		return false;
	*ret_files_good = apply(manifests, &list, &changed, error);
	return true;
}

struct manifests *manifests_open(struct event_base *events,
				 const struct config_kubernetes *kubernetes, struct model *model,
				 source_changed changed, void *context, struct error *error)
{
	struct manifests *manifests = manifests_new(kubernetes, model);
	bool good;

	manifests->tells = true;
	manifests->changed = changed;
	manifests->context = context;
	/* Watched before it is read: no change falls between the two. */
	manifests->watch =
		file_watch_new(events, manifests->directory, SETTLE_MS, on_change, manifests, error);
	if (manifests->watch == NULL || !read_all(manifests, &good, error)) {
		manifests_close(manifests);
		return NULL;
	}
	return manifests;
}

void manifests_close(struct manifests *manifests)
{
	if (manifests == NULL)
		return;
	file_watch_free(manifests->watch);
	forget_files(manifests, &(struct file_list){ 0 });
	mem_free(manifests);
}

bool manifests_read(const struct config_kubernetes *kubernetes, struct model *model, struct error *error)
{
	struct manifests *manifests = manifests_new(kubernetes, model);
	bool files_good = false;
	bool good = read_all(manifests, &files_good, error) && files_good;
	size_t read_size = manifests->read_size;

	manifests_close(manifests);
	give_back(read_size);
	return good;
}

bool manifests_read_text(const struct decode_options *options, const char *name, const char *text,
			 size_t size, struct model *model, struct error *error)
{
	struct manifest_file file = { .path = mem_text(name) }, *files[] = { &file };
	FILE *stream = fmemopen((char *)text, size, "r");
	bool good = stream != NULL ? manifest_file_read(&file, stream, options, model, error)
				   : error_set(error, "%s: %s", name, strerrordesc_np(errno));

	if (stream != NULL)
		fclose(stream);
	if (good)
		step_apply(files, 1, options, model, false);
	manifest_file_done(&file);
	return good;
}
