/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a program that prints credentials. The event loop looks after it; nobody waits for it. */
#ifndef KNAMED_KUBE_EXEC_PLUGIN_H
#define KNAMED_KUBE_EXEC_PLUGIN_H

#include "exec_credential.h"

struct exec_plugin;
/* Called once. `credential` is the callee's (exec_credential_done()); NULL: error says why. The
 * plugin may be freed in it. */
typedef void (*exec_plugin_done)(void *context, struct exec_credential *credential,
				 const struct error *error);
/* Starts access->exec; the access is borrowed until the call. limit_ms: it is killed after that.
 * NULL: it cannot be started. */
struct exec_plugin *exec_plugin_start(struct event_base *events, const struct access *access,
				      const char *ca, size_t ca_size, unsigned limit_ms,
				      exec_plugin_done done, void *context, struct error *error);
void exec_plugin_free(struct exec_plugin *plugin); /* ends it if it runs */

#endif
