/* SPDX-License-Identifier: Apache-2.0 */
/* What tests say to the server, a JSON object in a line: {"do": "put", ...}. */
#ifndef TESTS_KUBE_SERVER_CONTROL_H
#define TESTS_KUBE_SERVER_CONTROL_H

#include "api.h"

struct control {
	struct api api;
	struct pki *authority, *identity;
	bool is_tls;
	long client_s; /* how long certificates of clients are good; 0: as long as others */
	struct event *bookmark_timer;
	struct timeval bookmark_period;
};
void control_init(struct control *control, struct event_base *events);
void control_done(struct control *control);
/* The reply, the caller's: {"error": "..."} or what the command gives. */
json_t *control_do(struct control *control, const char *line);

#endif
