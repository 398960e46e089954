/* SPDX-License-Identifier: Apache-2.0 */
/* server -- the threads and sockets, for start, reload and stop (private to the stage). */
#ifndef KNAMED_SERVE_SERVER_H
#define KNAMED_SERVE_SERVER_H

#include <pthread.h>

#include "away.h"
#include "tcp.h"
#include "udp.h"

struct thread {
	pthread_t id;
	bool is_running;
};

struct server_worker {
	struct udp_worker *udp;
	struct thread thread;
	struct errands *errands; /* NULL: nobody forwards */
};

struct server {
	struct event_base *events; /* of the control thread; NULL: there is no reload */
	struct router *router;
	struct tcp_clients *clients;
	struct server_worker *workers;
	size_t worker_count;
	struct tcp_thread **tcp;
	struct thread *tcp_threads;
	struct errands **tcp_errands;
	size_t tcp_count;
	struct away *away; /* NULL: no block has forwarded so far */
	struct thread away_thread;
	struct left *left; /* what was taken the place of and is not free yet, the oldest first */
	struct event *left_timer;
	uint64_t unsent_before, missed_before; /* by workers that are gone */
};

/* ---- server.c ---- */
/* Adds workers until the listener has as many as it wants. Their threads are started from index `first` on. */
bool server_open_workers(struct server *server, struct router *router,
			 const struct listener *listener, struct error *error);
bool server_start_workers(struct server *server, size_t first, struct error *error);
void server_stop_worker(struct server_worker *worker); /* when it has answered what its socket holds */
void server_free_worker(struct server *server, struct server_worker *worker);
/* If the router forwards: somebody who goes, and upstreams. */
bool server_open_away(struct server *server, struct router *router, struct error *error);
bool server_start_away(struct server *server, struct error *error);
/* A thread's errands, made if there is somebody who goes and it has none. */
void server_give_errands(struct server *server, struct errands **errands, struct asker *asker);

/* ---- reload.c ---- */
void server_drop_left(struct server *server); /* all threads have ended */
/* Of the workers that have been taken the place of and are not free yet. */
uint64_t server_sum_left(const struct server *server,
			 uint64_t (*count)(const struct udp_worker *worker));

#endif
