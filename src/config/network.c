/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#include <string.h>

enum { GROUP_MOST = 4 };

/* No group of the address is longer than it has to be. */
static bool is_plain(const char *text)
{
	while (*text != '\0' && *text != '/') {
		size_t size = strcspn(text, ".:/");
		bool is_octet = text[size] == '.' || strpbrk(text, ".:/") == NULL ||
				(text[size] == '/' && strchr(text, ':') == NULL);
		if (size > GROUP_MOST || (is_octet && size > 1 && text[0] == '0'))
			return false;
		text += size;
		text += *text == '.' || *text == ':';
	}
	return true;
}

static void clear_host(struct ip *ip, unsigned bits)
{
	for (unsigned i = 0; i < sizeof(ip->bytes); i++) {
		unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
		if (kept < 8)
			ip->bytes[i] &= (uint8_t)(0xff00u >> kept);
	}
}

bool network_read(const char *text, struct config_network *ret_network)
{
	struct config_network network;
	if (strchr(text, '/') == NULL || !is_plain(text) ||
	    !ip_parse_cidr(text, &network.ip, &network.bits))
		return false;
	clear_host(&network.ip, network.bits);
	*ret_network = network;
	return true;
}
