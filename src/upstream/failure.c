/* SPDX-License-Identifier: Apache-2.0 */
/* Failures as sentences. Operators search logs for the words that CoreDNS, and Go beneath it, use. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "upstream_parts.h"

void address_print(const struct upstream_address *address, char ret_text[ADDRESS_TEXT_SIZE])
{
	char ip[IP_TEXT_SIZE];
	ip_print(&address->ip, ip);
	snprintf(ret_text, ADDRESS_TEXT_SIZE, address->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip,
		 (unsigned)address->port);
}

static void reason_print(int number, char *ret_text, size_t size)
{
	char room[128];
	const char *text = strerror_r(number, room, sizeof(room));
	snprintf(ret_text, size, "%s", text);
	ret_text[0] = (char)tolower((unsigned char)ret_text[0]);
}

const char *failure_print(const struct failure *failure, struct upstream *upstream)
{
	char *text = upstream->problem, local[ADDRESS_TEXT_SIZE] = "", remote[ADDRESS_TEXT_SIZE] = "";
	char reason[128];
	size_t size = sizeof(upstream->problem);
	const char *net = failure->is_tcp ? "tcp" : "udp";
	if (failure->local.ip.family != 0)
		address_print(&failure->local, local);
	if (failure->remote.ip.family != 0)
		address_print(&failure->remote, remote);
	reason_print(failure->number, reason, sizeof(reason));
	switch (failure->trouble) {
	case TROUBLE_NOBODY:
		if (names_unknown(upstream) == NULL)
			return "no healthy proxies";
		snprintf(text, size, "failed to resolve \"%s\"", names_unknown(upstream));
		break;
	case TROUBLE_NONE:
	case TROUBLE_ALL_DOWN:
		return "no healthy proxies";
	case TROUBLE_LOOP:
		snprintf(text, size, "forwarding loop: %s leads back here",
			 remote[0] != '\0' ? remote : "every upstream");
		break;
	case TROUBLE_TLS:
		return upstream->tls_problem;
	case TROUBLE_ENDED:
		return "EOF";
	case TROUBLE_SILENT:
		snprintf(text, size, "read %s %s->%s: i/o timeout", net, local, remote);
		break;
	case TROUBLE_READ:
		snprintf(text, size, "read %s %s->%s: read: %s", net, local, remote, reason);
		break;
	case TROUBLE_DIAL:
		snprintf(text, size, "dial %s %s: connect: %s", net, remote, reason);
		break;
	case TROUBLE_NO_DIAL:
		snprintf(text, size, "dial %s %s: i/o timeout", net, remote);
		break;
	case TROUBLE_GARBAGE:
		snprintf(text, size, "read %s %s->%s: not a reply to what was asked", net, local,
			 remote);
		break;
	}
	return text;
}
