/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that are our own: a resolv.conf with one of these would have us ask ourselves. */
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

#include "upstream_parts.h"

static bool has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->words[i], word) == 0)
			return true;
	return false;
}

/* An address of this machine; of the interfaces that `hosts` name, where it names any. */
static bool is_of_interface(const struct words *hosts, const struct ip *ip)
{
	struct ifaddrs *all = NULL;
	bool is_found = false;
	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *at = all; at != NULL && !is_found; at = at->ifa_next) {
		if (at->ifa_addr == NULL || (hosts->count > 0 && !has_word(hosts, at->ifa_name)))
			continue;
		struct ip own = ip_of_sockaddr(at->ifa_addr);
		is_found = ip_equal(&own, ip);
	}
	freeifaddrs(all);
	return is_found;
}

bool is_own_address(const struct config_forward *config, const struct ip *ip, uint16_t port)
{
	char host[IP_TEXT_SIZE], number[8];
	ip_print(ip, host);
	snprintf(number, sizeof(number), "%u", (unsigned)port);
	if (config->loop_zone == NULL || !has_word(&config->own_ports, number))
		return false;
	/* All of 127.0.0.0/8 is ours where everything is. */
	bool is_everywhere = config->own_hosts.count == 0 && ip_is_loopback(ip);
	return is_everywhere || has_word(&config->own_hosts, host) ||
	       is_of_interface(&config->own_hosts, ip);
}
