/* SPDX-License-Identifier: Apache-2.0 */
/* GET requests to the API server. Requests wait in a row until there are credentials for them, then
 * go over the line of those credentials. While libcurl calls back nothing of it can be removed:
 * what is cancelled then is only marked, and swept up when the last call is over. */
#include "client.h"

#include <event2/event.h>
#include <string.h>

#include "client_parts.h"
#include "proxy.h"

enum { HEAD_MS = 30 * 1000 };

static void start_soon(struct client *client)
{
	event_active(client->kick, EV_TIMEOUT, 0);
}

/* Takes it out of libcurl's hands and gives back all of it. Not while libcurl calls back. */
static void transfer_free(struct transfer *transfer)
{
	TAILQ_REMOVE(&transfer->client->transfers, transfer, entry);
	if (transfer->easy != NULL) {
		client_line_remove(transfer->line->line, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->hosts);
	event_free(transfer->timer);
	mem_free(transfer->path);
	mem_free(transfer->accept);
	mem_free(transfer);
}

static void free_empty_lines(struct client *client)
{
	struct client_line *next;
	for (struct client_line *line = LIST_FIRST(&client->lines); line != NULL; line = next) {
		next = LIST_NEXT(line, entry);
		if ((line == client->current && !client->is_closing) || !line_is_empty(line->line))
			continue;
		LIST_REMOVE(line, entry);
		client_line_free(line->line);
		mem_free(line);
	}
}

static void client_destroy(struct client *client)
{
	while (!TAILQ_EMPTY(&client->transfers))
		transfer_free(TAILQ_FIRST(&client->transfers));
	free_empty_lines(client);
	event_free(client->kick);
	mem_free(client->server);
	text_done(&client->proxy);
	text_done(&client->route);
	mem_free(client->agent);
	mem_free(client);
	curl_global_cleanup();
}

static void sweep(struct client *client)
{
	struct transfer *next;
	for (struct transfer *transfer = TAILQ_FIRST(&client->transfers); transfer != NULL;
	     transfer = next) {
		next = TAILQ_NEXT(transfer, entry);
		if (transfer->state == TRANSFER_DEAD)
			transfer_free(transfer);
	}
	free_empty_lines(client);
}

void client_enter(void *context)
{
	struct client *client = context;
	client->depth++;
}

void client_leave(void *context)
{
	struct client *client = context;
	if (--client->depth > 0)
		return;
	if (client->is_closing)
		client_destroy(client);
	else
		sweep(client);
}

/* What failed on a connection may have broken it: the next request takes no chance. */
static bool is_connection_bad(CURLcode code)
{
	return code != CURLE_OK && code != CURLE_WRITE_ERROR && code != CURLE_HTTP2_STREAM;
}

static void on_done(void *context, CURL *easy, CURLcode code)
{
	struct client *client = context;
	struct transfer *transfer = NULL;
	struct error text = { 0 };
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	if (is_connection_bad(code) && transfer->line == client->current)
		client->current = NULL;
	enum client_trouble trouble =
		easy_trouble(easy, code, client->route.data, transfer->complaint, &text);
	if (code == CURLE_WRITE_ERROR && transfer->own_trouble != CLIENT_DONE) {
		trouble = transfer->own_trouble;
		text = transfer->own_text;
	}
	transfer_end(transfer, trouble, text.text);
}

/* A proxy is not what one would expect, least of all in a pod: it is told. */
static void find_route(struct client *client, const char *proxy)
{
	struct text route = { 0 };
	mem_free(client->server);
	client->server = mem_text(identity_server(client->identity));
	text_add(&route, client->server);
	if (proxy_find(client->server, proxy, &client->proxy)) {
		text_add(&route, " through the proxy ");
		proxy_show(client->proxy.data, &route);
		if (strcmp(route.data, client->route.data) != 0)
			log_line(LOG_INFO, "kubernetes", "the API server is asked at %s", route.data);
	}
	text_done(&client->route);
	client->route = route;
}

static void open_line(struct client *client, const struct credentials *credentials)
{
	const struct line_calls calls = { client_enter, on_done, client_leave, client };
	struct client_line *line = mem_zalloc(sizeof(*line));
	line->line = client_line_new(client->events, &calls);
	LIST_INSERT_HEAD(&client->lines, line, entry);
	client->current = line;
	client->generation = credentials->generation;
	client->is_shared = false;
	find_route(client, credentials->proxy);
	client_meter_begin(&client->meter, client->metrics, client->server);
}

static void transfer_start(struct transfer *transfer, const struct credentials *credentials)
{
	struct client *client = transfer->client;
	if (client->current == NULL || client->generation != credentials->generation)
		open_line(client, credentials);
	const struct easy_request request = {
		.server = client->server,
		.proxy = client->proxy.data,
		.path = transfer->path,
		.accept = transfer->accept,
		.agent = client->agent,
		.credentials = credentials,
		.complaint = transfer->complaint,
		.head_line = transfer_head_line,
		.body = transfer_body,
		.context = transfer,
	};
	transfer->state = TRANSFER_RUNNING;
	transfer->serial = credentials->serial;
	transfer->began_ns = clock_now_ns();
	transfer->line = client->current;
	transfer->easy = easy_new(&request, &transfer->headers, &transfer->hosts);
	transfer_limit(transfer, transfer->head_ms);
	client_line_add(transfer->line->line, transfer->easy);
}

static struct transfer *first_in(const struct client *client, enum transfer_state state)
{
	struct transfer *transfer;
	TAILQ_FOREACH(transfer, &client->transfers, entry)
	if (transfer->state == state)
		break;
	return transfer;
}

static void on_ready(void *context)
{
	start_soon(context);
}

/* False: the first one waits, and so do all. */
static bool try_start(struct client *client, struct transfer *transfer)
{
	struct credentials credentials;
	struct error error = { 0 };
	switch (identity_credentials(client->identity, &credentials, on_ready, client, &error)) {
	case CREDENTIALS_GOOD:
		transfer_start(transfer, &credentials);
		return true;
	case CREDENTIALS_LATER:
		return false;
	case CREDENTIALS_BAD:
		transfer_end(transfer, CLIENT_NO_CREDENTIALS, error.text);
		return true;
	}
	return false;
}

/* What is asked for in the calls that are made here has its turn in the next round of the loop. */
static void on_kick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct client *client = context;
	struct transfer *transfer, *last;
	client_enter(client);
	last = TAILQ_LAST(&client->transfers, transfer_list);
	while ((transfer = first_in(client, TRANSFER_BROKEN)) != NULL)
		transfer_end(transfer, transfer->own_trouble, transfer->own_text.text);
	for (bool is_last = last == NULL;
	     !is_last && (transfer = first_in(client, TRANSFER_WAITING)) != NULL;) {
		is_last = transfer == last;
		if (!try_start(client, transfer))
			break;
	}
	client_leave(client);
}

static bool check_libcurl(struct error *error)
{
	const int needed = CURL_VERSION_SSL | CURL_VERSION_HTTP2 | CURL_VERSION_ASYNCHDNS;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(error, "libcurl cannot be started");
	if ((curl_version_info(CURLVERSION_NOW)->features & needed) == needed)
		return true;
	curl_global_cleanup();
	return error_set(error, "this libcurl lacks TLS, HTTP/2 or asynchronous names");
}

struct client *client_new(struct event_base *events, struct identity *identity,
			  struct metrics *metrics, const char *agent, struct error *error)
{
	if (!check_libcurl(error))
		return NULL;
	struct client *client = mem_zalloc(sizeof(*client));
	client->events = events;
	client->identity = identity;
	client->metrics = metrics;
	client->agent = mem_text(agent);
	text_add(&client->route, identity_server(identity));
	client->kick = evtimer_new(events, on_kick, client);
	TAILQ_INIT(&client->transfers);
	LIST_INIT(&client->lines);
	return client;
}

void client_free(struct client *client)
{
	struct transfer *transfer;
	if (client == NULL)
		return;
	identity_forget(client->identity, client);
	TAILQ_FOREACH(transfer, &client->transfers, entry)
	{
		transfer->state = TRANSFER_DEAD;
		evtimer_del(transfer->timer);
	}
	event_del(client->kick);
	client->is_closing = true;
	if (client->depth == 0)
		client_destroy(client);
}

struct transfer *client_get(struct client *client, const struct client_request *request,
			    const struct client_calls *calls)
{
	struct transfer *transfer = mem_zalloc(sizeof(*transfer));
	transfer->client = client;
	transfer->calls = *calls;
	transfer->path = mem_text(request->path);
	transfer->accept = mem_text(request->accept);
	transfer->head_ms = request->head_ms == 0 ? HEAD_MS : request->head_ms;
	transfer->silence_ms = request->silence_ms;
	transfer->is_watch = strcmp(request->verb, "watch") == 0;
	transfer->timer = evtimer_new(client->events, transfer_late, transfer);
	TAILQ_INSERT_TAIL(&client->transfers, transfer, entry);
	start_soon(client);
	return transfer;
}

void transfer_cancel(struct transfer *transfer)
{
	transfer->state = TRANSFER_DEAD;
	evtimer_del(transfer->timer);
	if (transfer->client->depth > 0)
		return;
	struct client *client = transfer->client;
	transfer_free(transfer);
	free_empty_lines(client);
}

void client_reconnect(struct client *client)
{
	struct transfer *transfer;
	client->current = NULL;
	TAILQ_FOREACH(transfer, &client->transfers, entry)
	{
		if (transfer->state != TRANSFER_RUNNING)
			continue;
		transfer->state = TRANSFER_BROKEN;
		transfer->own_trouble = CLIENT_BROKEN;
		error_set(&transfer->own_text, "%.300s: the connection was given up",
			  client->route.data);
		evtimer_del(transfer->timer);
	}
	start_soon(client);
}

bool client_is_shared(const struct client *client)
{
	const struct client_line *line = LIST_FIRST(&client->lines);
	bool is_only = line != NULL && LIST_NEXT(line, entry) == NULL && line == client->current;
	return is_only && client->is_shared;
}
