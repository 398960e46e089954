/* SPDX-License-Identifier: Apache-2.0 */
/* A world of a test: event loop, web server, directory, and a client that notes what it is called with. */
#include "asking.h"

#include <event2/event.h>
#include <fts.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

enum { DEADLINE_S = 30 };

char *world_path(const struct world *world, const char *name)
{
	return file_path(world->directory, name);
}

void world_write(const struct world *world, const char *name, const char *text)
{
	char *path = world_path(world, name), *young = world_path(world, "young");
	FILE *file = fopen(young, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(young, path), 0);
	mem_free(path);
	mem_free(young);
}

/* Ends turns of the loop in which nothing happens. */
static void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

int world_set_up(void **state)
{
	struct world *world = mem_zalloc(sizeof(*world));
	char directory[] = "/tmp/knamed-test-XXXXXX";
	signal(SIGPIPE, SIG_IGN);
	assert_non_null(mkdtemp(directory));
	world->directory = mem_text(directory);
	world->events = event_base_new();
	world->metrics = metrics_new();
	const struct timeval turn = { 0, 20000 };
	world->tick = event_new(world->events, -1, EV_PERSIST, on_tick, NULL);
	event_add(world->tick, &turn);
	*state = world;
	return 0;
}

void world_make_directory(const struct world *world, const char *name)
{
	char *path = world_path(world, name);
	assert_int_equal(mkdir(path, 0700), 0);
	mem_free(path);
}

void world_write_program(const struct world *world, const char *name, const char *text)
{
	char *path = world_path(world, name);
	world_write(world, name, text);
	assert_int_equal(chmod(path, 0700), 0);
	mem_free(path);
}

static void remove_directory(char *path)
{
	char *roots[] = { path, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	for (FTSENT *entry; (entry = fts_read(walk)) != NULL;)
		if (entry->fts_info != FTS_D)
			remove(entry->fts_accpath);
	fts_close(walk);
	mem_free(path);
}

void world_stop(struct world *world)
{
	client_free(world->client);
	identity_close(world->identity);
	web_server_free(world->server);
	pki_free(world->leaf);
	pki_free(world->authority);
	world->client = NULL;
	world->identity = NULL;
	world->server = NULL;
	world->leaf = world->authority = NULL;
	world->exchange_count = 0;
	world->path[0] = '\0';
}

int world_tear_down(void **state)
{
	struct world *world = *state;
	world_stop(world);
	metrics_free(world->metrics);
	event_free(world->tick);
	event_base_free(world->events);
	remove_directory(world->directory);
	for (struct asked *next, *asked = world->asked; asked != NULL; asked = next) {
		next = asked->next;
		text_done(&asked->body);
		mem_free(asked);
	}
	mem_free(world);
	return 0;
}

static void note_exchange(void *context, struct exchange *exchange)
{
	struct world *world = context;
	assert_true(world->exchange_count < EXCHANGES_MOST);
	world->exchanges[world->exchange_count++] = exchange;
	snprintf(world->path, sizeof(world->path), "%s", exchange_path(exchange));
	const char *authorization = exchange_header(exchange, "authorization");
	snprintf(world->authorization, sizeof(world->authorization), "%s",
		 authorization == NULL ? "" : authorization);
	snprintf(world->user, sizeof(world->user), "%s", exchange_user(exchange));
}

void world_open(struct world *world, const char *kubeconfig)
{
	struct error error = { 0 };
	char *path = world_path(world, "kubeconfig");
	struct config_kubernetes config = { .kubeconfig = path };
	world_write(world, "kubeconfig", kubeconfig);
	world->identity = identity_open(world->events, &config, &error);
	mem_free(path);
	if (world->identity == NULL)
		fail_msg("%s", error.text);
	world->client = client_new(world->events, world->identity, world->metrics, "test/1", &error);
	if (world->client == NULL)
		fail_msg("%s", error.text);
}

void world_serve_user(struct world *world, enum server_kind kind, const char *user)
{
	if (world->authority == NULL)
		world->authority = pki_authority("the test's authority");
	world->leaf = pki_leaf(world->authority, "server");
	const struct web_server_options options = {
		.identity = kind == PLAIN ? NULL : world->leaf,
		.clients = kind == TLS_CLIENTS ? world->authority : NULL,
		.http2 = kind == TLS_HTTP2 || kind == TLS_CLIENTS,
		.streams_most = world->streams_most,
		.asked = note_exchange,
		.context = world,
	};
	char *ca = pki_certificate(world->authority);
	world_write(world, "ca.crt", ca);
	mem_free(ca);
	world->server = web_server_new(world->events, &options);
	struct text text = { 0 };
	text_printf(&text,
		    "kind: Config\ncurrent-context: test\n"
		    "clusters: [{name: c, cluster: {server: '%s', certificate-authority: ca.crt%s%s}}]\n"
		    "contexts: [{name: test, context: {cluster: c, user: u}}]\n"
		    "users:\n- name: u\n  user:\n%s",
		    web_server_url(world->server), world->cluster_line != NULL ? ", " : "",
		    world->cluster_line != NULL ? world->cluster_line : "",
		    user[0] == '\0' ? "    {}\n" : "");
	for (const char *at = user; *at != '\0'; at += strcspn(at, "\n") + 1)
		text_printf(&text, "    %.*s\n", (int)strcspn(at, "\n"), at);
	world_open(world, text.data);
	text_done(&text);
}

void world_serve(struct world *world, enum server_kind kind)
{
	world_serve_user(world, kind, "");
}

static bool on_head(void *context, const struct client_head *head)
{
	struct asked *asked = context;
	assert_int_equal(asked->ends, 0);
	asked->heads++;
	asked->status = head->status;
	asked->retry_after_s = head->retry_after_s;
	snprintf(asked->content_type, sizeof(asked->content_type), "%s", head->content_type);
	if (asked->cancel_in_head) {
		transfer_cancel(asked->transfer);
		asked->transfer = NULL;
	}
	return !asked->refuse_head;
}

static bool on_body(void *context, const uint8_t *bytes, size_t size)
{
	struct asked *asked = context;
	assert_non_null(asked->transfer);
	assert_int_equal(asked->heads, 1);
	assert_int_equal(asked->ends, 0);
	text_add_n(&asked->body, bytes, size);
	if (asked->cancel_in_body) {
		transfer_cancel(asked->transfer);
		asked->transfer = NULL;
	}
	if (asked->cancel_other != NULL && asked->cancel_other->transfer != NULL) {
		transfer_cancel(asked->cancel_other->transfer);
		asked->cancel_other->transfer = NULL;
	}
	if (asked->free_client_in_body) {
		client_free(asked->world->client);
		asked->world->client = NULL;
		asked->transfer = NULL;
	}
	return !asked->refuse_body;
}

static void on_end(void *context, const struct client_end *end)
{
	struct asked *asked = context;
	assert_non_null(asked->transfer);
	asked->transfer = NULL;
	asked->ends++;
	asked->trouble = end->trouble;
	asked->end_status = end->status;
	snprintf(asked->text, sizeof(asked->text), "%s", end->text);
	if (asked->free_client_in_end) {
		client_free(asked->world->client);
		asked->world->client = NULL;
	}
}

struct asked *world_get_limited(struct world *world, const char *path, unsigned head_ms,
				unsigned silence_ms)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));
	const struct client_request request = {
		.path = path,
		.accept = "application/json",
		.verb = strstr(path, "watch") != NULL ? "watch" : "list",
		.head_ms = head_ms,
		.silence_ms = silence_ms,
	};
	const struct client_calls calls = { on_head, on_body, on_end, asked };
	asked->world = world;
	asked->next = world->asked;
	world->asked = asked;
	asked->transfer = client_get(world->client, &request, &calls);
	assert_int_equal(asked->ends, 0);
	return asked;
}

struct asked *world_get(struct world *world, const char *path)
{
	return world_get_limited(world, path, 0, 0);
}

static time_t now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void turn_once(struct world *world)
{
	event_base_loop(world->events, EVLOOP_ONCE);
}

void world_wait(struct world *world, const unsigned *count, unsigned wanted)
{
	for (time_t end = now_s() + DEADLINE_S; *count < wanted && now_s() < end;)
		turn_once(world);
	assert_int_equal(*count, wanted);
}

void world_wait_asked(struct world *world, const struct asked *asked, unsigned index)
{
	for (time_t end = now_s() + DEADLINE_S; world->exchange_count <= index && now_s() < end;) {
		if (asked->ends > 0)
			fail_msg("%s", asked->text);
		turn_once(world);
	}
	assert_true(world->exchange_count > index);
}

void world_wait_body(struct world *world, const struct asked *asked, size_t size)
{
	for (time_t end = now_s() + DEADLINE_S; asked->body.size < size && now_s() < end;)
		turn_once(world);
	assert_int_equal(asked->body.size, size);
}

void world_turn(struct world *world, unsigned ms)
{
	const struct timeval turn = { ms / 1000, ms % 1000 * 1000 };
	event_base_loopexit(world->events, &turn);
	event_base_dispatch(world->events);
}

void world_answer(struct world *world, unsigned index, const char *body)
{
	exchange_head(world->exchanges[index], 200, "content-type: application/json\n");
	exchange_body(world->exchanges[index], body, strlen(body));
	exchange_end(world->exchanges[index]);
}

void world_ask_and_answer(struct world *world)
{
	unsigned index = world->exchange_count;
	struct asked *asked = world_get(world, "/list");
	world_wait_asked(world, asked, index);
	world_answer(world, index, "{}");
	world_wait(world, &asked->ends, 1);
	assert_string_equal(asked->text, "");
	assert_int_equal(asked->trouble, CLIENT_DONE);
	assert_string_equal(asked->body.data, "{}");
}
