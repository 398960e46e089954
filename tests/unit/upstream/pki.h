/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made on the spot: an authority and what it signs. */
#ifndef TESTS_UPSTREAM_PKI_H
#define TESTS_UPSTREAM_PKI_H

#include <openssl/ssl.h>

struct pki {
	X509 *certificate;
	EVP_PKEY *key;
};
/* issuer NULL: an authority. names: "DNS:a.test,IP:127.0.0.1" */
struct pki *pki_new(const struct pki *issuer, const char *names);
void pki_free(struct pki *pki);
void pki_write(const struct pki *pki, const char *certificate_path, const char *key_path);
/* For a server; trusted != NULL: clients must show what that one signed. */
SSL_CTX *pki_server(const struct pki *pki, const struct pki *trusted);

#endif
