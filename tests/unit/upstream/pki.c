/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"

#undef NDEBUG
#include <assert.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "knamed/base.h"

static void extend(X509 *certificate, X509 *issuer, int kind, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	assert(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

struct pki *pki_new(const struct pki *issuer, const char *names)
{
	struct pki *pki = mem_zalloc(sizeof(*pki));
	uint32_t serial;
	random_bytes(&serial, sizeof(serial));
	pki->key = EVP_EC_gen("P-256");
	pki->certificate = X509_new();
	assert(pki->key != NULL && pki->certificate != NULL);
	bool is_authority = issuer == NULL;
	issuer = is_authority ? pki : issuer;
	X509_set_version(pki->certificate, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(pki->certificate), (uint64_t)serial + 1);
	X509_gmtime_adj(X509_getm_notBefore(pki->certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(pki->certificate), 3600);
	X509_set_pubkey(pki->certificate, pki->key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(pki->certificate), "CN", MBSTRING_UTF8,
				   (const unsigned char *)(is_authority ? "authority" : "leaf"), -1,
				   -1, 0);
	X509_set_issuer_name(pki->certificate, X509_get_subject_name(issuer->certificate));
	if (is_authority)
		extend(pki->certificate, pki->certificate, NID_basic_constraints, "critical,CA:TRUE");
	else
		extend(pki->certificate, issuer->certificate, NID_subject_alt_name, names);
	assert(X509_sign(pki->certificate, issuer->key, EVP_sha256()) > 0);
	return pki;
}

void pki_free(struct pki *pki)
{
	X509_free(pki->certificate);
	EVP_PKEY_free(pki->key);
	mem_free(pki);
}

void pki_write(const struct pki *pki, const char *certificate_path, const char *key_path)
{
	BIO *bio = BIO_new_file(certificate_path, "w");
	assert(bio != NULL && PEM_write_bio_X509(bio, pki->certificate) == 1);
	BIO_free(bio);
	if (key_path == NULL)
		return;
	bio = BIO_new_file(key_path, "w");
	assert(bio != NULL && PEM_write_bio_PrivateKey(bio, pki->key, NULL, NULL, 0, NULL, NULL) == 1);
	BIO_free(bio);
}

SSL_CTX *pki_server(const struct pki *pki, const struct pki *trusted)
{
	static const unsigned char id[] = "stub";
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	assert(SSL_CTX_use_certificate(context, pki->certificate) == 1);
	assert(SSL_CTX_use_PrivateKey(context, pki->key) == 1);
	SSL_CTX_set_session_id_context(context, id, sizeof(id));
	if (trusted != NULL) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted->certificate);
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	return context;
}
