/* SPDX-License-Identifier: Apache-2.0 */
/* Options of `kubernetes` that say where objects come from: files, or an API server and how it is followed.
 * One source decides. What could only be meant for another one is refused, or noted where CoreDNS takes it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "directive_kubernetes.h"
#include "endpoint.h"

enum { AUDIT_LEAST_MS = 1000 };

/* Exactly one argument, a file or directory. */
static bool read_path(struct reading *reading, size_t *ret_at, char **ret_path, struct error *error)
{
	*ret_at = reading->directive->at;
	const char *path = directive_argument(reading->directive, error);
	if (path == NULL)
		return false;
	*ret_path = directive_path(reading->directive, path);
	return true;
}

bool api_read_manifests(struct reading *reading, struct error *error)
{
	return read_path(reading, &reading->manifests_at, &reading->kubernetes->manifests, error);
}

bool api_read_snapshot(struct reading *reading, struct error *error)
{
	if (!read_path(reading, &reading->snapshot_at, &reading->kubernetes->snapshot, error))
		return false;
	reading->kubernetes->snapshot_complaint = directive_complaint(reading->directive);
	return true;
}

/* endpoint URL; "HOST:PORT" is a URL too. */
bool api_read_endpoint(struct reading *reading, struct error *error)
{
	struct directive *directive = reading->directive;
	reading->endpoint_at = directive->at;
	struct arguments urls = directive_arguments(directive);
	if (urls.count == 0)
		return directive_fail_arguments(directive, error);
	if (urls.count > 1)
		directive_note(directive,
			       "Multiple endpoints have been deprecated, only the first specified "
			       "endpoint '%s' is used",
			       argument(urls, 0));
	reading->kubernetes->endpoint = directive_copy(directive, argument(urls, 0));
	return true;
}

/* tls CERT KEY CA */
bool api_read_tls(struct reading *reading, struct error *error)
{
	struct config_kubernetes *kubernetes = reading->kubernetes;
	reading->tls_at = reading->directive->at;
	struct arguments files = directive_arguments(reading->directive);
	if (files.count != 3)
		return directive_fail_arguments(reading->directive, error);
	kubernetes->tls_certificate = directive_path(reading->directive, argument(files, 0));
	kubernetes->tls_key = directive_path(reading->directive, argument(files, 1));
	kubernetes->tls_ca = directive_path(reading->directive, argument(files, 2));
	return true;
}

/* kubeconfig FILE [CONTEXT] */
bool api_read_kubeconfig(struct reading *reading, struct error *error)
{
	struct config_kubernetes *kubernetes = reading->kubernetes;
	reading->kubeconfig_at = reading->directive->at;
	struct arguments words = directive_arguments(reading->directive);
	if (words.count != 1 && words.count != 2)
		return directive_fail_arguments(reading->directive, error);
	bool has_context = words.count == 2 && argument(words, 1)[0] != 0;
	kubernetes->kubeconfig = directive_path(reading->directive, argument(words, 0));
	kubernetes->kubeconfig_complaint = directive_complaint(reading->directive);
	kubernetes->context =
		has_context ? directive_copy(reading->directive, argument(words, 1)) : NULL;
	return true;
}

static bool note_limit(const struct reading *reading, const char *option)
{
	directive_note(reading->directive,
		       "%s: the few requests of a watch stay below any limit, none is set", option);
	return true;
}

/* apiserver_burst N, apiserver_max_inflight N */
bool api_read_limit(struct reading *reading, struct error *error)
{
	const char *option = directive_text(reading->directive);
	const char *text = directive_argument(reading->directive, error);
	uint64_t limit;
	if (text == NULL)
		return false;
	if (!text_to_number(text, 0, INT32_MAX, &limit))
		return directive_fail(reading->directive, error,
				      "invalid %s \"%s\": expected a whole number >= 0", option, text);
	return note_limit(reading, option);
}

/* apiserver_qps N, which may have a fraction */
bool api_read_qps(struct reading *reading, struct error *error)
{
	const char *text = directive_argument(reading->directive, error);
	if (text == NULL)
		return false;
	char *end;
	bool begins = text[0] == '.' || (text[0] >= '0' && text[0] <= '9');
	double qps = strtod(text, &end);
	if (!begins || end == text || *end != 0 || !isfinite(qps))
		return directive_fail(reading->directive, error,
				      "invalid apiserver_qps \"%s\": expected a number >= 0", text);
	return note_limit(reading, "apiserver_qps");
}

bool api_read_startup_timeout(struct reading *reading, struct error *error)
{
	reading->startup_timeout_at = reading->directive->at;
	const char *text = directive_argument(reading->directive, error);
	if (text == NULL)
		return false;
	return text_to_duration_ms(text, &reading->kubernetes->startup_timeout_ms) ||
	       directive_fail(reading->directive, error, "failed to parse startup_timeout: %s, %s",
			      text, directive_duration_problem(reading->directive, text));
}

/* audit DURATION | off */
bool api_read_audit(struct reading *reading, struct error *error)
{
	reading->audit_at = reading->directive->at;
	const char *text = directive_argument(reading->directive, error);
	uint64_t period_ms = 0;
	if (text == NULL)
		return false;
	bool good = strcmp(text, "off") == 0 || text_to_duration_ms(text, &period_ms);
	if (!good || (period_ms > 0 && period_ms < AUDIT_LEAST_MS))
		return directive_fail(reading->directive, error,
				      "audit expects 'off' or a duration of 1s at least, got \"%s\"",
				      text);
	reading->kubernetes->audit_ms = period_ms;
	return true;
}

/* What is said of an option after all were read is said about its own line. */
static bool fail_at(struct reading *reading, size_t at, struct error *error, const char *sentence)
{
	reading->directive->at = at;
	return directive_fail(reading->directive, error, "%s", sentence);
}

static void note_at(struct reading *reading, size_t at, const char *sentence)
{
	size_t end = reading->directive->at;
	if (at == 0)
		return;
	reading->directive->at = at;
	directive_note(reading->directive, "%s", sentence);
	reading->directive->at = end;
}

static bool finish_files(struct reading *reading, struct error *error)
{
	static const char *const sentences[] = {
		"endpoint cannot stand beside manifests: objects come from files or from an API server",
		"kubeconfig cannot stand beside manifests: objects come from files or from an API server",
		"tls cannot stand beside manifests: objects come from files or from an API server",
		"snapshot cannot stand beside manifests: what they hold is read at every start",
	};
	const size_t others[] = { reading->endpoint_at, reading->kubeconfig_at, reading->tls_at,
				  reading->snapshot_at };
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (others[i] > 0)
			return fail_at(reading, others[i], error, sentences[i]);
	note_at(reading, reading->startup_timeout_at,
		"startup_timeout has no effect beside manifests, which are read before the first answer");
	note_at(reading, reading->audit_at,
		"audit has no effect beside manifests, which are read whenever they change");
	return true;
}

/* CoreDNS leaves them out too, and says nothing. */
static void keep_kubeconfig(struct reading *reading)
{
	struct config_kubernetes *kubernetes = reading->kubernetes;
	note_at(reading, reading->endpoint_at,
		"endpoint has no effect beside kubeconfig, which names the server");
	note_at(reading, reading->tls_at,
		"tls has no effect beside kubeconfig, which names certificate, key and CA");
	kubernetes->endpoint = NULL;
	kubernetes->tls_certificate = kubernetes->tls_key = kubernetes->tls_ca = NULL;
}

static bool finish_endpoint(struct reading *reading, struct error *error)
{
	struct config_kubernetes *kubernetes = reading->kubernetes;
	char *url = endpoint_text(reading->directive->config->arena, kubernetes->endpoint,
				  reading->tls_at > 0 ? "https://" : "http://");
	if (url == NULL) {
		reading->directive->at = reading->endpoint_at;
		return directive_fail(reading->directive, error,
				      "endpoint expects http://HOST[:PORT][/PATH] or "
				      "https://HOST[:PORT][/PATH], got \"%s\"",
				      kubernetes->endpoint);
	}
	kubernetes->endpoint = url;
	return reading->tls_at == 0 || strncmp(url, "https:", 6) == 0 ||
	       fail_at(reading, reading->tls_at, error,
		       "tls needs an endpoint that begins with https://");
}

static bool finish_server(struct reading *reading, struct error *error)
{
	if (reading->kubernetes->kubeconfig != NULL) {
		keep_kubeconfig(reading);
		return true;
	}
	if (reading->kubernetes->endpoint != NULL)
		return finish_endpoint(reading, error);
	return reading->tls_at == 0 ||
	       fail_at(reading, reading->tls_at, error,
		       "tls needs `endpoint URL`: a pod's own API server is reached by its service account");
}

bool api_finish(struct reading *reading, struct error *error)
{
	return reading->kubernetes->manifests != NULL ? finish_files(reading, error)
						      : finish_server(reading, error);
}
