/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <event2/event.h>

struct transfer {
	struct script *script;
	struct transfer *next;
	struct client_calls calls;
	char *path, *accept;
	int status;
	bool is_given;
};

static void close_transfer(struct transfer *transfer)
{
	struct transfer **at = &transfer->script->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	/* kept until the end: another one at its address would be taken for it */
	transfer->next = transfer->script->closed;
	transfer->script->closed = transfer;
}

static void free_transfer(struct transfer *transfer)
{
	mem_free(transfer->path);
	mem_free(transfer->accept);
	mem_free(transfer);
}

static struct transfer *get(void *context, const struct client_request *request,
			    const struct client_calls *calls)
{
	struct script *script = context;
	struct transfer *transfer = mem_zalloc(sizeof(*transfer));

	*transfer = (struct transfer){ .script = script,
				       .next = script->transfers,
				       .calls = *calls,
				       .path = mem_text(request->path),
				       .accept = mem_text(request->accept) };
	script->transfers = transfer;
	return transfer;
}

static void cancel(void *context, struct transfer *transfer)
{
	((struct script *)context)->cancelled++;
	close_transfer(transfer);
}

void script_init(struct script *script)
{
	*script = (struct script){ .events = event_base_new(), .transport = { get, cancel, script } };
}

void script_done(struct script *script)
{
	assert_null(script->transfers);
	for (struct transfer *transfer = script->closed, *next; transfer != NULL; transfer = next) {
		next = transfer->next;
		free_transfer(transfer);
	}
	event_base_free(script->events);
}

static void wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

/* Turns the loop once, at most a few milliseconds long. */
static void turn(struct script *script)
{
	struct timeval soon = { 0, 5000 };
	struct event *event = evtimer_new(script->events, wake, NULL);

	evtimer_add(event, &soon);
	event_base_loop(script->events, EVLOOP_ONCE);
	event_free(event);
}

void script_until(struct script *script, bool (*is)(void *context), void *context)
{
	for (unsigned i = 0; i < 2000 && !is(context); i++)
		turn(script);
	assert_true(is(context));
}

/* In the order they were made. */
static struct transfer *find_new(const struct script *script)
{
	struct transfer *found = NULL;

	for (struct transfer *at = script->transfers; at != NULL; at = at->next)
		if (!at->is_given)
			found = at;
	return found;
}

static bool has_new(void *context)
{
	return find_new(context) != NULL;
}

struct transfer *script_next(struct script *script)
{
	script_until(script, has_new, script);
	struct transfer *transfer = find_new(script);
	transfer->is_given = true;
	return transfer;
}

struct transfer *script_expect(struct script *script, const char *word, ...)
{
	struct transfer *transfer = script_next(script);
	va_list words;

	va_start(words, word);
	for (; word != NULL; word = va_arg(words, const char *))
		if (strstr(transfer->path, word) == NULL)
			fail_msg("'%s' has no '%s'", transfer->path, word);
	va_end(words);
	return transfer;
}

void script_quiet(struct script *script)
{
	event_base_loop(script->events, EVLOOP_NONBLOCK);
	event_base_loop(script->events, EVLOOP_NONBLOCK);
	if (has_new(script))
		fail_msg("asked for '%s'", find_new(script)->path);
}

void script_idle(struct script *script, unsigned ms)
{
	uint64_t end = clock_now_ns() + ms * (uint64_t)1000000;

	while (clock_now_ns() < end)
		turn(script);
	script_quiet(script);
}

bool script_is_open(const struct script *script, const struct transfer *transfer)
{
	for (const struct transfer *at = script->transfers; at != NULL; at = at->next)
		if (at == transfer)
			return true;
	return false;
}

const char *script_path(const struct transfer *transfer)
{
	return transfer->path;
}

const char *script_accept(const struct transfer *transfer)
{
	return transfer->accept;
}

void play_end(struct transfer *transfer, enum client_trouble trouble)
{
	const struct client_end end = { trouble, transfer->status, "as the script has it" };
	struct client_calls calls = transfer->calls;

	close_transfer(transfer);
	calls.end(calls.context, &end);
}

bool play_head_after(struct transfer *transfer, int status, const char *type, unsigned retry_after_s)
{
	const struct client_head head = { status, type, retry_after_s, "" };

	transfer->status = status;
	if (transfer->calls.head(transfer->calls.context, &head))
		return true;
	play_end(transfer, CLIENT_STOPPED);
	return false;
}

bool play_head(struct transfer *transfer, int status, const char *type)
{
	return play_head_after(transfer, status, type, 0);
}

bool play_text(struct transfer *transfer, const char *text)
{
	uint8_t *bytes = mem_copy(text, strlen(text));
	bool goes_on = transfer->calls.body(transfer->calls.context, bytes, strlen(text));

	mem_free(bytes);
	if (!goes_on)
		play_end(transfer, CLIENT_STOPPED);
	return goes_on;
}

void play(struct transfer *transfer, int status, const char *text)
{
	if (play_head(transfer, status, "application/json") && play_text(transfer, text))
		play_end(transfer, CLIENT_DONE);
}
