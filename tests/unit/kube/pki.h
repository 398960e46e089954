/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made on the spot: an authority and what it signs. */
#ifndef TESTS_KUBE_PKI_H
#define TESTS_KUBE_PKI_H

#include "knamed/base.h"

struct pki; /* a certificate with its key */
struct pki *pki_authority(const char *name);
/* For a server on 127.0.0.1, ::1, "localhost" and "api.test", and for clients as the user `name`. */
struct pki *pki_leaf(const struct pki *authority, const char *name);
/* It is good for so long from now on, or has ended so long ago. */
void pki_end_in(struct pki *leaf, const struct pki *authority, long seconds);
void pki_free(struct pki *pki);
/* PEM, the caller's. */
char *pki_certificate(const struct pki *pki);
char *pki_key(const struct pki *pki);

#endif
