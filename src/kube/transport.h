/* SPDX-License-Identifier: Apache-2.0 */
/* How requests are made: the client, or a script in tests. */
#ifndef KNAMED_KUBE_TRANSPORT_H
#define KNAMED_KUBE_TRANSPORT_H

#include "client.h"

struct transport {
	struct transfer *(*get)(void *context, const struct client_request *request,
				const struct client_calls *calls);
	void (*cancel)(void *context, struct transfer *transfer);
	void *context;
};

#endif
