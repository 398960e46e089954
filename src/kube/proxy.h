/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy that stands between us and a server. */
#ifndef KNAMED_KUBE_PROXY_H
#define KNAMED_KUBE_PROXY_H

#include "knamed/base.h"

/* What libcurl is told: `given`, whatever the environment says, or else what HTTPS_PROXY
 * (HTTP_PROXY for an http:// server) and NO_PROXY say. False: none, and ret_proxy is empty. */
bool proxy_find(const char *server, const char *given, struct text *ret_proxy);
/* As it may be printed: without user and password. */
void proxy_show(const char *proxy, struct text *text);

#endif
