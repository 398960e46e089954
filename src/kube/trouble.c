/* SPDX-License-Identifier: Apache-2.0 */
#include "trouble.h"

#include <stdio.h>

static const struct {
	const char *word, *advice;
	bool is_of_connection;
} table[TROUBLE_COUNT] = {
	[TROUBLE_NONE] = { "none", "all is well", false },
	[TROUBLE_NO_HOST] = { "dns", "the API server's name does not resolve", true },
	[TROUBLE_NO_CONNECT] = { "connect", "no connection to the API server", true },
	[TROUBLE_TLS] = { "tls", "TLS with the API server fails, check the CA and the certificates",
			  true },
	[TROUBLE_TIMEOUT] = { "timeout", "the API server does not answer", true },
	[TROUBLE_BROKEN] = { "broken", "the connection to the API server broke", true },
	[TROUBLE_CREDENTIALS] = { "credentials", "no credentials to ask the API server with", true },
	[TROUBLE_UNAUTHORIZED] = { "401",
				   "the API server does not accept our credentials, check the token or the certificate",
				   true },
	[TROUBLE_FORBIDDEN] = { "403",
				"forbidden, the role of this account needs the verbs list and watch on this resource",
				false },
	[TROUBLE_NOT_FOUND] = { "404", "the API server does not have this resource", false },
	[TROUBLE_GONE] = { "410", "the API server has forgotten the version we are at", false },
	[TROUBLE_THROTTLED] = { "429", "the API server is busy and asks to wait", false },
	[TROUBLE_REFUSED] = { "4xx", "the API server refuses the request", false },
	[TROUBLE_SERVER] = { "5xx", "the API server fails", false },
	[TROUBLE_CONTENT] = { "content",
			      "what came is no answer of an API server (is a proxy between?)", false },
};

const char *trouble_word(enum trouble cause)
{
	return table[cause].word;
}

bool trouble_is_of_connection(enum trouble cause)
{
	return table[cause].is_of_connection;
}

enum trouble trouble_of_end(enum client_trouble trouble)
{
	switch (trouble) {
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
		return status >= 400 && status < 500   ? TROUBLE_REFUSED
		       : status >= 500 && status < 600 ? TROUBLE_SERVER
						       : TROUBLE_CONTENT;
	}
}

void trouble_print(enum trouble cause, const char *resource, int status, const char *detail,
		   char *ret_text, size_t size)
{
	char code[32] = "";

	if (status != 0 && status != 200)
		snprintf(code, sizeof(code), " (status %d)", status);
	snprintf(ret_text, size, "cannot list and watch %s: %s%s%s%s", resource,
		 table[cause].advice, code, detail[0] != '\0' ? ": " : "", detail);
}
