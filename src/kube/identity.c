/* SPDX-License-Identifier: Apache-2.0 */
/* Which API server we ask and as whom. What is configured becomes an access; files that it names
 * are followed, and what an exec plugin printed is kept until it expires or is refused. */
#include "identity.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec_plugin.h"
#include "identity_file.h"
#include "identity_pem.h"
#include "kubeconfig.h"
#include "knamed/observe.h"

enum {
	PLUGIN_MOST_MS = 60 * 1000,
	PLUGIN_KEPT_S = 10, /* what it printed is used for so long, even if it says that it expired */
	FAILURE_KEPT_MS = 1000,
};
static const char pod_directory[] = "/var/run/secrets/kubernetes.io/serviceaccount";

/* One thing that is in force: text given directly, or what was read from a file and found good. */
struct held {
	struct identity_file file; /* path NULL: none */
	struct text text;
	bool is_there;
};

struct identity {
	struct event_base *events;
	struct identity_file kubeconfig; /* path NULL: none */
	char *kubeconfig_path, *context;
	struct access *access;
	struct held ca, certificate, key, token;
	struct exec_plugin *plugin; /* NULL: does not run */
	struct exec_credential printed;
	bool has_printed;
	uint64_t printed_until_unix_s, failed_ns;
	struct error failure; /* of the plugin, at failed_ns; "": none */
	identity_ready ready;
	void *ready_context;
	bool has_complained;
	uint32_t generation, serial;
	char digest[65];
};

/* --- what is in force ---------------------------------------------------------------------------------------- */

static void held_begin(struct held *held, const struct access_text *text)
{
	identity_file_done(&held->file);
	text_done(&held->text);
	*held = (struct held){ .file.path = text->path };
	if (text->data == NULL)
		return;
	text_add_n(&held->text, text->data, text->size);
	held->is_there = true;
}

static void held_done(struct held *held)
{
	identity_file_done(&held->file);
	text_done(&held->text);
}

static bool held_take(struct held *held, const char *bytes, size_t size)
{
	bool is_new = !held->is_there || size != held->text.size ||
		      memcmp(bytes, held->text.data, size) != 0;
	text_clear(&held->text);
	text_add_n(&held->text, bytes, size);
	held->is_there = true;
	return is_new;
}

static void make_digest(struct identity *identity)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, identity->access->server, strlen(identity->access->server) + 1);
	if (identity->ca.is_there)
		EVP_DigestUpdate(context, identity->ca.text.data, identity->ca.text.size);
	EVP_DigestFinal_ex(context, bytes, &size);
	EVP_MD_CTX_free(context);
	for (unsigned i = 0; i < size && i < 32; i++)
		snprintf(identity->digest + 2 * i, 3, "%02x", bytes[i]);
}

static void begin_generation(struct identity *identity)
{
	identity->generation++;
	identity->serial++;
	make_digest(identity);
}

/* --- files ---------------------------------------------------------------------------------------------------- */

static bool look_at_ca(struct identity *identity, struct error *error)
{
	struct held *ca = &identity->ca;
	bool is_new;
	if (ca->file.path == NULL)
		return true;
	if (!identity_file_look(&ca->file, &is_new, error))
		return false;
	if (ca->is_there && !is_new)
		return true;
	const struct text *text = &ca->file.text;
	if (!pem_check_certificates(ca->file.path, text->data, text->size, error)) {
		ca->file.is_read = false; /* look again */
		return false;
	}
	if (held_take(ca, text->data, text->size))
		begin_generation(identity);
	return true;
}

/* The two files are replaced one after the other: the new ones are used when they fit together. */
static bool look_at_pair(struct identity *identity, struct error *error)
{
	struct held *certificate = &identity->certificate, *key = &identity->key;
	bool is_new = false, is_new_key = false;
	if (certificate->file.path != NULL && !identity_file_look(&certificate->file, &is_new, error))
		return false;
	if (key->file.path != NULL && !identity_file_look(&key->file, &is_new_key, error)) {
		certificate->file.is_read = false;
		return false;
	}
	if (!is_new && !is_new_key)
		return true;
	const struct text *pem =
		certificate->file.path != NULL ? &certificate->file.text : &certificate->text;
	const struct text *key_pem = key->file.path != NULL ? &key->file.text : &key->text;
	if (!pem_check_pair(certificate->file.path != NULL ? certificate->file.path
							   : "client-certificate-data",
			    pem, key_pem, error)) {
		certificate->file.is_read = key->file.is_read = false;
		return false;
	}
	bool is_other = certificate->file.path != NULL && held_take(certificate, pem->data, pem->size);
	is_other |= key->file.path != NULL && held_take(key, key_pem->data, key_pem->size);
	if (is_other)
		begin_generation(identity);
	return true;
}

/* One line of visible ASCII, with blanks around it. */
static bool find_token(const struct text *text, const char **ret_token, size_t *ret_size)
{
	const char *at = text->data, *end = text->data + text->size;
	while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
		at++;
	while (end > at && strchr(" \t\r\n", end[-1]) != NULL && end[-1] != '\0')
		end--;
	for (const char *byte = at; byte < end; byte++)
		if (*byte <= ' ' || *byte > '~')
			return false;
	*ret_token = at;
	*ret_size = (size_t)(end - at);
	return end > at;
}

static bool look_at_token(struct identity *identity, struct error *error)
{
	struct held *token = &identity->token;
	bool is_new;
	const char *bytes;
	size_t size;
	if (token->file.path == NULL)
		return true;
	if (!identity_file_look(&token->file, &is_new, error))
		return false;
	if (!find_token(&token->file.text, &bytes, &size)) {
		token->file.is_read = false;
		return error_set(error, "%s: expected a token", token->file.path);
	}
	if (held_take(token, bytes, size))
		identity->serial++;
	return true;
}

/* --- the kubeconfig ------------------------------------------------------------------------------------------- */

static void forget_printed(struct identity *identity)
{
	exec_credential_done(&identity->printed);
	identity->has_printed = false;
	identity->failure.text[0] = '\0';
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
	exec_plugin_free(identity->plugin);
	identity->plugin = NULL;
	forget_printed(identity);
	held_begin(&identity->ca, &access->ca);
	held_begin(&identity->certificate, &access->certificate);
	held_begin(&identity->key, &access->key);
	held_begin(&identity->token, &access->token);
	access_free(identity->access);
	identity->access = access;
	begin_generation(identity);
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

/* Looks at all files. False: something in them is no good; what was good before is still there. */
static bool look_at_files(struct identity *identity, struct error *error)
{
	bool (*const looks[])(struct identity *, struct error *) = { look_at_kubeconfig, look_at_ca,
								     look_at_pair, look_at_token };
	bool good = true;
	for (size_t i = 0; i < COUNT_OF(looks); i++) {
		struct error ignored;
		if (i == 0 || identity->access != NULL)
			good &= looks[i](identity, good ? error : &ignored);
	}
	return good;
}

static bool is_complete(const struct held *held)
{
	return held->is_there || held->file.path == NULL;
}

/* --- opening -------------------------------------------------------------------------------------------------- */

static struct identity *identity_new(struct event_base *events)
{
	struct identity *identity = mem_zalloc(sizeof(*identity));
	identity->events = events;
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
	access->proxy = ""; /* a service's address leads nowhere outside */
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
	exec_plugin_free(identity->plugin);
	exec_credential_done(&identity->printed);
	identity_file_done(&identity->kubeconfig);
	held_done(&identity->ca);
	held_done(&identity->certificate);
	held_done(&identity->key);
	held_done(&identity->token);
	access_free(identity->access);
	mem_free(identity->kubeconfig_path);
	mem_free(identity->context);
	mem_free(identity);
}

const char *identity_server(const struct identity *identity)
{
	return identity->access->server;
}

const char *identity_key(const struct identity *identity)
{
	return identity->digest;
}

/* --- the exec plugin ------------------------------------------------------------------------------------------ */

static bool is_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool check_printed(const struct exec_credential *printed, struct error *error)
{
	if (printed->certificate == NULL)
		return true;
	const struct text pem = { .data = printed->certificate, .size = strlen(printed->certificate) };
	const struct text key = { .data = printed->key, .size = strlen(printed->key) };
	return pem_check_pair("what the exec plugin printed", &pem, &key, error);
}

static void take_printed(struct identity *identity, struct exec_credential *printed)
{
	uint64_t least = clock_unix_s() + PLUGIN_KEPT_S;
	bool is_other_pair = !is_equal(identity->printed.certificate, printed->certificate) ||
			     !is_equal(identity->printed.key, printed->key);
	exec_credential_done(&identity->printed);
	identity->printed = *printed;
	identity->has_printed = true;
	identity->printed_until_unix_s =
		printed->expires_unix_s > least ? printed->expires_unix_s : least;
	identity->failure.text[0] = '\0';
	identity->serial++;
	identity->generation += is_other_pair;
}

static void on_plugin(void *context, struct exec_credential *printed, const struct error *error)
{
	struct identity *identity = context;
	struct error reason = *error;
	exec_plugin_free(identity->plugin);
	identity->plugin = NULL;
	if (printed != NULL && check_printed(printed, &reason)) {
		take_printed(identity, printed);
	} else {
		identity->failure = reason;
		identity->failed_ns = clock_now_ns();
		if (printed != NULL)
			exec_credential_done(printed);
	}
	identity_ready ready = identity->ready;
	identity->ready = NULL;
	if (ready != NULL)
		ready(identity->ready_context);
}

static bool is_printed_good(const struct identity *identity)
{
	return identity->has_printed && clock_unix_s() < identity->printed_until_unix_s;
}

/* Several requests may ask at once: a failure is theirs all, and tried again a little later. */
static enum credentials_verdict run_plugin(struct identity *identity, struct error *error)
{
	uint64_t now_ns = clock_now_ns();
	bool is_fresh = now_ns - identity->failed_ns < (uint64_t)FAILURE_KEPT_MS * 1000000;
	if (identity->plugin != NULL)
		return CREDENTIALS_LATER;
	if (identity->failure.text[0] != '\0' && is_fresh) {
		*error = identity->failure;
		return CREDENTIALS_BAD;
	}
	const struct text *ca = &identity->ca.text;
	identity->plugin = exec_plugin_start(identity->events, identity->access,
					     identity->ca.is_there ? ca->data : NULL, ca->size,
					     PLUGIN_MOST_MS, on_plugin, identity, error);
	if (identity->plugin != NULL)
		return CREDENTIALS_LATER;
	identity->failure = *error;
	identity->failed_ns = now_ns;
	return CREDENTIALS_BAD;
}

/* --- asking --------------------------------------------------------------------------------------------------- */

static void fill(const struct identity *identity, struct credentials *ret_credentials)
{
	const struct access *access = identity->access;
	const struct held *ca = &identity->ca, *certificate = &identity->certificate,
			  *key = &identity->key;
	*ret_credentials = (struct credentials){
		.bearer = identity->token.is_there ? identity->token.text.data : NULL,
		.user = access->user,
		.password = access->password,
		.ca = ca->is_there ? ca->text.data : NULL,
		.ca_size = ca->text.size,
		.certificate = certificate->is_there ? certificate->text.data : NULL,
		.certificate_size = certificate->text.size,
		.key = key->is_there ? key->text.data : NULL,
		.key_size = key->text.size,
		.server_name = access->server_name,
		.proxy = access->proxy,
		.headers = access->headers,
		.insecure = access->insecure,
		.generation = identity->generation,
		.serial = identity->serial,
	};
	if (!identity->has_printed)
		return;
	ret_credentials->bearer = identity->printed.token;
	if (identity->printed.certificate == NULL)
		return;
	ret_credentials->certificate = identity->printed.certificate;
	ret_credentials->certificate_size = strlen(identity->printed.certificate);
	ret_credentials->key = identity->printed.key;
	ret_credentials->key_size = strlen(identity->printed.key);
}

/* A file that is no good now does no harm while what it held before is in force. */
static bool look_again(struct identity *identity, struct error *error)
{
	if (look_at_files(identity, error)) {
		identity->has_complained = false;
		return true;
	}
	if (!is_complete(&identity->ca) || !is_complete(&identity->certificate) ||
	    !is_complete(&identity->key) || !is_complete(&identity->token))
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
	if (identity->access->exec != NULL && !is_printed_good(identity)) {
		enum credentials_verdict verdict = run_plugin(identity, error);
		if (verdict == CREDENTIALS_LATER) {
			identity->ready = ready;
			identity->ready_context = context;
		}
		return verdict;
	}
	fill(identity, ret_credentials);
	return CREDENTIALS_GOOD;
}

void identity_forget(struct identity *identity, const void *context)
{
	if (identity->ready_context == context)
		identity->ready = NULL;
}

void identity_refuse(struct identity *identity, uint32_t serial)
{
	if (serial != identity->serial)
		return;
	identity->token.file.is_read = identity->kubeconfig.is_read = false;
	if (identity->has_printed)
		forget_printed(identity);
}
