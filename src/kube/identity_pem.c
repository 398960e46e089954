/* SPDX-License-Identifier: Apache-2.0 */
/* Whether PEM text is whole. A certificate that is cut off at its end must not count as one less. */
#include "identity_pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* A key that wants a password is none that we can use; nobody is asked for it. */
static int no_password(char *room, int size, int is_writing, void *context)
{
	(void)room;
	(void)size;
	(void)is_writing;
	(void)context;
	return -1;
}

/* Nothing begins behind the last one: that is how PEM_read_*() says that it came to the end. */
static bool is_at_end(void)
{
	unsigned long last = ERR_peek_last_error();
	ERR_clear_error();
	return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

bool pem_check_certificates(const char *name, const char *pem, size_t size, struct error *error)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)size);
	unsigned count = 0;
	ERR_clear_error();
	for (X509 *certificate;
	     (certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL; count++)
		X509_free(certificate);
	BIO_free(bio);
	if (!is_at_end())
		return error_set(error, "%s: a certificate in it cannot be read", name);
	return count > 0 || error_set(error, "%s: expected certificates in PEM form", name);
}

static X509 *first_certificate(const struct text *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return certificate;
}

static EVP_PKEY *first_key(const struct text *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return key;
}

bool pem_check_pair(const char *name, const struct text *certificate, const struct text *key,
		    struct error *error)
{
	if (!pem_check_certificates(name, certificate->data, certificate->size, error))
		return false;
	X509 *first = first_certificate(certificate);
	EVP_PKEY *private = first_key(key);
	bool good = first != NULL && private != NULL && X509_check_private_key(first, private) == 1;
	bool is_key = private != NULL;
	X509_free(first);
	EVP_PKEY_free(private);
	ERR_clear_error();
	if (!is_key)
		return error_set(error, "%s: its key cannot be read (expected PEM without a password)",
				 name);
	return good || error_set(error, "%s: its key is that of another certificate", name);
}
