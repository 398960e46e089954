/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `kubernetes` that say where objects come from have a file of their own. */
#ifndef KNAMED_CONFIG_DIRECTIVE_KUBERNETES_H
#define KNAMED_CONFIG_DIRECTIVE_KUBERNETES_H

#include "directive.h"

/* The block being read, and what decides its defaults at the end. */
struct reading {
	struct directive *directive;
	struct config_kubernetes *kubernetes;
	bool has_denial_ttl, has_namespace_labels;
};

bool api_read_endpoint(struct reading *reading, struct error *error);
bool api_read_kubeconfig(struct reading *reading, struct error *error);
bool api_read_tls(struct reading *reading, struct error *error);
bool api_read_manifests(struct reading *reading, struct error *error);
bool api_read_snapshot(struct reading *reading, struct error *error);
bool api_read_startup_timeout(struct reading *reading, struct error *error);
bool api_read_audit(struct reading *reading, struct error *error);
/* apiserver_qps, _burst, _max_inflight: what limits a client that asks little is always kept to. */
bool api_read_throttle(struct reading *reading, struct error *error);
/* Whether they go together. */
bool api_check(struct reading *reading, struct error *error);

#endif
