/* SPDX-License-Identifier: Apache-2.0 */
/* "[scheme://]zone[:port]" and "network/bits[:port]", read as CoreDNS reads them: a port is what
 * follows the last colon if it is a number, otherwise the colon belongs to the name. */
#include <string.h>

#include "list.h"
#include "zone.h"

enum { ZONE_TEXT_MAX = 255 };

const char *zone_word_skip_scheme(const char *word, const char **ret_scheme)
{
	static const char *const schemes[] = { "dns",	 "tls",	  "quic", "grpc",
					       "https3", "https", "unix" };
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		size_t size = strlen(schemes[i]);
		if (strncmp(word, schemes[i], size) != 0 || strncmp(word + size, "://", 3) != 0)
			continue;
		*ret_scheme = schemes[i];
		return word + size + 3;
	}
	*ret_scheme = schemes[0];
	return word;
}

/* The zones of a network. False and no error if `name` is not a network. */
static bool read_network(struct arena *arena, const char *name, struct words *ret_zones,
			 struct error *error)
{
	struct ip net;
	unsigned bits;
	if (strchr(name, '/') == NULL || !ip_parse_cidr(name, &net, &bits))
		return false;
	bool looks_mapped = strchr(name, ':') != NULL && (name[0] == ':' || name[0] == '0');
	if (looks_mapped)
		return error_set(error, "invalid CIDR %s", name);
	zones_of_network(arena, &net, bits, ret_zones);
	return true;
}

static bool read_zones(struct arena *arena, const char *name, struct words *ret_zones,
		       struct error *error)
{
	if (strlen(name) > ZONE_TEXT_MAX)
		return error_set(error, "specified zone is too long: %zu > %d", strlen(name),
				 ZONE_TEXT_MAX);
	const char *zone = config_zone_text(arena, name);
	if (zone == NULL)
		return error_set(error, "zone is not a valid domain name: %s", name);
	struct error network = { 0 };
	if (read_network(arena, name, ret_zones, &network))
		return true;
	if (network.text[0] != 0)
		return error_set(error, "%s", network.text);
	words_add(arena, ret_zones, zone);
	return true;
}

bool zone_word_read(struct arena *arena, const char *word, struct zone_word *ret_zone,
		    struct error *error)
{
	struct zone_word zone = { 0 };
	const char *colon = strrchr(word, ':');
	if (colon != NULL && colon[1] == 0)
		return error_set(error, "expecting data after last colon: \"%s\"", word);
	zone.has_port = colon != NULL && text_to_integer(colon + 1, &zone.port);
	const char *name =
		arena_text(arena, word, zone.has_port ? (size_t)(colon - word) : strlen(word));
	if (!read_zones(arena, name, &zone.zones, error))
		return false;
	*ret_zone = zone;
	return true;
}
