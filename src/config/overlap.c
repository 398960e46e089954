/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks that would fight for the same queries: equal zone and port on equal addresses, unless one has a view, or once
 * with and once without `bind`. Interface names count as the addresses that they have now. */
#include <ifaddrs.h>
#include <string.h>

#include "list.h"
#include "zone.h"

struct overlap {
	struct arena *arena;
	struct map *taken; /* "zone:port on host" -> itself */
	struct map *zones; /* "zone:port" -> the last of the above */
	struct ifaddrs *interfaces;
	size_t listeners_left;
	struct error *error;
};

static bool is_ip(const char *word)
{
	struct ip ip;
	return ip_parse(word, &ip);
}

/* Adds the addresses of an interface that are not there yet. */
static void interface_add(const struct overlap *overlap, const char *name, struct words *hosts)
{
	for (const struct ifaddrs *entry = overlap->interfaces; entry != NULL;
	     entry = entry->ifa_next) {
		char host[IP_TEXT_SIZE];
		if (entry->ifa_addr == NULL || strcmp(entry->ifa_name, name) != 0)
			continue;
		struct ip ip = ip_of_sockaddr(entry->ifa_addr);
		if (ip.family == 0)
			continue;
		ip_print(&ip, host);
		if (!words_contain(hosts, host))
			words_add(overlap->arena, hosts, host);
	}
}

static struct words expand(const struct overlap *overlap, const struct words *words)
{
	struct words hosts = { 0 };
	for (size_t i = 0; i < words->count; i++)
		if (is_ip(words->words[i]))
			words_add(overlap->arena, &hosts, words->words[i]);
	for (size_t i = 0; i < words->count; i++)
		if (!is_ip(words->words[i]))
			interface_add(overlap, words->words[i], &hosts);
	return hosts;
}

/* Addresses of a block; a single "" if it listens on all. */
static struct words hosts_of(const struct overlap *overlap, const struct config_block *block)
{
	struct words hosts = { 0 };
	if (block->bind.count == 0) {
		words_add(overlap->arena, &hosts, "");
		return hosts;
	}
	struct words all = expand(overlap, &block->bind),
		     except = expand(overlap, &block->bind_except);
	for (size_t i = 0; i < all.count; i++)
		if (!words_contain(&except, all.words[i]))
			words_add(overlap->arena, &hosts, all.words[i]);
	return hosts;
}

static bool refuse(struct overlap *overlap, const struct place *place, const char *listener,
		   const char *other)
{
	if (other == NULL)
		return error_set(overlap->error, "%s:%u - cannot serve %s - it is already defined",
				 place->file, place->line, listener);
	return error_set(overlap->error,
			 "%s:%u - cannot serve %s - zone overlap listener capacity with %s",
			 place->file, place->line, listener, other);
}

static bool take(struct overlap *overlap, const char *zone, const char *host, bool has_view,
		 const struct place *place)
{
	struct text text = { 0 };
	text_add(&text, zone);
	if (*host != 0)
		text_printf(&text, " on %s", host);
	char *listener = arena_text(overlap->arena, text.data, text.size);
	text_done(&text);

	size_t zone_size = strlen(zone), size = strlen(listener);
	if (map_get(overlap->taken, listener, size) != NULL)
		return has_view || refuse(overlap, place, listener, NULL);
	const char *other = map_get(overlap->zones, zone, zone_size);
	if (other != NULL && *host == 0)
		return refuse(overlap, place, listener, other);
	if (map_get(overlap->taken, zone, zone_size) != NULL)
		return refuse(overlap, place, listener, zone);
	if (has_view) /* as many as there are views may come */
		return true;
	map_put(overlap->taken, listener, size, listener);
	map_put(overlap->zones, zone, zone_size, listener);
	return true;
}

static bool check_block(struct overlap *overlap, const struct config_block *block,
			const struct place *places)
{
	struct words hosts = hosts_of(overlap, block);
	if (hosts.count == 0)
		return error_set(overlap->error, "%s:%u - bind leaves no address to listen on",
				 block->file, block->line);
	for (size_t i = 0; i < block->address_count; i++) {
		if (hosts.count > overlap->listeners_left)
			return error_set(overlap->error, "%s:%u - more than %d addresses to listen on",
					 places[i].file, places[i].line, CONFIG_LISTENERS_MAX);
		overlap->listeners_left -= hosts.count;
		for (size_t j = 0; j < hosts.count; j++)
			if (!take(overlap, block->addresses[i].text, hosts.words[j],
				  block->view != NULL, &places[i]))
				return false;
	}
	return true;
}

bool overlap_check(const struct config *config, struct place *const *places, struct error *error)
{
	struct overlap overlap = {
		.arena = arena_new(),
		.taken = map_new(),
		.zones = map_new(),
		.listeners_left = CONFIG_LISTENERS_MAX,
		.error = error,
	};
	if (getifaddrs(&overlap.interfaces) != 0)
		overlap.interfaces = NULL; /* no interface has an address then */
	bool good = true;
	for (size_t i = 0; good && i < config->block_count; i++)
		good = check_block(&overlap, &config->blocks[i], places[i]);
	freeifaddrs(overlap.interfaces);
	map_free(overlap.zones);
	map_free(overlap.taken);
	arena_free(overlap.arena);
	return good;
}
