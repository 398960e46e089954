/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted about requests, under the names that CoreDNS gives it. */
#ifndef KNAMED_KUBE_CLIENT_METER_H
#define KNAMED_KUBE_CLIENT_METER_H

#include "knamed/observe.h"

enum { METERED_CODES = 24 }; /* a server that makes codes up gets no further series */
struct client_meter {
	struct metrics *metrics; /* NULL: nothing is counted */
	char host[300];
	struct {
		int code;
		tally_cell *count;
	} codes[METERED_CODES];
	size_t code_count;
	tally_cell *others;
	struct histogram *durations;
};
/* server: a URL. A meter may begin again with another one. */
void client_meter_begin(struct client_meter *meter, struct metrics *metrics, const char *server);
void client_meter_count(struct client_meter *meter, int status); /* 0: no head came */
void client_meter_observe(struct client_meter *meter, double seconds);

#endif
