/* SPDX-License-Identifier: Apache-2.0 */
/* ExecCredential objects: what an exec plugin is told, and what it prints. */
#include "exec_credential.h"

#include <openssl/evp.h>
#include <string.h>
#include <time.h>

static const char *text_field(const json_t *object, const char *key)
{
	const json_t *field = json_object_get(object, key);
	const char *text = json_string_value(field);
	bool is_plain = text != NULL && text[0] != '\0' && strlen(text) == json_string_length(field);
	return is_plain ? text : NULL;
}

/* RFC 3339, "2026-11-21T05:00:00Z" or with an offset; fractions are left out. */
static bool read_time(const char *text, uint64_t *ret_unix_s)
{
	struct tm when = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &when);
	if (rest == NULL)
		return false;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	struct tm zone = { 0 };
	time_t offset_s = 0;
	if (*rest == '+' || *rest == '-') {
		const char *end = strptime(rest + 1, "%H:%M", &zone);
		if (end == NULL || *end != '\0')
			return false;
		offset_s = ((time_t)zone.tm_hour * 60 + zone.tm_min) * (*rest == '-' ? -60 : 60);
	} else if (strcmp(rest, "Z") != 0) {
		return false;
	}
	time_t unix_s = timegm(&when) - offset_s;
	*ret_unix_s = unix_s < 0 ? 0 : (uint64_t)unix_s;
	return true;
}

static bool is_token(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool read_status(const json_t *status, struct exec_credential *ret_credential,
			struct error *error)
{
	const char *token = text_field(status, "token"),
		   *expires = text_field(status, "expirationTimestamp");
	const char *certificate = text_field(status, "clientCertificateData");
	const char *key = text_field(status, "clientKeyData");
	uint64_t expires_unix_s = UINT64_MAX;
	if (token == NULL && certificate == NULL)
		return error_set(error, "printed neither a token nor a certificate");
	if (token != NULL && !is_token(token))
		return error_set(error, "printed a token with letters that none has");
	if ((certificate == NULL) != (key == NULL))
		return error_set(error, "printed a certificate without a key, or a key without one");
	if (expires != NULL && !read_time(expires, &expires_unix_s))
		return error_set(error, "printed an expirationTimestamp that is no time");
	*ret_credential = (struct exec_credential){ mem_text(token), mem_text(certificate),
						    mem_text(key), expires_unix_s };
	return true;
}

bool exec_credential_read(const char *text, size_t size, const char *version,
			  struct exec_credential *ret_credential, struct error *error)
{
	/* Jansson's own sentence might quote a token. */
	json_t *root = json_loadb(text, size, 0, NULL);
	const char *kind = text_field(root, "kind"), *spoken = text_field(root, "apiVersion");
	const json_t *status = json_object_get(root, "status");
	bool good = false;
	if (!json_is_object(root))
		error_set(error, "printed what is no JSON object");
	else if (kind == NULL || strcmp(kind, "ExecCredential") != 0)
		error_set(error, "printed an object that is no ExecCredential");
	else if (spoken == NULL || strcmp(spoken, version) != 0)
		error_set(error, "printed another apiVersion than %s", version);
	else if (!json_is_object(status))
		error_set(error, "printed an ExecCredential without a status");
	else
		good = read_status(status, ret_credential, error);
	json_decref(root);
	return good;
}

void exec_credential_done(struct exec_credential *credential)
{
	mem_free(credential->token);
	mem_free(credential->certificate);
	mem_free(credential->key);
	*credential = (struct exec_credential){ 0 };
}

static json_t *base64(const char *bytes, size_t size)
{
	unsigned char *digits = mem_alloc(size / 3 * 4 + 5);
	int count = EVP_EncodeBlock(digits, (const unsigned char *)bytes, (int)size);
	json_t *value = json_stringn((const char *)digits, (size_t)count);
	mem_free(digits);
	return value;
}

static json_t *describe_cluster(const struct access *access, const char *ca, size_t ca_size)
{
	json_t *cluster = json_object();
	json_object_set_new(cluster, "server", json_string(access->server));
	if (access->server_name != NULL)
		json_object_set_new(cluster, "tls-server-name", json_string(access->server_name));
	if (access->insecure)
		json_object_set_new(cluster, "insecure-skip-tls-verify", json_true());
	if (ca != NULL)
		json_object_set_new(cluster, "certificate-authority-data", base64(ca, ca_size));
	if (access->proxy != NULL)
		json_object_set_new(cluster, "proxy-url", json_string(access->proxy));
	if (access->exec->cluster_config != NULL)
		json_object_set(cluster, "config", access->exec->cluster_config);
	return cluster;
}

char *exec_credential_info(const struct access *access, const char *ca, size_t ca_size)
{
	json_t *spec = json_object(), *root = json_object();
	json_object_set_new(spec, "interactive", json_false());
	if (access->exec->wants_cluster)
		json_object_set_new(spec, "cluster", describe_cluster(access, ca, ca_size));
	json_object_set_new(root, "kind", json_string("ExecCredential"));
	json_object_set_new(root, "apiVersion", json_string(access->exec->version));
	json_object_set_new(root, "spec", spec);
	char *text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}
