/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the names and versions that a kind has now with what its watch brought. What the watch should have brought
 * and did not, after the time that events take, was missed: then all of the kind is read anew. */
#ifndef KNAMED_KUBE_AUDIT_H
#define KNAMED_KUBE_AUDIT_H

#include "transport.h"
#include "watch.h"

struct audit_times {
	unsigned settle_ms; /* the watch has said all that happened before, if it was quiet for so long */
	unsigned settle_most_ms; /* or at the latest */
	unsigned look_ms;	 /* how often it is looked whether it has */
};
extern const struct audit_times audit_times_usual;

struct audit_calls {
	void (*missed)(void *context, enum object_kind kind); /* it is being read anew */
	void (*silent)(void *context, enum object_kind kind); /* the server did not answer in time */
	void *context;
};
struct audit_options {
	struct event_base *events;
	enum object_kind kind;
	const struct config_kubernetes *config; /* audit_ms: how often, jittered; 0: never */
	const struct decode_options *decode;
	struct model *model;
	struct watch *watch;
	const struct transport *transport;
	const struct audit_times *times;
	struct audit_calls calls;
};
struct audit;
struct audit *audit_new(const struct audit_options *options);
void audit_free(struct audit *audit);

#endif
