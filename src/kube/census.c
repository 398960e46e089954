/* SPDX-License-Identifier: Apache-2.0 */
#include "census.h"

#include "intake.h"

struct census {
	struct census_options options;
	struct client_calls calls;
	enum census_scope scope;
	struct transfer *transfer;
	struct body *body;
	struct text path, next;
	int status;
	bool is_json_only;
};

static bool take_item(void *context, const struct body_item *item)
{
	struct census *census = context;

	if (item->event != BODY_ITEM)
		return false;
	if (item->object->name[0] != '\0')
		census->options.calls.item(census->options.calls.context, item->object);
	return true;
}

static bool take_head(void *context, const struct client_head *head)
{
	struct census *census = context;
	struct body_options body = {
		.form = BODY_LIST,
		.kind = census->options.kind,
		.is_metadata_only = true,
		.decode = census->options.decode,
		.calls = { take_item, census },
	};

	census->status = head->status;
	if (head->status != 200)
		return true;
	if (!body_encoding_of(head->content_type, &body.encoding))
		return false;
	census->body = body_new(&body);
	return true;
}

static bool take_body(void *context, const uint8_t *bytes, size_t size)
{
	struct census *census = context;

	return census->body == NULL || body_feed(census->body, bytes, size, NULL);
}

static void drop_body(struct census *census)
{
	body_free(census->body);
	census->body = NULL;
}

static void finish(struct census *census, const struct census_result *result)
{
	const struct census_calls calls = census->options.calls;

	text_clear(&census->next);
	calls.end(calls.context, result);
}

static void ask(struct census *census)
{
	const struct path path = {
		.aim = census->scope == CENSUS_ALL ? PATH_LIST : PATH_PROBE,
		.kind = census->options.kind,
		.config = census->options.config,
		.next = census->next.data,
	};
	const struct transport *transport = census->options.transport;

	path_print(&path, &census->path);
	census->status = 0;
	const struct client_request request = {
		.path = census->path.data,
		.accept = path_accept(path.kind, ACCEPT_METADATA, census->is_json_only),
		.verb = "list",
		.head_ms = census->options.head_ms,
		.silence_ms = census->options.silence_ms,
	};
	census->transfer = transport->get(transport->context, &request, &census->calls);
}

static void on_end(void *context, const struct client_end *end)
{
	struct census *census = context;
	struct body_list list = { .version = "", .next = "" };
	bool is_good = end->trouble == CLIENT_DONE && census->body != NULL &&
		       body_end(census->body, &list, NULL);
	bool asks_json = (census->status == 406 || census->status == 415) && !census->is_json_only;
	struct census_result result = {
		.is_complete = is_good,
		.version = intake_version(list.version),
		.trouble = end->trouble,
		.status = census->status,
	};

	census->transfer = NULL;
	text_clear(&census->next);
	if (is_good && census->scope == CENSUS_ALL)
		text_add(&census->next, list.next);
	drop_body(census);
	census->is_json_only |= asks_json;
	if (asks_json || census->next.size > 0)
		ask(census);
	else
		finish(census, &result);
}

struct census *census_new(const struct census_options *options)
{
	struct census *census = mem_zalloc(sizeof(*census));

	census->options = *options;
	census->calls = (struct client_calls){ take_head, take_body, on_end, census };
	return census;
}

void census_stop(struct census *census)
{
	const struct transport *transport = census->options.transport;

	if (census->transfer != NULL)
		transport->cancel(transport->context, census->transfer);
	census->transfer = NULL;
	text_clear(&census->next);
	drop_body(census);
}

void census_free(struct census *census)
{
	if (census == NULL)
		return;
	census_stop(census);
	text_done(&census->path);
	text_done(&census->next);
	mem_free(census);
}

void census_start(struct census *census, enum census_scope scope)
{
	census_stop(census);
	census->scope = scope;
	ask(census);
}

bool census_is_running(const struct census *census)
{
	return census->transfer != NULL;
}
