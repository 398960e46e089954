/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `kubernetes` that say where objects come from have a file of their own. */
#ifndef KNAMED_CONFIG_DIRECTIVE_KUBERNETES_H
#define KNAMED_CONFIG_DIRECTIVE_KUBERNETES_H

#include "directive.h"

/* The block being read, and what decides at its end. */
struct reading {
	struct directive *directive;
	struct config_kubernetes *kubernetes;
	bool has_denial_ttl, has_namespace_labels;
	/* Where the tokens are that name these options, for what is said of several together; 0: not named. */
	size_t manifests_at, endpoint_at, tls_at, kubeconfig_at, snapshot_at, startup_timeout_at,
		audit_at;
};

bool api_read_endpoint(struct reading *reading, struct error *error);
bool api_read_kubeconfig(struct reading *reading, struct error *error);
bool api_read_tls(struct reading *reading, struct error *error);
bool api_read_manifests(struct reading *reading, struct error *error);
bool api_read_snapshot(struct reading *reading, struct error *error);
bool api_read_startup_timeout(struct reading *reading, struct error *error);
bool api_read_audit(struct reading *reading, struct error *error);
/* apiserver_burst, apiserver_max_inflight; apiserver_qps, which may have a fraction: limits of a
 * client that asks little, which it always keeps to. */
bool api_read_limit(struct reading *reading, struct error *error);
bool api_read_qps(struct reading *reading, struct error *error);
/* Refuses sources that exclude each other, and leaves the one that decides. */
bool api_finish(struct reading *reading, struct error *error);

#endif
