/* SPDX-License-Identifier: Apache-2.0 */
/* Which API server we ask and as whom. What is configured becomes an access; files that it names
 * are followed, and what an exec plugin printed is kept until it expires or is refused. */
#include "identity.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity_held.h"
#include "identity_pem.h"
#include "identity_printed.h"
#include "kubeconfig.h"
#include "knamed/observe.h"

static const char pod_directory[] = "/var/run/secrets/kubernetes.io/serviceaccount";

struct identity {
	struct identity_file kubeconfig; /* path NULL: none */
	char *kubeconfig_path, *context;
	struct access *access;
	struct held_texts held;
	struct printed printed;
	bool has_complained;
	char digest[65];
};

static void make_digest(struct identity *identity)
{
	const struct held *ca = &identity->held.ca;
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, identity->access->server, strlen(identity->access->server) + 1);
	if (ca->is_there)
		EVP_DigestUpdate(context, ca->text.data, ca->text.size);
	EVP_DigestFinal_ex(context, bytes, &size);
	EVP_MD_CTX_free(context);
	for (unsigned i = 0; i < size && 2 * i + 2 < sizeof(identity->digest); i++)
		snprintf(identity->digest + (size_t)2 * i, 3, "%02x", bytes[i]);
}

/* Texts that are given directly are checked here; files when they are looked at. */
static bool check_access(const char *name, const struct access *access, struct error *error)
{
	const struct access_text *ca = &access->ca, *certificate = &access->certificate,
				 *key = &access->key;
	if (ca->data != NULL && !pem_check_certificates(name, ca->data, ca->size, error))
		return false;
	if (certificate->data != NULL && key->data != NULL) {
		const struct text pem = { .data = (char *)certificate->data,
					  .size = certificate->size };
		const struct text key_pem = { .data = (char *)key->data, .size = key->size };
		return pem_check_pair(name, &pem, &key_pem, error);
	}
	return true;
}

/* Takes the access. */
static void take_access(struct identity *identity, struct access *access)
{
	printed_forget(&identity->printed);
	held_begin(&identity->held, access);
	access_free(identity->access);
	identity->access = access;
}

static bool look_at_kubeconfig(struct identity *identity, struct error *error)
{
	struct identity_file *file = &identity->kubeconfig;
	bool is_new;
	if (file->path == NULL)
		return true;
	if (!identity_file_look(file, &is_new, error))
		return false;
	if (!is_new)
		return true;
	struct access *access = kubeconfig_read(file->path, file->text.data, file->text.size,
						identity->context, error);
	bool good = access != NULL && check_access(file->path, access, error);
	if (!good) {
		access_free(access);
		file->is_read = false;
		return false;
	}
	take_access(identity, access);
	return true;
}

/* False: something is no good; what was good before is still there. Files are looked at also while
 * the kubeconfig is broken. */
static bool look_at_files(struct identity *identity, struct error *error)
{
	struct error ignored;
	uint32_t generation = identity->held.generation;
	bool good = look_at_kubeconfig(identity, error);
	if (identity->access == NULL)
		return false;
	good &= held_look(&identity->held, good ? error : &ignored);
	if (identity->held.generation != generation || identity->digest[0] == '\0')
		make_digest(identity);
	return good;
}

static struct identity *identity_new(struct event_base *events)
{
	struct identity *identity = mem_zalloc(sizeof(*identity));
	identity->printed.events = events;
	return identity;
}

static struct access *access_new(void)
{
	struct access *access = mem_zalloc(sizeof(*access));
	access->arena = arena_new();
	return access;
}

static struct identity *open_with(struct identity *identity, struct error *error)
{
	if (look_at_files(identity, error))
		return identity;
	identity_close(identity);
	return NULL;
}

static const char *kept_path(struct access *access, const char *directory, const char *name)
{
	char *path = file_path(directory, name);
	const char *kept = arena_text(access->arena, path, strlen(path));
	mem_free(path);
	return kept;
}

struct identity *identity_open_pod(struct event_base *events, const char *directory, struct error *error)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"),
		   *port = getenv("KUBERNETES_SERVICE_PORT");
	if (host == NULL || port == NULL || host[0] == '\0' || port[0] == '\0') {
		error_set(error, "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and "
				 "KUBERNETES_SERVICE_PORT must be defined");
		return NULL;
	}
	struct access *access = access_new();
	struct text server = { 0 };
	bool is_ipv6 = strchr(host, ':') != NULL && host[0] != '[';
	text_printf(&server, is_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port);
	bool good = access_set_server(access, server.data, "https", error);
	text_done(&server);
	if (!good) {
		access_free(access);
		return NULL;
	}
	access->ca.path = kept_path(access, directory, "ca.crt");
	access->token.path = kept_path(access, directory, "token");
	struct identity *identity = identity_new(events);
	take_access(identity, access);
	return open_with(identity, error);
}

static struct identity *open_endpoint(struct event_base *events,
				      const struct config_kubernetes *config, struct error *error)
{
	struct access *access = access_new();
	if (!access_set_server(access, config->endpoint,
			       config->tls_certificate != NULL ? "https" : "http", error)) {
		access_free(access);
		return NULL;
	}
	if (config->tls_certificate != NULL)
		access->certificate.path = kept_path(access, NULL, config->tls_certificate);
	if (config->tls_key != NULL)
		access->key.path = kept_path(access, NULL, config->tls_key);
	if (config->tls_ca != NULL)
		access->ca.path = kept_path(access, NULL, config->tls_ca);
	struct identity *identity = identity_new(events);
	take_access(identity, access);
	return open_with(identity, error);
}

struct identity *identity_open(struct event_base *events, const struct config_kubernetes *config,
			       struct error *error)
{
	if (config->kubeconfig == NULL && config->endpoint == NULL)
		return identity_open_pod(events, pod_directory, error);
	if (config->kubeconfig == NULL)
		return open_endpoint(events, config, error);
	struct identity *identity = identity_new(events);
	identity->kubeconfig.path = identity->kubeconfig_path = mem_text(config->kubeconfig);
	identity->context = mem_text(config->context);
	return open_with(identity, error);
}

void identity_close(struct identity *identity)
{
	if (identity == NULL)
		return;
	printed_forget(&identity->printed);
	identity_file_done(&identity->kubeconfig);
	held_done(&identity->held);
	access_free(identity->access);
	mem_free(identity->kubeconfig_path);
	mem_free(identity->context);
	mem_free(identity);
}

const char *identity_server(const struct identity *identity)
{
	return identity->access->server;
}

const char *identity_program(const struct identity *identity)
{
	return identity->access->exec != NULL ? identity->access->exec->words[0] : "";
}

const char *identity_key(const struct identity *identity)
{
	return identity->digest;
}

static const char *held_data(const struct held *held)
{
	return held->is_there ? held->text.data : NULL;
}

static void fill(const struct identity *identity, struct credentials *ret_credentials)
{
	const struct access *access = identity->access;
	const struct held_texts *held = &identity->held;
	*ret_credentials = (struct credentials){
		.bearer = held_data(&held->token),
		.user = access->user,
		.password = access->password,
		.ca = held_data(&held->ca),
		.ca_size = held->ca.text.size,
		.certificate = held_data(&held->certificate),
		.certificate_size = held->certificate.text.size,
		.key = held_data(&held->key),
		.key_size = held->key.text.size,
		.server_name = access->server_name,
		.proxy = access->proxy,
		.headers = access->headers,
		.insecure = access->insecure,
		.generation = held->generation + identity->printed.generation,
		.serial = held->serial + identity->printed.serial,
	};
	const struct exec_credential *printed = &identity->printed.credential;
	if (printed->token != NULL)
		ret_credentials->bearer = printed->token;
	if (printed->certificate == NULL)
		return;
	ret_credentials->certificate = printed->certificate;
	ret_credentials->certificate_size = strlen(printed->certificate);
	ret_credentials->key = printed->key;
	ret_credentials->key_size = strlen(printed->key);
}

/* A file that is no good now does no harm while what it held before is in force. */
static bool look_again(struct identity *identity, struct error *error)
{
	if (look_at_files(identity, error)) {
		identity->has_complained = false;
		return true;
	}
	if (identity->access == NULL || !held_is_complete(&identity->held))
		return false;
	if (!identity->has_complained)
		log_line(LOG_WARNING, "kubernetes", "%s; what was read before stays in force",
			 error->text);
	identity->has_complained = true;
	return true;
}

enum credentials_verdict identity_credentials(struct identity *identity,
					      struct credentials *ret_credentials,
					      identity_ready ready, void *context, struct error *error)
{
	if (!look_again(identity, error))
		return CREDENTIALS_BAD;
	const struct held *ca = &identity->held.ca;
	if (identity->access->exec != NULL) {
		enum credentials_verdict verdict =
			printed_ask(&identity->printed, identity->access, held_data(ca),
				    ca->text.size, ready, context, error);
		if (verdict != CREDENTIALS_GOOD)
			return verdict;
	}
	fill(identity, ret_credentials);
	return CREDENTIALS_GOOD;
}

void identity_forget(struct identity *identity, const void *context)
{
	if (identity->printed.context == context)
		identity->printed.ready = NULL;
}

void identity_refuse(struct identity *identity, uint32_t serial)
{
	if (serial != identity->held.serial + identity->printed.serial)
		return;
	held_doubt_token(&identity->held);
	identity->kubeconfig.is_young = true; /* read again */
	printed_refuse(&identity->printed);
}
