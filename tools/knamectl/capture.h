/* SPDX-License-Identifier: Apache-2.0 */
/* capture -- questions out of a packet capture (pcap or pcapng), packet by packet, in bounded memory.
 *
 * Ethernet (with VLAN tags), Linux cooked v1 and v2, raw IP, loopback; IPv4 and IPv6 over UDP. What is cut, in
 * fragments or of another kind is passed over; a file that is none is refused. */
#ifndef KNAMECTL_CAPTURE_H
#define KNAMECTL_CAPTURE_H

#include "knamed/base.h"

enum { CAPTURE_PACKET_MOST = 256 * 1024 };
struct capture_calls {
	/* How many octets came; fewer than wanted: the end. */
	size_t (*read)(void *context, uint8_t *bytes, size_t size);
	/* The payload of a datagram to this port; false: no more are wanted. */
	bool (*take)(void *context, const uint8_t *payload, size_t size);
	void *context;
};
/* False: it is no capture, or is broken from some point on; what came before was handed over. */
bool capture_read(const struct capture_calls *calls, uint16_t port, struct error *error);

/* A packet as its link layer has it (capture_packet.c): the payload of a datagram to the port; NULL: it is none. */
const uint8_t *capture_payload(const uint8_t *packet, size_t size, unsigned link_type,
			       uint16_t port, size_t *ret_size);

#endif
