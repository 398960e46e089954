/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses as values: compare, mask, and to and from socket addresses. */
#include "knamed/base.h"

#include <string.h>

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	if (ip->family == 4)
		return ip->bytes[0] == 127;
	return ip->family == 6 && memcmp(ip->bytes, loopback6, sizeof(loopback6)) == 0;
}

struct ip ip_of_sockaddr(const struct sockaddr *address)
{
	struct ip ip = { 0 };
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		ip.family = 4;
		memcpy(ip.bytes, &in.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, address, sizeof(in6));
		const uint8_t *bytes = in6.sin6_addr.s6_addr;
		bool is_mapped = memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
		ip.family = is_mapped ? 4 : 6;
		memcpy(ip.bytes, is_mapped ? bytes + 12 : bytes, is_mapped ? 4 : 16);
	}
	return ip;
}

socklen_t ip_to_sockaddr(const struct ip *ip, uint16_t port, struct sockaddr_storage *ret_address)
{
	memset(ret_address, 0, sizeof(*ret_address));
	if (ip->family == 6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
		memcpy(&in6.sin6_addr, ip->bytes, 16);
		memcpy(ret_address, &in6, sizeof(in6));
		return sizeof(in6);
	}
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	memcpy(&in.sin_addr, ip->bytes, 4);
	memcpy(ret_address, &in, sizeof(in));
	return sizeof(in);
}

bool ip_in_cidr(const struct ip *ip, const struct ip *net, unsigned bits)
{
	if (ip->family != net->family)
		return false;
	if (memcmp(ip->bytes, net->bytes, bits / 8) != 0)
		return false;
	unsigned left = bits % 8;
	return left == 0 || (ip->bytes[bits / 8] ^ net->bytes[bits / 8]) >> (8 - left) == 0;
}
