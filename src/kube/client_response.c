/* SPDX-License-Identifier: Apache-2.0 */
/* What comes for one transfer, until its end: head, body, and nothing for too long. */
#include "client_parts.h"

#include <event2/event.h>

enum { HEAD_SIZE_MOST = 64 * 1024, RETRY_AFTER_MOST_S = 3600 };

static void observe_duration(const struct transfer *transfer)
{
	client_meter_observe(&transfer->client->meter,
			     (double)(clock_now_ns() - transfer->began_ns) / 1e9);
}

void transfer_end(struct transfer *transfer, enum client_trouble trouble, const char *text)
{
	struct client *client = transfer->client;
	const struct client_end end = { trouble, transfer->status, text };
	if (transfer->state == TRANSFER_DEAD)
		return;
	bool was_running = transfer->state != TRANSFER_WAITING;
	transfer->state = TRANSFER_DEAD;
	evtimer_del(transfer->timer);
	if (was_running && transfer->status == 0)
		client_meter_count(&client->meter, 0);
	if (was_running && !transfer->is_watch)
		observe_duration(transfer);
	if (transfer->status == 401 && !client->is_closing)
		identity_refuse(client->identity, transfer->serial);
	transfer->calls.end(transfer->calls.context, &end);
}

static unsigned retry_after_of(CURL *easy)
{
	curl_off_t seconds = 0;
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds < 0)
		return 0;
	return seconds > RETRY_AFTER_MOST_S ? RETRY_AFTER_MOST_S : (unsigned)seconds;
}

void transfer_limit(struct transfer *transfer, unsigned limit_ms)
{
	const struct timeval limit = timeval_of_ms(limit_ms);
	if (limit_ms == 0)
		evtimer_del(transfer->timer);
	else
		evtimer_add(transfer->timer, &limit);
}

/* The final response's head is complete. */
static bool take_head(struct transfer *transfer, int status)
{
	const char *type = NULL;
	struct curl_header *date = NULL;
	long version = 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
	curl_easy_header(transfer->easy, "date", 0, CURLH_HEADER, -1, &date);
	const struct client_head head = {
		.status = status,
		.content_type = type == NULL ? "" : type,
		.retry_after_s = retry_after_of(transfer->easy),
		.date = date != NULL ? date->value : "",
	};
	transfer->status = status;
	client_meter_count(&transfer->client->meter, status);
	if (transfer->is_watch)
		observe_duration(transfer);
	transfer->client->is_shared = version == CURL_HTTP_VERSION_2_0;
	transfer_limit(transfer, transfer->silence_ms);
	if (transfer->calls.head(transfer->calls.context, &head))
		return true;
	transfer->own_trouble = CLIENT_STOPPED;
	return false;
}

/* Lines of heads, also of 1xx before the final one and of trailers behind the body. */
size_t transfer_head_line(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	long status = 0;
	size *= count;
	transfer->head_size += size;
	if (transfer->state != TRANSFER_RUNNING)
		return 0;
	if (transfer->head_size > HEAD_SIZE_MOST) {
		transfer->own_trouble = CLIENT_BROKEN;
		error_set(&transfer->own_text,
			  "%.300s: the head of its response is larger than %d bytes",
			  transfer->client->route.data, HEAD_SIZE_MOST);
		return 0;
	}
	bool is_end = size <= 2 && (bytes[0] == '\r' || bytes[0] == '\n');
	if (!is_end || transfer->status != 0)
		return size;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200) /* another head follows */
		return size;
	return take_head(transfer, (int)status) ? size : 0;
}

size_t transfer_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	size *= count;
	if (transfer->state != TRANSFER_RUNNING)
		return 0;
	if (transfer->silence_ms != 0)
		transfer_limit(transfer, transfer->silence_ms);
	if (transfer->calls.body(transfer->calls.context, (const uint8_t *)bytes, size))
		return size;
	transfer->own_trouble = CLIENT_STOPPED;
	return 0;
}

void transfer_late(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct transfer *transfer = context;
	struct client *client = transfer->client;
	struct error text;
	bool has_head = transfer->status != 0;
	error_set(&text, has_head ? "%.300s: no byte for %.3g s" : "%.300s: no answer within %.3g s",
		  client->route.data, (has_head ? transfer->silence_ms : transfer->head_ms) / 1000.0);
	client_enter(client);
	transfer_end(transfer, CLIENT_TIMEOUT, text.text);
	client_leave(client);
}
