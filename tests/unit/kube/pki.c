/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made on the spot: an authority and what it signs. */
#include "pki.h"

#undef NDEBUG
#include <assert.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct pki {
	X509 *certificate;
	EVP_PKEY *key;
};

static void extend(X509 *certificate, X509 *issuer, int kind, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	assert(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static struct pki *pki_new(const struct pki *issuer, const char *name)
{
	struct pki *pki = mem_zalloc(sizeof(*pki));
	uint32_t serial;
	random_bytes(&serial, sizeof(serial));
	pki->key = EVP_EC_gen("P-256");
	pki->certificate = X509_new();
	assert(pki->key != NULL && pki->certificate != NULL);
	issuer = issuer == NULL ? pki : issuer;
	X509_set_version(pki->certificate, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(pki->certificate), (uint64_t)serial + 1);
	X509_gmtime_adj(X509_getm_notBefore(pki->certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(pki->certificate), 3600);
	X509_set_pubkey(pki->certificate, pki->key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(pki->certificate), "CN", MBSTRING_UTF8,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(pki->certificate, X509_get_subject_name(issuer->certificate));
	/* Authorities that follow each other have one name: their keys tell them apart. */
	extend(pki->certificate, issuer->certificate, NID_subject_key_identifier, "hash");
	extend(pki->certificate, issuer->certificate, NID_authority_key_identifier, "keyid:always");
	if (issuer == pki)
		extend(pki->certificate, pki->certificate, NID_basic_constraints, "critical,CA:TRUE");
	else
		extend(pki->certificate, issuer->certificate, NID_subject_alt_name,
		       "IP:127.0.0.1,IP:::1,IP:10.96.0.1,DNS:localhost,DNS:api.test");
	assert(X509_sign(pki->certificate, issuer->key, EVP_sha256()) > 0);
	return pki;
}

struct pki *pki_authority(const char *name)
{
	return pki_new(NULL, name);
}

struct pki *pki_leaf(const struct pki *authority, const char *name)
{
	return pki_new(authority, name);
}

void pki_end_in(struct pki *leaf, const struct pki *authority, long seconds)
{
	X509_gmtime_adj(X509_getm_notAfter(leaf->certificate), seconds);
	assert(X509_sign(leaf->certificate, authority->key, EVP_sha256()) > 0);
}

void pki_free(struct pki *pki)
{
	if (pki == NULL)
		return;
	X509_free(pki->certificate);
	EVP_PKEY_free(pki->key);
	mem_free(pki);
}

static char *take_text(BIO *bio)
{
	char *bytes;
	long size = BIO_get_mem_data(bio, &bytes);
	char *text = mem_text_n(bytes, (size_t)size);
	BIO_free(bio);
	return text;
}

char *pki_certificate(const struct pki *pki)
{
	BIO *bio = BIO_new(BIO_s_mem());
	assert(PEM_write_bio_X509(bio, pki->certificate) == 1);
	return take_text(bio);
}

char *pki_key(const struct pki *pki)
{
	BIO *bio = BIO_new(BIO_s_mem());
	assert(PEM_write_bio_PrivateKey(bio, pki->key, NULL, NULL, 0, NULL, NULL) == 1);
	return take_text(bio);
}
