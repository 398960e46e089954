/* SPDX-License-Identifier: Apache-2.0 */
/* A line is what requests of one generation of credentials go over: libcurl's multi handle on the event loop, with the
 * connections that it has. A retired line takes no new request and is freed when its last one is gone. */
#ifndef KNAMED_KUBE_CLIENT_LINE_H
#define KNAMED_KUBE_CLIENT_LINE_H

#include <curl/curl.h>

#include "knamed/base.h"

struct line_calls {
	void (*enter)(void *context); /* libcurl is about to call back; then nothing of it may be removed */
	void (*done)(void *context, CURL *easy, CURLcode code);
	void (*leave)(void *context); /* the line may be freed in it */
	void *context;
};
struct line;
struct line *client_line_new(struct event_base *events, const struct line_calls *calls);
void client_line_free(struct line *line); /* without transfers in it */
void client_line_add(struct line *line, CURL *easy);
void client_line_remove(struct line *line, CURL *easy);
bool line_is_empty(const struct line *line);

#endif
