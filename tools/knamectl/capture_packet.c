/* SPDX-License-Identifier: Apache-2.0 */
/* From the link layer up to UDP. */
#include "capture.h"

#include "knamed/dns.h"

enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW_OLD = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_COOKED = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_COOKED_2 = 276,
};
enum { ETHER_IPV4 = 0x0800, ETHER_IPV6 = 0x86dd, ETHER_VLAN = 0x8100, ETHER_VLANS = 0x88a8 };
enum { PROTOCOL_UDP_NUMBER = 17, EXTENSIONS_MOST = 8, TAGS_MOST = 2 };

struct span {
	const uint8_t *at;
	size_t size;
};

static bool skip(struct span *span, size_t size)
{
	if (size > span->size)
		return false;
	span->at += size;
	span->size -= size;
	return true;
}

static bool read_udp(struct span *span, uint16_t port)
{
	if (span->size < 8 || get_u16(span->at + 2) != port)
		return false;
	size_t size = get_u16(span->at + 4);
	if (size < 8 || size > span->size)
		return false;
	span->size = size;
	return skip(span, 8);
}

static bool read_ipv4(struct span *span, uint16_t port)
{
	if (span->size < 20 || span->at[0] >> 4 != 4)
		return false;
	size_t head = (span->at[0] & 15u) * 4u, size = get_u16(span->at + 2);
	bool is_fragment = (get_u16(span->at + 6) & 0x3fff) != 0;
	if (head < 20 || size < head || size > span->size || is_fragment ||
	    span->at[9] != PROTOCOL_UDP_NUMBER)
		return false;
	span->size = size;
	return skip(span, head) && read_udp(span, port);
}

/* Hop-by-hop, routing and destination options have the same form; fragments are passed over. */
static bool is_extension(unsigned next)
{
	return next == 0 || next == 43 || next == 60;
}

static bool read_ipv6(struct span *span, uint16_t port)
{
	if (span->size < 40 || span->at[0] >> 4 != 6)
		return false;
	size_t size = get_u16(span->at + 4);
	unsigned next = span->at[6];
	if (!skip(span, 40) || size > span->size)
		return false;
	span->size = size;
	for (unsigned i = 0; i < EXTENSIONS_MOST && is_extension(next); i++) {
		if (span->size < 8)
			return false;
		next = span->at[0];
		if (!skip(span, (span->at[1] + 1u) * 8u))
			return false;
	}
	return next == PROTOCOL_UDP_NUMBER && read_udp(span, port);
}

static bool read_ip(struct span *span, uint16_t port)
{
	if (span->size == 0)
		return false;
	return span->at[0] >> 4 == 6 ? read_ipv6(span, port) : read_ipv4(span, port);
}

static bool read_ether(struct span *span, unsigned type, uint16_t port)
{
	for (unsigned i = 0; i < TAGS_MOST && (type == ETHER_VLAN || type == ETHER_VLANS); i++) {
		if (span->size < 4)
			return false;
		type = get_u16(span->at + 2);
		skip(span, 4);
	}
	return (type == ETHER_IPV4 || type == ETHER_IPV6) && read_ip(span, port);
}

/* A head of `size` octets with the EtherType at `at`. */
static bool read_link(struct span *span, size_t size, size_t at, uint16_t port)
{
	if (span->size < size)
		return false;
	unsigned type = get_u16(span->at + at);
	return skip(span, size) && read_ether(span, type, port);
}

const uint8_t *capture_payload(const uint8_t *packet, size_t size, unsigned link_type,
			       uint16_t port, size_t *ret_size)
{
	struct span span = { packet, size };
	bool is_found = false;
	switch (link_type) {
	case LINK_ETHERNET:
		is_found = read_link(&span, 14, 12, port);
		break;
	case LINK_COOKED:
		is_found = read_link(&span, 16, 14, port);
		break;
	case LINK_COOKED_2:
		is_found = read_link(&span, 20, 0, port);
		break;
	case LINK_NULL:
	case LINK_LOOP:
		is_found = skip(&span, 4) && read_ip(&span, port);
		break;
	case LINK_RAW:
	case LINK_RAW_OLD:
	case LINK_RAW_OPENBSD:
	case LINK_IPV4:
	case LINK_IPV6:
		is_found = read_ip(&span, port);
		break;
	default:
		break;
	}
	*ret_size = span.size;
	return is_found ? span.at : NULL;
}
