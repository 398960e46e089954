/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: who may ask, what is asked, and whether anything is to go wrong with it. */
#include "api.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "watching.h"

enum { LOG_MOST = 500, ENDLESS_BACKLOG = 1 << 20 };

void api_init(struct api *api, struct event_base *events)
{
	*api = (struct api){
		.events = events, .tokens = json_null(), .faults = json_array(), .log = json_array()
	};
	store_init(&api->store);
	LIST_INIT(&api->requests);
	LIST_INIT(&api->lists);
}

void api_done(struct api *api)
{
	api_forget_pages(api);
	store_done(&api->store);
	json_decref(api->tokens);
	json_decref(api->faults);
	json_decref(api->log);
}

/* ---- the life of a request ---- */

static void note(struct api *api, const struct exchange *exchange)
{
	static const char *const headers[] = { "accept", "authorization", "user-agent",
					       "accept-encoding" };
	json_t *entry = json_pack("{s:s, s:b, s:s}", "url", exchange_path(exchange), "http2",
				  exchange_is_http2(exchange), "user", exchange_user(exchange));
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		const char *value = exchange_header(exchange, headers[i]);
		if (value != NULL)
			json_object_set_new(entry, headers[i], json_string(value));
	}
	json_array_append_new(api->log, entry);
	if (json_array_size(api->log) > LOG_MOST)
		json_array_remove(api->log, 0);
	api->asked++;
}

static struct request *request_new(struct api *api, struct exchange *exchange)
{
	struct request *request = mem_zalloc(sizeof(*request));
	request->api = api;
	request->exchange = exchange;
	query_read(&request->query, exchange_path(exchange));
	request->verb = query_is_true(&request->query, "watch") ? "watch" : "list";
	for (size_t i = 0; i < api->store.resource_count; i++)
		if (strcmp(api->store.resources[i].path, request->query.path) == 0)
			request->resource = &api->store.resources[i];
	LIST_INSERT_HEAD(&api->requests, request, entry);
	exchange_keep(exchange, request);
	return request;
}

void api_gone(void *context, struct exchange *exchange)
{
	(void)context;
	struct request *request = exchange_kept(exchange);
	if (request == NULL)
		return;
	LIST_REMOVE(request, entry);
	if (request->later != NULL)
		event_free(request->later);
	query_done(&request->query);
	text_done(&request->endless);
	mem_free(request);
}

struct response response_of(const struct request *request)
{
	return (struct response){ .api = request->api,
				  .exchange = request->exchange,
				  .resource = request->resource,
				  .verb = request->verb,
				  .accepted = request->accepted };
}

void request_refuse(struct request *request, const struct status *status)
{
	struct response response = response_of(request);
	response_status(&response, status);
}

void request_call_later(struct request *request, uint64_t ms,
			void (*call)(evutil_socket_t, short, void *))
{
	const struct timeval wait = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
	if (request->later != NULL)
		event_free(request->later);
	request->later = evtimer_new(request->api->events, call, request);
	evtimer_add(request->later, &wait);
}

/* ---- faults ---- */

static void write_endless(evutil_socket_t fd, short what, void *context)
{
	struct request *request = context;
	(void)fd;
	(void)what;
	while (exchange_backlog(request->exchange) < ENDLESS_BACKLOG)
		exchange_body(request->exchange, request->endless.data, request->endless.size);
	request_call_later(request, 1, write_endless);
}

/* A body that begins with some bytes and never ends. */
static bool be_endless(struct request *request)
{
	const json_t *fault = fault_due(request->api, "endless", request->resource, request->verb);
	struct response response = response_of(request);
	struct text start = { 0 }, once = { 0 };
	if (fault == NULL)
		return false;
	fault_bytes(json_object_get(fault, "hex"), &start);
	fault_bytes(json_object_get(fault, "repeat"), &once);
	while (once.size > 0 && request->endless.size < 1 << 16)
		text_add_n(&request->endless, once.data, once.size);
	response_head(&response);
	if (start.size > 0)
		exchange_body(request->exchange, start.data, start.size);
	request_call_later(request, 0, write_endless);
	text_done(&start);
	text_done(&once);
	return true;
}

static const char *reason_of(int code)
{
	switch (code) {
	case 400:
		return "BadRequest";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "NotFound";
	case 410:
		return "Expired";
	case 422:
		return "Invalid";
	case 429:
		return "TooManyRequests";
	case 503:
		return "ServiceUnavailable";
	default:
		return "InternalError";
	}
}

static bool refuse_by_fault(struct request *request)
{
	const json_t *fault = fault_due(request->api, "status", request->resource, request->verb);
	if (fault == NULL)
		return false;
	int code = (int)json_integer_value(json_object_get(fault, "code"));
	const struct status status = {
		code,
		reason_of(code),
		"the test says so",
		(unsigned)json_integer_value(json_object_get(fault, "retryAfter")),
	};
	struct response response = response_of(request);
	if (!json_is_true(json_object_get(fault, "event"))) {
		response_status(&response, &status);
		return true;
	}
	response_head(&response);
	if (response_error(&response, &status))
		exchange_end(request->exchange);
	return true;
}

/* Bytes in the place of the HTTP response. */
static bool answer_nonsense(struct request *request)
{
	const json_t *fault = fault_due(request->api, "nonsense", request->resource, request->verb);
	struct text bytes = { 0 };
	if (fault == NULL)
		return false;
	fault_bytes(json_object_get(fault, "hex"), &bytes);
	exchange_raw(request->exchange, bytes.data, bytes.size);
	exchange_cut(request->exchange);
	text_done(&bytes);
	return true;
}

/* ---- answering ---- */

static bool is_allowed(const struct api *api, const struct exchange *exchange)
{
	const char *given = exchange_header(exchange, "authorization");
	size_t i;
	json_t *token;
	if (!json_is_array(api->tokens))
		return true;
	json_array_foreach(api->tokens, i, token)
	{
		if (given != NULL && strncmp(given, "Bearer ", 7) == 0 &&
		    strcmp(given + 7, json_string_value(token)) == 0)
			return true;
	}
	return false;
}

static void say_not_found(struct request *request)
{
	exchange_head(request->exchange, 404, "content-type: text/plain; charset=utf-8\n");
	exchange_body(request->exchange, "404 page not found\n", 19);
	exchange_end(request->exchange);
}

static void answer(struct request *request)
{
	if (!is_allowed(request->api, request->exchange)) {
		request_refuse(request, &(struct status){ 401, "Unauthorized", "Unauthorized", 0 });
	} else if (refuse_by_fault(request) || answer_nonsense(request) || be_endless(request)) {
		return;
	} else if (request->resource == NULL || request->resource->is_absent) {
		say_not_found(request);
	} else if (strcmp(request->verb, "watch") == 0) {
		watching_begin(request);
	} else {
		listing_answer(request);
	}
}

static void on_delay_over(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	answer(context);
}

void api_asked(void *context, struct exchange *exchange)
{
	struct api *api = context;
	note(api, exchange);
	struct request *request = request_new(api, exchange);
	bool has_protobuf = !api->is_json_only && request->resource != NULL &&
			    request->resource->message != NULL;
	bool is_known =
		accept_read(exchange_header(exchange, "accept"), has_protobuf, &request->accepted);
	if (api->is_json_only && request->accepted.is_protobuf)
		request->accepted.is_protobuf = false;
	if (!is_known) {
		request_refuse(request,
			       &(struct status){ 406, "NotAcceptable", "only JSON and protobuf", 0 });
		return;
	}
	if (fault_due(api, "freeze", request->resource, request->verb) != NULL)
		return;
	const json_t *delay = fault_due(api, "delay", request->resource, request->verb);
	if (delay != NULL)
		request_call_later(request, (uint64_t)json_integer_value(json_object_get(delay, "ms")),
				   on_delay_over);
	else
		answer(request);
}
