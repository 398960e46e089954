/* SPDX-License-Identifier: Apache-2.0 */
/* reverse -- names below in-addr.arpa and ip6.arpa (RFC 1035 3.5, RFC 3596 2.5).
 *
 * Both families are the same thing with another part: an octet in decimal, or a nibble in hex. The
 * name's first label is the address' last part. */
#include "knamed/dns.h"

#include <assert.h>
#include <string.h>

static const uint8_t in_addr_arpa[] = "\7in-addr\4arpa";
static const uint8_t ip6_arpa[] = "\3ip6\4arpa";

enum { IPV4_PARTS = 4, IPV6_PARTS = 32 };

static size_t octet_label(uint8_t octet, uint8_t *at)
{
	uint8_t *digit = at + 1;
	if (octet >= 100)
		*digit++ = '0' + octet / 100;
	if (octet >= 10)
		*digit++ = '0' + octet / 10 % 10;
	*digit++ = '0' + octet % 10;
	*at = (uint8_t)(digit - at - 1);
	return (size_t)(digit - at);
}

static size_t nibble_label(uint8_t nibble, uint8_t *at)
{
	at[0] = 1;
	at[1] = (uint8_t) "0123456789abcdef"[nibble];
	return 2;
}

static uint8_t nibble_get(const struct ip *ip, unsigned part)
{
	uint8_t octet = ip->bytes[part / 2];
	return part % 2 == 0 ? octet >> 4 : octet & 15;
}

void name_of_cidr(const struct ip *net, unsigned bits, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size)
{
	bool v4 = net->family == 4;
	assert(v4 ? bits % 8 == 0 && bits <= 32 : net->family == 6 && bits % 4 == 0 && bits <= 128);
	const uint8_t *suffix = v4 ? in_addr_arpa : ip6_arpa;
	size_t suffix_size = v4 ? sizeof in_addr_arpa : sizeof ip6_arpa;

	size_t at = 0;
	for (unsigned part = bits / (v4 ? 8 : 4); part-- > 0;)
		at += v4 ? octet_label(net->bytes[part], ret_name + at)
			 : nibble_label(nibble_get(net, part), ret_name + at);
	memcpy(ret_name + at, suffix, suffix_size);
	*ret_size = (uint8_t)(at + suffix_size);
}

void name_of_ptr(const struct ip *ip, uint8_t ret_name[DNS_NAME_MAX], uint8_t *ret_size)
{
	name_of_cidr(ip, ip->family == 4 ? 32 : 128, ret_name, ret_size);
}

/* A decimal octet as it is printed: no leading zero, no more than 255. */
static bool octet_read(const uint8_t *label, uint8_t *ret_octet)
{
	unsigned value = 0;
	if (label[0] > 3 || (label[0] > 1 && label[1] == '0'))
		return false;
	for (unsigned i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		value = value * 10 + (label[i] - '0');
	}
	*ret_octet = (uint8_t)value;
	return value <= 255;
}

static bool nibble_read(const uint8_t *label, uint8_t *ret_nibble)
{
	if (label[0] != 1)
		return false;
	if (label[1] >= '0' && label[1] <= '9')
		*ret_nibble = label[1] - '0';
	else if (label[1] >= 'a' && label[1] <= 'f')
		*ret_nibble = label[1] - 'a' + 10;
	else
		return false;
	return true;
}

/* Reads `parts` labels, the least significant part first. */
static bool parts_read(const uint8_t *label, unsigned parts, struct ip *ip)
{
	for (unsigned part = parts; part-- > 0; label += *label + 1) {
		uint8_t value;
		if (!(ip->family == 4 ? octet_read(label, &value) : nibble_read(label, &value)))
			return false;
		if (ip->family == 4)
			ip->bytes[part] = value;
		else
			ip->bytes[part / 2] |= part % 2 == 0 ? value << 4 : value;
	}
	return true;
}

bool name_is_reverse(const uint8_t *name)
{
	return name_is_under(name, in_addr_arpa) || name_is_under(name, ip6_arpa);
}

bool name_text_is_reverse(const char *text)
{
	uint8_t name[DNS_NAME_MAX], size;
	return name_parse(text, name, &size) && name_is_reverse(name);
}

bool name_read_reverse(const uint8_t *lower, struct reverse_name *ret_reverse)
{
	if (!name_is_reverse(lower))
		return false;

	bool v4 = name_is_under(lower, in_addr_arpa);
	struct reverse_name reverse = { .ip.family = v4 ? 4 : 6 };
	unsigned parts = name_label_count(lower) - 2, all = v4 ? IPV4_PARTS : IPV6_PARTS;
	if (parts > all || !parts_read(lower, parts, &reverse.ip))
		return false;
	reverse.parts = (uint8_t)parts;
	reverse.full = parts == all;
	*ret_reverse = reverse;
	return true;
}
