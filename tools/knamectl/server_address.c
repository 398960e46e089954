/* SPDX-License-Identifier: Apache-2.0 */
#include "server_address.h"

#include <stdio.h>
#include <string.h>

bool server_address_read(const char *text, struct server_address *server, struct error *error)
{
	struct server_address read = *server;
	char *address = mem_text(text), *port = NULL;
	char *bracket = strchr(address, ']'), *colon = strrchr(address, ':');
	const char *start = address;
	uint64_t number = read.port;
	if (*address == '[' && bracket != NULL) {
		start = address + 1;
		*bracket = '\0';
		port = bracket[1] == ':' ? bracket + 2 : NULL;
	} else if (colon != NULL && strchr(address, ':') == colon) {
		*colon = '\0';
		port = colon + 1;
	}
	bool good = ip_parse(start, &read.ip) ||
		    error_set(error, "expected an address, not '%s'", text);
	if (good && port != NULL)
		good = text_to_number(port, 1, 65535, &number) ||
		       error_set(error, "expected a port, not '%s'", port);
	read.port = (uint16_t)number;
	mem_free(address);
	if (good)
		*server = read;
	return good;
}

void server_address_print(const struct server_address *server, char ret_text[SERVER_ADDRESS_SIZE])
{
	char ip[IP_TEXT_SIZE];
	ip_print(&server->ip, ip);
	snprintf(ret_text, SERVER_ADDRESS_SIZE, server->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip,
		 (unsigned)server->port);
}
