/* SPDX-License-Identifier: Apache-2.0 */
/* A world of a test: event loop, a web server, a directory for files, and a client that notes what it is called with. */
#ifndef TESTS_KUBE_ASKING_H
#define TESTS_KUBE_ASKING_H

#include "client.h"
#include "web_server.h"

enum { EXCHANGES_MOST = 256 };
enum server_kind { PLAIN, TLS_HTTP1, TLS_HTTP2, TLS_CLIENTS };

/* One request of ours and all that was called for it. */
struct asked {
	struct world *world;
	struct transfer *transfer; /* NULL: over */
	unsigned heads, ends;
	int status, end_status;
	char content_type[64];
	unsigned retry_after_s;
	struct text body;
	enum client_trouble trouble;
	char text[1024];
	/* What the calls do: */
	bool refuse_head, refuse_body, cancel_in_head, cancel_in_body, free_client_in_end,
		free_client_in_body;
	struct asked *cancel_other; /* in body */
	struct asked *next;
};
struct world {
	struct event_base *events;
	struct event *tick;
	char *directory;
	struct pki *authority, *leaf;
	struct web_server *server;
	char *scratch; /* a test's own */
	struct identity *identity;
	struct metrics *metrics;
	struct client *client;
	struct exchange *exchanges[EXCHANGES_MOST]; /* as they came; may be gone */
	unsigned exchange_count;
	char path[64], authorization[256],
		user[64]; /* of the last one: user is the client certificate's */
	/* For world_serve(), set before: */
	unsigned streams_most;
	const char *cluster_line; /* a further field of the cluster; NULL: none */
	struct asked *asked;
};

int world_set_up(void **state);
int world_tear_down(void **state);
#define with_world(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

/* Starts a server of that kind, and a client that reaches it through a kubeconfig with its CA. */
void world_serve(struct world *world, enum server_kind kind);
/* The same, with lines for the user in the kubeconfig ("token: x\n"). */
void world_serve_user(struct world *world, enum server_kind kind, const char *user);
/* A client whose kubeconfig is this text. */
void world_open(struct world *world, const char *kubeconfig);
void world_stop(struct world *world); /* ends client and server, for another world_serve() */
struct asked *world_get(struct world *world, const char *path);
struct asked *world_get_limited(struct world *world, const char *path, unsigned head_ms,
				unsigned silence_ms);

/* Answers the exchange that came as number `index`, whole. */
void world_answer(struct world *world, unsigned index, const char *body);
/* Asks, has it answered, and sees that all is well. */
void world_ask_and_answer(struct world *world);

/* Turns the loop until *count is `wanted`; fails after ten seconds. */
void world_wait(struct world *world, const unsigned *count, unsigned wanted);
/* Until exchange number `index` came; fails if `asked` ends before. */
void world_wait_asked(struct world *world, const struct asked *asked, unsigned index);
void world_wait_body(struct world *world, const struct asked *asked, size_t size);
/* Turns it for as long as something is ready, and a little longer. */
void world_turn(struct world *world, unsigned ms);

char *world_path(const struct world *world, const char *name); /* the caller's */
/* Replaces by rename. */
void world_write(const struct world *world, const char *name, const char *text);
void world_make_directory(const struct world *world, const char *name);
void world_write_program(const struct world *world, const char *name, const char *text);

#endif
