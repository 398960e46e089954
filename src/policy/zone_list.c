/* SPDX-License-Identifier: Apache-2.0 */
#include "zone_list.h"

bool zone_list_compile(const struct config_zones *zones, struct zone_list *ret_list, struct error *error)
{
	struct zone_list list = { .names = mem_zalloc((zones->count + 1) * sizeof(*list.names)) };
	for (; list.count < zones->count; list.count++) {
		uint8_t size;
		if (!name_parse(zones->zones[list.count].text, list.names[list.count], &size)) {
			zone_list_done(&list);
			return error_set(error, "not a zone: %s", zones->zones[list.count].text);
		}
		name_lower(list.names[list.count], size);
	}
	*ret_list = list;
	return true;
}

void zone_list_done(struct zone_list *list)
{
	mem_free(list->names);
	*list = (struct zone_list){ 0 };
}

bool zone_list_find(const struct zone_list *list, const uint8_t *lower, size_t *ret_index)
{
	size_t found = list->count;
	for (size_t i = 0; i < list->count; i++)
		if (name_is_under(lower, list->names[i]) &&
		    (found == list->count || name_is_under(list->names[i], list->names[found])))
			found = i;
	if (found == list->count)
		return false;
	*ret_index = found;
	return true;
}

bool zone_list_meets(const struct zone_list *list, const uint8_t *zone)
{
	for (size_t i = 0; i < list->count; i++)
		if (name_is_under(zone, list->names[i]) || name_is_under(list->names[i], zone))
			return true;
	return false;
}
