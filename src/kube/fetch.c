/* SPDX-License-Identifier: Apache-2.0 */
/* One request at a time, for who has no loop of its own: `knamectl`. As whom it is made, and how,
 * is what the server does too. */
#include <string.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <time.h>

#include "client.h"
#include "knamed/kube.h"

enum { BODY_MOST = 16 << 20 };

struct fetch {
	struct event_base *events;
	struct kube_fetched *fetched;
	struct error *error;
	bool is_good;
};

static bool take_head(void *context, const struct client_head *head)
{
	struct fetch *fetch = context;
	time_t date = curl_getdate(head->date, NULL);
	fetch->fetched->status = head->status;
	fetch->fetched->server_s = head->date[0] != '\0' && date > 0 ? (uint64_t)date : 0;
	return true;
}

static bool take_body(void *context, const uint8_t *bytes, size_t size)
{
	struct text *body = &((struct fetch *)context)->fetched->body;
	if (size > BODY_MOST - body->size)
		return false;
	text_add_n(body, bytes, size);
	return true;
}

static void take_end(void *context, const struct client_end *end)
{
	struct fetch *fetch = context;
	fetch->is_good = end->trouble == CLIENT_DONE || end->status >= 400 ||
			 error_set(fetch->error, "%s", end->text);
	event_base_loopbreak(fetch->events);
}

/* ---- how long we are let in ---- */

static uint64_t unix_of(const ASN1_TIME *time)
{
	struct tm parts = { 0 };
	return time != NULL && ASN1_TIME_to_tm(time, &parts) == 1 ? (uint64_t)timegm(&parts) : 0;
}

static uint64_t certificate_end(const struct credentials *credentials)
{
	if (credentials->certificate == NULL)
		return 0;
	BIO *bio = BIO_new_mem_buf(credentials->certificate, (int)credentials->certificate_size);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	uint64_t end = certificate != NULL ? unix_of(X509_get0_notAfter(certificate)) : 0;
	X509_free(certificate);
	BIO_free(bio);
	return end;
}

/* The middle of a JSON web token says when it ends; another token says nothing. */
static uint64_t token_end(const char *token)
{
	unsigned char claims[4096];
	char coded[sizeof(claims)];
	const char *middle = token != NULL ? strchr(token, '.') : NULL;
	size_t size = middle != NULL ? strcspn(middle + 1, ".") : 0;
	if (size == 0 || size + 4 > sizeof(coded))
		return 0;
	memcpy(coded, middle + 1, size);
	for (size_t i = 0; i < size; i++)
		coded[i] = (char)(coded[i] == '-' ? '+' : coded[i] == '_' ? '/' : coded[i]);
	while (size % 4 != 0)
		coded[size++] = '=';
	int decoded = EVP_DecodeBlock(claims, (const unsigned char *)coded, (int)size);
	if (decoded <= 0)
		return 0;
	while (decoded > 0 && claims[decoded - 1] == '\0') /* what the padding stood for */
		decoded--;
	json_t *root = json_loadb((const char *)claims, (size_t)decoded, 0, NULL);
	json_int_t end = json_integer_value(json_object_get(root, "exp"));
	json_decref(root);
	return end > 0 ? (uint64_t)end : 0;
}

static void note_credentials(struct identity *identity, struct kube_fetched *fetched)
{
	struct credentials credentials;
	struct error ignored;
	if (identity_credentials(identity, &credentials, NULL, NULL, &ignored) != CREDENTIALS_GOOD)
		return;
	fetched->certificate_s = certificate_end(&credentials);
	fetched->token_s = token_end(credentials.bearer);
}

/* ---- asking ---- */

static bool get(struct fetch *fetch, struct client *client, const char *path, unsigned wait_ms)
{
	const struct client_request request = { .path = path,
						.accept = "application/json",
						.verb = "list",
						.head_ms = wait_ms,
						.silence_ms = wait_ms };
	const struct client_calls calls = { take_head, take_body, take_end, fetch };
	client_get(client, &request, &calls);
	event_base_dispatch(fetch->events);
	return fetch->is_good;
}

bool kube_fetch(const struct config_kubernetes *config, const char *path, unsigned wait_ms,
		struct kube_fetched *ret_fetched, struct error *error)
{
	struct fetch fetch = { .events = event_base_new(), .fetched = ret_fetched, .error = error };
	struct client *client = NULL;
	*ret_fetched = (struct kube_fetched){ 0 };
	struct identity *identity = identity_open(fetch.events, config, error);
	if (identity != NULL)
		client = client_new(fetch.events, identity, NULL, "knamectl", error);
	bool good = client != NULL && get(&fetch, client, path, wait_ms);
	if (identity != NULL)
		note_credentials(identity, ret_fetched);
	client_free(client);
	identity_close(identity);
	event_base_free(fetch.events);
	if (!good)
		text_done(&ret_fetched->body);
	return good;
}
