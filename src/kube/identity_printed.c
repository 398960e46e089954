/* SPDX-License-Identifier: Apache-2.0 */
/* What an exec plugin printed: it runs when its credentials are needed, and they are kept until
 * they expire or are refused. */
#include "identity_printed.h"

#include <string.h>

#include "identity_pem.h"

enum {
	RUN_MOST_MS = 60 * 1000,
	KEPT_S = 10, /* what it printed is used for so long, even if it says that it expired */
	FAILURE_KEPT_MS = 1000, /* several requests ask at once: a failure is theirs all */
};

static bool is_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool check_pair(const struct exec_credential *credential, struct error *error)
{
	if (credential->certificate == NULL)
		return true;
	const struct text pem = { .data = credential->certificate,
				  .size = strlen(credential->certificate) };
	const struct text key = { .data = credential->key, .size = strlen(credential->key) };
	return pem_check_pair("what the exec plugin printed", &pem, &key, error);
}

static void take(struct printed *printed, const struct exec_credential *credential)
{
	uint64_t least = clock_unix_s() + KEPT_S;
	bool is_other_pair = !is_equal(printed->credential.certificate, credential->certificate) ||
			     !is_equal(printed->credential.key, credential->key);
	exec_credential_done(&printed->credential);
	printed->credential = *credential;
	printed->is_there = true;
	printed->until_unix_s =
		credential->expires_unix_s > least ? credential->expires_unix_s : least;
	printed->failure.text[0] = '\0';
	printed->serial++;
	printed->generation += is_other_pair;
}

static void on_plugin_done(void *context, struct exec_credential *credential, const struct error *error)
{
	struct printed *printed = context;
	struct error reason = *error;
	exec_plugin_free(printed->plugin);
	printed->plugin = NULL;
	if (credential != NULL && check_pair(credential, &reason)) {
		take(printed, credential);
	} else {
		printed->failure = reason;
		printed->failed_ns = clock_now_ns();
		if (credential != NULL)
			exec_credential_done(credential);
	}
	identity_ready ready = printed->ready;
	printed->ready = NULL;
	if (ready != NULL)
		ready(printed->context);
}

static bool has_just_failed(const struct printed *printed)
{
	return printed->failure.text[0] != '\0' &&
	       clock_now_ns() - printed->failed_ns < (uint64_t)FAILURE_KEPT_MS * 1000000;
}

enum credentials_verdict printed_ask(struct printed *printed, const struct access *access,
				     const char *ca, size_t ca_size, identity_ready ready,
				     void *context, struct error *error)
{
	if (printed->is_there && clock_unix_s() < printed->until_unix_s)
		return CREDENTIALS_GOOD;
	if (printed->plugin == NULL && has_just_failed(printed)) {
		*error = printed->failure;
		return CREDENTIALS_BAD;
	}
	if (printed->plugin == NULL)
		printed->plugin = exec_plugin_start(printed->events, access, ca, ca_size,
						    RUN_MOST_MS, on_plugin_done, printed, error);
	if (printed->plugin == NULL) {
		printed->failure = *error;
		printed->failed_ns = clock_now_ns();
		return CREDENTIALS_BAD;
	}
	printed->ready = ready;
	printed->context = context;
	return CREDENTIALS_LATER;
}

void printed_refuse(struct printed *printed)
{
	exec_credential_done(&printed->credential);
	printed->is_there = false;
}

void printed_forget(struct printed *printed)
{
	exec_plugin_free(printed->plugin);
	printed->plugin = NULL;
	printed->failure.text[0] = '\0';
	printed_refuse(printed);
}
