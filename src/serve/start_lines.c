/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up lines: where each zone is served, and which names of zones are unusual. */
#include <stdlib.h>
#include <string.h>

#include "server.h"

/* RFC 1035 2.3.1: letters first, then letters, digits and hyphens, no hyphen at the end. */
static bool label_is_preferred(const char *label, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			  others[] = "0123456789-";
	if (size == 0 || strchr(letters, label[0]) == NULL || label[size - 1] == '-')
		return false;
	for (size_t i = 0; i < size; i++)
		if (strchr(letters, label[i]) == NULL && strchr(others, label[i]) == NULL)
			return false;
	return true;
}

static bool zone_is_preferred(const char *zone)
{
	if (strcmp(zone, ".") == 0 || name_text_is_reverse(zone))
		return true;
	for (const char *label = zone, *dot; (dot = strchr(label, '.')) != NULL; label = dot + 1)
		if (!label_is_preferred(label, (size_t)(dot - label)))
			return false;
	return true;
}

static void print_listener(const struct listener *listener)
{
	char host[PLACE_TEXT_SIZE], text[NAME_TEXT_SIZE];
	char **zones = mem_zalloc((listener->zone_count + 1) * sizeof(*zones));
	place_print_host(&listener->place, host);
	for (size_t i = 0; i < listener->zone_count; i++) {
		name_print(listener->zones[i].zone.name, text);
		zones[i] = mem_text(text);
	}
	qsort(zones, listener->zone_count, sizeof(*zones), text_compare);
	for (size_t i = 0; i < listener->zone_count; i++) {
		if (!zone_is_preferred(zones[i]))
			log_plain("Warning: Domain \"%s\" does not follow RFC1035 preferred syntax",
				  zones[i]);
		log_plain("%s:%u%s%s", zones[i], (unsigned)listener->place.port,
			  host[0] != '\0' ? " on " : "", host);
		mem_free(zones[i]);
	}
	mem_free(zones);
}

void server_print_zones(const struct server *server)
{
	for (size_t i = 0; i < server->router->listener_count; i++)
		print_listener(&server->router->listeners[i]);
}
