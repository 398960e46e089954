/* SPDX-License-Identifier: Apache-2.0 */
/* Why a request to the API server gave nothing, in words: for logs, metrics and /readyz. */
#ifndef KNAMED_KUBE_TROUBLE_H
#define KNAMED_KUBE_TROUBLE_H

#include "body.h"
#include "client.h"

enum trouble {
	TROUBLE_NONE, /* the transfer ended as it should */
	TROUBLE_NO_HOST,
	TROUBLE_NO_CONNECT,
	TROUBLE_TLS,
	TROUBLE_TIMEOUT,
	TROUBLE_BROKEN,
	TROUBLE_CREDENTIALS,
	TROUBLE_UNAUTHORIZED,
	TROUBLE_FORBIDDEN,
	TROUBLE_NOT_FOUND,
	TROUBLE_GONE,
	TROUBLE_THROTTLED,
	TROUBLE_REFUSED, /* another 4xx */
	TROUBLE_SERVER,	 /* 5xx */
	TROUBLE_CONTENT, /* bytes that are not what was asked for */
	TROUBLE_COUNT,
};

/* The label `reason` of knamed_kubernetes_watch_failures_total. */
const char *trouble_word(enum trouble trouble);
enum trouble trouble_of_end(const struct client_end *end);
enum trouble trouble_of_status(int status);
/* A sentence for operators: what happened to `resource` and where to look. `detail`: what the
 * server or the library said. */
void trouble_print(enum trouble trouble, const char *resource, int status, const char *detail,
		   char *ret_text, size_t size);

#endif
