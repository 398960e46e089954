/* SPDX-License-Identifier: Apache-2.0 */
/* A kubeconfig as text: one of its contexts, with the cluster and the user that it names. */
#ifndef KNAMED_KUBE_KUBECONFIG_H
#define KNAMED_KUBE_KUBECONFIG_H

#include "access.h"

/* path: of the text, absolute or as the process finds it; other files are looked for beside it.
 * context NULL: the current one. NULL: error names the file and what is wrong. */
struct access *kubeconfig_read(const char *path, const char *text, size_t size, const char *context,
			       struct error *error);

#endif
