/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses to listen on, from `bind`: IP addresses and names of interfaces, less those behind `except`. */
#include "listen.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "knamed/serve.h"

bool place_equal(const struct place *a, const struct place *b)
{
	return ip_equal(&a->ip, &b->ip) && a->scope == b->scope && a->port == b->port;
}

bool place_is_wildcard(const struct place *place)
{
	static const uint8_t zeros[16];
	return memcmp(place->ip.bytes, zeros, sizeof(zeros)) == 0;
}

void place_print_host(const struct place *place, char ret_text[PLACE_TEXT_SIZE])
{
	char ip[IP_TEXT_SIZE], interface[IF_NAMESIZE];
	ret_text[0] = '\0';
	if (place->ip.family == 0)
		return;
	ip_print(&place->ip, ip);
	if (place->scope != 0 && if_indextoname(place->scope, interface) != NULL)
		snprintf(ret_text, PLACE_TEXT_SIZE, "%s%%%s", ip, interface);
	else
		snprintf(ret_text, PLACE_TEXT_SIZE, "%s", ip);
}

void place_print(const struct place *place, char ret_text[PLACE_TEXT_SIZE])
{
	char host[PLACE_TEXT_SIZE];
	place_print_host(place, host);
	const char *format = place->ip.family == 6 ? "[%.63s]:%u" : "%.63s:%u";
	snprintf(ret_text, PLACE_TEXT_SIZE, format, host, (unsigned)place->port);
}

static void places_add(struct places *places, const struct place *place)
{
	for (size_t i = 0; i < places->count; i++)
		if (place_equal(&places->list[i], place))
			return;
	places->list = mem_realloc(places->list, (places->count + 1) * sizeof(*places->list));
	places->list[places->count++] = *place;
}

static bool is_link_local(const struct ip *ip)
{
	return ip->family == 6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

/* False for what is no IP address of an interface. */
static bool place_of_interface(const struct ifaddrs *interface, struct place *ret_place)
{
	if (interface->ifa_addr == NULL)
		return false;
	*ret_place = (struct place){ .ip = ip_of_sockaddr(interface->ifa_addr) };
	if (is_link_local(&ret_place->ip))
		ret_place->scope = if_nametoindex(interface->ifa_name);
	return ret_place->ip.family != 0;
}

/* The addresses of the interface `name`; false if there is no such interface. */
static bool add_interface(struct places *places, const struct ifaddrs *interfaces, const char *name)
{
	bool is_there = false;
	for (const struct ifaddrs *interface = interfaces; interface != NULL;
	     interface = interface->ifa_next) {
		struct place place;
		if (strcmp(interface->ifa_name, name) != 0)
			continue;
		is_there = true;
		if (place_of_interface(interface, &place))
			places_add(places, &place);
	}
	return is_there;
}

static bool add_words(struct places *places, const struct ifaddrs *interfaces,
		      const struct words *words, struct error *error)
{
	for (size_t i = 0; i < words->count; i++) {
		struct place place = { 0 };
		if (add_interface(places, interfaces, words->words[i]))
			continue;
		if (!ip_parse(words->words[i], &place.ip))
			return error_set(error,
					 "plugin/bind: not a valid IP address or interface name: \"%s\"",
					 words->words[i]);
		places_add(places, &place);
	}
	return true;
}

static void remove_all(struct places *places, const struct places *unwanted)
{
	size_t kept = 0;
	for (size_t i = 0; i < places->count; i++) {
		bool is_wanted = true;
		for (size_t j = 0; j < unwanted->count; j++)
			is_wanted &= !place_equal(&places->list[i], &unwanted->list[j]);
		if (is_wanted)
			places->list[kept++] = places->list[i];
	}
	places->count = kept;
}

bool places_of_block(const struct config_block *block, struct places *ret_places, struct error *error)
{
	struct places bound = { 0 }, unwanted = { 0 };
	struct ifaddrs *interfaces = NULL;
	bool is_good = true;
	if (block->bind.count == 0) {
		places_add(&bound, &(struct place){ 0 });
	} else {
		getifaddrs(&interfaces);
		is_good = add_words(&bound, interfaces, &block->bind, error) &&
			  add_words(&unwanted, interfaces, &block->bind_except, error);
		remove_all(&bound, &unwanted);
		if (is_good && bound.count == 0)
			is_good = error_set(error, "plugin/bind: no address is left to listen on");
	}
	freeifaddrs(interfaces);
	mem_free(unwanted.list);
	if (is_good)
		*ret_places = bound;
	else
		mem_free(bound.list);
	return is_good;
}

static size_t take(struct ip *addresses, size_t count, size_t room, const struct ip *ip)
{
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&addresses[i], ip))
			return count;
	if (count < room)
		addresses[count++] = *ip;
	return count;
}

/* Puts the addresses that others can reach into the list. Link-local ones mean nothing without an
 * interface, which an answer cannot name. */
static size_t take_interfaces(const struct ifaddrs *interface, struct ip *addresses, size_t room)
{
	size_t count = 0;
	for (; interface != NULL; interface = interface->ifa_next) {
		struct place place;
		if (place_of_interface(interface, &place) && place.scope == 0 &&
		    !ip_is_loopback(&place.ip))
			count = take(addresses, count, room, &place.ip);
	}
	return count;
}

static size_t take_bound(const struct places *places, struct ip *addresses, size_t room)
{
	size_t count = 0;
	for (size_t i = 0; i < places->count; i++)
		if (places->list[i].scope == 0 && !ip_is_loopback(&places->list[i].ip))
			count = take(addresses, count, room, &places->list[i].ip);
	return count;
}

static bool is_any_wildcard(const struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		if (place_is_wildcard(&places->list[i]))
			return true;
	return false;
}

size_t serve_local_addresses(const struct config_block *block, struct ip *ret_addresses, size_t room)
{
	struct places places;
	if (!places_of_block(block, &places, NULL))
		return 0;
	size_t count;
	if (is_any_wildcard(&places)) {
		struct ifaddrs *interfaces = NULL;
		getifaddrs(&interfaces);
		count = take_interfaces(interfaces, ret_addresses, room);
		freeifaddrs(interfaces);
	} else {
		count = take_bound(&places, ret_addresses, room);
	}
	mem_free(places.list);
	return count;
}
