/* SPDX-License-Identifier: Apache-2.0 */
/* Servers as they are written in commands. */
#ifndef KNAMECTL_SERVER_ADDRESS_H
#define KNAMECTL_SERVER_ADDRESS_H

#include "knamed/base.h"

struct server_address {
	struct ip ip;
	uint16_t port;
};
/* "1.2.3.4", "1.2.3.4:53", "::1", "[::1]", "[::1]:53"; a port that is not named stays as it is. */
bool server_address_read(const char *text, struct server_address *server, struct error *error);
enum { SERVER_ADDRESS_SIZE = IP_TEXT_SIZE + 8 };
void server_address_print(const struct server_address *server, char ret_text[SERVER_ADDRESS_SIZE]);

#endif
