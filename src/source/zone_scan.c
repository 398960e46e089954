/* SPDX-License-Identifier: Apache-2.0 */
/* `auto`: walks the directory and all below it for files whose names give a zone. Directories that
 * begin with ".." are left out: in a ConfigMap volume they hold what the links beside them stand
 * for. */
#include "zone_files.h"

#include <fts.h>
#include <string.h>

#include "knamed/observe.h"

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static struct zone_place *find_place(const struct zone_files *files, const char *origin)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->places[i]->origin, origin) == 0)
			return files->places[i];
	return NULL;
}

/* A zone is of use only where questions for the directive's zones can reach it. */
static bool is_reachable(const struct zone_files *files, const char *origin)
{
	uint8_t name[DNS_NAME_MAX], zone[DNS_NAME_MAX], size;

	if (!name_parse(origin, name, &size))
		return false;
	for (size_t i = 0; i < files->auto_->zones.count; i++)
		if (name_parse(files->auto_->zones.zones[i].text, zone, &size) &&
		    (name_is_under(name, zone) || name_is_under(zone, name)))
			return true;
	return false;
}

static void want_file(struct zone_files *files, const FTSENT *entry)
{
	struct text origin = { 0 };

	if (!zone_pattern_match(&files->pattern, entry->fts_name, &origin) ||
	    !is_reachable(files, origin.data)) {
		text_done(&origin);
		return;
	}
	struct zone_place *place = find_place(files, origin.data);
	if (place == NULL) {
		place = zone_place_add(files, origin.data, entry->fts_path);
	} else if (place->is_wanted) {
		log_line(LOG_WARNING, files->plugin,
			 "Multiple zone files match origin \"%s\": using \"%s\" instead of \"%s\"",
			 origin.data, place->path, entry->fts_path);
	} else if (strcmp(place->path, entry->fts_path) != 0) {
		mem_free(place->path);
		place->path = mem_text(entry->fts_path);
		place->seen = (struct stamp){ 0 };
	}
	place->is_wanted = true;
	text_done(&origin);
}

static bool is_link_to_file(const FTSENT *entry)
{
	struct stat status;

	return stat(entry->fts_accpath, &status) == 0 && S_ISREG(status.st_mode);
}

/* False if the directory itself cannot be read. */
static bool visit(struct zone_files *files, FTS *walk, FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_D:
		if (entry->fts_level > 0 && strncmp(entry->fts_name, "..", 2) == 0)
			fts_set(walk, entry, FTS_SKIP);
		else
			zone_files_watch(files, entry->fts_path);
		return true;
	case FTS_F:
		want_file(files, entry);
		return true;
	case FTS_SL:
		if (is_link_to_file(entry))
			want_file(files, entry);
		return true;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		log_line(LOG_WARNING, files->plugin, "error reading %s: %s", entry->fts_path,
			 strerrordesc_np(entry->fts_errno));
		return entry->fts_level > 0;
	}
	return true;
}

static bool walk_directory(struct zone_files *files)
{
	char *roots[] = { files->auto_->directory, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_names);
	bool good = walk != NULL;

	for (FTSENT *entry; good && (entry = fts_read(walk)) != NULL;)
		good = visit(files, walk, entry);
	if (walk != NULL)
		fts_close(walk);
	return good;
}

/* Lets go of places that were not found again. True if one of them was a zone. */
static bool drop_places(struct zone_files *files)
{
	size_t kept = 0;
	bool gone = false;

	for (size_t i = 0; i < files->count; i++) {
		struct zone_place *place = files->places[i];
		if (place->is_wanted) {
			files->places[kept++] = place;
			continue;
		}
		if (place->is_loaded) {
			log_line(LOG_INFO, files->plugin, "Deleting zone `%s'", place->origin);
			files->calls.gone(files->calls.context, place->origin);
			gone = true;
		}
		zone_place_free(place);
	}
	files->count = kept;
	return gone;
}

/* The first watch is that of the directory itself and stays. */
static void drop_watches(struct zone_files *files)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->watch_count; i++) {
		struct zone_watch *watch = &files->watches[i];
		if (watch->is_wanted || i == 0) {
			files->watches[kept++] = *watch;
			continue;
		}
		file_watch_free(watch->watch);
		mem_free(watch->path);
	}
	files->watch_count = kept;
}

bool zone_files_scan(struct zone_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		files->places[i]->is_wanted = false;
	for (size_t i = 0; i < files->watch_count; i++)
		files->watches[i].is_wanted = false;
	if (!walk_directory(files))
		return false; /* what was there stays */
	drop_watches(files);
	return drop_places(files);
}
