/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <string.h>

#include <event2/event.h>

#include "watching.h"

static void on_bookmark(evutil_socket_t fd, short what, void *context)
{
	struct control *control = context;
	(void)fd;
	(void)what;
	api_bookmark(&control->api);
	evtimer_add(control->bookmark_timer, &control->bookmark_period);
}

void control_init(struct control *control, struct event_base *events)
{
	*control = (struct control){ 0 };
	api_init(&control->api, events);
	control->api.store.changed = watching_tell;
	control->api.store.context = &control->api;
	control->bookmark_timer = evtimer_new(events, on_bookmark, control);
}

void control_done(struct control *control)
{
	web_server_free(control->api.web);
	event_free(control->bookmark_timer);
	api_done(&control->api);
	pki_free(control->authority);
	pki_free(control->identity);
}

/* ---- listening ---- */

static void add_pem(json_t *reply, const char *key, char *pem)
{
	json_object_set_new(reply, key, json_string(pem));
	mem_free(pem);
}

/* Where it is, and what a client needs to ask it as "test". */
static json_t *place_of(const struct control *control)
{
	json_t *reply = json_pack("{s:s, s:i}", "url", web_server_url(control->api.web), "port",
				  (int)web_server_port(control->api.web));
	if (!control->is_tls)
		return reply;
	struct pki *client = pki_leaf(control->authority, "test");
	if (control->client_s != 0)
		pki_end_in(client, control->authority, control->client_s);
	add_pem(reply, "ca", pki_certificate(control->authority));
	add_pem(reply, "certificate", pki_certificate(client));
	add_pem(reply, "key", pki_key(client));
	pki_free(client);
	return reply;
}

static void make_identity(struct control *control, bool has_new_authority)
{
	if (has_new_authority) {
		pki_free(control->authority);
		control->authority = pki_authority("test authority");
	}
	pki_free(control->identity);
	control->identity = pki_leaf(control->authority, "server");
}

/* {"do": "listen", "tls": bool, "http2": bool, "clients": bool} */
static json_t *do_listen(struct control *control, const json_t *command)
{
	control->is_tls = json_is_true(json_object_get(command, "tls"));
	if (control->is_tls)
		make_identity(control, true);
	const struct web_server_options options = {
		.identity = control->identity,
		.clients = json_is_true(json_object_get(command, "clients")) ? control->authority : NULL,
		.http2 = json_is_true(json_object_get(command, "http2")),
		.asked = api_asked,
		.gone = api_gone,
		.context = &control->api,
	};
	control->api.web = web_server_new(control->api.events, &options);
	return place_of(control);
}

/* {"do": "stop"}, {"do": "start"}: nobody can connect; and again, on the same port. */
static json_t *do_stop(struct control *control, const json_t *command)
{
	(void)command;
	web_server_stop_listening(control->api.web);
	web_server_cut(control->api.web);
	return json_object();
}

static json_t *do_start(struct control *control, const json_t *command)
{
	(void)command;
	return web_server_listen(control->api.web) ? json_object()
						   : json_pack("{s:s}", "error", "the port is taken");
}

/* {"do": "close"}: resets all connections. */
static json_t *do_close(struct control *control, const json_t *command)
{
	(void)command;
	web_server_cut(control->api.web);
	return json_object();
}

/* {"do": "certificate", "authority": "new", "client_s": seconds}: of the same authority, or of
 * another; that of clients is good for so long. */
static json_t *do_certificate(struct control *control, const json_t *command)
{
	control->client_s = (long)json_integer_value(json_object_get(command, "client_s"));
	make_identity(control, json_object_get(command, "authority") != NULL);
	web_server_show(control->api.web, control->identity);
	return place_of(control);
}

/* ---- objects ---- */

static json_t *failed(const struct error *error)
{
	return json_pack("{s:s}", "error", error->text);
}

static json_t *version_now(const struct control *control)
{
	return json_pack("{s:I}", "version", (json_int_t)control->api.store.version);
}

/* An annotation of that many bytes. */
static void pad(json_t *object, size_t size)
{
	char *text = mem_zalloc(size + 1);
	memset(text, 'x', size);
	json_object_set_new(json_object_get(object, "metadata"), "annotations",
			    json_pack("{s:s}", "pad", text));
	mem_free(text);
}

/* {"do": "put", "objects": [...], "pad": bytes}, {"do": "delete", "objects": [...]}: of the latter
 * kind, namespace and name count. */
static json_t *do_put(struct control *control, const json_t *command)
{
	struct error error = { 0 };
	size_t i, size = (size_t)json_integer_value(json_object_get(command, "pad"));
	json_t *object;
	json_array_foreach(json_object_get(command, "objects"), i, object)
	{
		if (size > 0 && json_is_object(json_object_get(object, "metadata")))
			pad(object, size);
		if (!store_put(&control->api.store, object, &error))
			return failed(&error);
	}
	return version_now(control);
}

static json_t *do_delete(struct control *control, const json_t *command)
{
	struct error error = { 0 };
	size_t i;
	json_t *object;
	json_array_foreach(json_object_get(command, "objects"), i, object)
	{
		if (!store_delete(&control->api.store, object, &error))
			return failed(&error);
	}
	return version_now(control);
}

/* {"do": "restore", "version": n, "objects": [...]}: etcd from a backup, the server started anew. */
static json_t *do_restore(struct control *control, const json_t *command)
{
	web_server_cut(control->api.web);
	api_forget_pages(&control->api);
	store_reset(&control->api.store,
		    (uint64_t)json_integer_value(json_object_get(command, "version")));
	return do_put(control, command);
}

static json_t *do_compact(struct control *control, const json_t *command)
{
	(void)command;
	store_compact(&control->api.store);
	api_forget_pages(&control->api);
	return version_now(control);
}

static json_t *do_expire(struct control *control, const json_t *command)
{
	(void)command;
	api_expire(&control->api);
	return json_object();
}

static json_t *do_end(struct control *control, const json_t *command)
{
	(void)command;
	api_end(&control->api);
	return json_object();
}

static json_t *do_bookmark(struct control *control, const json_t *command)
{
	(void)command;
	api_bookmark(&control->api);
	return version_now(control);
}

/* ---- behaviour ---- */

static void set_bookmarks(struct control *control, uint64_t ms)
{
	control->bookmark_period =
		(struct timeval){ (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
	evtimer_del(control->bookmark_timer);
	if (ms > 0)
		evtimer_add(control->bookmark_timer, &control->bookmark_period);
}

static bool set_one(struct control *control, const char *key, json_t *value)
{
	struct api *api = &control->api;
	json_int_t number = json_integer_value(value);
	if (strcmp(key, "tokens") == 0) {
		json_decref(api->tokens);
		api->tokens = json_incref(value);
	} else if (strcmp(key, "noWatchList") == 0) {
		api->no_watch_list = (int)number;
	} else if (strcmp(key, "jsonOnly") == 0) {
		api->is_json_only = json_is_true(value);
	} else if (strcmp(key, "goneByStatus") == 0) {
		api->says_gone_by_status = json_is_true(value);
	} else if (strcmp(key, "historyMost") == 0) {
		api->store.history_most = (size_t)number;
	} else if (strcmp(key, "junk") == 0) {
		api->store.has_junk = json_is_true(value);
	} else if (strcmp(key, "bookmarkMs") == 0) {
		set_bookmarks(control, (uint64_t)number);
	} else if (strcmp(key, "bytesPerSecond") == 0) {
		web_server_slow(api->web, (size_t)number);
	} else if (strcmp(key, "clock_s") == 0) {
		api->clock_s = (uint64_t)number;
	} else if (strcmp(key, "frozen") == 0) {
		web_server_freeze(api->web, json_is_true(value));
	} else {
		return false;
	}
	return true;
}

/* {"do": "set", "tokens": [...] or null, ...} */
static json_t *do_set(struct control *control, const json_t *command)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)command, key, value)
	{
		if (strcmp(key, "do") != 0 && !set_one(control, key, value))
			return json_pack("{s:s+}", "error", "nothing to set is called ", key);
	}
	return json_object();
}

/* {"do": "absent", "resource": name, "value": bool} */
static json_t *do_absent(struct control *control, const json_t *command)
{
	const char *name = json_string_value(json_object_get(command, "resource"));
	struct resource *resource = name != NULL ? store_resource(&control->api.store, name) : NULL;
	if (resource == NULL)
		return json_pack("{s:s}", "error", "no such resource");
	resource->is_absent = json_is_true(json_object_get(command, "value"));
	return json_object();
}

/* {"do": "fault", "what": ...}; faults.c says which. */
static json_t *do_fault(struct control *control, const json_t *command)
{
	json_array_append((json_t *)control->api.faults, (json_t *)command);
	return json_object();
}

static json_t *do_clear(struct control *control, const json_t *command)
{
	(void)command;
	json_array_clear(control->api.faults);
	return json_object();
}

static json_t *do_stats(struct control *control, const json_t *command)
{
	(void)command;
	json_t *watches = json_object();
	struct request *request;
	LIST_FOREACH(request, &control->api.requests, entry)
	{
		const char *name = request->is_watching ? request->resource->name : "";
		json_int_t count = json_integer_value(json_object_get(watches, name));
		if (name[0] != '\0')
			json_object_set_new(watches, name, json_integer(count + 1));
	}
	return json_pack("{s:I, s:i, s:i, s:I, s:o, s:O}", "version",
			 (json_int_t)control->api.store.version, "connections",
			 (int)web_server_connections(control->api.web), "open",
			 (int)web_server_open_connections(control->api.web), "requests",
			 (json_int_t)control->api.asked, "watches", watches, "log", control->api.log);
}

json_t *control_do(struct control *control, const char *line)
{
	static const struct {
		const char *word;
		json_t *(*call)(struct control *control, const json_t *command);
	} commands[] = {
		{ "listen", do_listen },
		{ "stop", do_stop },
		{ "start", do_start },
		{ "close", do_close },
		{ "certificate", do_certificate },
		{ "put", do_put },
		{ "delete", do_delete },
		{ "restore", do_restore },
		{ "compact", do_compact },
		{ "expire", do_expire },
		{ "end", do_end },
		{ "bookmark", do_bookmark },
		{ "set", do_set },
		{ "absent", do_absent },
		{ "fault", do_fault },
		{ "clear", do_clear },
		{ "stats", do_stats },
	};
	json_error_t problem;
	json_t *command = json_loads(line, 0, &problem), *reply = NULL;
	const char *word = json_string_value(json_object_get(command, "do"));
	for (size_t i = 0; word != NULL && i < COUNT_OF(commands); i++)
		if (strcmp(commands[i].word, word) == 0)
			reply = commands[i].call(control, command);
	json_decref(command);
	return reply != NULL ? reply : json_pack("{s:s}", "error", "no command");
}
