/* SPDX-License-Identifier: Apache-2.0 */
/* The two sides of the conversation with an exec plugin: what it is told, and what it prints. */
#ifndef KNAMED_KUBE_EXEC_CREDENTIAL_H
#define KNAMED_KUBE_EXEC_CREDENTIAL_H

#include "access.h"

struct exec_credential {
	char *token;		 /* NULL: none */
	char *certificate, *key; /* PEM; both or none */
	uint64_t expires_unix_s; /* UINT64_MAX: not said */
};
/* Reads what a plugin of that apiVersion printed. False: error says what is wrong with it. */
bool exec_credential_read(const char *text, size_t size, const char *version,
			  struct exec_credential *ret_credential, struct error *error);
void exec_credential_done(struct exec_credential *credential);

/* KUBERNETES_EXEC_INFO: JSON, the caller's. ca: the certificates in force, NULL: none. */
char *exec_credential_info(const struct access *access, const char *ca, size_t ca_size);

#endif
