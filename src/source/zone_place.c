/* SPDX-License-Identifier: Apache-2.0 */
/* One zone and its file. Unless it is to go by the file's time, a zone is read again when its SOA
 * has another serial: that is looked up first, and found in the first lines. */
#include "zone_files.h"

#include <errno.h>
#include <string.h>

#include "knamed/observe.h"

struct zone_place *zone_place_add(struct zone_files *files, const char *origin, const char *path)
{
	struct zone_place *place = mem_zalloc(sizeof(*place));
	uint8_t size;

	place->origin = mem_text(origin);
	place->path = mem_text(path);
	if (!name_parse(origin, place->name, &size)) /* a zone of the configuration is a name */
		place->name[0] = 0;
	files->places = mem_realloc(files->places, (files->count + 1) * sizeof(place));
	files->places[files->count++] = place;
	return place;
}

void zone_place_free(struct zone_place *place)
{
	mem_free(place->origin);
	mem_free(place->path);
	mem_free(place);
}

struct serial {
	uint32_t number;
	bool found;
};

/* Ends the reading at the SOA. */
static bool take_serial(void *context, const struct zone_record *record, struct error *error)
{
	struct serial *serial = context;

	if (record->type != TYPE_SOA)
		return true;
	serial->found = record->rdata_size >= 20;
	if (serial->found)
		serial->number = get_u32(record->rdata + record->rdata_size -
					 20); /* the first of five numbers */
	return error_set(error, "the SOA was found");
}

static bool read_serial(const struct zone_place *place, uint32_t *ret_serial, struct error *error)
{
	struct serial serial = { 0 };

	if (!zone_file_read(place->path, place->name, take_serial, &serial, error) && !serial.found)
		return false;
	*ret_serial = serial.number;
	return true;
}

bool zone_place_load(const struct zone_files *files, struct zone_place *place, struct error *error)
{
	uint32_t serial;

	if (!read_serial(place, &serial, error) ||
	    !files->calls.load(files->calls.context, place->origin, place->path, error))
		return false;
	place->serial = serial;
	place->is_loaded = true;
	return true;
}

static void tell_loaded(const struct zone_files *files, const struct zone_place *place, bool was_loaded)
{
	if (was_loaded || files->auto_ == NULL)
		log_line(LOG_INFO, files->plugin,
			 "Successfully reloaded zone \"%s\" in \"%s\" with %u SOA serial",
			 place->origin, place->path, place->serial);
	else
		log_line(LOG_INFO, files->plugin, "Inserting zone `%s' from: %s", place->origin,
			 place->path);
}

/* Whether the file is another one than was read; it is then taken for read. */
static bool see_change(const struct zone_files *files, struct zone_place *place)
{
	struct stat status;

	if (stat(place->path, &status) != 0) {
		if (!place->is_missing)
			log_line(LOG_ERROR, files->plugin, "Failed to open zone \"%s\" in \"%s\": %s",
				 place->origin, place->path, strerrordesc_np(errno));
		place->is_missing = true;
		place->seen = (struct stamp){ 0 };
		return false;
	}
	struct stamp now = stamp_of(&status);
	if (stamp_is_unchanged(&place->seen, &now))
		return false;
	place->is_missing = false;
	place->seen = now;
	return true;
}

bool zone_place_refresh(const struct zone_files *files, struct zone_place *place)
{
	struct error error = { 0 };
	bool was_loaded = place->is_loaded;
	uint32_t serial;

	if (!see_change(files, place))
		return false;
	if (was_loaded && !files->by_mtime && read_serial(place, &serial, &error) &&
	    serial == place->serial)
		return false;
	if (!zone_place_load(files, place, &error)) {
		log_line(LOG_ERROR, files->plugin, "Parsing zone \"%s\": %s", place->origin,
			 error.text);
		return false;
	}
	tell_loaded(files, place, was_loaded);
	return true;
}
