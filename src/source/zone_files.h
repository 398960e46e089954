/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold zones, and when to read them again: what `file` and `auto` have in common. */
#ifndef KNAMED_SOURCE_ZONE_FILES_H
#define KNAMED_SOURCE_ZONE_FILES_H

#include <event2/event.h>

#include "knamed/dns.h"
#include "knamed/source.h"
#include "stamp.h"
#include "zone_pattern.h"

struct zone_place {
	char *origin, *path;
	uint8_t name[DNS_NAME_MAX]; /* the origin in wire form */
	struct stamp seen;	    /* of the file, when it was last looked into */
	uint32_t serial;	    /* of what is loaded */
	bool is_loaded;
	bool is_missing; /* the file could not be found; that was said */
	bool is_wanted;	 /* found by the scan that is on */
};

struct zone_watch {
	char *path;
	struct file_watch *watch;
	bool is_wanted;
};

struct zone_files {
	const char *plugin;		 /* for log lines */
	const struct config_auto *auto_; /* NULL: `file` */
	struct zone_files_calls calls;
	struct event_base *events;
	struct zone_place **places;
	size_t count;
	struct zone_pattern pattern; /* of `auto` */
	struct zone_watch *watches;
	size_t watch_count;
	struct event *timer;
	uint64_t reload_ms;
	bool by_mtime;
};

struct zone_place *zone_place_add(struct zone_files *files, const char *origin, const char *path);
void zone_place_free(struct zone_place *place);
/* Reads the file into the zone. */
bool zone_place_load(const struct zone_files *files, struct zone_place *place, struct error *error);
/* Reads the file if it says something new, and logs what comes of it. True if the zone was
 * loaded. */
bool zone_place_refresh(const struct zone_files *files, struct zone_place *place);
/* Watches a directory or file, if that is not done yet. */
void zone_files_watch(struct zone_files *files, const char *path);
/* `auto`: finds the files that hold zones. True if a zone went. */
bool zone_files_scan(struct zone_files *files);

#endif
