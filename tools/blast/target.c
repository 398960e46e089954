/* SPDX-License-Identifier: Apache-2.0 */
/* A load generator is a weapon when it is pointed at somebody. This one only ever hits loopback,
 * or, when asked, the far end of a veth in a namespace that was closed off for the purpose. */
#include "target.h"

#include "query.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WORDS_MAX = 12 };

struct address_bytes {
	const uint8_t *bytes;
	size_t size;
};

bool target_parse(const char *text, struct target *ret_target)
{
	char host[INET6_ADDRSTRLEN];
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
	const char *colon = strrchr(text, ':');
	bool bracketed = *text == '[';
	unsigned long port;

	if (colon == NULL || !query_number(colon + 1, UINT16_MAX, &port) || port == 0)
		return false;
	if (bracketed && (colon == text || colon[-1] != ']'))
		return false;
	text += bracketed;
	size_t host_size = (size_t)(colon - text) - bracketed;
	if (host_size >= sizeof host)
		return false;
	memcpy(host, text, host_size);
	host[host_size] = '\0';
	memset(ret_target, 0, sizeof *ret_target);
	if (!bracketed && inet_pton(AF_INET, host, &ipv4.sin_addr) == 1) {
		ipv4.sin_port = htons((uint16_t)port);
		memcpy(&ret_target->address, &ipv4, sizeof ipv4);
		ret_target->size = sizeof ipv4;
		return true;
	}
	if (!bracketed || inet_pton(AF_INET6, host, &ipv6.sin6_addr) != 1)
		return false;
	ipv6.sin6_port = htons((uint16_t)port);
	memcpy(&ret_target->address, &ipv6, sizeof ipv6);
	ret_target->size = sizeof ipv6;
	return true;
}

static struct address_bytes bytes_of(const struct sockaddr *address)
{
	if (address != NULL && address->sa_family == AF_INET)
		return (struct address_bytes){
			(const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr, 4
		};
	if (address != NULL && address->sa_family == AF_INET6)
		return (struct address_bytes){
			(const uint8_t *)&((const struct sockaddr_in6 *)address)->sin6_addr, 16
		};
	return (struct address_bytes){ NULL, 0 };
}

bool target_is_loopback(const struct target *target)
{
	struct address_bytes address = bytes_of((const struct sockaddr *)&target->address);

	if (address.size == 4)
		return address.bytes[0] == 127;
	return address.size == 16 && memcmp(address.bytes, &in6addr_loopback, 16) == 0;
}

static bool interface_is_veth(const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (char *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	bool known = fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0;
	if (fd >= 0)
		close(fd);
	return known && strcmp(info.driver, "veth") == 0;
}

/* The words of a line of /proc. */
struct words {
	char line[512];
	const char *word[WORDS_MAX];
};

static bool words_next(FILE *lines, struct words *words)
{
	unsigned count = 0;

	if (lines == NULL || fgets(words->line, sizeof words->line, lines) == NULL)
		return false;
	for (unsigned i = 0; i < WORDS_MAX; i++)
		words->word[i] = "";
	for (char *rest = words->line, *word; count < WORDS_MAX && rest != NULL;) {
		word = strsep(&rest, " \t\n");
		if (*word != '\0')
			words->word[count++] = word;
	}
	return true;
}

/* A route to everywhere that does not end on lo (IPv6 keeps an unreachable one there). */
static bool has_default_route(void)
{
	struct words words;
	bool found = false;

	FILE *routes = fopen("/proc/net/route", "re"); /* interface, destination, ... mask as 8th */
	while (words_next(routes, &words))
		found |= strcmp(words.word[1], "00000000") == 0 &&
			 strcmp(words.word[7], "00000000") == 0;
	if (routes != NULL)
		fclose(routes);
	routes = fopen("/proc/net/ipv6_route", "re"); /* destination, prefix, ... interface as 10th */
	while (words_next(routes, &words))
		found |= strcmp(words.word[1], "00") == 0 && strcmp(words.word[9], "lo") != 0;
	if (routes != NULL)
		fclose(routes);
	return found;
}

static bool is_on_link(struct address_bytes target, const struct ifaddrs *interface)
{
	struct address_bytes own = bytes_of(interface->ifa_addr),
			     mask = bytes_of(interface->ifa_netmask);

	if (own.size != target.size || mask.size != target.size)
		return false;
	for (size_t i = 0; i < target.size; i++) {
		if ((own.bytes[i] ^ target.bytes[i]) & mask.bytes[i])
			return false;
	}
	return true;
}

bool target_is_in_namespace(const struct target *target)
{
	struct address_bytes wanted = bytes_of((const struct sockaddr *)&target->address);
	struct ifaddrs *interfaces;
	bool closed = !has_default_route(), reachable = false;

	if (getifaddrs(&interfaces) != 0)
		return false;
	for (const struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next) {
		bool veth = interface_is_veth(at->ifa_name);
		closed &= veth || (at->ifa_flags & IFF_LOOPBACK) || !(at->ifa_flags & IFF_UP);
		reachable |= veth && wanted.size > 0 && is_on_link(wanted, at);
	}
	freeifaddrs(interfaces);
	return closed && reachable;
}
