/* SPDX-License-Identifier: Apache-2.0 */
/* Which API server we ask and as whom: a pod's service account, a kubeconfig, or plain directives. What stands
 * in files is looked at again when they change; nobody waits for a file or a child here. */
#ifndef KNAMED_KUBE_IDENTITY_H
#define KNAMED_KUBE_IDENTITY_H

#include "knamed/base.h"
#include "knamed/config.h"

struct identity;
/* From the directive's `endpoint`, `tls`, `kubeconfig`; without any of them from the pod: KUBERNETES_SERVICE_HOST
 * and _PORT, and the files of /var/run/secrets/kubernetes.io/serviceaccount. */
struct identity *identity_open(struct event_base *events, const struct config_kubernetes *config,
			       struct error *error);
/* The same for a pod whose files are in another directory. */
struct identity *identity_open_pod(struct event_base *events, const char *directory,
				   struct error *error);
void identity_close(struct identity *identity);

/* "https://10.96.0.1:443", without a final slash; may have a path. */
const char *identity_server(const struct identity *identity);
/* The program of its kubeconfig that prints credentials; "" if there is none. */
const char *identity_program(const struct identity *identity);
/* A key for snapshots: the server and a digest of the CA, as hex. */
const char *identity_key(const struct identity *identity);

/* What one connection and one request need. Strings are the identity's, good until the next call of
 * identity_credentials() or identity_refuse(). NULL: not used. */
struct credentials {
	const char *bearer; /* the token alone */
	const char *user, *password;
	const void *ca, *certificate, *key; /* PEM text in memory */
	size_t ca_size, certificate_size, key_size;
	const char *server_name; /* as which the server's certificate is checked; NULL: its host */
	const char *proxy;	 /* NULL: what the environment says */
	const char *const *headers; /* "Name: value", then NULL */
	bool insecure;
	uint32_t generation; /* another one: server, CA, certificate or key changed, connect anew */
	uint32_t serial;     /* another one: any of that changed, or the token */
};
enum credentials_verdict {
	CREDENTIALS_GOOD,
	CREDENTIALS_LATER, /* an exec plugin is running: `ready` will be called */
	CREDENTIALS_BAD,   /* error says why; try again later */
};
typedef void (*identity_ready)(void *context); /* once; one waits at a time */
enum credentials_verdict identity_credentials(struct identity *identity,
					      struct credentials *ret_credentials,
					      identity_ready ready, void *context,
					      struct error *error);
/* `ready` is not called any more. */
void identity_forget(struct identity *identity, const void *context);
/* The server said 401 to credentials of that serial: whatever of them was cached is not used again. */
void identity_refuse(struct identity *identity, uint32_t serial);

#endif
