/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint -- where something is reached over HTTP, as the Corefile writes it. */
#ifndef KNAMED_CONFIG_ENDPOINT_H
#define KNAMED_CONFIG_ENDPOINT_H

#include "knamed/config.h"

/* The URL of an API server in one spelling: scheme in lower case ("https://" or "http://", the
 * usual one if it is not written), no final slash. NULL if text is none, or says more than where a
 * server is (user, query, fragment). */
char *endpoint_text(struct arena *arena, const char *text, const char *usual_scheme);
/* Where to listen: ":8080", "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (which is 127.0.0.1). All addresses of
 * a family are all addresses, as Go takes them. False and no change if text is none of that. */
bool endpoint_place(struct arena *arena, const char *text, struct config_place *ret_place);

#endif
