/* SPDX-License-Identifier: Apache-2.0 */
/* Why a request to the API server gave nothing, in words: for logs, metrics and /readyz. */
#ifndef KNAMED_KUBE_TROUBLE_H
#define KNAMED_KUBE_TROUBLE_H

#include "client.h"

enum trouble {
	TROUBLE_NONE,
	TROUBLE_NO_HOST,
	TROUBLE_NO_CONNECT,
	TROUBLE_TLS,
	TROUBLE_TIMEOUT,
	TROUBLE_BROKEN,
	TROUBLE_CREDENTIALS,
	TROUBLE_UNAUTHORIZED, /* 401 */
	TROUBLE_FORBIDDEN,    /* 403 */
	TROUBLE_NOT_FOUND,    /* 404 */
	TROUBLE_GONE,	      /* 410 */
	TROUBLE_THROTTLED,    /* 429 */
	TROUBLE_REFUSED,      /* another 4xx */
	TROUBLE_SERVER,	      /* 5xx */
	TROUBLE_CONTENT,      /* bytes that are not what was asked for */
	TROUBLE_COUNT,
};

/* The label `reason` of knamed_kubernetes_watch_failures_total. */
const char *trouble_word(enum trouble cause);
/* It is about the way to the server, so about all kinds alike. */
bool trouble_is_of_connection(enum trouble cause);
enum trouble trouble_of_end(enum client_trouble trouble);
enum trouble trouble_of_status(int status);
/* What happened and where to look: "cannot list and watch pods: ...". detail: what the server or the library said. */
void trouble_print(enum trouble cause, const char *resource, int status, const char *detail,
		   char *ret_text, size_t size);

#endif
