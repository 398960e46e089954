/* SPDX-License-Identifier: Apache-2.0 */
/* The name that is checked is the configured one; where there is none the certificate must hold the address. */
#include "tls.h"

#include <errno.h>
#include <stdio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct tls_target {
	SSL_CTX *context;
	SSL_SESSION *session; /* of the last connection */
	char *name;	      /* NULL: its address */
	char ip[IP_TEXT_SIZE];
};

struct tls {
	SSL *ssl;
};

/* ---- targets ---- */

/* The first error of OpenSSL's queue, which is emptied. */
static void read_problem(char *ret_text, size_t size)
{
	unsigned long number = ERR_get_error();
	const char *reason = number == 0 ? NULL : ERR_reason_error_string(number);
	snprintf(ret_text, size, "%s", reason == NULL ? "unknown error" : reason);
	ERR_clear_error();
}

static bool fail(const char *what, const char *path, struct error *error)
{
	char reason[128];
	read_problem(reason, sizeof(reason));
	return error_set(error, "%s %s: %s", what, path, reason);
}

static bool load_files(SSL_CTX *context, const struct config_forward *config, struct error *error)
{
	if (config->tls_ca == NULL)
		SSL_CTX_set_default_verify_paths(context);
	else if (SSL_CTX_load_verify_file(context, config->tls_ca) != 1)
		return fail("error reading", config->tls_ca, error);
	if (config->tls_certificate == NULL)
		return true;
	if (SSL_CTX_use_certificate_chain_file(context, config->tls_certificate) != 1)
		return fail("could not load TLS cert:", config->tls_certificate, error);
	return SSL_CTX_use_PrivateKey_file(context, config->tls_key, SSL_FILETYPE_PEM) == 1 ||
	       fail("could not load TLS cert:", config->tls_key, error);
}

/* Takes the session: 1. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_target *target = SSL_get_app_data(ssl);
	SSL_SESSION_free(target->session);
	target->session = session;
	return 1;
}

struct tls_target *tls_target_new(const struct config_forward *config, const struct ip *ip,
				  const char *name, struct error *error)
{
	struct tls_target *target = mem_zalloc(sizeof(*target));
	target->context = SSL_CTX_new(TLS_client_method());
	target->name = mem_text(name);
	ip_print(ip, target->ip);
	SSL_CTX_set_min_proto_version(target->context, TLS1_2_VERSION);
	SSL_CTX_set_options(target->context, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_verify(target->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(target->context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(target->context,
				       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(target->context, on_session);
	if (load_files(target->context, config, error))
		return target;
	tls_target_free(target);
	return NULL;
}

void tls_target_free(struct tls_target *target)
{
	if (target == NULL)
		return;
	SSL_SESSION_free(target->session);
	SSL_CTX_free(target->context);
	mem_free(target->name);
	mem_free(target);
}

/* ---- connections ---- */

static void expect_name(SSL *ssl, const struct tls_target *target)
{
	X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
	struct ip ip;
	const char *name = target->name == NULL ? target->ip : target->name;
	X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (ip_parse(name, &ip)) {
		X509_VERIFY_PARAM_set1_ip(rules, ip.bytes, ip.family == 6 ? 16 : 4);
		return;
	}
	X509_VERIFY_PARAM_set1_host(rules, name, 0);
	SSL_set_tlsext_host_name(ssl, name);
}

struct tls *tls_new(struct tls_target *target, int fd)
{
	struct tls *tls = mem_zalloc(sizeof(*tls));
	tls->ssl = SSL_new(target->context);
	SSL_set_app_data(tls->ssl, target);
	SSL_set_fd(tls->ssl, fd);
	SSL_set_connect_state(tls->ssl);
	expect_name(tls->ssl, target);
	if (target->session != NULL)
		SSL_set_session(tls->ssl, target->session);
	return tls;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	/* Without a farewell OpenSSL takes its session for broken, and it is not resumed. */
	if (SSL_is_init_finished(tls->ssl))
		SSL_shutdown(tls->ssl);
	ERR_clear_error();
	SSL_free(tls->ssl);
	mem_free(tls);
}

enum tls_greeting tls_greet(struct tls *tls)
{
	ERR_clear_error();
	int result = SSL_do_handshake(tls->ssl);
	if (result == 1)
		return TLS_OPEN;
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	default:
		return TLS_FAILED;
	}
}

static ssize_t outcome(const struct tls *tls, int result)
{
	if (result > 0)
		return result;
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return STREAM_WAITS;
	case SSL_ERROR_ZERO_RETURN:
		return STREAM_ENDED;
	case SSL_ERROR_SYSCALL:
		return errno == 0 ? STREAM_ENDED : STREAM_BROKEN;
	default:
		errno = EPROTO;
		return STREAM_BROKEN;
	}
}

ssize_t tls_read(struct tls *tls, void *bytes, size_t size)
{
	ERR_clear_error();
	errno = 0;
	return outcome(tls, SSL_read(tls->ssl, bytes, (int)size));
}

ssize_t tls_write(struct tls *tls, const void *bytes, size_t size)
{
	ERR_clear_error();
	errno = 0;
	return outcome(tls, SSL_write(tls->ssl, bytes, (int)size));
}

void tls_problem_print(const struct tls *tls, const char *who, char *ret_text, size_t size)
{
	long verdict = SSL_get_verify_result(tls->ssl);
	char reason[128];
	read_problem(reason, sizeof(reason));
	if (verdict != X509_V_OK)
		snprintf(ret_text, size, "tls: failed to verify certificate of %s: %s", who,
			 X509_verify_cert_error_string(verdict));
	else
		snprintf(ret_text, size, "tls: handshake with %s failed: %s", who, reason);
}
