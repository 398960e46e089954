/* SPDX-License-Identifier: Apache-2.0 */
#include "trouble.h"

#include <stdio.h>

static const struct {
	const char *word, *advice;
} table[TROUBLE_COUNT] = {
	[TROUBLE_NONE] = { "none", "" },
	[TROUBLE_NO_HOST] = { "dns", "the API server's name does not resolve" },
	[TROUBLE_NO_CONNECT] = { "connect", "no connection to the API server" },
	[TROUBLE_TLS] = { "tls", "TLS failed: look at the CA and the certificates" },
	[TROUBLE_TIMEOUT] = { "timeout", "the API server is silent" },
	[TROUBLE_BROKEN] = { "broken", "the connection broke" },
	[TROUBLE_CREDENTIALS] = { "credentials", "no credentials to ask with" },
	[TROUBLE_UNAUTHORIZED] = { "401",
				   "the API server does not know us: look at the token or certificate" },
	[TROUBLE_FORBIDDEN] = { "403", "forbidden: the role needs list and watch on this resource" },
	[TROUBLE_NOT_FOUND] = { "404", "the API server does not have this resource" },
	[TROUBLE_GONE] = { "410", "the version asked for is gone: listing anew" },
	[TROUBLE_THROTTLED] = { "429", "the API server asks to wait" },
	[TROUBLE_REFUSED] = { "4xx", "the API server refuses the request" },
	[TROUBLE_SERVER] = { "5xx", "the API server fails" },
	[TROUBLE_CONTENT] = { "content", "the API server sent what is no answer to this request" },
};

const char *trouble_word(enum trouble trouble)
{
	return table[trouble].word;
}

enum trouble trouble_of_end(const struct client_end *end)
{
	switch (end->trouble) {
	case CLIENT_DONE:
	case CLIENT_STOPPED:
		return TROUBLE_NONE;
	case CLIENT_NO_HOST:
		return TROUBLE_NO_HOST;
	case CLIENT_NO_CONNECT:
		return TROUBLE_NO_CONNECT;
	case CLIENT_TLS:
		return TROUBLE_TLS;
	case CLIENT_TIMEOUT:
		return TROUBLE_TIMEOUT;
	case CLIENT_BROKEN:
		return TROUBLE_BROKEN;
	case CLIENT_NO_CREDENTIALS:
		return TROUBLE_CREDENTIALS;
	}
	return TROUBLE_BROKEN;
}

enum trouble trouble_of_status(int status)
{
	switch (status) {
	case 200:
		return TROUBLE_NONE;
	case 401:
		return TROUBLE_UNAUTHORIZED;
	case 403:
		return TROUBLE_FORBIDDEN;
	case 404:
		return TROUBLE_NOT_FOUND;
	case 410:
		return TROUBLE_GONE;
	case 429:
		return TROUBLE_THROTTLED;
	default:
		return status >= 400 && status < 500 ? TROUBLE_REFUSED : TROUBLE_SERVER;
	}
}

void trouble_print(enum trouble trouble, const char *resource, int status, const char *detail,
		   char *ret_text, size_t size)
{
	char code[32] = "";

	if (status != 0 && status != 200)
		snprintf(code, sizeof(code), " (HTTP %d)", status);
	snprintf(ret_text, size, "%s: %s%s%s%s", resource, table[trouble].advice, code,
		 detail[0] != '\0' ? ": " : "", detail);
}
