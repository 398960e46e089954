/* SPDX-License-Identifier: Apache-2.0 */
/* Catalogs and their zones. The list of zones is replaced as a whole, so that readers keep the one of their edition. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

struct catalog *catalog_new(struct answers *answers)
{
	struct catalog *catalog = mem_zalloc(sizeof *catalog);
	catalog->answers = answers;
	catalog->pool = pool_new();
	catalog->synced = true;
	while (catalog->index < answers->catalog_count && answers->catalogs[catalog->index] != NULL)
		catalog->index++;
	if (catalog->index == answers->catalog_count)
		answers->catalogs = mem_realloc(answers->catalogs,
						++answers->catalog_count * sizeof(struct catalog *));
	answers->catalogs[catalog->index] = catalog;
	answers->touched = true;
	return catalog;
}

void catalog_free(struct catalog *catalog)
{
	if (catalog == NULL)
		return;
	cluster_free(catalog->cluster);
	for (uint32_t i = 0; i < catalog->zone_count; i++) {
		if (catalog->zones[i]->table != catalog->table)
			table_free(catalog->zones[i]->table);
		mem_free((void *)(uintptr_t)catalog->zones[i]);
	}
	mem_free(catalog->zones);
	mem_free(catalog->headless);
	table_free(catalog->table);
	pool_free(catalog->pool);
	mem_free(catalog);
}

struct catalog *answers_add_static(struct answers *answers)
{
	return catalog_new(answers);
}

struct zone *zone_new(struct answers *answers, enum zone_kind kind, const char *origin)
{
	struct zone *zone = mem_zalloc(sizeof *zone);
	bool is_name = name_parse(origin, zone->name, &zone->size);
	assert(is_name); /* config has seen to it */
	(void)is_name;
	name_lower(zone->name, zone->size);
	zone->labels = (uint8_t)name_label_count(zone->name);
	zone->kind = kind;
	while (zone->index < answers->zone_count && !answers->states[zone->index].is_free)
		zone->index++;
	if (zone->index == answers->zone_count)
		answers->states =
			mem_realloc(answers->states, ++answers->zone_count * sizeof *answers->states);
	answers->states[zone->index] = (struct zone_state){ .serial = (uint32_t)clock_unix_s() };
	return zone;
}

int zone_compare(const struct zone *zone, unsigned labels, const uint8_t *name, size_t size)
{
	if (zone->labels != labels)
		return (int)labels - (int)zone->labels;
	int order = memcmp(zone->name, name, zone->size < size ? zone->size : size);
	return order != 0 ? order : (int)zone->size - (int)size;
}

static int by_place(const void *a, const void *b)
{
	const struct zone *left = *(const struct zone *const *)a,
			  *right = *(const struct zone *const *)b;
	return zone_compare(left, right->labels, right->name, right->size);
}

static void zones_replace(struct catalog *catalog, const struct zone **zones, uint32_t count)
{
	struct answers *answers = catalog->answers;
	qsort(zones, count, sizeof *zones, by_place);
	if (catalog->zones_since == answers->pending)
		mem_free(catalog->zones);
	else if (catalog->zones != NULL)
		retire_memory(answers, catalog->zones);
	catalog->zones = zones;
	catalog->zone_count = count;
	catalog->zones_since = answers->pending;
	answers->touched = true;
}

void catalog_add_zone(struct catalog *catalog, struct zone *zone)
{
	zone->table = catalog->table != NULL ? catalog->table
					     : table_new(catalog->answers, catalog->pool);
	const struct zone **zones = mem_alloc((catalog->zone_count + 1) * sizeof *zones);
	if (catalog->zone_count > 0)
		memcpy(zones, catalog->zones, catalog->zone_count * sizeof *zones);
	zones[catalog->zone_count] = zone;
	zones_replace(catalog, zones, catalog->zone_count + 1);
}

void catalog_drop_zone(struct catalog *catalog, const struct zone *zone)
{
	const struct zone **zones = mem_alloc((catalog->zone_count + 1) * sizeof *zones);
	uint32_t count = 0;
	for (uint32_t i = 0; i < catalog->zone_count; i++)
		if (catalog->zones[i] != zone)
			zones[count++] = catalog->zones[i];
	zones_replace(catalog, zones, count);
	catalog->answers->states[zone->index] = (struct zone_state){ .is_free = true };
	retire_memory(catalog->answers, (void *)(uintptr_t)zone);
}

void zone_touch(struct answers *answers, const struct zone *zone)
{
	uint32_t *serial = &answers->states[zone->index].serial, now = (uint32_t)clock_unix_s();
	*serial = (int32_t)(now - *serial) > 0 ? now : *serial + 1;
	answers->touched = true;
}

void catalog_set_synced(struct catalog *catalog, bool synced)
{
	catalog->answers->touched |= catalog->synced != synced;
	catalog->synced = synced;
}

void catalog_hold_while(struct catalog *catalog, bool (*is_held)(void *context), void *context)
{
	catalog->is_held = is_held;
	catalog->hold_context = context;
}

void catalog_set_stale(struct catalog *catalog, bool stale)
{
	catalog->answers->touched |= catalog->stale != stale;
	catalog->stale = stale;
}

void catalog_set_sync_text(struct catalog *catalog, const char *const *texts, size_t count)
{
	if (catalog->cluster != NULL)
		apex_put_sync(catalog->cluster, texts, count);
}
