/* SPDX-License-Identifier: Apache-2.0 */
/* The spool of a load: records as they come, in runs of one owner, 8 bytes beside what they say.
 * Files may name their owners in any order, so the runs are sorted before they are read again. */
#include <assert.h>
#include <malloc.h>
#include <string.h>

#include "zone_load.h"

enum {
	TTL_MAX = 0x7fffffff, /* RFC 2181 8 */
	TRIM_FROM = 1 << 20,  /* a spool that is worth telling the system that it is gone */
};

struct zone_load *zone_load_begin(struct catalog *catalog, const char *origin)
{
	struct zone_load *load = mem_zalloc(sizeof *load);
	bool is_name = name_parse(origin, load->origin, &load->origin_size);
	assert(is_name && catalog->table == NULL);
	(void)is_name;
	name_lower(load->origin, load->origin_size);
	load->catalog = catalog;
	load->origin_text = mem_text(origin);
	load->is_sorted = true;
	return load;
}

static void load_free(struct zone_load *load)
{
	text_done(&load->spool);
	mem_free(load->runs);
	mem_free(load->node.rrs);
	mem_free(load->other.rrs);
	mem_free(load->origin_text);
	mem_free(load);
}

void zone_load_abandon(struct zone_load *load)
{
	load_free(load);
}

static void close_run(struct zone_load *load)
{
	if (load->run_count > 0)
		text_add_n(&load->spool, &(uint16_t){ 0 }, sizeof(uint16_t));
}

static void open_run(struct zone_load *load, const uint8_t *path, size_t size)
{
	close_run(load);
	if (load->run_count > 0)
		load->is_sorted &= path_compare(load->last, path) < 0;
	if (load->run_count == load->run_room) {
		load->run_room = load->run_room == 0 ? 256 : load->run_room * 2;
		load->runs = mem_realloc(load->runs, load->run_room * sizeof *load->runs);
	}
	load->runs[load->run_count++] = (uint32_t)load->spool.size;
	text_add_n(&load->spool, path, size);
	memcpy(load->last, path, size);
}

bool zone_load_add(struct zone_load *load, const uint8_t *owner, uint16_t type, uint32_t ttl,
		   const uint8_t *rdata, uint16_t rdata_size, struct error *error)
{
	struct rr rr = { .type = type, .size = rdata_size, .rdata = rdata };
	uint8_t path[PATH_MAX_SIZE];
	if (!name_is_under(owner, load->origin)) {
		char text[NAME_TEXT_SIZE];
		name_print(owner, text);
		return error_set(error, "%s is not in the zone %s", text, load->origin_text);
	}
	if (!rules_check_record(&rr, error))
		return false;
	if (load->spool.size + PATH_MAX_SIZE + sizeof(struct spooled) + rdata_size > UINT32_MAX)
		return error_set(error, "%s: a zone of more than 4 GB", load->origin_text);
	size_t size = path_of_name(owner, name_size(owner), load->origin_size, path);
	if (load->run_count == 0 || path_compare(load->last, path) != 0)
		open_run(load, path, size);
	struct spooled head = { .type = type, .size = rdata_size, .ttl = ttl < TTL_MAX ? ttl : TTL_MAX };
	text_add_n(&load->spool, &head, sizeof head);
	text_add_n(&load->spool, rdata, rdata_size);
	return true;
}

static struct zone *zone_called(const struct catalog *catalog, const uint8_t *name)
{
	for (uint32_t i = 0; i < catalog->zone_count; i++)
		if (name_equal_fold(catalog->zones[i]->name, name))
			return (struct zone *)(uintptr_t)catalog->zones[i];
	return NULL;
}

bool zone_load_end(struct zone_load *load, struct error *error)
{
	close_run(load);
	load_sort(load);
	bool good = rules_check(load, error);
	if (good) {
		struct answers *answers = load->catalog->answers;
		struct zone *zone = zone_called(load->catalog, load->origin);
		if (zone == NULL) {
			zone = zone_new(answers, ZONE_STATIC, load->origin_text);
			catalog_add_zone(load->catalog, zone);
		}
		answers->touched |= load_compile(load, zone);
	}
	bool is_large = load->spool.size > TRIM_FROM;
	load_free(load);
	if (is_large)
		malloc_trim(0);
	return good;
}

void catalog_remove_zone(struct catalog *catalog, const char *origin)
{
	uint8_t name[DNS_NAME_MAX], size;
	struct zone *zone = name_parse(origin, name, &size) ? zone_called(catalog, name) : NULL;
	if (zone == NULL)
		return;
	struct answers *answers = catalog->answers;
	const struct zone_state *state = &answers->states[zone->index];
	retire_pooled(answers, catalog->pool, (void *)(uintptr_t)state->soa, state->soa->class_);
	if (state->chain != NULL)
		retire_memory(answers, (void *)(uintptr_t)state->chain);
	retire_table(answers, zone->table);
	catalog_drop_zone(catalog, zone);
}
