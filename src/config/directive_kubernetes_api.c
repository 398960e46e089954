/* SPDX-License-Identifier: Apache-2.0 */
/* Where the objects of a cluster come from: an API server or a directory. */
#include <string.h>

#include "directive_kubernetes.h"

enum { AUDIT_LEAST_MS = 1000, THROTTLE_MOST = 1000 * 1000 };

static bool is_url(const char *text)
{
	const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
			   : strncmp(text, "http://", 7) == 0 ? text + 7
							      : NULL;
	return host != NULL && host[0] != '\0' && host[0] != '/' && strpbrk(host, " ?#@\\\"") == NULL;
}

bool api_read_endpoint(struct reading *reading, struct error *error)
{
	struct arguments urls = directive_arguments(reading->directive);
	if (urls.count == 0)
		return directive_fail_arguments(reading->directive, error);
	const char *url = argument(urls, 0);
	if (!is_url(url))
		return directive_fail(reading->directive, error,
				      "endpoint expects a URL such as https://10.0.0.1:6443, got '%s'",
				      url);
	if (urls.count > 1)
		directive_note(reading->directive,
			       "of several endpoints only the first is used: '%s'", url);
	char *endpoint = directive_copy(reading->directive, url);
	for (size_t size = strlen(endpoint); size > 0 && endpoint[size - 1] == '/'; size--)
		endpoint[size - 1] = '\0';
	reading->kubernetes->endpoint = endpoint;
	return true;
}

bool api_read_kubeconfig(struct reading *reading, struct error *error)
{
	struct arguments words = directive_arguments(reading->directive);
	if (words.count != 1 && words.count != 2)
		return directive_fail_arguments(reading->directive, error);
	reading->kubernetes->kubeconfig = directive_path(reading->directive, argument(words, 0));
	reading->kubernetes->context =
		words.count == 2 ? directive_copy(reading->directive, argument(words, 1)) : NULL;
	return true;
}

bool api_read_tls(struct reading *reading, struct error *error)
{
	struct arguments files = directive_arguments(reading->directive);
	if (files.count != 3)
		return directive_fail_arguments(reading->directive, error);
	struct config_kubernetes *kubernetes = reading->kubernetes;
	kubernetes->tls_certificate = directive_path(reading->directive, argument(files, 0));
	kubernetes->tls_key = directive_path(reading->directive, argument(files, 1));
	kubernetes->tls_ca = directive_path(reading->directive, argument(files, 2));
	return true;
}

static bool read_path(struct reading *reading, char **ret_path, struct error *error)
{
	const char *path = directive_argument(reading->directive, error);
	if (path == NULL)
		return false;
	*ret_path = directive_path(reading->directive, path);
	return true;
}

bool api_read_manifests(struct reading *reading, struct error *error)
{
	return read_path(reading, &reading->kubernetes->manifests, error);
}

bool api_read_snapshot(struct reading *reading, struct error *error)
{
	return read_path(reading, &reading->kubernetes->snapshot, error);
}

bool api_read_startup_timeout(struct reading *reading, struct error *error)
{
	const char *text = directive_argument(reading->directive, error);
	return text != NULL && directive_duration(reading->directive, text,
						  &reading->kubernetes->startup_timeout_ms, error);
}

bool api_read_audit(struct reading *reading, struct error *error)
{
	uint64_t *audit_ms = &reading->kubernetes->audit_ms;
	const char *text = directive_argument(reading->directive, error);
	if (text == NULL)
		return false;
	if (strcmp(text, "off") == 0) {
		*audit_ms = 0;
		return true;
	}
	if (!directive_duration(reading->directive, text, audit_ms, error))
		return false;
	if (*audit_ms > 0 && *audit_ms < AUDIT_LEAST_MS)
		return directive_fail(reading->directive, error,
				      "audit expects 'off' or a duration of at least 1s, got '%s'",
				      text);
	return true;
}

bool api_read_throttle(struct reading *reading, struct error *error)
{
	const char *option = directive_copy(reading->directive, directive_text(reading->directive));
	const char *text = directive_argument(reading->directive, error);
	uint64_t number;
	if (text == NULL)
		return false;
	if (!text_to_number(text, 1, THROTTLE_MOST, &number))
		return directive_fail(reading->directive, error,
				      "%s expects a whole number from 1 to %d, got '%s'", option,
				      THROTTLE_MOST, text);
	directive_note(reading->directive,
		       "%s is kept to whatever it says: there is one request for each kind of object",
		       option);
	return true;
}

bool api_check(struct reading *reading, struct error *error)
{
	const struct config_kubernetes *kubernetes = reading->kubernetes;
	bool names_api = kubernetes->endpoint != NULL || kubernetes->kubeconfig != NULL ||
			 kubernetes->tls_certificate != NULL;
	if (kubernetes->manifests != NULL && (names_api || kubernetes->snapshot != NULL))
		return directive_fail(reading->directive, error,
				      "manifests takes the place of an API server: endpoint, kubeconfig, tls and "
				      "snapshot cannot stand beside it");
	if (kubernetes->endpoint != NULL && kubernetes->kubeconfig != NULL)
		return directive_fail(
			reading->directive, error,
			"endpoint and kubeconfig cannot both be set: each names an API server");
	if (kubernetes->tls_certificate != NULL && kubernetes->endpoint == NULL)
		return directive_fail(reading->directive, error,
				      "tls belongs to endpoint, which is not set");
	return true;
}
