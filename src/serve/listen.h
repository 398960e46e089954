/* SPDX-License-Identifier: Apache-2.0 */
/* Where we listen: addresses of blocks, and sockets on them (private to the stage). */
#ifndef KNAMED_SERVE_LISTEN_H
#define KNAMED_SERVE_LISTEN_H

#include "knamed/config.h"

/* Where a socket is bound. family 0: every address of the machine, both families. */
struct place {
	struct ip ip;
	uint32_t scope; /* index of the interface of a link-local address, else 0 */
	uint16_t port;
};
bool place_equal(const struct place *a, const struct place *b);
bool place_is_wildcard(const struct place *place);
enum { PLACE_TEXT_SIZE = 80 };
void place_print(const struct place *place, char ret_text[PLACE_TEXT_SIZE]); /* "[::1]:53", ":53" */
void place_print_host(const struct place *place, char ret_text[PLACE_TEXT_SIZE]); /* "::1", "" */

/* The addresses a block binds, port 0; one of family 0 if it names none. Caller frees the list. */
struct places {
	struct place *list;
	size_t count;
};
bool places_of_block(const struct config_block *block, struct places *ret_places, struct error *error);

/* Sockets that share their port with others of ours (SO_REUSEPORT): the kernel spreads clients over
 * them. -1 and "listen udp :53: bind: ..." on failure; LISTEN_NO_FAMILY: the place is all
 * addresses, and the machine has no IPv6. */
enum { LISTEN_NO_FAMILY = -2 };
int listen_udp(const struct place *place, int family, struct error *error);
int listen_tcp(const struct place *place, struct error *error);

#endif
