/* SPDX-License-Identifier: Apache-2.0 */
/* `file` and `auto`: files are looked at again when they change and, where changes cannot be seen
 * (network file systems, included files), after each reload period. */
#include "zone_files.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "knamed/observe.h"

enum { SETTLE_MS = 50 };

static void refresh(struct zone_files *files)
{
	bool changed = files->auto_ != NULL && zone_files_scan(files);

	for (size_t i = 0; i < files->count; i++)
		changed |= zone_place_refresh(files, files->places[i]);
	if (changed)
		files->calls.changed(files->calls.context);
}

static void on_change(void *context)
{
	refresh(context);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	refresh(context);
}

void zone_files_watch(struct zone_files *files, const char *path)
{
	struct error error;

	if (files->reload_ms == 0 || files->events == NULL)
		return;
	for (size_t i = 0; i < files->watch_count; i++) {
		if (strcmp(files->watches[i].path, path) == 0) {
			files->watches[i].is_wanted = true;
			return;
		}
	}
	struct file_watch *watch =
		file_watch_new(files->events, path, SETTLE_MS, on_change, files, &error);
	if (watch == NULL) /* the period covers it */
		log_line(LOG_WARNING, files->plugin, "%s", error.text);
	files->watches =
		mem_realloc(files->watches, (files->watch_count + 1) * sizeof(*files->watches));
	files->watches[files->watch_count++] = (struct zone_watch){ mem_text(path), watch, true };
}

static void start_timer(struct zone_files *files)
{
	struct timeval period = timeval_of_ms(files->reload_ms);

	if (files->reload_ms == 0 || files->events == NULL)
		return;
	files->timer = event_new(files->events, -1, EV_PERSIST, on_timer, files);
	event_add(files->timer, &period);
}

static struct zone_files *zone_files_new(struct event_base *events,
					 const struct zone_files_calls *calls, uint64_t reload_ms)
{
	struct zone_files *files = mem_zalloc(sizeof(*files));

	files->events = events;
	files->calls = *calls;
	files->reload_ms = reload_ms;
	return files;
}

/* A file that is there must be good. One that is not may come, if it is ever looked for again. */
static bool load_first(struct zone_files *files, struct zone_place *place, struct error *error)
{
	struct stat status;

	if (stat(place->path, &status) == 0) {
		place->seen = stamp_of(&status);
		return zone_place_load(files, place, error);
	}
	if (files->reload_ms == 0)
		return error_set(error, "open %s: %s", place->path, strerrordesc_np(errno));
	log_line(LOG_WARNING, files->plugin,
		 "Failed to open \"open %s: %s\": it is read when it is there", place->path,
		 strerrordesc_np(errno));
	place->is_missing = true;
	return true;
}

struct zone_files *zone_files_open_file(struct event_base *events, const struct config_file *file,
					const struct zone_files_calls *calls, struct error *error)
{
	struct zone_files *files = zone_files_new(events, calls, file->reload_ms);

	files->plugin = "file";
	files->by_mtime = file->reload_by_mtime;
	zone_files_watch(files, file->path); /* before it is read: no change falls between the two */
	for (size_t i = 0; i < file->zones.count; i++) {
		struct zone_place *place =
			zone_place_add(files, file->zones.zones[i].text, file->path);
		if (!load_first(files, place, error)) {
			zone_files_close(files);
			return NULL;
		}
	}
	start_timer(files);
	return files;
}

struct zone_files *zone_files_open_auto(struct event_base *events, const struct config_auto *auto_,
					const struct zone_files_calls *calls, struct error *error)
{
	struct zone_files *files = zone_files_new(events, calls, auto_->reload_ms);

	files->plugin = "auto";
	files->auto_ = auto_;
	if (!zone_pattern_init(&files->pattern, auto_->pattern, auto_->template_, error)) {
		mem_free(files);
		return NULL;
	}
	zone_files_watch(files, auto_->directory);
	zone_files_scan(files);
	for (size_t i = 0; i < files->count; i++)
		zone_place_refresh(files, files->places[i]);
	start_timer(files);
	return files;
}

void zone_files_close(struct zone_files *files)
{
	if (files == NULL)
		return;
	for (size_t i = 0; i < files->count; i++)
		zone_place_free(files->places[i]);
	for (size_t i = 0; i < files->watch_count; i++) {
		file_watch_free(files->watches[i].watch);
		mem_free(files->watches[i].path);
	}
	if (files->timer != NULL)
		event_free(files->timer);
	if (files->auto_ != NULL)
		zone_pattern_done(&files->pattern);
	mem_free(files->places);
	mem_free(files->watches);
	mem_free(files);
}

bool zone_files_list(const struct config_auto *auto_, zone_file_found found, void *context,
		     struct error *error)
{
	const struct zone_files_calls no_calls = { 0 };
	/* No period: nothing is watched. */
	struct zone_files *files = zone_files_new(NULL, &no_calls, 0);

	files->plugin = "auto";
	files->auto_ = auto_;
	if (!zone_pattern_init(&files->pattern, auto_->pattern, auto_->template_, error)) {
		mem_free(files);
		return false;
	}
	zone_files_scan(files);
	for (size_t i = 0; i < files->count; i++)
		found(context, files->places[i]->origin, files->places[i]->path);
	zone_files_close(files);
	return true;
}
