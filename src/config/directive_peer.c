/* SPDX-License-Identifier: Apache-2.0 */
/* Other name servers, as those who hand zones over and take them are written. */
#include <string.h>

#include "directive.h"

enum { PORT_DNS = 53 };

/* "IP", "IP:PORT", "[IP]:PORT", with a zone id or not: as Go's net.SplitHostPort() cuts them. */
static const char *cut_port(char **host)
{
	char *colon = strrchr(*host, ':');
	if (**host == '[') {
		char *end = strchr(*host, ']');
		if (end == NULL || end + 1 != colon)
			return NULL;
		*end = '\0';
		++*host;
	} else if (colon == NULL || strchr(*host, ':') != colon) {
		return NULL;
	}
	*colon = '\0';
	return colon + 1;
}

bool directive_peer(const struct directive *directive, const char *text,
		    struct config_peer *ret_peer, struct error *error)
{
	char *host = directive_copy(directive, text);
	const char *port = cut_port(&host);
	uint64_t number = PORT_DNS;
	struct config_peer peer = { .port = PORT_DNS };
	char *link = strrchr(host, '%');
	if (link != NULL)
		*link++ = '\0';
	if (!ip_parse(host, &peer.ip))
		return directive_fail(directive, error, "must specify an IP address: `%s'", host);
	if (port != NULL && *port != '\0' && !text_to_number(port, 1, UINT16_MAX, &number))
		return directive_fail(directive, error, "not a port: %s", port);
	peer.port = (uint16_t)number;
	peer.link = link;
	*ret_peer = peer;
	return true;
}
