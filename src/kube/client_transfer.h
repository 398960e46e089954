/* SPDX-License-Identifier: Apache-2.0 */
/* One request as libcurl sees it: its options, and what it is called when it went wrong. */
#ifndef KNAMED_KUBE_CLIENT_TRANSFER_H
#define KNAMED_KUBE_CLIENT_TRANSFER_H

#include <curl/curl.h>

#include "client.h"

struct easy_request {
	const char *server, *path, *accept, *agent;
	const char *proxy; /* "": none */
	const struct credentials *credentials;
	char *complaint; /* CURL_ERROR_SIZE, must outlive the handle */
	size_t (*head_line)(char *bytes, size_t size, size_t count, void *context);
	size_t (*body)(char *bytes, size_t size, size_t count, void *context);
	void *context;
};
/* ret_headers and ret_hosts live as long as the handle. */
CURL *easy_new(const struct easy_request *request, struct curl_slist **ret_headers,
	       struct curl_slist **ret_hosts);

/* The sentence begins with the route. */
enum client_trouble easy_trouble(CURL *easy, CURLcode code, const char *route,
				 const char *complaint, struct error *ret_text);

#endif
