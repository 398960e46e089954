/* SPDX-License-Identifier: Apache-2.0 */
/* What an exec plugin printed: it runs when its credentials are needed, and they are kept until
 * they expire or are refused. */
#ifndef KNAMED_KUBE_IDENTITY_PRINTED_H
#define KNAMED_KUBE_IDENTITY_PRINTED_H

#include "exec_plugin.h"
#include "identity.h"

struct printed {
	struct event_base *events;
	struct exec_plugin *plugin; /* NULL: does not run */
	struct exec_credential credential;
	bool is_there;
	uint64_t until_unix_s, failed_ns;
	struct error failure; /* at failed_ns; "": none */
	identity_ready ready; /* NULL: nobody waits */
	void *context;
	uint32_t generation, serial; /* as in struct credentials */
};
/* The access has a plugin and is borrowed until printed_forget(). ca: what is in force, NULL: none. */
enum credentials_verdict printed_ask(struct printed *printed, const struct access *access,
				     const char *ca, size_t ca_size, identity_ready ready,
				     void *context, struct error *error);
void printed_refuse(struct printed *printed); /* what it printed is not used again */
void printed_forget(struct printed *printed); /* what it printed, and the plugin if it runs */

#endif
