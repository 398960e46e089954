/* SPDX-License-Identifier: Apache-2.0 */
/* The URLs of what we ask: cluster-wide lists and watches of one kind, with the selectors of the configuration. */
#ifndef KNAMED_KUBE_PATH_H
#define KNAMED_KUBE_PATH_H

#include "knamed/config.h"
#include "knamed/model.h"

/* "endpointslices.discovery.k8s.io", as RBAC and log lines name it. */
const char *path_resource(enum object_kind kind);
/* "/api/v1/services?labelSelector=...": at least the '?' is there, so that "&more" may follow. */
void path_print(enum object_kind kind, const struct config_kubernetes *config, struct text *ret_path);
/* The value of a parameter, escaped. */
void path_add_escaped(struct text *path, const char *value);

#endif
